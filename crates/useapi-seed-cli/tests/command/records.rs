//! The JSON records of `fetch`, and the lists beside the gallery.

use std::fs;
use std::path::Path;

use serde_json::{Value, json};

use crate::process::{CommandExt, Run, Setup, assert_schema, closed_url, command, names};
use crate::stub::{Stub, TOKEN};

const NOT_FOUND: &str = r#"{"error": "Job not found", "code": 404}"#;

/// The record of each job; each is as its schema.
#[track_caller]
fn records(run: &Run) -> Vec<Value> {
    let mut records = Vec::new();
    for line in run.stdout.lines() {
        let record: Value = serde_json::from_str(line).unwrap();
        let is_summary = record.get("summary").is_some();
        assert_schema(if is_summary { "summary" } else { "result" }, &record);
        records.push(record);
    }
    records
}

fn is_rfc_3339(value: &Value) -> bool {
    let text = value.as_str().unwrap();
    let digits = text.replace(|letter: char| letter.is_ascii_digit(), "0");
    digits == "0000-00-00T00:00:00Z"
}

/// A service that knows the jobs 1 and 2, but not 3 and 4.
fn partial() -> Stub {
    let stub = Stub::with_result();
    stub.run("fetch 1 2 -d out").exit_code(0);
    stub.reset();
    stub.on_submit(404, NOT_FOUND);
    stub
}

#[test]
fn completed_record_has_paths_and_times() {
    let stub = Stub::with_result();
    let run = stub.run("fetch 5 6 -d out --json").exit_code(0);
    for job in records(&run) {
        assert_eq!(
            (&job["status"], &job["exit_code"]),
            (&"completed".into(), &0.into())
        );
        assert_eq!(
            (&job["already_present"], &job["errors"]),
            (&false.into(), &json!([]))
        );
        assert!(job["elapsed_s"].as_f64().unwrap() > 0.0);
        assert!(is_rfc_3339(&job["retrieved_at"]), "{job}");
        let paths = job["image_paths"].as_array().unwrap();
        assert_eq!(paths.len(), 4);
        for path in paths {
            assert!(stub.path(path.as_str().unwrap()).is_file(), "{job}");
        }
    }
    let again = stub.run("fetch 5 -d out --json").exit_code(0);
    let job = &records(&again)[0];
    assert_eq!(job["already_present"], true);
    assert!(is_rfc_3339(&job["retrieved_at"]));
}

#[test]
fn summary_is_the_last_record() {
    let stub = partial();
    let run = stub.run("fetch 1 2 3 -d out --json --summary").exit_code(3);
    let records = records(&run);
    assert_eq!(records.len(), 4);
    let mut summary = records[3]["summary"].clone();
    assert!(summary["elapsed_s"].as_f64().unwrap() > 0.0);
    summary["elapsed_s"] = 0.into();
    assert_eq!(
        summary,
        json!({
            "completed": 0, "skipped": 2, "failed": 1, "pending": 0, "running": 0,
            "images": 0, "bytes": 0, "elapsed_s": 0, "exit_code": 3,
        })
    );
    stub.run("fetch 1 2 -d out --summary")
        .exit_code(2)
        .reported("--summary needs --json");
}

/// Those of an earlier run are not counted.
#[test]
fn summary_counts_images_of_this_run() {
    let stub = Stub::with_result();
    stub.on_poll(200, stub.job().to_string());
    stub.run("fetch 5 -o out --images 1").exit_code(0);
    let run = stub.run("fetch 5 -o out --json --summary").exit_code(0);
    let summary = &records(&run)[1]["summary"];
    let bytes = 3 * useapi_seed_tests::PNG.len();
    assert_eq!(
        (&summary["images"], &summary["bytes"]),
        (&3.into(), &bytes.into())
    );
}

#[test]
fn error_records_are_for_programs() {
    let error = |run: &Run| {
        let job = records(run).remove(0);
        let error = job["errors"][0].clone();
        assert_eq!(error["exit_code"], job["exit_code"]);
        assert!(error["message"].is_string());
        (
            job["status"].as_str().unwrap().to_owned(),
            error["kind"].as_str().unwrap().to_owned(),
            error["http_status"].as_u64(),
            error["retryable"].as_bool().unwrap(),
        )
    };
    let is = |status: &str, kind: &str, http_status, retryable| {
        (status.to_owned(), kind.to_owned(), http_status, retryable)
    };
    for (status, code, expected) in [
        (404, 3, is("failed", "not_found", Some(404), false)),
        (401, 6, is("failed", "unauthorized", Some(401), false)),
        (402, 6, is("failed", "no_subscription", Some(402), false)),
        (596, 4, is("failed", "account_halted", Some(596), false)),
    ] {
        let stub = Stub::start();
        stub.on_submit(status, json!({"error": "no", "code": status}).to_string());
        let run = stub.run("fetch 5 -o out --json").exit_code(code);
        assert_eq!(error(&run), expected);
    }
    let dir = tempfile::tempdir().unwrap();
    let mut closed = command(dir.path());
    closed.line("fetch 5 --json").at_url(&closed_url(), TOKEN);
    let run = closed.run().exit_code(7);
    assert_eq!(error(&run), is("pending", "unreachable", None, true));
    let stub = Stub::start();
    stub.on_submit(200, stub.job().to_string());
    stub.on_poll(200, stub.job().to_string());
    let run = stub.run("fetch 5 -o out --json").exit_code(1);
    let (status, kind, _, retryable) = error(&run);
    assert_eq!((&*status, &*kind, retryable), ("failed", "image", true));
}

