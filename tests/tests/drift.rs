//! Answers beyond the documentation: whatever is changed, a seed that is there
//! is found, and the change is named.

#![allow(clippy::panic, clippy::unwrap_used, reason = "a test fails by it")]

use std::sync::{Arc, LazyLock, Mutex, PoisonError};

use proptest::prelude::*;
use proptest::test_runner::TestCaseError;
use serde_json::{Value, json};
use tokio::runtime::Runtime;
use useapi_seed::{Client, JobState, Note, Retrieval};
use useapi_seed_tests::{Fixture, Response, Stub};

const SEED: u64 = 4_294_967_295;

/// A client and a server that answers what it is told to.
struct Session {
    runtime: Runtime,
    client: Client,
    answer: Arc<Mutex<String>>,
    _stub: Stub,
}

/// One for all, since a client takes longer to make than to use; the lock keeps
/// the tests from each other's answers.
static SESSION: LazyLock<Mutex<Session>> = LazyLock::new(|| {
    let runtime = Runtime::new().unwrap();
    let answer = Arc::new(Mutex::new(String::new()));
    let told = Arc::clone(&answer);
    let stub = runtime.block_on(Stub::start(move |_| {
        Response::json(200, told.lock().unwrap().as_str())
    }));
    let client = Client::builder("a-token")
        .base_url(stub.base_url())
        .build()
        .unwrap();
    Mutex::new(Session {
        runtime,
        client,
        answer,
        _stub: stub,
    })
});

/// What the client makes of an answer, through a socket.
fn poll(text: &str) -> Result<JobState, useapi_seed::Error> {
    let session = SESSION.lock().unwrap_or_else(PoisonError::into_inner);
    text.clone_into(&mut session.answer.lock().unwrap());
    session.runtime.block_on(session.client.job("a-job").poll())
}

fn retrieved(answer: &Value) -> Retrieval {
    match poll(&answer.to_string()) {
        Ok(JobState::Retrieved(retrieval)) => retrieval,
        other => panic!("{other:?}"),
    }
}

#[test]
fn what_is_not_documented_is_listed_with_its_path() {
    let mut answer = Fixture::named("service/200-completed-seed-job").json();
    answer["status"] = json!("resting");
    answer["verb"] = json!("seed_sync");
    answer["news"] = json!({"any": [1]});
    answer["created"] = json!(5);
    answer["seed"]["mood"] = json!(null);
    answer["seed"]["attachments"][1]["flags"] = json!(64);
    answer["seed"]["attachments"][3]["size"] = json!("large");
    answer["children"] = json!([{"jobid": "1", "age": 5}]);
    let retrieval = retrieved(&answer);
    let notes: Vec<_> = retrieval.notes().iter().map(ToString::to_string).collect();
    insta::assert_debug_snapshot!(notes);
    assert_eq!(retrieval.seed(), SEED);
    assert_eq!(retrieval.answer(), answer.to_string().as_bytes());
}

#[test]
fn documented_answers_have_no_drift() {
    for name in [
        "responses/200-already-retrieved",
        "service/200-completed-seed-job",
    ] {
        let retrieval = retrieved(&Fixture::named(name).json());
        assert_eq!(retrieval.notes(), [], "{name}");
    }
}

/// A change to one place of an answer.
#[derive(Clone, Debug)]
enum Change {
    Remove,
    Add(String, Value),
    Put(Value),
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
    prop_oneof![
        Just(Change::Remove),
        ("x-[a-z]{1,6}", anything()).prop_map(|(key, value)| Change::Add(key, value)),
        anything().prop_map(Change::Put),
    ]
}

/// JSON pointers to all that is in a value.
fn pointers(value: &Value, pointer: &str, found: &mut Vec<String>) {
    let children: Vec<(String, &Value)> = match value {
        Value::Object(map) => map
            .iter()
            .map(|(key, value)| (key.clone(), value))
            .collect(),
        Value::Array(items) => (0..)
            .map(|index: usize| index.to_string())
            .zip(items)
            .collect(),
        _ => Vec::new(),
    };
    for (key, value) in children {
        let pointer = format!("{pointer}/{key}");
        pointers(value, &pointer, found);
        found.push(pointer);
    }
}

/// The JSON path of a pointer, as notes write it.
fn path(pointer: &str) -> String {
    let mut path = String::new();
    for key in pointer.split('/').skip(1) {
        if key.parse::<usize>().is_ok() {
            path.extend(["[", key, "]"]);
        } else {
            path.push_str(if path.is_empty() { "" } else { "." });
            path.push_str(key);
        }
    }
    path
}

fn apply(answer: &mut Value, pointer: &str, change: &Change) {
    let (parent, key) = pointer.rsplit_once('/').unwrap();
    match (answer.pointer_mut(parent).unwrap(), change) {
        (Value::Object(map), Change::Remove) => {
            map.remove(key);
        }
        (Value::Array(items), Change::Remove) => {
            items.remove(key.parse().unwrap());
        }
        (Value::Object(map), Change::Add(new, value)) => {
            map.insert(new.clone(), value.clone());
        }
        (Value::Array(items), Change::Add(_, value)) => items.push(value.clone()),
        (_, Change::Put(value)) => *answer.pointer_mut(pointer).unwrap() = value.clone(),
        (other, _) => panic!("{other} has no parts"),
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, ..ProptestConfig::default() })]

    #[test]
    fn a_changed_answer_keeps_its_seed_and_names_the_change(
        place in any::<prop::sample::Index>(),
        change in change(),
    ) {
        let mut answer = Fixture::named("service/200-completed-seed-job").json();
        let mut places = Vec::new();
        pointers(&answer, "", &mut places);
        // With these the seed is gone, or another one is there.
        places.retain(|place| place != "/seed" && place != "/seed/value");
        let place = place.get(&places).clone();
        apply(&mut answer, &place, &change);

        let retrieval = match poll(&answer.to_string()) {
            Ok(JobState::Retrieved(retrieval)) => retrieval,
            other => return Err(TestCaseError::fail(format!("{other:?}"))),
        };
        prop_assert_eq!(retrieval.seed(), SEED);
        let text = answer.to_string();
        prop_assert_eq!(retrieval.answer(), text.as_bytes());

        let (parent, _) = place.rsplit_once('/').unwrap();
        let is_object = answer.pointer(parent).is_some_and(Value::is_object);
        if let (Change::Add(key, _), true) = (&change, is_object) {
            let parent = path(parent);
            let expected = if parent.is_empty() { key.clone() } else { format!("{parent}.{key}") };
            prop_assert!(
                retrieval.notes().contains(&Note::UnknownField(expected)),
                "{:?}", retrieval.notes()
            );
        }
    }

    #[test]
    fn any_json_is_read_without_panic(value in anything()) {
        let _ = poll(&value.to_string());
        let _ = poll(&json!({"seed": value.clone()}).to_string());
        let _ = poll(&json!({"seed": {"attachments": value}}).to_string());
    }
}
