//! Requests for a seed that are rejected.

use reqwest::Method;
use serde_json::{Value, json};

use crate::caller::{Caller, Reply, id, validated};

async fn assert_rejected(caller: &Caller, body: Value, status: u16, error: &str) {
    let expected = json!({ "error": error, "code": status });
    assert_eq!(
        caller.post(body.clone()).await,
        (status, expected),
        "{body}"
    );
}

#[tokio::test]
async fn jobid_is_required() {
    let caller = Caller::start().await;
    for body in [
        json!({}),
        json!({ "jobid": null }),
        json!({ "jobid": "" }),
        json!({ "jobid": " \t" }),
        json!({ "jobid": 7 }),
        json!({ "jobid": ["x"] }),
        json!({ "jobId": caller.jobs().imagine }),
    ] {
        assert_rejected(&caller, body, 400, "jobid is missing").await;
    }
}

#[tokio::test]
async fn lengths_are_counted_in_characters() {
    let caller = Caller::start().await;
    let jobid = &caller.jobs().imagine;
    let (longest, over) = ("é🐈".repeat(512), "é🐈".repeat(512) + "x");
    for field in ["replyRef", "replyUrl"] {
        let error = format!("{field} is too long");
        let body = json!({ "jobid": jobid, field: over });
        assert_rejected(&caller, body, 400, &error).await;
        let (status, job) = caller.post(json!({ "jobid": jobid, field: longest })).await;
        assert_eq!((status, job[field].as_str()), (200, Some(longest.as_str())));
    }
}

#[tokio::test]
async fn optional_fields_must_be_texts() {
    let caller = Caller::start().await;
    for field in ["replyRef", "replyUrl", "discord"] {
        let error = format!("Emulator: {field} must be a string; leave it out, or send \"\"");
        for value in [json!(null), json!(1), json!(["x"])] {
            let body = json!({ "jobid": caller.jobs().imagine, field: value });
            assert_rejected(&caller, body, 400, &error).await;
        }
    }
    assert!(caller.job_counts().is_empty());
}

#[tokio::test]
async fn empty_field_is_absent_and_unknown_ignored() {
    let caller = Caller::start().await;
    let jobid = &caller.jobs().imagine;
    let mut plain = caller.start_job(jobid).await;
    let body = json!({
        "jobid": jobid, "discord": "", "replyUrl": "", "replyRef": "", "unknown": null,
    });
    let (status, job) = caller.post(body).await;
    assert_eq!(status, 200);
    // Another job, since the seed is not retrieved yet.
    assert_ne!(plain["jobid"], job["jobid"]);
    plain["jobid"] = job["jobid"].clone();
    assert_eq!(job, plain);
}

#[tokio::test]
async fn parent_must_be_completed_and_supported() {
    let caller = Caller::start().await;
    let jobs = caller.jobs();
    let started = caller.start_job(&jobs.imagine).await;
    let executing = "Parent job must be completed";
    for (jobid, status, error) in [
        (
            "no:such job",
            404,
            "Unable to locate parent job no:such job",
        ),
        (&jobs.progress, 400, executing),
        (&jobs.unsupported, 400, "Job of type describe not supported"),
        (&jobs.no_discord, 400, "discord is missing"),
        (&jobs.no_channel, 400, "channel is missing"),
        (id(&started), 400, executing),
    ] {
        assert_rejected(&caller, json!({ "jobid": jobid }), status, error).await;
    }
    caller.advance_seconds(45);
    let error = "Job of type seed_async not supported";
    assert_rejected(&caller, json!({ "jobid": id(&started) }), 400, error).await;

    let body = json!({ "jobid": jobs.no_discord, "discord": "OWN-of-the-request-end" });
    let (status, job) = caller.post(body).await;
    assert_eq!((status, &job["discord"]), (200, &json!("OWN…secured…end")));
}

#[tokio::test]
async fn body_must_be_a_json_object() {
    let caller = Caller::start().await;
    let send = async |kind: &str, body: &str| -> Reply {
        let call = caller.request(Method::POST, "/jobs/seed_async");
        validated(call.header("content-type", kind).body(body.to_owned())).await
    };
    let valid = json!({ "jobid": caller.jobs().imagine }).to_string();
    let json = "application/json";
    let object = "Request body must be a JSON object";
    let content_type = "Content-Type must be application/json";
    for (kind, body, expected) in [
        (json, &valid[..20], "Request body is not valid JSON: "),
        (json, "[]", object),
        (json, "null", object),
        ("text/plain", &valid, content_type),
        ("application/x-www-form-urlencoded", &valid, content_type),
    ] {
        let (status, rejected) = send(kind, body).await;
        assert_eq!((status, &rejected["code"]), (400, &json!(400)));
        let error = rejected["error"].as_str().unwrap();
        assert!(
            error.starts_with(&format!("Emulator: {expected}")),
            "{error}"
        );
    }
    let (status, _) = send("Application/JSON; charset=utf-8", &valid).await;
    assert_eq!(status, 200);
}

#[tokio::test]
async fn large_body_is_400() {
    let caller = Caller::start().await;
    let jobid = &caller.jobs().imagine;
    let sized = |count: usize| json!({ "jobid": jobid, "more": "x".repeat(count) });
    let error = "Emulator: Request body is over 65536 bytes";
    assert_rejected(&caller, sized(64 * 1024), 400, error).await;
    assert_eq!(caller.post(sized(60 * 1024)).await.0, 200);
}

#[tokio::test]
async fn fourth_executing_job_is_429() {
    let caller = Caller::start().await;
    let jobs = caller.jobs();
    let mut executing = Vec::new();
    for jobid in [&jobs.imagine, &jobs.imagine, &jobs.blend] {
        executing.push(caller.start_job(jobid).await["jobid"].clone());
    }
    let (status, body) = caller.submit(&jobs.button).await;
    assert_eq!((status, &body["code"]), (429, &json!(429)));
    assert_eq!(body["executingJobs"], json!(executing));
    assert!(body["error"].as_str().unwrap().contains("3 jobs executing"));
    // Another channel has slots of its own.
    caller.start_job(&jobs.no_account).await;
    caller.advance_seconds(45);
    caller.start_job(&jobs.button).await;
}
