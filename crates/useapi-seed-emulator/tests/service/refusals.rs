//! Requests for a seed that are refused.

use std::time::Duration;

use reqwest::Method;
use serde_json::{Value, json};
use useapi_seed_emulator::Emulator;

use crate::caller::{answer, fast, get, post, request, retrieve, start};

async fn refused(emulator: &Emulator, body: Value, status: u16, error: &str) {
    let got = post(emulator, body.clone()).await;
    assert_eq!(
        got,
        (status, json!({ "error": error, "code": status })),
        "{body}"
    );
}

#[tokio::test]
async fn a_job_id_has_to_be_given() {
    let emulator = Emulator::start().await.unwrap();
    for body in [
        json!({}),
        json!({ "jobid": null }),
        json!({ "jobid": "" }),
        json!({ "jobid": " \t" }),
        json!({ "jobid": 7 }),
        json!({ "jobid": ["x"] }),
        json!({ "jobId": emulator.jobs().imagine }),
    ] {
        refused(&emulator, body, 400, "jobid is missing").await;
    }
}

#[tokio::test]
async fn lengths_are_counted_in_characters() {
    let emulator = Emulator::start().await.unwrap();
    let jobid = &emulator.jobs().imagine;
    let (longest, over) = ("é🐈".repeat(512), "é🐈".repeat(512) + "x");
    for field in ["replyRef", "replyUrl"] {
        let error = format!("{field} is too long");
        refused(
            &emulator,
            json!({ "jobid": jobid, field: over }),
            400,
            &error,
        )
        .await;
        let (status, job) = post(&emulator, json!({ "jobid": jobid, field: longest })).await;
        assert_eq!((status, job[field].as_str()), (200, Some(longest.as_str())));
    }
}

#[tokio::test]
async fn optional_fields_have_to_be_texts() {
    let emulator = Emulator::start().await.unwrap();
    let jobid = &emulator.jobs().imagine;
    for field in ["replyRef", "replyUrl", "discord"] {
        let error = format!("Emulator: {field} must be a string; leave it out, or send \"\"");
        for value in [json!(null), json!(1), json!(true), json!(["x"]), json!({})] {
            refused(
                &emulator,
                json!({ "jobid": jobid, field: value }),
                400,
                &error,
            )
            .await;
        }
    }
    assert!(emulator.job_counts().is_empty());
}

#[tokio::test]
async fn empty_fields_are_absent_and_unknown_ignored() {
    let emulator = Emulator::builder().paused().start().await.unwrap();
    let jobid = &emulator.jobs().imagine;
    let mut plain = start(&emulator, jobid).await;
    let body = json!({
        "jobid": jobid, "discord": "", "replyUrl": "", "replyRef": "", "unknown": null,
    });
    let (status, job) = post(&emulator, body).await;
    assert_eq!(status, 200);
    plain["jobid"] = job["jobid"].clone();
    assert_eq!(job, plain);
}

#[tokio::test]
async fn the_parent_has_to_be_there_and_completed_and_of_the_right_verb() {
    let emulator = Emulator::start().await.unwrap();
    let jobs = emulator.jobs();
    let error = "Unable to locate parent job no:such job";
    refused(&emulator, json!({ "jobid": "no:such job" }), 404, error).await;
    let error = "Parent job must be completed";
    refused(&emulator, json!({ "jobid": jobs.progress }), 400, error).await;
    let error = "Job of type describe not supported";
    refused(&emulator, json!({ "jobid": jobs.unsupported }), 400, error).await;
}

#[tokio::test]
async fn a_seed_job_is_no_parent() {
    let slow = Emulator::start().await.unwrap();
    let job = start(&slow, &slow.jobs().imagine).await;
    let body = json!({ "jobid": job["jobid"] });
    refused(&slow, body, 400, "Parent job must be completed").await;

    let fast = fast().await;
    let job = retrieve(&fast, &fast.jobs().imagine).await;
    let body = json!({ "jobid": job["jobid"] });
    refused(&fast, body, 400, "Job of type seed_async not supported").await;
}

