//! The description's examples are real: they fit their schemas, decode in the
//! raw layer without anything unknown, and have the shape of what the emulator
//! answers.

#![allow(clippy::panic, clippy::unwrap_used, reason = "a test fails by it")]

use serde_json::{Value, json};
use useapi_seed_emulator::Emulator;
use useapi_seed_raw::types::{ErrorBody, Job, SeedRequest};
use useapi_seed_tests::{Description, Example};

#[test]
fn examples_fit_their_schemas() {
    let description = Description::read();
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
fn schemas_are_as_strict_as_they_say() {
    let description = Description::read();
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
fn examples_decode_and_nothing_in_them_is_unknown() {
    let mut decoded = 0;
    for Example {
        pointer,
        schema,
        value,
    } in Description::read().examples()
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

/// Names and kinds of all that is in a value; of a list, those of its first
/// item.
fn shape(value: &Value) -> Value {
    match value {
        Value::Object(map) => Value::Object(
            map.iter()
                .map(|(key, value)| (key.clone(), shape(value)))
                .collect(),
        ),
        Value::Array(items) => items.first().map(shape).into_iter().collect(),
        Value::String(_) => "text".into(),
        Value::Number(_) => "number".into(),
        Value::Bool(_) => "truth".into(),
        Value::Null => "null".into(),
    }
}

/// What the emulator answers, as HTTP status and body.
async fn ask(emulator: &Emulator, token: &str, path: &str, body: Option<Value>) -> (u16, Value) {
    let http = reqwest::Client::builder().no_proxy().build().unwrap();
    let address = format!("{}{path}", emulator.base_url());
    let request = match &body {
        Some(body) => http.post(address).json(body),
        None => http.get(address),
    };
    let response = request.bearer_auth(token).send().await.unwrap();
    (response.status().as_u16(), response.json().await.unwrap())
}

#[tokio::test]
#[allow(clippy::too_many_lines, reason = "one entry for each situation")]
async fn emulator_answers_as_the_examples_do() {
    let description = Description::read();
    let emulator = Emulator::start().await.unwrap();
    let jobs = emulator.jobs();
    let token = emulator.token();
    let submit = "/jobs/seed_async";
    let job = |id: &str| Some(json!({ "jobid": id }));
    let full = |id: &str| {
        Some(json!({
            "jobid": id, "replyUrl": "https://example.com/callback", "replyRef": "order-17",
        }))
    };
    let long = "x".repeat(1025);
    let answers = "/paths/~1jobs~1seed_async/post/responses";
    let of = |status: u16, name: &str| {
        format!("{answers}/{status}/content/application~1json/examples/{name}/value")
    };
    let shared = |name: &str, example: &str| {
        format!("/components/responses/{name}/content/application~1json/examples/{example}/value")
    };

    let (_, started) = ask(&emulator, token, submit, full(&jobs.imagine)).await;
    let id = started["jobid"].as_str().unwrap();
    let query = format!("/jobs/?jobid={id}");
    emulator.advance(std::time::Duration::from_secs(20));
    let mut cases = vec![
        (
            200,
            "/components/examples/Started/value".to_owned(),
            started.clone(),
        ),
        (
            400,
            of(400, "jobidMissing"),
            ask(&emulator, token, submit, Some(json!({}))).await.1,
        ),
    ];
    for (pointer, path, token, body) in [
        (
            of(400, "replyRefTooLong"),
            submit,
            token,
            Some(json!({"jobid": jobs.imagine, "replyRef": long})),
        ),
        (
            of(400, "replyUrlTooLong"),
            submit,
            token,
            Some(json!({"jobid": jobs.imagine, "replyUrl": long})),
        ),
        (of(400, "parentNotCompleted"), submit, token, job(&jobs.progress)),
        (of(400, "verbNotSupported"), submit, token, job(&jobs.unsupported)),
        (of(400, "discordMissing"), submit, token, job(&jobs.no_discord)),
        (of(400, "channelMissing"), submit, token, job(&jobs.no_channel)),
        (shared("Unauthorized", "unauthorized"), submit, "nobody", job(&jobs.imagine)),
        (
            shared("PaymentRequired", "noSubscription"),
            submit,
            emulator.expired_token(),
            job(&jobs.imagine),
        ),
        (of(404, "parentNotFound"), submit, token, job("nothing")),
        ("/components/examples/HaltedJob/value".to_owned(), submit, token, full(&jobs.halted)),
        ("/components/examples/HaltedAccount/value".to_owned(), submit, token, job(&jobs.halted)),
        (
            "/paths/~1jobs~1/get/responses/400/content/application~1json/examples/jobidMissing/value"
                .to_owned(),
            "/jobs/",
            token,
            None,
        ),
        (
            "/paths/~1jobs~1/get/responses/404/content/application~1json/examples/notFound/value"
                .to_owned(),
            "/jobs/?jobid=nothing",
            token,
            None,
        ),
        (
            "/paths/~1jobs/get/responses/200/content/application~1json/examples/ids/value".to_owned(),
            "/jobs",
            token,
            None,
        ),
    ] {
        let (status, answer) = ask(&emulator, token, path, body).await;
        cases.push((status, pointer, answer));
    }
    for _ in 0..2 {
        ask(&emulator, token, submit, job(&jobs.button)).await;
    }
    let (status, busy) = ask(&emulator, token, submit, job(&jobs.blend)).await;
    cases.push((status, shared("TooManyRequests", "accountBusy"), busy));
    emulator.advance(std::time::Duration::from_secs(60));
    let (status, completed) = ask(&emulator, token, &query, None).await;
    assert_eq!((status, &completed["status"]), (200, &json!("completed")));
    let (status, again) = ask(&emulator, token, submit, job(&jobs.imagine)).await;

    for (status, pointer, answer) in cases {
        let example = description
            .at(&pointer)
            .unwrap_or_else(|| panic!("{pointer}"));
        assert_eq!(shape(&answer), shape(example), "{pointer}");
        if let Some(code) = example.get("code") {
            assert_eq!(code, status, "{pointer}");
        }
    }
    // The original job has more at this service: what GET knows of it.
    let example = description
        .at("/components/examples/AlreadyRetrieved/value")
        .unwrap();
    assert_eq!(status, 200);
    let (again, example) = (shape(&again), shape(example));
    for (key, kind) in example.as_object().unwrap() {
        // The sample job was not submitted with these.
        if !["replyUrl", "replyRef"].contains(&key.as_str()) {
            assert_eq!(again.get(key), Some(kind), "{key}");
        }
    }
}
