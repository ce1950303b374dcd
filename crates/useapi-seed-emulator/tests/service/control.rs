//! The emulator's own routes, which match `openapi/emulator.yaml`.

use std::collections::BTreeSet;

use reqwest::Method;
use serde_json::{Value, json};

use crate::caller::{Caller, Reply, client, eventually, fetch, id, json_of, send};
use crate::spec::CONTROL;

/// Calls a route, and validates the response against the spec.
async fn call(caller: &Caller, method: Method, path: &str, body: Value) -> Reply {
    let url = caller.root_url(&format!("/_emulator/{path}"));
    let request = client().request(method.clone(), url);
    let response = send(match body {
        Value::Null => request,
        body => request.json(&body),
    })
    .await;
    let status = response.status().as_u16();
    let text = response.text().await.unwrap();
    let route = path.split('?').next().unwrap();
    let method = method.as_str().to_lowercase();
    let pointer = format!("/paths/~1_emulator~1{route}/{method}/responses/{status}");
    let declared = CONTROL.at(&pointer);
    let declared = declared.unwrap_or_else(|| panic!("{pointer} is not declared"));
    let Some(schema) = declared.pointer("/content/application~1json/schema") else {
        assert_eq!(text, "", "{pointer}");
        return (status, Value::Null);
    };
    let json = serde_json::from_str(&text).unwrap();
    assert_matches(&json, schema);
    (status, json)
}

async fn get(caller: &Caller, path: &str) -> Value {
    let (status, json) = call(caller, Method::GET, path, Value::Null).await;
    assert_eq!(status, 200);
    json
}

async fn post(caller: &Caller, path: &str, body: Value) -> Reply {
    call(caller, Method::POST, path, body).await
}

fn assert_matches(json: &Value, schema: &Value) {
    let errors = CONTROL.errors(schema, json);
    assert!(errors.is_empty(), "{json}: {errors:?}");
}

#[tokio::test]
async fn control_api_covers_a_complete_test() {
    let caller = Caller::start().await;
    // Its port is closed.
    let reply_url = {
        let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        format!("http://{}/", listener.local_addr().unwrap())
    };
    let body = json!({ "jobid": caller.jobs().imagine, "replyUrl": reply_url });
    let (_, job) = caller.post(body).await;
    let time = get(&caller, "clock").await;
    assert_eq!(time["time"], "2024-02-25T18:00:00.000Z");
    let (_, time) = post(&caller, "clock", json!({ "milliseconds": 20_000 })).await;
    assert_eq!(time["time"], "2024-02-25T18:00:20.000Z");
    assert_eq!(caller.get(id(&job)).await.1["status"], "progress");

    let fault = json!({ "kind": "status", "status": 503, "retry_after": "5" });
    let injection = json!({ "operation": "get_job", "trigger": { "next": 1 }, "fault": fault });
    assert_eq!(post(&caller, "faults", injection).await.0, 204);
    assert_eq!(json_of(caller.poll()).await["code"], 503);
    let faults = get(&caller, "faults").await;
    assert_eq!(
        (&faults[0]["hits"], &faults[0]["fault"]),
        (&json!(1), &fault)
    );
    let cleared = call(&caller, Method::DELETE, "faults", Value::Null).await;
    assert_eq!(cleared.0, 204);
    assert_eq!(get(&caller, "faults").await, json!([]));

    let unknown = fetch(&caller.root_url("/v2/unknown")).await;
    assert_eq!(unknown.status(), 404);
    let calls = get(&caller, "journal").await;
    assert_eq!(calls.as_array().unwrap().len(), 4);
    assert_eq!(calls[2]["fault"], fault);
    assert_eq!(calls[3]["operation"], Value::Null);
    assert_eq!(get(&caller, "journal?after=3").await, json!([calls[3]]));
    for invalid in ["one", "1&before=2"] {
        let path = format!("journal?after={invalid}");
        let (status, _) = call(&caller, Method::GET, &path, Value::Null).await;
        assert_eq!(status, 400, "{invalid}");
    }
    let counts = get(&caller, "job-counts").await;
    assert_eq!(counts[&caller.jobs().imagine]["started"], 1);
    eventually(|| !caller.callbacks().is_empty()).await;
    let callbacks = get(&caller, "callbacks").await;
    assert!(callbacks[0]["outcome"]["failed"].is_string(), "{callbacks}");
}

#[tokio::test]
async fn service_info_has_urls_and_leaked_tokens() {
    let caller = Caller::start().await;
    let image = client().get(caller.image_base_url());
    send(image.bearer_auth(caller.token())).await;
    let service = get(&caller, "service").await;
    assert_eq!(service["base_url"], caller.base_url());
    assert_eq!(service["image_base_url"], caller.image_base_url());
    assert_eq!(service["token"], caller.token());
    assert_eq!(service["expired_token"], caller.expired_token());
    assert_eq!(service["jobs"]["imagine"], caller.jobs().imagine);
    assert_eq!(service["leaked_token_requests"], 1);
    let text = fetch(&caller.root_url("/_emulator/openapi.yaml")).await;
    assert_eq!(text.headers()["content-type"], "application/yaml");
    let text = text.text().await.unwrap();
    assert_eq!(text, include_str!("../../openapi/emulator.yaml"));
    let unknown = fetch(&caller.root_url("/_emulator/no-such-route")).await;
    assert_eq!(unknown.status(), 404);
}

