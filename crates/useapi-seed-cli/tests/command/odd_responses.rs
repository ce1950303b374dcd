//! Responses that a client does not expect: nothing is submitted twice, and nothing
//! is lost.

use std::fs;
use std::path::Path;

use serde_json::{Value, json};

use crate::process::{Run, names};
use crate::stub::Stub;

const PARENT: &str = "20240225-user:1-channel:1";
const STARTED: &str = "20240226-user:1-channel:1";

fn fetch(stub: &Stub, folder: &Path, timeout: &str) -> Run {
    stub.run(
        folder,
        &[
            "fetch",
            PARENT,
            "--out",
            "out",
            "--interval",
            "0.01",
            "--timeout",
            timeout,
        ],
    )
}

/// The completed seed job.
fn completed(stub: &Stub) -> Value {
    let mut job = stub.job(["a.png"; 4]);
    job["jobid"] = json!(STARTED);
    job["verb"] = json!("seed_async");
    job["parentJobId"] = json!(PARENT);
    job
}

async fn starts_a_job(stub: &Stub) {
    stub.on_submit(
        200,
        json!({"jobid": STARTED, "status": "started"}).to_string(),
    )
    .await;
}

#[tokio::test]
async fn a_gateways_response_is_no_rejection() {
    for status in [
        201, 202, 207, 303, 307, 400, 403, 404, 408, 409, 425, 429, 499, 502, 503, 524,
    ] {
        let stub = Stub::start().await;
        let folder = tempfile::tempdir().unwrap();
        stub.on_submit_through_a_gateway(status).await;
        stub.on_list(&[]).await;
        let parent =
            json!({"jobid": PARENT, "verb": "imagine", "status": "completed", "code": 200});
        stub.on_look(200, parent.to_string()).await;
        fetch(&stub, folder.path(), "0.05").ended(7);
        assert!(folder.path().join("out/pending.json").exists(), "{status}");
        fetch(&stub, folder.path(), "0.05").ended(5);
        assert_eq!(stub.submitted().await.len(), 1, "{status}");
    }
}

/// A response was lost in an earlier run, and now another one is.
#[tokio::test]
async fn a_second_lost_response_ends_the_run() {
    let now = std::time::SystemTime::UNIX_EPOCH.elapsed().unwrap();
    let now = now.as_millis().try_into().unwrap();
    for (recorded_at, option) in [(0, "--no-gallery"), (now, "--resubmit")] {
        let stub = Stub::start().await;
        let folder = tempfile::tempdir().unwrap();
        stub.on_submit(500, "oops").await;
        stub.on_list(&[]).await;
        let parent =
            json!({"jobid": PARENT, "verb": "imagine", "status": "completed", "code": 200});
        stub.on_look(200, parent.to_string()).await;
        let pending = json!({
            "job_id": PARENT,
            "base_url": stub.base_url(),
            "submission": crate::killed::intent(recorded_at, 90_000),
        });
        fs::create_dir(folder.path().join("out")).unwrap();
        let path = folder.path().join("out/pending.json");
        fs::write(path, pending.to_string()).unwrap();
        let fetch = ["fetch", PARENT, "--out", "out", "--interval", "0.01"];
        stub.run(folder.path(), &[&fetch[..], &[option]].concat())
            .ended(7)
            .told("HTTP 500: oops");
        assert_eq!(stub.submitted().await.len(), 1, "{option}");
    }
}

#[tokio::test]
async fn a_gateways_401_does_not_stop_a_batch() {
    let stub = Stub::start().await;
    let folder = tempfile::tempdir().unwrap();
    stub.on_submit_through_a_gateway(401).await;
    stub.on_submit(200, stub.job(["a.png"; 4]).to_string())
        .await;
    stub.on_list(&[]).await;
    let parent = json!({"jobid": PARENT, "verb": "imagine", "status": "completed", "code": 200});
    stub.on_look(200, parent.to_string()).await;
    stub.on_images().await;
    let fetch = [
        "fetch",
        "5",
        "6",
        "7",
        "--at-once",
        "1",
        "--interval",
        "0.01",
    ];
    stub.run(folder.path(), &fetch)
        .ended(7)
        .told("2 done, 0 failed, 1 waiting");
    assert_eq!(stub.submitted().await.len(), 3);
}

#[tokio::test]
async fn a_job_behind_a_gateways_response_is_found() {
    let stub = Stub::start().await;
    let folder = tempfile::tempdir().unwrap();
    stub.on_submit_through_a_gateway(504).await;
    stub.on_list(&[STARTED]).await;
    stub.on_look(200, completed(&stub).to_string()).await;
    stub.on_images().await;
    fetch(&stub, folder.path(), "20").ended(0);
    assert_eq!(stub.submitted().await.len(), 1);
}

