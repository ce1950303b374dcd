//! The emulator's own routes.

use reqwest::Method;
use serde_json::{Value, json};
use useapi_seed_emulator::Emulator;

use crate::caller::{client, get, start};

async fn call(
    emulator: &Emulator,
    method: Method,
    path: &str,
    body: Option<Value>,
) -> (u16, Value) {
    let root = emulator.base_url().trim_end_matches("/v2");
    let mut call = client().request(method, format!("{root}/_emulator/{path}"));
    if let Some(body) = body {
        call = call.json(&body);
    }
    let answer = call.send().await.unwrap();
    let status = answer.status().as_u16();
    let text = answer.text().await.unwrap();
    (status, serde_json::from_str(&text).unwrap_or(Value::Null))
}

#[tokio::test]
async fn a_test_in_any_language_controls_it() {
    let emulator = Emulator::builder().paused().start().await.unwrap();
    let (status, time) = call(&emulator, Method::GET, "clock", None).await;
    assert_eq!(
        (status, &time["time"]),
        (200, &json!("2024-02-25T18:00:00.000Z"))
    );
    let job = start(&emulator, &emulator.jobs().imagine).await;
    let jobid = job["jobid"].as_str().unwrap();
    let advance = json!({ "milliseconds": 20_000 });
    let (_, time) = call(&emulator, Method::POST, "clock", Some(advance)).await;
    assert_eq!(time["time"], "2024-02-25T18:00:20.000Z");
    assert_eq!(get(&emulator, jobid).await.1["status"], "progress");

    let fault = json!({ "kind": "status", "status": 503, "retry_after": "5" });
    let injection = json!({ "operation": "get_job", "trigger": { "next": 1 }, "fault": fault });
    let (status, _) = call(&emulator, Method::POST, "faults", Some(injection)).await;
    assert_eq!(status, 204);
    assert_eq!(get(&emulator, jobid).await.0, 503);
    let (_, faults) = call(&emulator, Method::GET, "faults", None).await;
    assert_eq!(
        (&faults[0]["hits"], &faults[0]["fault"]),
        (&json!(1), &fault)
    );
    assert_eq!(call(&emulator, Method::DELETE, "faults", None).await.0, 204);
    assert_eq!(
        call(&emulator, Method::GET, "faults", None).await.1,
        json!([])
    );

    let (_, journal) = call(&emulator, Method::GET, "journal", None).await;
    assert_eq!(journal.as_array().unwrap().len(), 3);
    assert_eq!(journal[2]["fault"], fault);
    let (_, counts) = call(&emulator, Method::GET, "job-counts", None).await;
    assert_eq!(counts[&emulator.jobs().imagine]["started"], 1);
    assert_eq!(
        call(&emulator, Method::GET, "callbacks", None).await.1,
        json!([])
    );
}

#[tokio::test]
async fn it_says_where_it_is_and_who_showed_a_token() {
    let emulator = Emulator::start().await.unwrap();
    let (_, service) = call(&emulator, Method::GET, "service", None).await;
    assert_eq!(service["base_url"], emulator.base_url());
    assert_eq!(service["image_base_url"], emulator.image_base_url());
    assert_eq!(service["token"], emulator.token());
    assert_eq!(service["expired_token"], emulator.expired_token());
    assert_eq!(service["jobs"]["imagine"], emulator.jobs().imagine);
    assert_eq!(service["leaked_token_requests"], 0);
    let image = client().get(emulator.image_base_url());
    image.bearer_auth(emulator.token()).send().await.unwrap();
    let (_, service) = call(&emulator, Method::GET, "service", None).await;
    assert_eq!(service["leaked_token_requests"], 1);
}

#[tokio::test]
async fn a_wrong_wish_is_refused_with_its_reason() {
    let emulator = Emulator::start().await.unwrap();
    for (path, body, reason) in [
        ("clock", json!({ "seconds": 5 }), "unknown field `seconds`"),
        (
            "faults",
            json!({ "operation": "get_jobs" }),
            "unknown variant `get_jobs`",
        ),
        (
            "faults",
            json!({ "operation": "get_job", "trigger": { "next": 1 }, "fault": { "kind": "odd" } }),
            "unknown variant `odd`",
        ),
        (
            "faults",
            json!({ "operation": "get_job", "trigger": { "next": 1 }, "fault": { "kind": "dropped" } }),
            "changes nothing about `get_job`",
        ),
        (
            "faults",
            json!({ "operation": "get_job", "trigger": { "next": 1 }, "fault": { "kind": "reset_after", "bytes": 5 } }),
            "unknown field `bytes`",
        ),
    ] {
        let (status, answer) = call(&emulator, Method::POST, path, Some(body)).await;
        assert_eq!(status, 422);
        let error = answer["error"].as_str().unwrap();
        assert!(error.contains(reason), "{error}");
    }
    assert_eq!(
        call(&emulator, Method::GET, "no-such-route", None).await.0,
        404
    );
}
