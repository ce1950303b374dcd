//! The emulator's own routes match `openapi/emulator.yaml`.

#![allow(
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a failure fails the test"
)]

use std::collections::BTreeSet;

use reqwest::{Client, Method};
use serde_json::{Value, json};
use tokio::net::TcpListener;
use useapi_seed_emulator::Emulator;
use useapi_seed_tests::Spec;

struct Control {
    emulator: Emulator,
    http: Client,
    spec: Spec,
}

impl Control {
    async fn start() -> Self {
        Self {
            emulator: Emulator::builder().paused().start().await.unwrap(),
            http: Client::builder().no_proxy().build().unwrap(),
            spec: Spec::emulator(),
        }
    }

    /// Calls a route, and validates the response against the spec.
    async fn call(&self, method: Method, path: &str, body: Option<&Value>) -> (u16, Value) {
        let root = self.emulator.base_url().trim_end_matches("/v2");
        let call = self.http.request(method.clone(), format!("{root}{path}"));
        let call = match body {
            Some(body) => call.json(body),
            None => call,
        };
        let response = call.send().await.unwrap();
        let status = response.status().as_u16();
        let text = response.text().await.unwrap();
        let pointer = format!(
            "/paths/{}/{}/responses/{status}",
            path.split('?').next().unwrap().replace('/', "~1"),
            method.as_str().to_lowercase()
        );
        let found = self.resolved(&pointer);
        let Some(schema) = found.pointer("/content/application~1json/schema") else {
            assert_eq!(text, "", "{pointer}");
            return (status, Value::Null);
        };
        let json = serde_json::from_str(&text).unwrap();
        self.assert_matches(&json, schema);
        (status, json)
    }

    fn resolved(&self, pointer: &str) -> Value {
        let found = self.spec.at(pointer);
        let found = found.unwrap_or_else(|| panic!("{pointer} is not in the spec"));
        match found["$ref"].as_str() {
            Some(target) => self.resolved(target.trim_start_matches('#')),
            None => found.clone(),
        }
    }

    fn assert_matches(&self, json: &Value, schema: &Value) {
        let schema = self.spec.json_schema(schema);
        let validator = jsonschema::draft4::new(&schema).unwrap();
        let errors: Vec<_> = validator
            .iter_errors(json)
            .map(|error| error.to_string())
            .collect();
        assert!(errors.is_empty(), "{json}: {errors:?}");
    }
}

fn faults() -> Vec<Value> {
    vec![
        json!({"kind": "status", "status": 503, "retry_after": "5"}),
        json!({"kind": "html", "status": 502}),
        json!({"kind": "reset_before"}),
        json!({"kind": "reset_after"}),
        json!({"kind": "reset_on_reuse"}),
        json!({"kind": "truncated_body", "bytes": 5}),
        json!({"kind": "stall", "bytes": 5}),
        json!({"kind": "slow", "bytes_per_second": 5}),
        json!({"kind": "latency", "milliseconds": 5}),
        json!({"kind": "late", "milliseconds": 5}),
        json!({"kind": "extra_field", "name": "a", "value": [5]}),
        json!({"kind": "replaced_field", "pointer": "/a", "value": null}),
        json!({"kind": "dropped"}),
        json!({"kind": "duplicated"}),
        json!({"kind": "reordered"}),
        json!({"kind": "expired_links"}),
        json!({"kind": "short_body", "bytes": 5}),
    ]
}

/// The variants of an enumeration, read from its source: `SomeName` as `some_name`.
fn variants(source: &str, name: &str) -> BTreeSet<String> {
    let (_, body) = source.split_once(&format!("pub enum {name} {{\n")).unwrap();
    let (body, _) = body.split_once("\n}\n").unwrap();
    body.lines()
        .filter_map(|line| line.strip_prefix("    "))
        .filter(|line| line.starts_with(char::is_uppercase))
        .map(|line| {
            let mut name = String::new();
            for character in line.chars().take_while(char::is_ascii_alphanumeric) {
                if character.is_uppercase() && !name.is_empty() {
                    name.push('_');
                }
                name.push(character.to_ascii_lowercase());
            }
            name
        })
        .collect()
}

fn values(spec: &Spec, pointer: &str) -> BTreeSet<String> {
    let values = spec.at(pointer).unwrap().as_array().unwrap();
    values
        .iter()
        .map(|value| value.as_str().unwrap().to_owned())
        .collect()
}

