//! The description's examples are real: they fit their schemas, decode in the
//! raw layer without anything unknown, and every answer among them has the shape
//! of what the emulator answers in some situation.

#![allow(clippy::panic, clippy::unwrap_used, reason = "a test fails by it")]

use std::collections::BTreeSet;
use std::time::Duration;

use reqwest::Method;
use serde_json::{Value, json};
use useapi_seed_emulator::Emulator;
use useapi_seed_raw::types::{ErrorBody, Job, SeedRequest};
use useapi_seed_tests::{Example, Spec};

#[test]
fn examples_match_their_schemas() {
    let description = Spec::read();
    let examples = description.examples();
    assert!(examples.len() >= 25, "{}", examples.len());
    for Example {
        pointer,
        schema,
        value,
    } in &examples
    {
        let schema = description.json_schema(schema);
        let validator = jsonschema::draft4::new(&schema).unwrap();
        let faults: Vec<_> = validator
            .iter_errors(value)
            .map(|fault| fault.to_string())
            .collect();
        assert!(faults.is_empty(), "{pointer}: {faults:?}");
    }
}

/// The schemas do refuse what is wrong, and let through what the reading rules
/// say: null anywhere, unknown fields, unknown words.
#[test]
fn schemas_reject_wrong_types_only() {
    let description = Spec::read();
    let schema = json!({"$ref": "#/components/schemas/Job"});
    let schema = description.json_schema(&schema);
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
    let fields = description
        .at("/components/schemas/Job/properties")
        .unwrap();
    for field in fields.as_object().unwrap().keys() {
        let null = json!({ field.as_str(): null });
        assert!(validator.is_valid(&null), "{field} may be null");
    }
    for right in [
        json!({}),
        json!({"status": "resting", "verb": "describe", "news": [1]}),
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
        let again = match schema.get("$ref").and_then(Value::as_str) {
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
        assert_eq!(again.unwrap(), value, "{pointer}");
        decoded += 1;
    }
    assert!(decoded >= 24, "{decoded}");
}

/// Names and kinds of all that is in a value.
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
    let whole = json!({"a": [{"b": 1}, {"b": 2}], "c": "d"});
    for other in [
        json!({"a": [{"b": 1}], "c": "d"}),
        json!({"a": [{"b": 1}, {"b": "2"}], "c": "d"}),
        json!({"a": [{"b": 1}, {"b": 2, "e": 3}], "c": "d"}),
        json!({"a": [{"b": 1}, {"b": 2}]}),
        json!({"a": [{"b": 1}, {"b": 2}], "c": null}),
    ] {
        assert_ne!(shape(&whole), shape(&other), "{other}");
    }
    let alike = json!({"c": "f", "a": [{"b": 3}, {"b": 4}]});
    assert_eq!(shape(&whole), shape(&alike));
}

const SUBMIT: &str = "/paths/~1jobs~1seed_async/post/responses";
const LOOK: &str = "/paths/~1jobs~1/get/responses";
const LIST: &str = "/paths/~1jobs/get/responses";
const CANCEL: &str = "/paths/~1jobs~1cancel~1/get/responses";
const RESET: &str = "/paths/~1account~1midjourney~1{channel}~1reset/post/responses";
const SHARED: &str = "/components/responses";

