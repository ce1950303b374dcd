//! Responses that a client does not expect: nothing is submitted twice, and nothing
//! is lost.

use std::fs;

use serde_json::{Value, json};

use crate::process::{Run, concurrently, names};
use crate::stub::Stub;

const PARENT: &str = "20240225-user:1-channel:1";
const STARTED: &str = "20240226-user:1-channel:1";

fn fetch(stub: &Stub) -> Run {
    stub.run(&format!("fetch {PARENT} -o out"))
}

/// The first poll or search is the last.
fn fetch_briefly(stub: &Stub) -> Run {
    stub.run(&format!("fetch {PARENT} -o out --timeout 0.001"))
}

/// The original job, whose seed is not retrieved.
fn without_seed() -> String {
    json!({"jobid": PARENT, "verb": "imagine", "status": "completed", "code": 200}).to_string()
}

/// The completed seed job.
fn completed(stub: &Stub) -> Value {
    let mut job = stub.job();
    job["jobid"] = json!(STARTED);
    job["verb"] = json!("seed_async");
    job["parentJobId"] = json!(PARENT);
    job
}

fn starts_a_job(stub: &Stub) {
    stub.on_submit(
        200,
        json!({"jobid": STARTED, "status": "started"}).to_string(),
    );
}

#[test]
fn gateway_response_is_not_a_rejection() {
    let statuses = [
        201, 202, 207, 303, 307, 400, 403, 404, 408, 409, 425, 429, 499, 502, 503, 524,
    ];
    concurrently(statuses, |status| {
        let stub = Stub::start();
        stub.on_submit_through_gateway(status);
        stub.on_list(&[]);
        stub.on_poll(200, without_seed());
        fetch(&stub).exit_code(7);
        assert!(stub.path("out/pending.json").exists(), "{status}");
        fetch_briefly(&stub).exit_code(5);
        assert_eq!(stub.submitted().len(), 1, "{status}");
    });
}

/// A response was lost in an earlier run, and now another one is.
#[test]
fn second_lost_response_exits_7() {
    let now = std::time::SystemTime::UNIX_EPOCH.elapsed().unwrap();
    let now = now.as_millis().try_into().unwrap();
    for (recorded_at, option) in [(0, "--no-gallery"), (now, "--resubmit")] {
        let stub = Stub::start();
        stub.on_submit(500, "oops");
        stub.on_list(&[]);
        stub.on_poll(200, without_seed());
        let pending = json!({
            "job_id": PARENT,
            "base_url": stub.base_url(),
            "submission": crate::killed::intent(recorded_at, 90_000),
        });
        fs::create_dir(stub.path("out")).unwrap();
        let path = stub.path("out/pending.json");
        fs::write(path, pending.to_string()).unwrap();
        stub.run(&format!("fetch {PARENT} -o out {option}"))
            .exit_code(7)
            .reported("unexpected response (HTTP 500)");
        assert_eq!(stub.submitted().len(), 1, "{option}");
    }
}

#[test]
fn gateway_401_does_not_stop_batch() {
    let stub = Stub::start();
    stub.on_submit_through_gateway(401);
    stub.on_submit(200, stub.job().to_string());
    stub.on_list(&[]);
    stub.on_poll(200, without_seed());
    stub.on_images();
    stub.run("fetch 5 6 7 --jobs 1")
        .exit_code(7)
        .reported("2 saved, 1 not finished in ");
    assert_eq!(stub.submitted().len(), 3);
}

#[test]
fn job_after_gateway_response_is_found() {
    let stub = Stub::start();
    stub.on_submit_through_gateway(504);
    stub.on_list(&[STARTED]);
    stub.on_poll(200, completed(&stub).to_string());
    stub.on_images();
    fetch(&stub).exit_code(0);
    assert_eq!(stub.submitted().len(), 1);
}

