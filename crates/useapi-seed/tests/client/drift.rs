//! Responses that deviate from the documentation: a seed that is present is found,
//! and each deviation is a warning.

use std::sync::{LazyLock, Mutex, PoisonError};

use proptest::prelude::*;
use proptest::sample::Index;
use proptest::test_runner::TestCaseError;
use serde_json::{Value, json};
use tokio::runtime::Runtime;
use useapi_seed::{Client, PollResult, SeedResult, Warning};
use useapi_seed_tests::{Fixture, Response, Stub, completed};

const SEED: u64 = 4_294_967_295;

/// Shared, since building a client takes longer than a poll. The lock keeps the
/// tests' bodies apart.
static SERVICE: LazyLock<Mutex<(Runtime, Client, Stub)>> = LazyLock::new(|| {
    let runtime = Runtime::new().unwrap();
    let stub = runtime.block_on(Stub::always(Response::json(200, "{}")));
    Mutex::new((runtime, stub.client(), stub))
});

/// The outcome of a poll with this body, through a socket.
fn poll(text: &str) -> Result<PollResult, useapi_seed::Error> {
    let service = SERVICE.lock().unwrap_or_else(PoisonError::into_inner);
    let (runtime, client, stub) = &*service;
    stub.respond_with(Response::json(200, text));
    runtime.block_on(client.job("<jobid>").poll())
}

fn retrieved(body: &Value) -> SeedResult {
    completed(poll(&body.to_string()))
}

#[test]
fn undocumented_values_are_listed_by_path() {
    let mut body = Fixture::named("service/200-completed-seed-job").json();
    body["status"] = json!("resting");
    body["verb"] = json!("seed_sync");
    body["news"] = json!({"any": [1]});
    body["created"] = json!(5);
    body["seed"]["mood"] = json!(null);
    body["seed"]["attachments"][1]["flags"] = json!(64);
    body["seed"]["attachments"][3]["size"] = json!("large");
    body["children"] = json!([{"jobid": "1", "age": 5}]);
    let result = retrieved(&body);
    let warnings: Vec<_> = result.warnings().iter().map(ToString::to_string).collect();
    insta::assert_debug_snapshot!(warnings);
    assert_eq!(result.seed(), SEED);
    assert_eq!(result.raw_body(), body.to_string().as_bytes());
}

/// The completed seed job with `from` written as `to`.
fn rewritten(from: &str, to: &str) -> String {
    let text = Fixture::named("service/200-completed-seed-job")
        .json()
        .to_string();
    assert!(text.contains(from), "{text}");
    text.replace(from, to)
}