#[tokio::test]
async fn a_response_that_cannot_be_parsed_is_kept() {
    for word in ["NaN", "Infinity", "-Infinity"] {
        let stub = Stub::start().await;
        let folder = tempfile::tempdir().unwrap();
        starts_a_job(&stub).await;
        let body = completed(&stub)
            .to_string()
            .replace(r#""value":77"#, &format!(r#""value":{word}"#));
        stub.on_look(200, body.as_str()).await;
        fetch(&stub, folder.path(), "0.1")
            .ended(7)
            .told("out/response.txt");
        let kept = fs::read_to_string(folder.path().join("out/response.txt")).unwrap();
        assert_eq!(kept, body);
        // It is the same job that is asked for later.
        stub.reset().await;
        stub.on_look(200, completed(&stub).to_string()).await;
        stub.on_images().await;
        fetch(&stub, folder.path(), "20").ended(0);
        assert_eq!(stub.submitted().await.len(), 0);
    }
}

#[tokio::test]
async fn a_404_right_after_the_start_is_retried() {
    let stub = Stub::start().await;
    let folder = tempfile::tempdir().unwrap();
    starts_a_job(&stub).await;
    stub.on_first_poll(404, r#"{"error":"Unable to locate job","code":404}"#)
        .await;
    stub.on_look(200, completed(&stub).to_string()).await;
    stub.on_images().await;
    fetch(&stub, folder.path(), "20").ended(0);
    assert_eq!(stub.submitted().await.len(), 1);
}

#[tokio::test]
async fn output_that_comes_late_is_waited_for() {
    for early in [
        json!(null),
        json!({"value": 77}),
        json!({"value": 77, "attachments": [{}]}),
    ] {
        let stub = Stub::start().await;
        let folder = tempfile::tempdir().unwrap();
        starts_a_job(&stub).await;
        let mut job = completed(&stub);
        job["seed"] = early;
        job.as_object_mut().unwrap().remove("parentJobId");
        stub.on_first_poll(200, &job.to_string()).await;
        stub.on_look(200, completed(&stub).to_string()).await;
        stub.on_images().await;
        fetch(&stub, folder.path(), "20").ended(0);
    }
}

/// A directory belongs to the job that was asked for, whatever the response says.
#[tokio::test]
async fn a_fetch_resumes_without_optional_fields() {
    let changes: [fn(&mut Value); 8] = [
        |job| drop(job.as_object_mut().unwrap().remove("parentJobId")),
        |job| job["parentJobId"] = json!(null),
        |job| job["parentJobId"] = json!(""),
        |job| job["parentJobId"] = json!(1_210_000_000_000_000_002_u64),
        |job| drop(job.as_object_mut().unwrap().remove("verb")),
        |job| job["verb"] = json!("seed"),
        |job| drop(job.as_object_mut().unwrap().remove("jobid")),
        |job| job["jobid"] = json!(null),
    ];
    for (case, change) in changes.into_iter().enumerate() {
        let stub = Stub::start().await;
        let folder = tempfile::tempdir().unwrap();
        let mut job = completed(&stub);
        change(&mut job);
        starts_a_job(&stub).await;
        stub.on_look(200, job.to_string()).await;
        stub.on_image(3, 404, b"gone").await;
        stub.on_images().await;
        fetch(&stub, folder.path(), "20").ended(1);
        stub.reset().await;
        stub.on_look(200, job.to_string()).await;
        stub.on_images().await;
        fetch(&stub, folder.path(), "20").ended(0);
        let calls = stub.requests().await;
        fetch(&stub, folder.path(), "20").ended(0);
        assert_eq!(stub.requests().await, calls, "{case}");
        assert_eq!(stub.submitted().await.len(), 0, "{case}");
        assert!(!names(&folder.path().join("out")).contains(&"pending.json".to_owned()));
    }
}

#[tokio::test]
async fn an_id_that_is_a_number_is_not_lost() {
    let stub = Stub::start().await;
    let folder = tempfile::tempdir().unwrap();
    let id = 1_210_000_000_000_000_001_u64;
    stub.on_submit(200, json!({"jobid": id, "status": "started"}).to_string())
        .await;
    stub.on_look(200, completed(&stub).to_string()).await;
    stub.on_images().await;
    let run = fetch(&stub, folder.path(), "20").ended(0);
    assert_eq!(run.started(), id.to_string());
}

/// What was recorded about the job stays known, also after a `wait`.
#[tokio::test]
async fn a_wait_keeps_the_parent_for_a_fetch() {
    let stub = Stub::start().await;
    let folder = tempfile::tempdir().unwrap();
    let mut job = completed(&stub);
    job.as_object_mut().unwrap().remove("parentJobId");
    starts_a_job(&stub).await;
    let mut running = job.clone();
    running["status"] = json!("progress");
    running["seed"] = json!(null);
    stub.on_first_poll(200, &running.to_string()).await;
    fetch(&stub, folder.path(), "0.001").ended(5);
    stub.reset().await;
    stub.on_look(200, job.to_string()).await;
    stub.on_images().await;
    let wait = ["wait", STARTED, "--out", "out", "--interval", "0.01"];
    stub.run(folder.path(), &wait).ended(0);
    fetch(&stub, folder.path(), "20").ended(0);
    assert_eq!(stub.submitted().await.len(), 0);
}

/// The job's own response has neither the seed nor whose it is.
#[tokio::test]
async fn the_parent_of_the_request_is_asked_for_the_seed() {
    let stub = Stub::start().await;
    let folder = tempfile::tempdir().unwrap();
    starts_a_job(&stub).await;
    let started = json!({"jobid": STARTED, "status": "completed", "code": 200}).to_string();
    let mut parent = stub.job(["a.png"; 4]);
    parent["jobid"] = json!(PARENT);
    stub.on_job(STARTED, started).await;
    stub.on_job(PARENT, parent.to_string()).await;
    stub.on_images().await;
    fetch(&stub, folder.path(), "20").ended(0);
}
