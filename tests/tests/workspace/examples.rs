//! The spec's examples match their schemas, decode in the raw layer without unknown
//! fields, and each response among them has the shape of an emulator response.

use std::collections::BTreeSet;
use std::time::Duration;

use reqwest::Method;
use serde_json::{Value, json};
use useapi_seed_emulator::Emulator;
use useapi_seed_raw::types::{ErrorBody, Job, SeedRequest};
use useapi_seed_tests::{Example, Spec};

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
        let schema = spec.json_schema(schema);
        let validator = jsonschema::draft4::new(&schema).unwrap();
        let errors: Vec<_> = validator
            .iter_errors(value)
            .map(|error| error.to_string())
            .collect();
        assert!(errors.is_empty(), "{pointer}: {errors:?}");
    }
}

/// The schemas reject wrong types, and accept what the API may send: null anywhere,
/// unknown fields, unknown values.
#[test]
fn schemas_reject_wrong_types_only() {
    let spec = Spec::read();
    let schema = json!({"$ref": "#/components/schemas/Job"});
    let schema = spec.json_schema(&schema);
    let validator = jsonschema::draft4::new(&schema).unwrap();
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
    for field in fields.as_object().unwrap().keys() {
        let null = json!({ field.as_str(): null });
        assert!(validator.is_valid(&null), "{field} may be null");
    }
    for right in [
        json!({}),
        json!({"status": "resting", "verb": "describe", "other": [1]}),
        json!({"code": "596"}),
        json!({"seed": {"value": 4_294_967_295_u64}}),
    ] {
        assert!(validator.is_valid(&right), "{right}");
    }
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
        let encoded = match schema.get("$ref").and_then(Value::as_str) {
            Some("#/components/schemas/Job") => {
                let job: Job = serde_json::from_value(value.clone()).unwrap();
                assert!(job.extra.is_empty(), "{pointer}");
                serde_json::to_value(job)
            }
            Some("#/components/schemas/ErrorBody") => {
                let body: ErrorBody = serde_json::from_value(value.clone()).unwrap();
                assert!(body.extra.is_empty(), "{pointer}");
                serde_json::to_value(body)
            }
            Some("#/components/schemas/SeedRequest") => {
                let request: SeedRequest = serde_json::from_value(value.clone()).unwrap();
                serde_json::to_value(request)
            }
            _ => continue,
        };
        assert_eq!(encoded.unwrap(), value, "{pointer}");
        decoded += 1;
    }
    assert!(decoded >= 24, "{decoded}");
}

/// The names and types in a value.
fn shape(value: &Value) -> Value {
    match value {
        Value::Object(map) => Value::Object(
            map.iter()
                .map(|(key, value)| (key.clone(), shape(value)))
                .collect(),
        ),
        Value::Array(items) => items.iter().map(shape).collect(),
        Value::String(_) => "text".into(),
        Value::Number(_) => "number".into(),
        Value::Bool(_) => "truth".into(),
        Value::Null => "null".into(),
    }
}

#[test]
fn shapes_differ_in_every_field_and_item() {
    let complete = json!({"a": [{"b": 1}, {"b": 2}], "c": "d"});
    for other in [
        json!({"a": [{"b": 1}], "c": "d"}),
        json!({"a": [{"b": 1}, {"b": "2"}], "c": "d"}),
        json!({"a": [{"b": 1}, {"b": 2, "e": 3}], "c": "d"}),
        json!({"a": [{"b": 1}, {"b": 2}]}),
        json!({"a": [{"b": 1}, {"b": 2}], "c": null}),
    ] {
        assert_ne!(shape(&complete), shape(&other), "{other}");
    }
    let alike = json!({"c": "f", "a": [{"b": 3}, {"b": 4}]});
    assert_eq!(shape(&complete), shape(&alike));
}

const SUBMIT: &str = "/paths/~1jobs~1seed_async/post/responses";
const POLL: &str = "/paths/~1jobs~1/get/responses";
const LIST: &str = "/paths/~1jobs/get/responses";
const CANCEL: &str = "/paths/~1jobs~1cancel~1/get/responses";
const RESET: &str = "/paths/~1account~1midjourney~1{channel}~1reset/post/responses";
const SHARED: &str = "/components/responses";

/// A call of the emulator.
#[derive(Clone)]
struct Call {
    method: Method,
    /// `{started}` is replaced by the id of the job that was started last.
    path: &'static str,
    body: Option<Value>,
    /// Overrides the emulator's own token.
    token: Option<String>,
    /// Advances the clock by this many seconds before the call.
    after: u64,
}

fn get(path: &'static str) -> Call {
    Call {
        method: Method::GET,
        path,
        body: None,
        token: None,
        after: 0,
    }
}

fn post(path: &'static str, body: Option<Value>) -> Call {
    Call {
        method: Method::POST,
        body,
        ..get(path)
    }
}

impl Call {
    fn after(self, after: u64) -> Self {
        Self { after, ..self }
    }

    fn by(&self, token: &str) -> Self {
        Self {
            token: Some(token.to_owned()),
            ..self.clone()
        }
    }
}