/// As in most parsers.
#[test]
fn last_duplicate_key_wins() {
    let value = r#""value":4294967295"#;
    let status = r#""status":"completed""#;
    for (from, to, expected) in [
        (value, format!(r#"{value},"value":6"#), 6),
        (value, format!(r#""value":6,{value}"#), SEED),
        (status, format!(r#""status":"progress",{status}"#), SEED),
    ] {
        let text = rewritten(from, &to);
        let result = completed(poll(&text));
        assert_eq!(result.seed(), expected, "{to}");
        assert_eq!(result.images().len(), 4, "{to}");
        assert_eq!(result.raw_body(), text.as_bytes());
    }
}

#[test]
fn numeric_ids_are_read_as_text() {
    let mut body = Fixture::named("service/200-completed-seed-job").json();
    body["jobid"] = json!(1_210_000_000_000_000_001_u64);
    body["parentJobId"] = json!(1_210_000_000_000_000_002_u64);
    let result = retrieved(&body);
    assert_eq!(result.job_id(), "1210000000000000001");
    assert_eq!(result.parent_job_id(), Some("1210000000000000002"));
    let warning = Warning::UnexpectedType("jobid".to_owned());
    assert!(result.warnings().contains(&warning));
}

#[test]
fn seed_of_another_shape_is_read_with_warning() {
    let seed = Fixture::named("service/200-completed-seed-job").json()["seed"].clone();
    for (seed_value, images) in [
        (json!(5), 0),
        (json!("5"), 0),
        (json!([{"value": 5}]), 0),
        (json!(["first", {"mood": 1}, seed]), 4),
    ] {
        let mut body = Fixture::named("service/200-completed-seed-job").json();
        body["seed"] = seed_value;
        let result = retrieved(&body);
        let expected = if images == 4 { SEED } else { 5 };
        assert_eq!(result.seed(), expected, "{body}");
        assert_eq!(result.images().len(), images, "{body}");
        let warning = Warning::UnexpectedType("seed".to_owned());
        assert!(result.warnings().contains(&warning), "{body}");
    }
}

#[test]
fn documented_responses_have_no_warnings() {
    for name in [
        "responses/200-already-retrieved",
        "service/200-completed-seed-job",
    ] {
        let result = retrieved(&Fixture::named(name).json());
        assert_eq!(result.warnings(), [], "{name}");
    }
}

/// A change at one position of a body.
#[derive(Clone, Debug)]
enum Change {
    Remove,
    /// Another field in an object.
    Add(String, Value),
    /// Null, another type, or an unknown value.
    Put(Value),
}

impl Change {
    fn apply(&self, body: &mut Value, pointer: &str) {
        match (self, pointer.rsplit_once('/')) {
            (Self::Add(key, value), _) => {
                if let Some(Value::Object(fields)) = body.pointer_mut(pointer) {
                    fields.insert(key.clone(), value.clone());
                }
            }
            (Self::Put(value), Some(_)) => *body.pointer_mut(pointer).unwrap() = value.clone(),
            (Self::Remove, Some((parent, key))) => match body.pointer_mut(parent).unwrap() {
                Value::Object(fields) => drop(fields.remove(key)),
                Value::Array(items) => drop(items.remove(key.parse().unwrap())),
                _ => {}
            },
            (_, None) => {}
        }
    }

    /// The warning about this change of a documented value, if there must be one.
    fn warning(&self, example: &Value, path: &str) -> Option<String> {
        match self {
            Self::Add(key, _) if example.is_object() => {
                Some(Warning::UnknownField(join(path, key)).to_string())
            }
            Self::Put(value) if !path.is_empty() && !has_type_of(value, example, path) => {
                Some(Warning::UnexpectedType(path.to_owned()).to_string())
            }
            // Of the known values only these are put there.
            Self::Put(Value::String(value)) if ["status", "verb"].contains(&path) => {
                let is_known = ["completed", "progress", ""].contains(&value.as_str());
                let warning = || format!("{path} is \"{value}\", which is not documented");
                (!is_known).then(warning)
            }
            _ => None,
        }
    }
}

fn has_type_of(value: &Value, example: &Value, path: &str) -> bool {
    match (value, example) {
        (Value::Object(_), Value::Object(_))
        | (Value::Array(_), Value::Array(_))
        | (Value::Bool(_), Value::Bool(_))
        | (Value::String(_), Value::String(_)) => true,
        // Null is the same as an absent field, but is not an item of a list.
        (Value::Null, _) => !path.ends_with(']'),
        (Value::String(_), _) => path == "code",
        (Value::Number(number), Value::Number(_)) if path == "seed.value" => number.is_u64(),
        (Value::Number(number), Value::Number(_)) => number.is_i64(),
        _ => false,
    }
}

fn join(path: &str, key: &str) -> String {
    let dot = if path.is_empty() { "" } else { "." };
    format!("{path}{dot}{key}")
}

/// All positions: as a JSON pointer, and as warnings name them.
fn positions(value: &Value, (pointer, path): (String, String), found: &mut Vec<(String, String)>) {
    match value {
        Value::Object(fields) => {
            for (key, value) in fields {
                let position = (format!("{pointer}/{key}"), join(&path, key));
                positions(value, position, found);
            }
        }
        Value::Array(items) => {
            for (index, value) in items.iter().enumerate() {
                let position = (format!("{pointer}/{index}"), format!("{path}[{index}]"));
                positions(value, position, found);
            }
        }
        _ => {}
    }
    found.push((pointer, path));
}

fn anything() -> impl Strategy<Value = Value> + Clone {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        "\\PC{0,8}".prop_map(Value::from),
    ];
    leaf.prop_recursive(4, 16, 4, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
            prop::collection::hash_map("[a-z]{1,6}", inner, 0..4)
                .prop_map(|map| Value::Object(map.into_iter().collect())),
        ]
    })
}

/// With values that resemble a seed, or a job that still runs.
fn change(value: impl Strategy<Value = Value> + Clone + 'static) -> impl Strategy<Value = Change> {
    let similar = prop_oneof![
        any::<u64>().prop_map(|value| json!(value)),
        any::<u64>().prop_map(|value| json!(value.to_string())),
        any::<u64>().prop_map(|value| json!([{"value": value}])),
        any::<u64>().prop_map(|value| json!({"content": format!("**seed** {value}")})),
        Just(json!("progress")),
    ];
    prop_oneof![
        Just(Change::Remove),
        ("x-[a-z]{1,6}", value.clone()).prop_map(|(key, value)| Change::Add(key, value)),
        value.prop_map(Change::Put),
        similar.prop_map(Change::Put),
    ]
}

/// Every number at the documented locations of the seed.
fn seeds(body: &Value) -> Vec<u64> {
    let in_object = |seed: &Value| {
        let text = seed["content"].as_str().unwrap_or_default();
        let text = text.rsplit_once("**seed** ").map(|(_, text)| json!(text));
        [Some(seed["value"].clone()), text]
            .into_iter()
            .flatten()
            .filter_map(|value| whole_number(&value))
            .collect::<Vec<u64>>()
    };
    match &body["seed"] {
        Value::Array(items) => items.iter().flat_map(in_object).collect(),
        seed @ Value::Object(_) => in_object(seed),
        seed => whole_number(seed).into_iter().collect(),
    }
}

fn whole_number(value: &Value) -> Option<u64> {
    let text = match value {
        Value::String(text) => text.trim().to_owned(),
        Value::Number(number) => number.to_string(),
        _ => return None,
    };
    text.strip_suffix(".0").unwrap_or(&text).parse().ok()
}

/// Whether the job may still run, and may have no images.
fn runs_without_images(body: &Value) -> bool {
    let images = body["seed"]["attachments"].as_array();
    body["status"] == "progress" && images.is_none_or(Vec::is_empty)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, ..ProptestConfig::default() })]

    #[test]
    fn changed_response_keeps_its_seed(
        changes in prop::collection::vec((any::<Index>(), any::<bool>(), change(anything())), 1..=4),
    ) {
        let mut body = Fixture::named("service/200-completed-seed-job").json();
        for (index, is_shallow, change) in &changes {
            let mut found = Vec::new();
            positions(&body, Default::default(), &mut found);
            // Otherwise most changes would be to the images.
            found.retain(|(pointer, _)| !is_shallow || pointer.matches('/').count() <= 2);
            change.apply(&mut body, &index.get(&found).0);
        }
        let (text, seeds) = (body.to_string(), seeds(&body));
        let result = match poll(&text) {
            Ok(PollResult::Completed(result)) => result,
            // Only if no location has a seed any more, or a running job has no
            // images yet.
            _ if seeds.is_empty() => return Ok(()),
            Ok(PollResult::InProgress(_)) if runs_without_images(&body) => return Ok(()),
            other => return Err(TestCaseError::fail(format!("{text}: {other:?}"))),
        };
        prop_assert!(seeds.contains(&result.seed()), "{} {text}", result.seed());
        prop_assert_eq!(result.raw_body(), text.as_bytes());
    }

    #[test]
    fn each_deviation_is_a_warning(
        index in any::<Index>(),
        change in change(prop_oneof![
            any::<bool>().prop_map(Value::from),
            any::<f64>().prop_map(Value::from),
            "\\PC{0,8}".prop_map(Value::from),
            Just(Value::Null),
            Just(json!([])),
            Just(json!({})),
        ]),
    ) {
        let mut body = Fixture::named("service/200-completed-seed-job").json();
        let mut found = Vec::new();
        positions(&body, Default::default(), &mut found);
        let (pointer, path) = index.get(&found);
        let expected = change.warning(body.pointer(pointer).unwrap(), path);
        change.apply(&mut body, pointer);
        // Too many rejected cases fail the test.
        let (Some(expected), Ok(PollResult::Completed(result))) = (expected, poll(&body.to_string())) else {
            return Err(TestCaseError::reject("no result, or no deviation"));
        };
        let warnings: Vec<_> = result.warnings().iter().map(ToString::to_string).collect();
        prop_assert!(warnings.contains(&expected), "{body}: {expected} is not in {warnings:?}");
    }

    #[test]
    fn any_json_is_parsed_without_panic(value in anything(), depth in 0..3) {
        let body = match depth {
            0 => value,
            1 => json!({ "seed": value }),
            _ => json!({"seed": {"attachments": value}}),
        };
        let _ = poll(&body.to_string());
    }
}
