//! `--images` and `--seed-only`: a job is complete when it has what was requested.

use std::fs;

use serde_json::Value;

use crate::process::{COMPLETE, Run, assert_schema, json, names};
use crate::stub::Stub;

/// A service that has the result, also for who resumes.
fn stub() -> Stub {
    let stub = Stub::with_result();
    stub.on_poll(200, stub.job().to_string());
    stub
}

/// Runs a fetch that succeeds; gives how many requests it sent.
#[track_caller]
fn sent(stub: &Stub, line: &str) -> usize {
    let before = stub.requests();
    stub.run(line).exit_code(0);
    stub.requests() - before
}

/// The numbers of the images in `seed.json`, which are all saved.
#[track_caller]
fn saved(stub: &Stub) -> Vec<u64> {
    let seed = json(&stub.path("out/seed.json"));
    assert_schema("seed", &seed);
    let files = seed["files"].as_array().unwrap();
    let number = |file: &Value| {
        let name = file["file"].as_str().unwrap();
        assert!(stub.path("out").join(name).is_file());
        file["number"].as_u64().unwrap()
    };
    files.iter().map(number).collect()
}

#[test]
fn only_missing_images_are_downloaded() {
    let stub = stub();
    assert_eq!(sent(&stub, "fetch 5 -o out --images 1,3"), 3);
    let expected = [
        "image-1.png",
        "image-3.png",
        "index.html",
        "job.json",
        "seed.json",
    ];
    assert_eq!(names(&stub.path("out")), expected);
    assert_eq!(saved(&stub), [1, 3]);
    assert_eq!(sent(&stub, "fetch 5 -o out --images 1,3"), 0);
    assert_eq!(sent(&stub, "fetch 5 -o out --images 3"), 0);
    assert_eq!(sent(&stub, "fetch 5 -o out --seed-only"), 0);
    // A poll and an image.
    assert_eq!(sent(&stub, "fetch 5 -o out --images 2"), 2);
    assert_eq!(saved(&stub), [1, 2, 3]);
    assert_eq!(sent(&stub, "fetch 5 -o out"), 2);
    assert_eq!(saved(&stub), [1, 2, 3, 4]);
    assert_eq!(names(&stub.path("out")), COMPLETE);
    assert_eq!(sent(&stub, "fetch 5 -o out"), 0);
    assert_eq!(stub.submitted(), ["5"]);
}

#[test]
fn seed_only_downloads_no_images() {
    let stub = stub();
    assert_eq!(sent(&stub, "fetch 5 -o out --seed-only"), 1);
    assert_eq!(
        names(&stub.path("out")),
        ["index.html", "job.json", "seed.json"]
    );
    assert!(saved(&stub).is_empty());
    assert_eq!(sent(&stub, "fetch 5 -o out --seed-only"), 0);
    assert_eq!(sent(&stub, "fetch 5 -o out"), 5);
    assert_eq!(names(&stub.path("out")), COMPLETE);
    assert_eq!(stub.submitted(), ["5"]);
}

#[test]
fn seed_is_enough_without_any_images() {
    let stub = Stub::start();
    let mut job = stub.job();
    job["seed"]["attachments"] = serde_json::json!([]);
    stub.on_submit(200, job.to_string());
    assert_eq!(sent(&stub, "fetch 5 -o out --seed-only"), 1);
    assert_eq!(sent(&stub, "fetch 5 -o out --seed-only"), 0);
}

#[test]
fn unrequested_image_may_be_missing() {
    let stub = stub();
    stub.run("fetch 5 -o out").exit_code(0);
    fs::remove_file(stub.path("out/image-2.png")).unwrap();
    assert_eq!(sent(&stub, "fetch 5 -o out --images 1,4"), 0);
    assert_eq!(sent(&stub, "fetch 5 -o out"), 2);
    assert_eq!(saved(&stub), [1, 2, 3, 4]);
}

#[test]
fn image_that_the_job_lacks_is_an_error() {
    let stub = stub();
    let run: Run = stub
        .run("fetch 5 -o out --images 1,7 --json")
        .exit_code(1)
        .reported("the response contains only 4 images");
    let job: Value = serde_json::from_str(&run.stdout).unwrap();
    assert_schema("result", &job);
    assert_eq!(job["status"], "failed");
    // The same command would not find it either.
    assert_eq!(job["errors"][0]["retryable"], false);
    assert!(!run.stderr.contains("To resume"), "{}", run.stderr);
    assert_eq!(
        job["image_paths"],
        serde_json::json!(["out/image-1.png", null])
    );
    // What there is can be had, without another submission.
    assert_eq!(sent(&stub, "fetch 5 -o out --images 1"), 0);
    sent(&stub, "fetch 5 -o out");
    assert_eq!(saved(&stub), [1, 2, 3, 4]);
    assert_eq!(names(&stub.path("out")), COMPLETE);
    assert_eq!(stub.submitted(), ["5"]);
}

#[test]
fn invalid_image_numbers_are_usage_errors() {
    let stub = stub();
    for numbers in ["0", "17", "x", "1,,2", "-1"] {
        stub.run(&format!("fetch 5 --images={numbers}"))
            .exit_code(2);
    }
    stub.run("fetch 5 --images 1 --seed-only").exit_code(2);
    assert_eq!(stub.requests(), 0);
}
