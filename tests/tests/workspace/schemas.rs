//! The result types match their JSON Schemas.

use schemars::{JsonSchema, schema_for};
use serde::Serialize;
use serde_json::{Value, json};
use useapi_seed::{
    Client, ExecutingJobs, Image, JobProgress, Mismatch, PollResult, SavedImage, SeedResult,
    Warning,
};
use useapi_seed_tests::{Fixture, PNG, Response, Stub};

async fn poll(response: &Value) -> (Client, PollResult) {
    let stub = Stub::always(Response::json(200, response.to_string())).await;
    let client = stub.client();
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
    let json = assert_matches_schema::<JobProgress>(&progress);
    assert_eq!(json["status"], "progress");

    let stub = Stub::always(Response::json(200, r#"["a-job"]"#)).await;
    let executing = stub.client().executing_jobs().await;
    let json = assert_matches_schema::<ExecutingJobs>(&executing.unwrap());
    assert_eq!(json["ids"][0], "a-job");

    let host = Stub::always(Response::new(200, "image/png", PNG)).await;
    let mut response = Fixture::named("service/200-completed-seed-job").json();
    response["verb"] = json!("seed_sync");
    response["undocumented"] = json!(5);
    response["created"] = json!(5);
    response["seed"]["value"] = json!(7);
    let mut attachment = response["seed"]["attachments"][0].take();
    attachment["url"] = json!(format!("http://{}/1", host.address()));
    response["seed"]["attachments"] = json!([attachment]);
    let (client, PollResult::Completed(result)) = poll(&response).await else {
        panic!("no result");
    };
    let warnings = result.warnings().iter().map(|warning| {
        let json = assert_matches_schema::<Warning>(warning);
        json.as_object().unwrap().keys().next().unwrap().clone()
    });
    let expected =
        "image_count seed_mismatch unexpected_type other_job unknown_value unknown_field";
    assert_eq!(warnings.collect::<Vec<_>>().join(" "), expected);

    let complete = assert_matches_schema::<SeedResult>(&result);
    assert_eq!(complete["seed"], 7);
    assert_eq!(complete["images"][0]["number"], 1);
    assert_eq!(complete["warnings"].as_array().unwrap().len(), 6);

    let image = assert_matches_schema::<Image>(&result.images()[0]);
    assert_eq!(image["number"], 1);
    let directory = tempfile::tempdir().unwrap();
    let mut outcomes = client.save_images(&result, directory.path()).await;
    let saved = outcomes.remove(0).unwrap();
    let json = assert_matches_schema::<SavedImage>(&saved);
    assert_eq!(json["size"], PNG.len());
    assert_eq!(saved.mismatches.len(), 3);
    for mismatch in &saved.mismatches {
        assert_matches_schema::<Mismatch>(mismatch);
    }
}
