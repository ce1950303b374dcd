//! The spec's examples match their schemas, decode in the raw layer without unknown
//! fields, and each response among them has the shape of an emulator response.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use reqwest::Method;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use useapi_seed_emulator::Emulator;
use useapi_seed_raw::types::{ErrorBody, Job, SeedRequest};
use useapi_seed_tests::{Example, Fixture, Spec};

use crate::spec::{CANCEL, GET, LIST, RESET, SHARED, SUBMIT, pointer};

fn validator(spec: &Spec, schema: &Value) -> jsonschema::Validator {
    jsonschema::draft4::new(&spec.json_schema(schema)).unwrap()
}

fn assert_valid(spec: &Spec, schema: &Value, value: &Value, name: &str) {
    let validator = validator(spec, schema);
    let errors = validator.iter_errors(value).map(|error| error.to_string());
    assert_eq!(errors.collect::<Vec<_>>(), [""; 0], "{name}");
}

#[test]
fn examples_match_their_schemas() {
    let spec = Spec::read();
    let examples = spec.examples();
    assert!(examples.len() >= 25, "{}", examples.len());
    for Example {
        pointer,
        schema,
        value,
    } in &examples
    {
        assert_valid(&spec, schema, value, pointer);
    }
}

#[test]
fn fixtures_match_their_schemas() {
    let spec = Spec::read();
    for fixture in Fixture::all() {
        let name = if fixture.status == 200 {
            "Job"
        } else {
            "ErrorBody"
        };
        let schema = json!({"$ref": format!("#/components/schemas/{name}")});
        assert_valid(&spec, &schema, &fixture.json(), &fixture.name);
    }
}

/// The schemas reject wrong types, and accept what the API may send: null anywhere,
/// unknown fields, unknown values.
#[test]
fn schemas_reject_wrong_types_only() {
    let spec = Spec::read();
    let validator = validator(&spec, &json!({"$ref": "#/components/schemas/Job"}));
    for wrong in [
        json!([]),
        json!({"jobid": 5}),
        json!({"seed": {"value": -1}}),
        json!({"seed": {"attachments": [{"width": "wide"}]}}),
        json!({"code": [200]}),
    ] {
        assert!(!validator.is_valid(&wrong), "{wrong}");
    }
    let fields = spec.at("/components/schemas/Job/properties").unwrap();
    let fields = fields.as_object().unwrap().keys();
    let nulls = fields.map(|field| json!({ field.as_str(): null }));
    let others = [
        json!({}),
        json!({"status": "resting", "verb": "describe", "other": [1]}),
        json!({"code": "596"}),
        json!({"seed": {"value": 4_294_967_295_u64}}),
    ];
    for right in nulls.chain(others) {
        assert!(validator.is_valid(&right), "{right}");
    }
}

/// Decodes and encodes a value.
fn round_trip<T: DeserializeOwned + Serialize>(value: &Value) -> Value {
    serde_json::to_value(T::deserialize(value).unwrap()).unwrap()
}

#[test]
fn examples_decode_without_unknown_fields() {
    let mut decoded = 0;
    for Example {
        pointer,
        schema,
        value,
    } in Spec::read().examples()
    {
        let encoded = match schema["$ref"].as_str() {
            Some("#/components/schemas/Job") => {
                assert!(Job::deserialize(&value).unwrap().extra.is_empty());
                round_trip::<Job>(&value)
            }
            Some("#/components/schemas/ErrorBody") => {
                assert!(ErrorBody::deserialize(&value).unwrap().extra.is_empty());
                round_trip::<ErrorBody>(&value)
            }
            Some("#/components/schemas/SeedRequest") => round_trip::<SeedRequest>(&value),
            _ => continue,
        };
        assert_eq!(encoded, value, "{pointer}");
        decoded += 1;
    }
    assert!(decoded >= 24, "{decoded}");
}

/// The names and types in a value.
fn shape(value: &Value) -> Value {
    match value {
        Value::Object(map) => {
            let fields = map.iter().map(|(key, value)| (key.clone(), shape(value)));
            Value::Object(fields.collect())
        }
        Value::Array(items) => items.iter().map(shape).collect(),
        Value::String(_) => "a string".into(),
        Value::Number(_) => "a number".into(),
        Value::Bool(_) => "a boolean".into(),
        Value::Null => Value::Null,
    }
}

/// Compares the emulator's responses with the examples.
struct Comparison {
    emulator: Emulator,
    http: reqwest::Client,
    examples: BTreeMap<String, Value>,
    compared: BTreeSet<String>,
}

impl Comparison {
    async fn start() -> Self {
        let examples = Spec::read().examples().into_iter();
        let responses = examples.filter(Example::is_response);
        Self {
            emulator: Emulator::start().await.unwrap(),
            http: reqwest::Client::builder().no_proxy().build().unwrap(),
            examples: responses
                .map(|example| (example.pointer, example.value))
                .collect(),
            compared: BTreeSet::new(),
        }
    }

    /// Sends a request with the emulator's token; the response has to be like the
    /// example. Returns its `jobid`.
    async fn expect(&mut self, example: [&str; 3], request: Request) -> String {
        let token = self.emulator.token().to_owned();
        self.expect_for(&token, example, request).await
    }

