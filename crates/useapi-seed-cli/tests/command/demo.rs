use std::net::TcpListener;
use std::time::{Duration, Instant};

use crate::process::{At, command, names, whole};

#[test]
fn it_leaves_a_whole_folder_within_five_seconds() {
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().join("a cat");
    let start = Instant::now();
    let run = command(folder.path())
        .args(["demo", "--out"])
        .arg(&out)
        .run()
        .ended(0);
    assert!(start.elapsed() < Duration::from_secs(5));

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
