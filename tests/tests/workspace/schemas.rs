//! The result types match their JSON Schemas.

use schemars::{JsonSchema, schema_for};
use serde::Serialize;
use serde_json::{Value, json};
use useapi_seed::{
    Client, ExecutingJobs, Image, JobProgress, Mismatch, PollResult, SavedImage, SeedResult,
    Warning,
};
use useapi_seed_tests::{Fixture, Response, Stub, no_retry};

async fn poll(response: &Value) -> (Client, PollResult) {
    let stub = Stub::always(Response::json(200, response.to_string())).await;
    let client = Client::builder("a-token")
        .base_url(stub.base_url())
        .retry(no_retry())
        .build()
        .unwrap();
    let result = client.job("a-job").poll().await.unwrap();
    (client, result)
}

/// Validates a value against the schema of its type. The schema must also reject a
/// value of another type.
fn assert_matches_schema<T: Serialize + JsonSchema>(value: &T) -> Value {
    let schema = serde_json::to_value(schema_for!(T)).unwrap();
    let validator = jsonschema::draft202012::new(&schema).unwrap();
    let json = serde_json::to_value(value).unwrap();
    assert!(validator.is_valid(&json), "{json} against {schema}");
    assert!(!validator.is_valid(&json!([5])), "{schema}");
    json
}

#[tokio::test]
async fn result_types_match_their_schemas() {
    let response = Fixture::named("service/200-in-progress").json();
    let (_, PollResult::InProgress(progress)) = poll(&response).await else {
        panic!("not in progress");
    };
    assert_eq!(
        assert_matches_schema::<JobProgress>(&progress)["status"],
        "progress"
    );

    let stub = Stub::always(Response::json(200, r#"["a-job"]"#)).await;
    let client = Client::builder("a-token")
        .base_url(stub.base_url())
        .retry(no_retry())
        .build()
        .unwrap();
    let executing = client.executing_jobs().await.unwrap();
    assert_eq!(
        assert_matches_schema::<ExecutingJobs>(&executing)["ids"][0],
        "a-job"
    );

    let png = include_bytes!("../../fixtures/pixel.png");
    let host = Stub::always(Response::new(200, "image/png", *png)).await;
    let mut response = Fixture::named("service/200-completed-seed-job").json();
    response["verb"] = json!("seed_sync");
    response["undocumented"] = json!(5);
    response["created"] = json!(5);
    response["seed"]["value"] = json!(7);
    response["seed"]["attachments"][0]["url"] = json!(format!("http://{}/1", host.address()));
    response["seed"]["attachments"]
        .as_array_mut()
        .unwrap()
        .truncate(1);
    let (client, PollResult::Completed(result)) = poll(&response).await else {
        panic!("no result");
    };
    let kinds: Vec<_> = result
        .warnings()
        .iter()
        .map(|warning| match assert_matches_schema::<Warning>(warning) {
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
            "unknown_value",
            "unknown_field"
        ]
    );

    let complete = assert_matches_schema::<SeedResult>(&result);
    assert_eq!(complete["seed"], 7);
    assert_eq!(complete["images"][0]["number"], 1);
    assert_eq!(complete["warnings"].as_array().unwrap().len(), 6);

    let image = result.images().first().unwrap();
    assert_eq!(assert_matches_schema::<Image>(image)["number"], 1);
    let directory = tempfile::tempdir().unwrap();
    let mut outcomes = client.save_images(&result, directory.path()).await;
    let saved = outcomes.remove(0).unwrap();
    assert_eq!(
        assert_matches_schema::<SavedImage>(&saved)["size"],
        png.len()
    );
    assert_eq!(saved.mismatches.len(), 3);
    for difference in &saved.mismatches {
        assert_matches_schema::<Mismatch>(difference);
    }
}