    async fn expect_for(
        &mut self,
        token: &str,
        [of, documented, name]: [&str; 3],
        (method, path, body): Request,
    ) -> String {
        let pointer = pointer(of, documented, name);
        let url = format!("{}{path}", self.emulator.base_url());
        let request = self.http.request(method, url).bearer_auth(token);
        let request = match body {
            Value::Null => request,
            body => request.json(&body),
        };
        let response = request.send().await.unwrap();
        let status = response.status().as_u16();
        let mut body: Value = response.json().await.unwrap();
        let example = &self.examples[&pointer];
        if let Ok(documented) = documented.parse::<u16>() {
            assert_eq!(documented, status, "{pointer}");
        }
        if let Some(code) = example.get("code") {
            assert_eq!(*code, status, "{pointer}");
        }
        if name == "alreadyRetrieved" {
            // The buttons of a job are not in the documented example.
            body.as_object_mut().unwrap().remove("buttons").unwrap();
        }
        assert_eq!(shape(&body), shape(example), "{pointer}");
        self.compared.insert(pointer);
        body["jobid"].as_str().unwrap_or_default().to_owned()
    }
}

/// Method, path and body, which is null if there is none.
type Request = (Method, String, Value);

fn get(path: impl Into<String>) -> Request {
    (Method::GET, path.into(), Value::Null)
}

fn submit(id: &str) -> Request {
    submit_body(json!({ "jobid": id }))
}

fn submit_body(body: Value) -> Request {
    (Method::POST, "/jobs/seed_async".into(), body)
}

/// With the fields that a started job returns.
fn submit_with_reply(id: &str) -> Request {
    let url = "https://example.com/callback";
    submit_body(json!({ "jobid": id, "replyUrl": url, "replyRef": "order-17" }))
}

#[tokio::test]
async fn emulator_responses_match_the_examples() {
    let mut compare = Comparison::start().await;
    let jobs = compare.emulator.jobs().clone();
    let started = [SUBMIT, "200", "started"];

    // The job that is retrieved to the end has no children, like the documented one.
    let request = submit_with_reply(&jobs.no_account);
    let id = compare.expect(started, request.clone()).await;
    compare.emulator.advance(Duration::from_secs(20));
    let poll = get(format!("/jobs/?jobid={id}"));
    compare.expect([GET, "200", "inProgress"], poll).await;
    compare.emulator.advance(Duration::from_secs(60));
    let retrieved = [SUBMIT, "200", "alreadyRetrieved"];
    compare.expect(retrieved, request).await;

    for id in [&jobs.imagine, &jobs.button] {
        compare.expect(started, submit_with_reply(id)).await;
    }
    compare.expect([LIST, "200", "ids"], get("/jobs")).await;
    let request = submit_with_reply(&jobs.blend);
    let id = compare.expect(started, request).await;
    let cancel = get(format!("/jobs/cancel/?jobid={id}"));

    let long = "x".repeat(1025);
    let too_long = |field: &str| submit_body(json!({ "jobid": jobs.imagine, field: long }));
    let reset = "/account/midjourney/nothing/reset".to_owned();
    let reset = (Method::POST, reset, Value::Null);
    for (of, response, name, request) in [
        (
            SHARED,
            "TooManyRequests",
            "accountBusy",
            submit(&jobs.blend),
        ),
        (CANCEL, "200", "cancelled", cancel),
        (SUBMIT, "400", "jobidMissing", submit_body(json!({}))),
        (SUBMIT, "400", "replyRefTooLong", too_long("replyRef")),
        (SUBMIT, "400", "replyUrlTooLong", too_long("replyUrl")),
        (SUBMIT, "400", "parentNotCompleted", submit(&jobs.progress)),
        (SUBMIT, "400", "verbNotSupported", submit(&jobs.unsupported)),
        (SUBMIT, "400", "discordMissing", submit(&jobs.no_discord)),
        (SUBMIT, "400", "channelMissing", submit(&jobs.no_channel)),
        (SUBMIT, "404", "parentNotFound", submit("nothing")),
        (GET, "400", "jobidMissing", get("/jobs/")),
        (GET, "404", "notFound", get("/jobs/?jobid=nothing")),
        (CANCEL, "400", "jobidMissing", get("/jobs/cancel/")),
        (
            CANCEL,
            "404",
            "notFound",
            get("/jobs/cancel/?jobid=nothing"),
        ),
        (RESET, "404", "notFound", reset.clone()),
        (
            SHARED,
            "PendingModMessage",
            "failedJob",
            submit_with_reply(&jobs.halted),
        ),
        (
            SHARED,
            "PendingModMessage",
            "haltedAccount",
            submit(&jobs.halted),
        ),
    ] {
        compare.expect([of, response, name], request).await;
    }

    // Every operation checks the token first.
    let expired = compare.emulator.expired_token().to_owned();
    for (request, payment_required) in [
        (submit(&jobs.imagine), "PaymentRequired"),
        (get("/jobs/?jobid=nothing"), "PaymentRequired"),
        (get("/jobs"), "AssumedPaymentRequired"),
        (get("/jobs/cancel/?jobid=nothing"), "PaymentRequired"),
        (reset, "AssumedPaymentRequired"),
    ] {
        for (token, [response, name]) in [
            ("unknown-token", ["Unauthorized", "unauthorized"]),
            (&expired, [payment_required, "noSubscription"]),
        ] {
            let example = [SHARED, response, name];
            compare.expect_for(token, example, request.clone()).await;
        }
    }
    let examples: BTreeSet<_> = compare.examples.keys().cloned().collect();
    let alone: Vec<_> = examples.difference(&compare.compared).collect();
    assert!(alone.is_empty(), "examples without a request: {alone:#?}");
}
