//! The spec's examples match their schemas, decode in the raw layer without unknown
//! fields, and each response among them has the shape of an emulator response.

use std::collections::BTreeMap;
use std::time::Duration;

use reqwest::RequestBuilder;
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

/// The emulator, and the examples that it has not responded like yet.
struct Comparison {
    emulator: Emulator,
    http: reqwest::Client,
    examples: BTreeMap<String, Value>,
    /// All, those that have been compared among them.
    known: BTreeMap<String, Value>,
}

impl Comparison {
    async fn start() -> Self {
        let examples = Spec::read().examples().into_iter();
        let responses = examples.filter(Example::is_response);
        let known: BTreeMap<_, _> = responses
            .map(|example| (example.pointer, example.value))
            .collect();
        Self {
            emulator: Emulator::start().await.unwrap(),
            http: reqwest::Client::builder().no_proxy().build().unwrap(),
            examples: known.clone(),
            known,
        }
    }

    fn get(&self, path: &str) -> RequestBuilder {
        self.http.get(format!("{}{path}", self.emulator.base_url()))
    }

    fn post(&self, path: &str) -> RequestBuilder {
        self.http
            .post(format!("{}{path}", self.emulator.base_url()))
    }

    fn submit(&self, body: &Value) -> RequestBuilder {
        self.post("/jobs/seed_async").json(body)
    }

    /// Sends a request; the response has to be like the example. Returns its `jobid`.
    async fn expect(&mut self, example: [&str; 3], request: RequestBuilder) -> String {
        let token = self.emulator.token().to_owned();
        self.expect_for(&token, example, request).await
    }

    async fn expect_for(
        &mut self,
        token: &str,
        [of, documented, name]: [&str; 3],
        request: RequestBuilder,
    ) -> String {
        let pointer = pointer(of, documented, name);
        let response = request.bearer_auth(token).send().await.unwrap();
        let status = response.status().as_u16();
        let mut body: Value = response.json().await.unwrap();
        let example = &self.known[&pointer];
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
        self.examples.remove(&pointer);
        body["jobid"].as_str().unwrap_or_default().to_owned()
    }
}

#[tokio::test]
async fn emulator_responses_match_the_examples() {
    let mut compare = Comparison::start().await;
    let jobs = compare.emulator.jobs().clone();
    let started = [SUBMIT, "200", "started"];
    let job = |id: &str| json!({ "jobid": id });
    let full = |id: &str| {
        let url = "https://example.com/callback";
        json!({ "jobid": id, "replyUrl": url, "replyRef": "order-17" })
    };

    // The job that is retrieved to the end has no children, like the documented one.
    let request = compare.submit(&full(&jobs.no_account));
    let id = compare.expect(started, request).await;
    compare.emulator.advance(Duration::from_secs(20));
    let poll = compare.get(&format!("/jobs/?jobid={id}"));
    compare.expect([GET, "200", "inProgress"], poll).await;
    compare.emulator.advance(Duration::from_secs(60));
    let request = compare.submit(&full(&jobs.no_account));
    compare
        .expect([SUBMIT, "200", "alreadyRetrieved"], request)
        .await;

    for id in [&jobs.imagine, &jobs.button] {
        let request = compare.submit(&full(id));
        compare.expect(started, request).await;
    }
    let list = compare.get("/jobs");
    compare.expect([LIST, "200", "ids"], list).await;
    let request = compare.submit(&full(&jobs.blend));
    let id = compare.expect(started, request).await;
    let request = compare.submit(&job(&jobs.blend));
    compare
        .expect([SHARED, "TooManyRequests", "accountBusy"], request)
        .await;
    let cancel = compare.get(&format!("/jobs/cancel/?jobid={id}"));
    compare.expect([CANCEL, "200", "cancelled"], cancel).await;

    let long = "x".repeat(1025);
    let too_long = |field: &str| json!({ "jobid": jobs.imagine, field: long });
    for (status, name, body) in [
        ("400", "jobidMissing", json!({})),
        ("400", "replyRefTooLong", too_long("replyRef")),
        ("400", "replyUrlTooLong", too_long("replyUrl")),
        ("400", "parentNotCompleted", job(&jobs.progress)),
        ("400", "verbNotSupported", job(&jobs.unsupported)),
        ("400", "discordMissing", job(&jobs.no_discord)),
        ("400", "channelMissing", job(&jobs.no_channel)),
        ("404", "parentNotFound", job("nothing")),
    ] {
        let request = compare.submit(&body);
        compare.expect([SUBMIT, status, name], request).await;
    }
    for name in ["failedJob", "haltedAccount"] {
        let request = compare.submit(&full(&jobs.halted));
        compare
            .expect([SHARED, "PendingModMessage", name], request)
            .await;
    }
    for (operation, path) in [(GET, "/jobs/"), (CANCEL, "/jobs/cancel/")] {
        let request = compare.get(path);
        compare
            .expect([operation, "400", "jobidMissing"], request)
            .await;
        let request = compare.get(&format!("{path}?jobid=nothing"));
        compare
            .expect([operation, "404", "notFound"], request)
            .await;
    }
    let reset = compare.post("/account/midjourney/nothing/reset");
    compare
        .expect([RESET, "404", "notFound"], reset.try_clone().unwrap())
        .await;

    // Every operation checks the token first.
    let expired = compare.emulator.expired_token().to_owned();
    for (request, payment_required) in [
        (compare.submit(&job(&jobs.imagine)), "PaymentRequired"),
        (compare.get("/jobs/?jobid=nothing"), "PaymentRequired"),
        (compare.get("/jobs"), "AssumedPaymentRequired"),
        (
            compare.get("/jobs/cancel/?jobid=nothing"),
            "PaymentRequired",
        ),
        (reset, "AssumedPaymentRequired"),
    ] {
        for (token, [response, name]) in [
            ("unknown-token", ["Unauthorized", "unauthorized"]),
            (&expired, [payment_required, "noSubscription"]),
        ] {
            let request = request.try_clone().unwrap();
            compare
                .expect_for(token, [SHARED, response, name], request)
                .await;
        }
    }
    assert!(
        compare.examples.is_empty(),
        "without a request: {:?}",
        compare.examples.keys()
    );
}
