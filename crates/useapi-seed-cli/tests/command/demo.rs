use std::net::TcpListener;
use std::time::Duration;

use useapi_seed::{Client, SubmitOutcome, WaitOptions};
use useapi_seed_emulator::Emulator;

use crate::process::{At, command, names, whole};

#[test]
fn it_leaves_a_whole_folder() {
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().join("a cat");
    let run = command(folder.path())
        .args(["demo", "--out"])
        .arg(&out)
        .run()
        .ended(0);

    let seed = whole(&out);
    let lines: Vec<&str> = run.stdout.lines().collect();
    assert_eq!(
        lines,
        [
            format!("seed {}", seed["seed"]).as_str(),
            seed["prompt_with_seed"].as_str().unwrap(),
            out.to_str().unwrap(),
        ]
    );
    assert_eq!(run.started(), seed["job_id"]);
    // The emulator ends with the demo, so nothing can go on with the job.
    assert!(!run.stderr.contains("useapi-seed wait"));
}

/// Emulators draw the same for the same seed, so another one's files tell what
/// the demo's has served.
#[tokio::test]
async fn its_files_are_the_bytes_that_an_emulator_serves() {
    let folder = tempfile::tempdir().unwrap();
    command(folder.path()).arg("demo").run().ended(0);

    let emulator = Emulator::start().await.unwrap();
    let client = Client::builder(emulator.token())
        .base_url(emulator.base_url())
        .build()
        .unwrap();
    let submit = client.submit(emulator.jobs().imagine.as_str());
    let SubmitOutcome::Started(job) = submit.await.unwrap() else {
        panic!("not started");
    };
    emulator.advance(Duration::from_secs(45));
    let often = WaitOptions::default().poll_interval(Duration::from_millis(1));
    let retrieval = job.wait().with_options(often).await.unwrap();
    assert_eq!(retrieval.images().len(), 4);
    for image in retrieval.images() {
        let served = useapi_seed::reqwest::get(image.url.as_deref().unwrap())
            .await
            .unwrap()
            .bytes()
            .await
            .unwrap();
        let file = folder
            .path()
            .join(format!("demo/image-{}.png", image.number));
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
        .ended(0);
    assert_eq!(names(folder.path()), ["demo"]);
    whole(&folder.path().join("demo"));
}

#[test]
fn a_taken_port_is_a_failure_and_leaves_no_folder() {
    let folder = tempfile::tempdir().unwrap();
    let taken = TcpListener::bind(("127.0.0.1", 0)).unwrap();
    let port = taken.local_addr().unwrap().port().to_string();
    let run = command(folder.path())
        .args(["demo", "--port", &port])
        .run()
        .ended(1)
        .told("is taken")
        .told(&port);
    assert_eq!(run.stdout, "");
    assert!(names(folder.path()).is_empty());
}
