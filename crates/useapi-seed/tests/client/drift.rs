//! Responses that deviate from the documentation: a seed that is present is found,
//! and each deviation is a warning.

use std::collections::BTreeMap;
use std::sync::{Arc, LazyLock, Mutex, PoisonError};

use proptest::prelude::*;
use proptest::sample::Index;
use proptest::test_runner::TestCaseError;
use serde_json::{Value, json};
use tokio::runtime::Runtime;
use useapi_seed::{Client, PollResult, SeedResult, Warning};
use useapi_seed_tests::{Fixture, Response, Stub, no_retry};

mod tree;

use tree::{Change, Tree};

const SEED: u64 = 4_294_967_295;

/// A client, and a server that sends the current body.
struct Session {
    runtime: Runtime,
    client: Client,
    body: Arc<Mutex<String>>,
    _stub: Stub,
}

/// Shared, since building a client takes longer than a poll. The lock keeps the
/// tests' bodies apart.
static SESSION: LazyLock<Mutex<Session>> = LazyLock::new(|| {
    let runtime = Runtime::new().unwrap();
    let body = Arc::new(Mutex::new(String::new()));
    let current = Arc::clone(&body);
    let stub = runtime.block_on(Stub::start(move |_| {
        Response::json(200, current.lock().unwrap().as_str())
    }));
    let client = Client::builder("a-token")
        .base_url(stub.base_url())
        .retry(no_retry())
        .build()
        .unwrap();
    Mutex::new(Session {
        runtime,
        client,
        body,
        _stub: stub,
    })
});

/// The outcome of a poll with this body, through a socket.
fn poll(text: &str) -> Result<PollResult, useapi_seed::Error> {
    let session = SESSION.lock().unwrap_or_else(PoisonError::into_inner);
    text.clone_into(&mut session.body.lock().unwrap());
    session
        .runtime
        .block_on(session.client.job("<jobid>").poll())
}

