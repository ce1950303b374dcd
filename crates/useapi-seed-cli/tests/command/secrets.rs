use std::fs;

use serde_json::json;

use crate::process::names;
use crate::stub::{PIXEL, Stub, TOKEN};

/// Every run and every listing is held to show no token; here the service
/// repeats it.
#[tokio::test]
async fn an_echoed_token_is_masked() {
    let folder = tempfile::tempdir().unwrap();
    let stub = Stub::start().await;
    let refusal = json!({"error": format!("unknown token {TOKEN}"), "code": 401});
    stub.on_submit(401, refusal.to_string()).await;
    stub.run(folder.path(), &["fetch", "5"])
        .ended(6)
        .told("unknown token ***");

    let stub = Stub::start().await;
    let mut job = stub.job(["a.png"; 4]);
    job["content"] = format!("**a cat {TOKEN}** - <@1> (fast)").into();
    stub.on_submit(200, job.to_string()).await;
    for number in 1..=4 {
        stub.on_image(number, 200, PIXEL).await;
    }
    let run = stub
        .run(folder.path(), &["fetch", "5", "--out", "out"])
        .ended(0);
    assert!(run.stdout.contains("a cat *** --seed 77"), "{}", run.stdout);
    let out = folder.path().join("out");
    assert_eq!(names(&out).len(), 7);
    let job = fs::read_to_string(out.join("job.json")).unwrap();
    assert!(job.contains("a cat ***"), "{job}");
}