#[tokio::test]
async fn invalid_body_is_rejected_with_its_reason() {
    let caller = Caller::start().await;
    let before = get(&caller, "clock").await;
    assert_eq!(before["time_scale"], Value::Null);
    let fault = |fault| json!({ "operation": "get_job", "trigger": { "next": 1 }, "fault": fault });
    let operation = json!({ "operation": "get_jobs" });
    let large = json!({ "milliseconds": "x".repeat(70_000) });
    let reset = json!({ "kind": "reset_after", "bytes": 5 });
    // The last of the clock's is not applied in part.
    let partial = json!({ "milliseconds": 5000, "time_scale": 0 });
    for (path, body, status, reason) in [
        ("clock", json!({}), 422, "neither `milliseconds` nor"),
        ("clock", json!({ "milliseconds": null }), 422, "neither"),
        (
            "clock",
            json!({ "seconds": 5 }),
            422,
            "unknown field `seconds`",
        ),
        ("clock", json!({ "time_scale": -1 }), 422, "above zero"),
        (
            "clock",
            json!({ "time_scale": "fast" }),
            422,
            "invalid type",
        ),
        ("clock", partial, 422, "above zero"),
        ("clock", large, 413, "limit"),
        ("faults", operation, 422, "unknown variant `get_jobs`"),
        (
            "faults",
            fault(json!({ "kind": "odd" })),
            422,
            "unknown variant `odd`",
        ),
        (
            "faults",
            fault(json!({ "kind": "dropped" })),
            422,
            "nothing about `get_job`",
        ),
        ("faults", fault(reset), 422, "unknown field `bytes`"),
    ] {
        let (rejected, response) = post(&caller, path, body).await;
        assert_eq!(rejected, status, "{response}");
        let error = response["error"].as_str().unwrap();
        assert!(error.contains(reason), "{error}");
    }
    assert_eq!(get(&caller, "clock").await, before);
    let change = json!({ "milliseconds": 1000, "time_scale": 0.5 });
    let (_, running) = post(&caller, "clock", change).await;
    assert_eq!(running["time_scale"], 0.5);
    assert!(running["time"].as_str() >= Some("2024-02-25T18:00:01.000Z"));
}

fn faults() -> Vec<Value> {
    vec![
        json!({ "kind": "status", "status": 503, "retry_after": "5" }),
        json!({ "kind": "html", "status": 502 }),
        json!({ "kind": "reset_before" }),
        json!({ "kind": "reset_after" }),
        json!({ "kind": "reset_on_reuse" }),
        json!({ "kind": "truncated_body", "bytes": 5 }),
        json!({ "kind": "stall", "bytes": 5 }),
        json!({ "kind": "slow", "bytes_per_second": 5 }),
        json!({ "kind": "latency", "milliseconds": 5 }),
        json!({ "kind": "extra_field", "name": "a", "value": [5] }),
        json!({ "kind": "replaced_field", "pointer": "/a", "value": null }),
        json!({ "kind": "dropped" }),
        json!({ "kind": "duplicated" }),
        json!({ "kind": "reordered" }),
        json!({ "kind": "expired_links" }),
        json!({ "kind": "short_body", "bytes": 5 }),
    ]
}

/// The values of an enumeration in the spec.
fn values(pointer: &str) -> BTreeSet<String> {
    let values = CONTROL.at(pointer).unwrap().clone();
    serde_json::from_value(values).unwrap()
}

/// The variants that an error of serde lists.
fn variants(error: &Value) -> BTreeSet<String> {
    let (_, listed) = error["error"]
        .as_str()
        .unwrap()
        .split_once("one of ")
        .unwrap();
    let names = listed.split('`').skip(1).step_by(2);
    names.map(ToOwned::to_owned).collect()
}

#[tokio::test]
async fn every_fault_and_operation_is_in_the_spec() {
    let caller = Caller::start().await;
    let kinds = values("/components/schemas/Fault/properties/kind/enum");
    let operations = values("/components/schemas/Operation/enum");
    let unknown = json!({ "operation": "odd" });
    assert_eq!(
        variants(&post(&caller, "faults", unknown).await.1),
        operations
    );
    let fault = json!({ "kind": "odd" });
    let unknown = json!({ "operation": "get_job", "trigger": { "next": 1 }, "fault": fault });
    assert_eq!(variants(&post(&caller, "faults", unknown).await.1), kinds);

    let given = faults();
    let given = given.iter().map(|fault| fault["kind"].as_str().unwrap());
    assert_eq!(given.map(str::to_owned).collect::<BTreeSet<_>>(), kinds);
    let schema = "/paths/~1_emulator~1faults/post/requestBody/content/application~1json/schema";
    let schema = CONTROL.at(schema).unwrap();
    let inject = async |operation: &str, trigger: Value, fault: Value| {
        let body = json!({ "operation": operation, "trigger": trigger, "fault": fault });
        assert_matches(&body, schema);
        assert_eq!(post(&caller, "faults", body).await.0, 204);
    };
    for fault in faults() {
        let operation = match fault["kind"].as_str().unwrap() {
            "dropped" | "duplicated" | "reordered" => "callback",
            _ => "get_job",
        };
        inject(operation, json!({ "next": 2 }), fault.clone()).await;
        inject(operation, json!({ "probability": 0.5, "seed": 1 }), fault).await;
    }
    for operation in &operations {
        let latency = json!({ "kind": "latency", "milliseconds": 0 });
        inject(operation, json!({ "next": 1 }), latency).await;
    }
    let injected = get(&caller, "faults").await;
    let count = 2 * kinds.len() + operations.len();
    assert_eq!(injected.as_array().unwrap().len(), count);
}