fn retrieved(body: &Value) -> SeedResult {
    match poll(&body.to_string()) {
        Ok(PollResult::Completed(result)) => result,
        other => panic!("{other:?}"),
    }
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
        let result = match poll(&text) {
            Ok(PollResult::Completed(result)) => result,
            other => panic!("{to}: {other:?}"),
        };
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

fn anything() -> impl Strategy<Value = Value> {
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

fn change() -> impl Strategy<Value = Change> {
    let any_tree = || anything().prop_map(Tree::from);
    // Values that resemble a seed, or a job that still runs.
    let near = || {
        prop_oneof![
            any::<u64>().prop_map(|value| json!(value)),
            any::<u64>().prop_map(|value| json!(value.to_string())),
            any::<u64>().prop_map(|value| json!([{"value": value}])),
            any::<u64>().prop_map(|value| json!({"content": format!("**seed** {value}")})),
            "[a-z]{1,8}".prop_map(Value::from),
            Just(json!("progress")),
            Just(json!({})),
            Just(json!([])),
        ]
        .prop_map(Tree::from)
    };
    let null = || Just(Tree::Leaf(Value::Null));
    let put = prop_oneof![null(), any_tree(), near()];
    let other = prop_oneof![null(), any_tree(), near()];
    prop_oneof![
        Just(Change::Remove),
        ("x-[a-z]{1,6}", any_tree()).prop_map(|(key, tree)| Change::Add(key, tree)),
        put.prop_map(Change::Put),
        (prop::option::of(other), any::<Index>())
            .prop_map(|(tree, at)| Change::Duplicate(tree, at)),
        (2..31_usize).prop_map(Change::Reorder),
    ]
}

/// Every number at the documented locations of the seed in `tree`.
fn seeds(tree: &Tree) -> Vec<u64> {
    let in_object = |seed: &Tree| {
        let values = seed.last("value").into_iter().filter_map(whole_number);
        let texts = seed
            .last("content")
            .into_iter()
            .filter_map(|content| match content {
                Tree::Leaf(Value::String(text)) => text.rsplit_once("**seed** ")?.1.parse().ok(),
                _ => None,
            });
        values.chain(texts).collect::<Vec<u64>>()
    };
    tree.last("seed")
        .into_iter()
        .flat_map(|seed| match seed {
            Tree::Leaf(_) => whole_number(seed).into_iter().collect(),
            Tree::List(items) => items.iter().flat_map(in_object).collect(),
            Tree::Object(_) => in_object(seed),
        })
        .collect()
}

fn whole_number(tree: &Tree) -> Option<u64> {
    let text = match tree {
        Tree::Leaf(Value::String(text)) => text.trim().to_owned(),
        Tree::Leaf(Value::Number(number)) => number.to_string(),
        _ => return None,
    };
    text.strip_suffix(".0").unwrap_or(&text).parse().ok()
}

/// Whether the job may still run, and may have no images.
fn runs_without_images(body: &Tree) -> bool {
    let runs =
        |status| matches!(status, &Tree::Leaf(Value::String(ref value)) if value == "progress");
    let is_empty = |part: &Tree| !matches!(part, Tree::List(items) if !items.is_empty());
    let images = body.last("seed").and_then(|seed| seed.last("attachments"));
    body.last("status").is_some_and(runs) && images.is_none_or(is_empty)
}

/// An example of the documented type at each path; all items of a list are alike.
fn documented(value: &Value, path: &str, found: &mut BTreeMap<String, Value>) {
    match value {
        Value::Object(fields) => {
            for (key, value) in fields {
                documented(value, &join(path, key), found);
            }
        }
        Value::Array(items) => {
            for item in items {
                documented(item, &format!("{path}[]"), found);
            }
        }
        _ => {}
    }
    found.insert(path.to_owned(), value.clone());
}

fn join(path: &str, key: &str) -> String {
    if path.is_empty() {
        key.to_owned()
    } else {
        format!("{path}.{key}")
    }
}

fn has_type_of(tree: &Tree, example: &Value, kind: &str) -> bool {
    match (tree, example) {
        (Tree::Object(_), Value::Object(_))
        | (Tree::List(_), Value::Array(_))
        | (Tree::Leaf(Value::String(_)), Value::String(_)) => true,
        // Null is the same as an absent field, but is not an item of a list.
        (Tree::Leaf(Value::Null), _) => !kind.ends_with(']'),
        (Tree::Leaf(Value::String(_)), _) => kind == "code",
        (Tree::Leaf(Value::Number(number)), Value::Number(_)) if kind == "seed.value" => {
            number.is_u64()
        }
        (Tree::Leaf(Value::Number(number)), Value::Number(_)) => number.is_i64(),
        _ => false,
    }
}

/// The warnings that the value at `path` must have. `kind` is the path without
/// indices.
fn expected_warnings(
    tree: &Tree,
    (path, kind): (&str, &str),
    types: &BTreeMap<String, Value>,
    warnings: &mut Vec<String>,
) {
    let Some(example) = types.get(kind) else {
        return warnings.push(Warning::UnknownField(path.to_owned()).to_string());
    };
    if !has_type_of(tree, example, kind) {
        return warnings.push(Warning::UnexpectedType(path.to_owned()).to_string());
    }
    match tree {
        Tree::Leaf(Value::String(value)) if ["status", "verb"].contains(&kind) => {
            // The generator makes no other known value. An empty one is an absent one.
            if !["completed", "progress", "seed_async", ""].contains(&value.as_str()) {
                warnings.push(format!("{kind} is \"{value}\", which is not documented"));
            }
        }
        Tree::Leaf(_) => {}
        Tree::List(items) => {
            for (index, item) in items.iter().enumerate() {
                let location = (&*format!("{path}[{index}]"), &*format!("{kind}[]"));
                expected_warnings(item, location, types, warnings);
            }
        }
        Tree::Object(fields) => {
            for (key, part) in fields {
                let (path, kind) = (join(path, key), join(kind, key));
                let is_last = tree.last(key).is_some_and(|last| std::ptr::eq(last, part));
                if is_last || !types.contains_key(&kind) {
                    expected_warnings(part, (&path, &kind), types, warnings);
                }
            }
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 1000, ..ProptestConfig::default() })]

    #[test]
    fn changed_response_keeps_seed_and_warns(
        changes in prop::collection::vec((any::<Index>(), any::<bool>(), change()), 1..=4),
    ) {
        let fixture = Fixture::named("service/200-completed-seed-job").json();
        let mut types = BTreeMap::new();
        documented(&fixture, "", &mut types);
        let mut body = Tree::from(fixture);
        for (index, is_shallow, change) in &changes {
            let mut positions = body.positions();
            // Otherwise most changes would be to the images.
            positions.retain(|position| !is_shallow || position.len() <= 2);
            if !positions.is_empty() {
                body.change(index.get::<Vec<_>>(&positions), change);
            }
        }

        let text = body.text();
        let seeds = seeds(&body);
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
        let mut expected = Vec::new();
        expected_warnings(&body, ("", ""), &types, &mut expected);
        let warnings: Vec<_> = result.warnings().iter().map(ToString::to_string).collect();
        for warning in expected {
            prop_assert!(warnings.contains(&warning), "{text}: {warning} is not in {warnings:?}");
        }
    }

    #[test]
    fn any_json_is_parsed_without_panic(value in anything()) {
        let _ = poll(&value.to_string());
        let _ = poll(&json!({"seed": value.clone()}).to_string());
        let _ = poll(&json!({"seed": {"attachments": value}}).to_string());
    }
}
