use std::net::TcpListener;

use crate::process::{CommandExt, Setup, assert_complete, command, names};

#[test]
fn it_leaves_a_whole_folder() {
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().join("a cat");
    let run = command(folder.path())
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
    // The emulator ends with the demo, so nothing can go on with the job.
    assert!(!run.stderr.contains("useapi-seed wait"));
}

/// Emulators draw the same for the same seed, so another one's files tell what
/// the demo's has served.
#[tokio::test]
async fn its_files_are_the_bytes_that_an_emulator_serves() {
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
fn the_environment_does_not_matter() {
    let folder = tempfile::tempdir().unwrap();
    let nowhere = "http://127.0.0.1:9";
    command(folder.path())
        .arg("demo")
        .at_url(nowhere, "")
        .env("HTTP_PROXY", nowhere)
        .env("http_proxy", nowhere)
        .run()
        .exit_code(0);
    assert_eq!(names(folder.path()), ["demo"]);
    assert_complete(&folder.path().join("demo"));
}

#[test]
fn a_taken_port_is_a_failure_and_leaves_no_folder() {
    let folder = tempfile::tempdir().unwrap();
    let taken = TcpListener::bind(("127.0.0.1", 0)).unwrap();
    let port = taken.local_addr().unwrap().port().to_string();
    let run = command(folder.path())
        .line(&format!("demo --port {port}"))
        .run()
        .exit_code(1)
        .reported("is taken")
        .reported(&port);
    assert_eq!(run.stdout, "");
    assert!(names(folder.path()).is_empty());
}