/// What is asked of the emulator.
#[derive(Clone)]
struct Call {
    method: Method,
    /// `{started}` in it stands for the id of the job that was started last.
    path: &'static str,
    body: Option<Value>,
    /// Another token than the emulator's own.
    token: Option<String>,
    /// How many seconds pass before.
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

/// An example, and the call that the emulator answers like it. The example is
/// told by its operation, or what operations share, its response and its name.
type Situation = ([&'static str; 3], Call);

/// As [`Spec::examples`] gives it.
fn pointer([of, response, name]: [&str; 3]) -> String {
    format!("{of}/{response}/content/application~1json/examples/{name}")
}

/// The situations, in the order in which they come about.
fn situations(emulator: &Emulator) -> Vec<Situation> {
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
    let look = get("/jobs/?jobid={started}");
    let cancel = get("/jobs/cancel/?jobid={started}");
    let no_look = get("/jobs/?jobid=nothing");
    let no_cancel = get("/jobs/cancel/?jobid=nothing");
    let no_reset = post("/account/midjourney/nothing/reset", None);
    // The one job that is retrieved to the end is one without children, which
    // the documented one has not either.
    let mut situations = vec![
        ([SUBMIT, "200", "started"], full(&jobs.no_account)),
        ([LOOK, "200", "inProgress"], look.after(20)),
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
        ([LOOK, "400", "jobidMissing"], get("/jobs/")),
        ([LOOK, "404", "notFound"], no_look.clone()),
        ([CANCEL, "400", "jobidMissing"], get("/jobs/cancel/")),
        ([CANCEL, "404", "notFound"], no_cancel.clone()),
        ([RESET, "404", "notFound"], no_reset.clone()),
        (
            [SHARED, "PendingModMessage", "failedJob"],
            full(&jobs.halted),
        ),
        (
            [SHARED, "PendingModMessage", "haltedAccount"],
            full(&jobs.halted),
        ),
    ];
    // Every operation looks at the token before anything else.
    for (call, unpaid) in [
        (job(&jobs.imagine), "PaymentRequired"),
        (no_look, "PaymentRequired"),
        (get("/jobs"), "AssumedPaymentRequired"),
        (no_cancel, "PaymentRequired"),
        (no_reset, "AssumedPaymentRequired"),
    ] {
        let (stranger, debtor) = (call.by("nobody"), call.by(emulator.expired_token()));
        situations.push(([SHARED, "Unauthorized", "unauthorized"], stranger));
        situations.push(([SHARED, unpaid, "noSubscription"], debtor));
    }
    situations
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
    let situations: BTreeSet<_> = situations(&emulator)
        .into_iter()
        .map(|(example, _)| pointer(example))
        .collect();
    let alone: Vec<_> = examples.difference(&situations).collect();
    assert!(alone.is_empty(), "without a situation: {alone:#?}");
    let alone: Vec<_> = situations.difference(&examples).collect();
    assert!(alone.is_empty(), "without an example: {alone:#?}");
}

#[tokio::test]
async fn emulator_responses_match_the_examples() {
    let examples = Spec::read().examples();
    let emulator = Emulator::start().await.unwrap();
    let http = reqwest::Client::builder().no_proxy().build().unwrap();
    let mut started = String::new();
    for (example, call) in situations(&emulator) {
        let pointer = pointer(example);
        let [_, response, name] = example;
        emulator.advance(Duration::from_secs(call.after));
        let path = call.path.replace("{started}", &started);
        let mut request = http
            .request(call.method, format!("{}{path}", emulator.base_url()))
            .bearer_auth(call.token.as_deref().unwrap_or(emulator.token()));
        if let Some(body) = call.body {
            request = request.json(&body);
        }
        let answer = request.send().await.unwrap();
        let status = answer.status().as_u16();
        let mut answer: Value = answer.json().await.unwrap();
        if name == "started" {
            answer["jobid"].as_str().unwrap().clone_into(&mut started);
        }

        let example = examples
            .iter()
            .find(|example| example.pointer == pointer)
            .unwrap_or_else(|| panic!("{pointer}"))
            .value
            .clone();
        if let Ok(documented) = response.parse::<u16>() {
            assert_eq!(documented, status, "{pointer}: {path}");
        }
        if let Some(code) = example.get("code") {
            assert_eq!(code, status, "{pointer}: {path}");
        }
        if name == "alreadyRetrieved" {
            // That a job has buttons is known from the service only, not from the
            // documented example.
            let fields = answer.as_object_mut().unwrap();
            assert!(fields.remove("buttons").is_some(), "{pointer}");
        }
        assert_eq!(shape(&answer), shape(&example), "{pointer}: {path}");
    }
}