/// An example, and the call to which the emulator responds like it. The example is
/// identified by its operation or shared component, its response and its name.
type Scenario = ([&'static str; 3], Call);

/// As [`Spec::examples`] gives it.
fn pointer([of, response, name]: [&str; 3]) -> String {
    format!("{of}/{response}/content/application~1json/examples/{name}")
}

/// The scenarios, in the order in which they happen.
fn scenarios(emulator: &Emulator) -> Vec<Scenario> {
    let jobs = emulator.jobs();
    let submit = |body| post("/jobs/seed_async", Some(body));
    let job = |id: &str| submit(json!({ "jobid": id }));
    let full = |id: &str| {
        let (url, order) = ("https://example.com/callback", "order-17");
        submit(json!({ "jobid": id, "replyUrl": url, "replyRef": order }))
    };
    let long = |field: &str| {
        let long = "x".repeat(1025);
        submit(json!({ "jobid": jobs.imagine, field: long }))
    };
    let poll = get("/jobs/?jobid={started}");
    let cancel = get("/jobs/cancel/?jobid={started}");
    let unknown_poll = get("/jobs/?jobid=nothing");
    let unknown_cancel = get("/jobs/cancel/?jobid=nothing");
    let unknown_reset = post("/account/midjourney/nothing/reset", None);
    // The job that is retrieved to the end has no children, like the documented one.
    let mut scenarios = vec![
        ([SUBMIT, "200", "started"], full(&jobs.no_account)),
        ([POLL, "200", "inProgress"], poll.after(20)),
        (
            [SUBMIT, "200", "alreadyRetrieved"],
            full(&jobs.no_account).after(60),
        ),
        ([SUBMIT, "200", "started"], full(&jobs.imagine)),
        ([SUBMIT, "200", "started"], full(&jobs.button)),
        ([LIST, "200", "ids"], get("/jobs")),
        ([SUBMIT, "200", "started"], full(&jobs.blend)),
        ([SHARED, "TooManyRequests", "accountBusy"], job(&jobs.blend)),
        ([CANCEL, "200", "cancelled"], cancel),
        ([SUBMIT, "400", "jobidMissing"], submit(json!({}))),
        ([SUBMIT, "400", "replyRefTooLong"], long("replyRef")),
        ([SUBMIT, "400", "replyUrlTooLong"], long("replyUrl")),
        ([SUBMIT, "400", "parentNotCompleted"], job(&jobs.progress)),
        ([SUBMIT, "400", "verbNotSupported"], job(&jobs.unsupported)),
        ([SUBMIT, "400", "discordMissing"], job(&jobs.no_discord)),
        ([SUBMIT, "400", "channelMissing"], job(&jobs.no_channel)),
        ([SUBMIT, "404", "parentNotFound"], job("nothing")),
        ([POLL, "400", "jobidMissing"], get("/jobs/")),
        ([POLL, "404", "notFound"], unknown_poll.clone()),
        ([CANCEL, "400", "jobidMissing"], get("/jobs/cancel/")),
        ([CANCEL, "404", "notFound"], unknown_cancel.clone()),
        ([RESET, "404", "notFound"], unknown_reset.clone()),
        (
            [SHARED, "PendingModMessage", "failedJob"],
            full(&jobs.halted),
        ),
        (
            [SHARED, "PendingModMessage", "haltedAccount"],
            full(&jobs.halted),
        ),
    ];
    // Every operation checks the token first.
    for (call, payment_required) in [
        (job(&jobs.imagine), "PaymentRequired"),
        (unknown_poll, "PaymentRequired"),
        (get("/jobs"), "AssumedPaymentRequired"),
        (unknown_cancel, "PaymentRequired"),
        (unknown_reset, "AssumedPaymentRequired"),
    ] {
        let unauthorized = call.by("unknown-token");
        let expired = call.by(emulator.expired_token());
        scenarios.push(([SHARED, "Unauthorized", "unauthorized"], unauthorized));
        scenarios.push(([SHARED, payment_required, "noSubscription"], expired));
    }
    scenarios
}

#[tokio::test]
async fn every_response_example_has_a_scenario() {
    let emulator = Emulator::start().await.unwrap();
    let examples: BTreeSet<_> = Spec::read()
        .examples()
        .into_iter()
        .filter(Example::is_response)
        .map(|example| example.pointer)
        .collect();
    let scenarios: BTreeSet<_> = scenarios(&emulator)
        .into_iter()
        .map(|(example, _)| pointer(example))
        .collect();
    let alone: Vec<_> = examples.difference(&scenarios).collect();
    assert!(alone.is_empty(), "without a scenario: {alone:#?}");
    let alone: Vec<_> = scenarios.difference(&examples).collect();
    assert!(alone.is_empty(), "without an example: {alone:#?}");
}

#[tokio::test]
async fn emulator_responses_match_the_examples() {
    let examples = Spec::read().examples();
    let emulator = Emulator::start().await.unwrap();
    let http = reqwest::Client::builder().no_proxy().build().unwrap();
    let mut started = String::new();
    for (example, call) in scenarios(&emulator) {
        let pointer = pointer(example);
        let [_, declared, name] = example;
        emulator.advance(Duration::from_secs(call.after));
        let path = call.path.replace("{started}", &started);
        let mut request = http
            .request(call.method, format!("{}{path}", emulator.base_url()))
            .bearer_auth(call.token.as_deref().unwrap_or(emulator.token()));
        if let Some(body) = call.body {
            request = request.json(&body);
        }
        let response = request.send().await.unwrap();
        let status = response.status().as_u16();
        let mut body: Value = response.json().await.unwrap();
        if name == "started" {
            body["jobid"].as_str().unwrap().clone_into(&mut started);
        }

        let example = examples
            .iter()
            .find(|example| example.pointer == pointer)
            .unwrap_or_else(|| panic!("{pointer}"))
            .value
            .clone();
        if let Ok(documented) = declared.parse::<u16>() {
            assert_eq!(documented, status, "{pointer}: {path}");
        }
        if let Some(code) = example.get("code") {
            assert_eq!(code, status, "{pointer}: {path}");
        }
        if name == "alreadyRetrieved" {
            // The buttons of a job are not in the documented example.
            let fields = body.as_object_mut().unwrap();
            assert!(fields.remove("buttons").is_some(), "{pointer}");
        }
        assert_eq!(shape(&body), shape(&example), "{pointer}: {path}");
    }
}
