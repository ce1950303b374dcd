//! The result types fit their JSON Schemas.

#![allow(clippy::panic, clippy::unwrap_used, reason = "a test fails by it")]

use schemars::{JsonSchema, schema_for};
use serde::Serialize;
use serde_json::{Value, json};
use useapi_seed::{
    Client, ExecutingJobs, Image, JobState, Mismatch, Note, Retrieval, SavedImage, Update,
};
use useapi_seed_tests::{Fixture, Response, Stub, once};

async fn poll(answer: &Value) -> (Client, JobState) {
    let stub = Stub::always(Response::json(200, answer.to_string())).await;
    let client = Client::builder("a-token")
        .base_url(stub.base_url())
        .retry(once())
        .build()
        .unwrap();
    let state = client.job("a-job").poll().await.unwrap();
    (client, state)
}

/// Holds a value to the schema of its type, and the schema to its purpose: it
/// must refuse what is no such value.
fn assert_fits<T: Serialize + JsonSchema>(value: &T) -> Value {
    let schema = serde_json::to_value(schema_for!(T)).unwrap();
    let validator = jsonschema::draft202012::new(&schema).unwrap();
    let json = serde_json::to_value(value).unwrap();
    assert!(validator.is_valid(&json), "{json} against {schema}");
    assert!(!validator.is_valid(&json!([5])), "{schema}");
    json
}

#[tokio::test]
async fn result_types_fit_their_schemas() {
    let progress = Fixture::named("service/200-in-progress").json();
    let (_, JobState::InProgress(update)) = poll(&progress).await else {
        panic!("not in progress");
    };
    assert_eq!(assert_fits::<Update>(&update)["status"], "progress");

    let stub = Stub::always(Response::json(200, r#"["a-job"]"#)).await;
    let client = Client::builder("a-token")
        .base_url(stub.base_url())
        .retry(once())
        .build()
        .unwrap();
    let executing = client.jobs().await.unwrap();
    assert_eq!(assert_fits::<ExecutingJobs>(&executing)["ids"][0], "a-job");

    let png = include_bytes!("../fixtures/pixel.png");
    let host = Stub::always(Response::new(200, "image/png", *png)).await;
    let mut answer = Fixture::named("service/200-completed-seed-job").json();
    answer["verb"] = json!("seed_sync");
    answer["news"] = json!(5);
    answer["created"] = json!(5);
    answer["seed"]["value"] = json!(7);
    answer["seed"]["attachments"][0]["url"] = json!(format!("http://{}/1", host.address()));
    answer["seed"]["attachments"]
        .as_array_mut()
        .unwrap()
        .truncate(1);
    let (client, JobState::Retrieved(retrieval)) = poll(&answer).await else {
        panic!("no result");
    };
    let kinds: Vec<_> = retrieval
        .notes()
        .iter()
        .map(|note| match assert_fits::<Note>(note) {
            Value::Object(map) => map.keys().next().unwrap().clone(),
            other => panic!("{other}"),
        })
        .collect();
    assert_eq!(
        kinds,
        [
            "image_count",
            "seed_mismatch",
            "unexpected_type",
            "other_job",
            "unknown_word",
            "unknown_field"
        ]
    );

    let whole = assert_fits::<Retrieval>(&retrieval);
    assert_eq!(whole["seed"], 7);
    assert_eq!(whole["images"][0]["number"], 1);
    assert_eq!(whole["notes"].as_array().unwrap().len(), 6);

    let image = retrieval.images().first().unwrap();
    assert_eq!(assert_fits::<Image>(image)["number"], 1);
    let folder = tempfile::tempdir().unwrap();
    let saved = client.save_image(image, folder.path()).await.unwrap();
    assert_eq!(assert_fits::<SavedImage>(&saved)["size"], png.len());
    assert_eq!(saved.mismatches.len(), 3);
    for difference in &saved.mismatches {
        assert_fits::<Mismatch>(difference);
    }
}
