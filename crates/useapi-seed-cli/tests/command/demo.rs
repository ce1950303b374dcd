use std::net::TcpListener;

use crate::process::{CommandExt, Setup, assert_complete, command, names};

#[test]
fn demo_completes_directory() {
    let dir = tempfile::tempdir().unwrap();
    let out = dir.path().join("a cat");
    let run = command(dir.path())
        .line("demo --out")
        .arg(&out)
        .run()
        .exit_code(0);

    let seed = assert_complete(&out);
    let lines: Vec<&str> = run.stdout.lines().collect();
    assert_eq!(
        lines,
        [
            format!("seed {}", seed["seed"]).as_str(),
            seed["prompt_with_seed"].as_str().unwrap(),
            out.to_str().unwrap(),
        ]
    );
    assert_eq!(run.started_job(), seed["job_id"]);
    // The emulator ends with the demo, so nothing can resume the job.
    assert!(!run.stderr.contains("run: "));
}

/// Emulators draw the same images for the same seed, so another one's files are what the
/// demo's has served.
#[tokio::test]
async fn demo_files_are_bytes_served_by_emulator() {
    let setup = Setup::paused();
    command(setup.dir()).arg("demo").run().exit_code(0);

    let retrieval = setup.retrieve().await;
    assert_eq!(retrieval.images().len(), 4);
    for image in retrieval.images() {
        let served = useapi_seed::reqwest::get(image.url.as_deref().unwrap())
            .await
            .unwrap()
            .bytes()
            .await
            .unwrap();
        let file = setup.path(format!("demo/image-{}.png", image.number));
        assert_eq!(std::fs::read(file).unwrap(), served);
    }
}

#[test]
fn demo_ignores_environment() {
    let dir = tempfile::tempdir().unwrap();
    let nowhere = "http://127.0.0.1:9";
    command(dir.path())
        .arg("demo")
        .at_url(nowhere, "")
        .env("HTTP_PROXY", nowhere)
        .env("http_proxy", nowhere)
        .run()
        .exit_code(0);
    assert_eq!(names(dir.path()), ["demo"]);
    assert_complete(&dir.path().join("demo"));
}

#[test]
fn demo_on_taken_port_fails_without_directory() {
    let dir = tempfile::tempdir().unwrap();
    let taken = TcpListener::bind(("127.0.0.1", 0)).unwrap();
    let port = taken.local_addr().unwrap().port().to_string();
    let run = command(dir.path())
        .line(&format!("demo --port {port}"))
        .run()
        .exit_code(1)
        .reported(&format!("error: port {port} is in use; "));
    assert_eq!(run.stdout, "");
    assert!(names(dir.path()).is_empty());
}