/// The rows of a CSV file without line breaks in its values.
fn rows(path: &Path) -> Vec<String> {
    let text = fs::read_to_string(path).unwrap();
    text.lines().map(str::to_owned).collect()
}

#[test]
fn lists_are_written_beside_the_gallery() {
    let stub = partial();
    stub.run("fetch 1 2 3 4 -d out")
        .exit_code(3)
        .reported("Gallery: out/index.html     Seeds: out/seeds.csv     Failed: out/failed.txt");
    assert_eq!(
        names(&stub.path("out")),
        ["1", "2", "failed.txt", "index.html", "seeds.csv"]
    );
    let seeds = rows(&stub.path("out/seeds.csv"));
    assert!(
        seeds[0].starts_with("job_id,seed_job_id,seed,prompt,"),
        "{seeds:?}"
    );
    let mut ids: Vec<_> = seeds[1..].iter().map(|row| &row[..2]).collect();
    ids.sort_unstable();
    assert_eq!(ids, ["1,", "2,"]);
    let failed = rows(&stub.path("out/failed.txt"));
    assert_eq!(
        failed[1..],
        [
            "3  # job not found (HTTP 404)",
            "4  # job not found (HTTP 404)"
        ]
    );
}

#[test]
fn lists_are_written_without_a_gallery() {
    let stub = partial();
    stub.run("fetch 1 2 3 -d other --no-gallery").exit_code(3);
    assert_eq!(names(&stub.path("other")), ["failed.txt"]);
    fs::remove_file(stub.path("out/index.html")).unwrap();
    stub.run("fetch 1 2 3 -d out --no-gallery")
        .exit_code(3)
        .reported("\nSeeds: out/seeds.csv     Failed: out/failed.txt\n");
    assert!(!stub.path("out/index.html").exists());
}

#[test]
fn failed_file_retries_exactly_those() {
    let stub = partial();
    stub.run("fetch 1 2 3 4 -d out").exit_code(3);
    stub.reset();
    stub.on_submit(200, stub.job().to_string());
    stub.on_images();
    let before = stub.submitted().len();
    stub.run("fetch -i out/failed.txt -d out").exit_code(0);
    let mut retried = stub.submitted().split_off(before);
    retried.sort();
    assert_eq!(retried, ["3", "4"]);
    assert!(!stub.path("out/failed.txt").exists());
    assert_eq!(rows(&stub.path("out/seeds.csv")).len(), 5);
}

#[test]
fn failed_file_is_where_it_was_requested() {
    let stub = partial();
    stub.run("fetch 1 3 -d out --failed-file mine.txt")
        .exit_code(3);
    assert_eq!(
        rows(&stub.path("mine.txt"))[1],
        "3  # job not found (HTTP 404)"
    );
    assert!(!stub.path("out/failed.txt").exists());
    // For one job, too.
    stub.run("fetch 4 -o one --failed-file mine.txt")
        .exit_code(3);
    let failed = rows(&stub.path("mine.txt"));
    assert_eq!(
        failed[1..],
        [
            "3  # job not found (HTTP 404)",
            "4  # job not found (HTTP 404)"
        ]
    );
    fs::write(stub.path("notes.txt"), "buy milk\n").unwrap();
    stub.run("fetch 3 4 -d out --failed-file notes.txt")
        .exit_code(3)
        .reported("note: notes.txt was not created by useapi-seed; left unchanged");
    assert_eq!(rows(&stub.path("notes.txt")), ["buy milk"]);
}

#[test]
fn job_with_two_errors_is_listed_once() {
    let stub = Stub::start();
    stub.on_submit(200, stub.job().to_string());
    stub.on_poll(200, stub.job().to_string());
    let run = stub.run("fetch 5 -d out --json").exit_code(1);
    assert_eq!(records(&run)[0]["errors"].as_array().unwrap().len(), 4);
    let failed = rows(&stub.path("out/failed.txt"));
    assert_eq!(failed.len(), 2, "{failed:?}");
    assert!(failed[1].starts_with("5  # image 1: "), "{failed:?}");
}

/// What the next run resumes has not failed.
#[test]
fn pending_jobs_are_not_listed_as_failed() {
    let setup = Setup::paused();
    let jobs = setup.emulator.jobs();
    let line = format!(
        "fetch {} {} -d out --timeout 0.1",
        jobs.imagine, jobs.button
    );
    setup.run(&line).exit_code(5);
    assert!(!setup.path("out/failed.txt").exists());
    setup.command(&line).arg("--json").run().exit_code(5);
}