#[tokio::test]
async fn every_fault_and_operation_is_in_the_spec() {
    let control = Control::start().await;
    let schemas = "/components/schemas";
    let kinds = values(
        &control.spec,
        &format!("{schemas}/Fault/properties/kind/enum"),
    );
    let sources = include_str!("../../crates/useapi-seed-emulator/src/faults.rs");
    assert_eq!(kinds, variants(sources, "Fault"));
    let operations = values(&control.spec, &format!("{schemas}/Operation/enum"));
    let sources = include_str!("../../crates/useapi-seed-emulator/src/operation.rs");
    assert_eq!(operations, variants(sources, "Operation"));

    let given: BTreeSet<_> = faults()
        .iter()
        .map(|fault| fault["kind"].as_str().unwrap().to_owned())
        .collect();
    assert_eq!(given, kinds);
    let schema = control
        .resolved("/paths/~1_emulator~1faults/post/requestBody/content/application~1json/schema");
    for fault in faults() {
        let operation = match fault["kind"].as_str().unwrap() {
            "dropped" | "duplicated" | "reordered" => "callback",
            _ => "get_job",
        };
        for when in [json!({"next": 2}), json!({"probability": 0.5, "seed": 1})] {
            let body = json!({"operation": operation, "trigger": when, "fault": fault});
            control.assert_matches(&body, &schema);
            let (status, _) = control
                .call(Method::POST, "/_emulator/faults", Some(&body))
                .await;
            assert_eq!(status, 204, "{body}");
        }
    }
    for operation in &operations {
        let latency = json!({"kind": "latency", "milliseconds": 0});
        let body = json!({"operation": operation, "trigger": {"next": 1}, "fault": latency});
        control.assert_matches(&body, &schema);
        let taken = control.call(Method::POST, "/_emulator/faults", Some(&body));
        assert_eq!(taken.await.0, 204, "{body}");
    }
    let (_, listed) = control.call(Method::GET, "/_emulator/faults", None).await;
    let count = 2 * kinds.len() + operations.len();
    assert_eq!(listed.as_array().unwrap().len(), count);
    assert_eq!(
        control
            .call(Method::DELETE, "/_emulator/faults", None)
            .await
            .0,
        204
    );
    for kind in ["odd", "dropped"] {
        let invalid =
            json!({"operation": "get_job", "trigger": {"next": 1}, "fault": {"kind": kind}});
        let rejected = control.call(Method::POST, "/_emulator/faults", Some(&invalid));
        assert_eq!(rejected.await.0, 422);
    }
    let large = json!({"milliseconds": "x".repeat(70_000)});
    let rejected = control.call(Method::POST, "/_emulator/clock", Some(&large));
    assert_eq!(rejected.await.0, 413);
}

#[tokio::test]
async fn emulator_serves_its_spec() {
    let control = Control::start().await;
    let root = control.emulator.base_url().trim_end_matches("/v2");
    let call = control.http.get(format!("{root}/_emulator/openapi.yaml"));
    let response = call.send().await.unwrap();
    assert_eq!(response.status(), 200);
    assert_eq!(response.headers()["content-type"], "application/yaml");
    let text = response.text().await.unwrap();
    assert_eq!(text, include_str!("../../openapi/emulator.yaml"));
}

#[tokio::test]
async fn journal_and_callbacks_match_the_spec() {
    let control = Control::start().await;
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let reply_url = format!("http://{}/", listener.local_addr().unwrap());
    // The port is closed, so that a callback fails.
    drop(listener);
    let emulator = &control.emulator;
    let submission = json!({"jobid": emulator.jobs().imagine, "replyUrl": reply_url});
    let url = format!("{}/jobs/seed_async", emulator.base_url());
    let call = control
        .http
        .post(url)
        .bearer_auth(emulator.token())
        .json(&submission);
    assert_eq!(call.send().await.unwrap().status(), 200);
    let stray = control.http.get(format!("{}/stray", emulator.base_url()));
    assert_eq!(stray.send().await.unwrap().status(), 404);

    control.call(Method::GET, "/_emulator/clock", None).await;
    control.call(Method::GET, "/_emulator/service", None).await;
    let advance = json!({"milliseconds": 5000});
    control
        .call(Method::POST, "/_emulator/clock", Some(&advance))
        .await;
    let (_, callbacks) = loop {
        let (status, callbacks) = control
            .call(Method::GET, "/_emulator/callbacks", None)
            .await;
        if callbacks != json!([]) {
            break (status, callbacks);
        }
        tokio::task::yield_now().await;
    };
    assert!(callbacks[0]["outcome"]["failed"].is_string(), "{callbacks}");
    let (_, calls) = control.call(Method::GET, "/_emulator/journal", None).await;
    assert_eq!(calls.as_array().unwrap().len(), 2);
    let after = |number| format!("/_emulator/journal?after={number}");
    let (_, later) = control.call(Method::GET, &after("1"), None).await;
    assert_eq!(later, json!([calls[1]]));
    for invalid in ["one", "1&before=2"] {
        let (status, _) = control.call(Method::GET, &after(invalid), None).await;
        assert_eq!(status, 400, "{invalid}");
    }
    assert!(calls[1]["closest"].is_string());
    let (_, counts) = control
        .call(Method::GET, "/_emulator/job-counts", None)
        .await;
    assert_eq!(counts[&emulator.jobs().imagine]["started"], 1);
}

#[tokio::test]
async fn clock_changes_match_the_spec() {
    let control = Control::start().await;
    let change = async |change| {
        let response = control.call(Method::POST, "/_emulator/clock", Some(&change));
        response.await
    };
    let (_, stopped) = control.call(Method::GET, "/_emulator/clock", None).await;
    assert_eq!(stopped["time_scale"], Value::Null);
    for invalid in [
        json!({}),
        json!({"milliseconds": null}),
        json!({"time_scale": 0}),
        json!({"time_scale": -1}),
        json!({"time_scale": "fast"}),
        json!({"seconds": 5}),
        // Not applied in part.
        json!({"milliseconds": 5000, "time_scale": 0}),
    ] {
        let (status, rejected) = change(invalid).await;
        assert_eq!(status, 422, "{rejected}");
    }
    let (_, time) = control.call(Method::GET, "/_emulator/clock", None).await;
    assert_eq!(time, stopped);
    let (status, advanced) = change(json!({"milliseconds": 5000})).await;
    assert_eq!((status, &advanced["time_scale"]), (200, &Value::Null));
    assert_eq!(advanced["time"], "2024-02-25T18:00:05.000Z");
    let (status, running) = change(json!({"milliseconds": 1000, "time_scale": 0.5})).await;
    assert_eq!((status, &running["time_scale"]), (200, &json!(0.5)));
    assert!(running["time"].as_str() >= Some("2024-02-25T18:00:06.000Z"));
}