#[tokio::test]
async fn discord_and_channel_have_to_come_from_somewhere() {
    let emulator = Emulator::start().await.unwrap();
    let jobs = emulator.jobs();
    refused(
        &emulator,
        json!({ "jobid": jobs.no_discord }),
        400,
        "discord is missing",
    )
    .await;
    let body = json!({ "jobid": jobs.no_discord, "discord": "" });
    refused(&emulator, body, 400, "discord is missing").await;
    refused(
        &emulator,
        json!({ "jobid": jobs.no_channel }),
        400,
        "channel is missing",
    )
    .await;

    let body = json!({ "jobid": jobs.no_discord, "discord": "OWN-of-the-request-end" });
    let (status, job) = post(&emulator, body).await;
    assert_eq!(status, 200, "{job}");
    assert_eq!(job["discord"], "OWN…secured…end");
}

#[tokio::test]
async fn a_body_that_is_no_json_object_is_400() {
    let emulator = Emulator::start().await.unwrap();
    let send = |kind: &'static str, body: String| {
        let call = request(&emulator, Method::POST, "/jobs/seed_async");
        answer(call.header("content-type", kind).body(body))
    };
    let valid = json!({ "jobid": emulator.jobs().imagine }).to_string();

    let (status, body) = send("application/json", valid[..20].to_owned()).await;
    assert_eq!((status, &body["code"]), (400, &json!(400)));
    let error = body["error"].as_str().unwrap();
    assert!(
        error.starts_with("Emulator: Request body is not valid JSON: "),
        "{error}"
    );

    for array in ["[]", "\"text\"", "null"] {
        let (status, body) = send("application/json", array.to_owned()).await;
        assert_eq!(
            (status, &body["error"]),
            (400, &json!("Emulator: Request body must be a JSON object"))
        );
    }
    for kind in ["text/plain", "application/x-www-form-urlencoded"] {
        let (status, body) = send(kind, valid.clone()).await;
        assert_eq!(
            (status, &body["error"]),
            (
                400,
                &json!("Emulator: Content-Type must be application/json")
            )
        );
    }
    let (status, body) = send("Application/JSON; charset=utf-8", valid).await;
    assert_eq!(status, 200, "{body}");
}

#[tokio::test]
async fn large_body_is_400() {
    let emulator = Emulator::start().await.unwrap();
    let jobid = &emulator.jobs().imagine;
    let sized = |count: usize| json!({ "jobid": jobid, "more": "x".repeat(count) });
    let error = "Emulator: Request body is over 65536 bytes";
    refused(&emulator, sized(64 * 1024), 400, error).await;
    let (status, body) = post(&emulator, sized(60 * 1024)).await;
    assert_eq!(status, 200, "{body}");
}

#[tokio::test]
async fn the_fourth_executing_job_is_429() {
    let emulator = Emulator::start().await.unwrap();
    let jobs = emulator.jobs();
    let mut executing = Vec::new();
    for jobid in [&jobs.imagine, &jobs.imagine, &jobs.blend] {
        executing.push(start(&emulator, jobid).await["jobid"].clone());
    }
    let (status, body) = post(&emulator, json!({ "jobid": jobs.button })).await;
    assert_eq!((status, &body["code"]), (429, &json!(429)));
    assert_eq!(body["executingJobs"], json!(executing));
    assert!(
        body["error"]
            .as_str()
            .is_some_and(|error| !error.is_empty())
    );
    // Another channel has places of its own.
    start(&emulator, &jobs.no_account).await;
}

#[tokio::test]
async fn finished_jobs_make_room() {
    let emulator = Emulator::start().await.unwrap();
    let jobs = emulator.jobs();
    for _ in 0..3 {
        start(&emulator, &jobs.imagine).await;
    }
    let (status, _) = post(&emulator, json!({ "jobid": jobs.button })).await;
    assert_eq!(status, 429);
    emulator.advance(Duration::from_secs(45));
    let last = start(&emulator, &jobs.button).await;
    let (status, job) = get(&emulator, last["jobid"].as_str().unwrap()).await;
    assert_eq!((status, &job["parentJobId"]), (200, &json!(jobs.button)));
}