#[test]
fn response_with_nan_is_kept() {
    concurrently(["NaN", "Infinity", "-Infinity"], |word| {
        let stub = Stub::start();
        starts_a_job(&stub);
        let body = completed(&stub)
            .to_string()
            .replace(r#""value":77"#, &format!(r#""value":{word}"#));
        stub.on_poll(200, body.as_str());
        fetch_briefly(&stub)
            .exit_code(7)
            .reported("note: response saved to out/response.txt");
        let kept = fs::read_to_string(stub.path("out/response.txt")).unwrap();
        assert_eq!(kept, body);
        // The same job is polled later.
        stub.reset();
        stub.on_poll(200, completed(&stub).to_string());
        stub.on_images();
        fetch(&stub).exit_code(0);
        assert_eq!(stub.submitted().len(), 1);
    });
}

#[test]
fn first_poll_with_404_is_retried() {
    let stub = Stub::start();
    starts_a_job(&stub);
    stub.on_first_poll(404, r#"{"error":"Unable to locate job","code":404}"#);
    stub.on_poll(200, completed(&stub).to_string());
    stub.on_images();
    fetch(&stub).exit_code(0);
    assert_eq!(stub.submitted().len(), 1);
}

#[test]
fn late_output_is_polled_for() {
    for early in [
        json!(null),
        json!({"value": 77}),
        json!({"value": 77, "attachments": [{}]}),
    ] {
        let stub = Stub::start();
        starts_a_job(&stub);
        let mut job = completed(&stub);
        job["seed"] = early;
        job.as_object_mut().unwrap().remove("parentJobId");
        stub.on_first_poll(200, job.to_string());
        stub.on_poll(200, completed(&stub).to_string());
        stub.on_images();
        fetch(&stub).exit_code(0);
    }
}

/// A directory belongs to the requested job, whatever the response says.
#[test]
fn fetch_resumes_without_optional_fields() {
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
    concurrently(changes.into_iter().enumerate(), |(case, change)| {
        let stub = Stub::start();
        let mut job = completed(&stub);
        change(&mut job);
        starts_a_job(&stub);
        stub.on_poll(200, job.to_string());
        stub.on_image(3, 404, b"gone");
        stub.on_images();
        fetch(&stub).exit_code(1);
        stub.reset();
        stub.on_poll(200, job.to_string());
        stub.on_images();
        fetch(&stub).exit_code(0);
        let requests = stub.requests();
        fetch(&stub).exit_code(0);
        assert_eq!(stub.requests(), requests, "{case}");
        assert_eq!(stub.submitted().len(), 1, "{case}");
        assert!(!names(&stub.path("out")).contains(&"pending.json".to_owned()));
    });
}

#[test]
fn numeric_job_id_is_kept() {
    let stub = Stub::start();
    let id = 1_210_000_000_000_000_001_u64;
    stub.on_submit(200, json!({"jobid": id, "status": "started"}).to_string());
    stub.on_poll(200, completed(&stub).to_string());
    stub.on_images();
    let run = fetch(&stub).exit_code(0);
    assert_eq!(run.started_job(), id.to_string());
}

/// What was recorded about the job stays known, also after a `wait`.
#[test]
fn wait_keeps_parent_for_fetch() {
    let stub = Stub::start();
    let mut job = completed(&stub);
    job.as_object_mut().unwrap().remove("parentJobId");
    starts_a_job(&stub);
    let mut running = job.clone();
    running["status"] = json!("progress");
    running["seed"] = json!(null);
    stub.on_first_poll(200, running.to_string());
    fetch_briefly(&stub).exit_code(5);
    stub.reset();
    stub.on_poll(200, job.to_string());
    stub.on_images();
    stub.run(&format!("wait {STARTED} -o out")).exit_code(0);
    fetch(&stub).exit_code(0);
    assert_eq!(stub.submitted().len(), 1);
}

/// The job's own response has neither the seed nor whose it is.
#[test]
fn requested_parent_is_polled_for_seed() {
    let stub = Stub::start();
    starts_a_job(&stub);
    let started = json!({"jobid": STARTED, "status": "completed", "code": 200}).to_string();
    let mut parent = stub.job();
    parent["jobid"] = json!(PARENT);
    stub.on_job(STARTED, started);
    stub.on_job(PARENT, parent.to_string());
    stub.on_images();
    fetch(&stub).exit_code(0);
}
