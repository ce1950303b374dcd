//! How the raw layer decodes each documented response.

#![allow(
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a test fails by it"
)]

use serde_json::{Value, json};
use useapi_seed_raw::types::{ErrorBody, Job, SeedRequest};
use useapi_seed_raw::{self as raw, Client, Error, ErrorKind};
use useapi_seed_tests::{Fixture, Response, Stub};

/// Calls the operation that the fixture is a response of.
async fn call(fixture: &Fixture) -> Result<raw::Response<Job>, Error<ErrorBody>> {
    let stub = Stub::always(Response::json(fixture.status, fixture.text.as_str())).await;
    let client = Client::builder("a-token")
        .base_url(&stub.base_url())
        .build()
        .unwrap();
    if fixture.name.starts_with("service/") {
        client.get_job("<jobid>").await
    } else {
        client.retrieve_seed(&SeedRequest::new("<jobid>")).await
    }
}

#[tokio::test]
async fn documented_responses_decode() {
    let fixtures = Fixture::all();
    assert!(fixtures.len() >= 21, "fixtures are missing");
    for fixture in fixtures {
        let snapshot = format!("raw/{}", fixture.name).replace('/', "_");
        match call(&fixture).await {
            Ok(response) => {
                assert_eq!(response.raw_response().status.as_u16(), fixture.status);
                assert_eq!(response.raw_response().body, fixture.text.as_bytes());
                insta::assert_debug_snapshot!(snapshot, *response);
            }
            Err(error) => {
                assert_eq!(error.status().map(|s| s.as_u16()), Some(fixture.status));
                let (kind, received) = error.into_parts();
                assert_eq!(received.unwrap().body, fixture.text.as_bytes());
                insta::assert_debug_snapshot!(snapshot, kind);
            }
        }
    }
}

#[tokio::test]
async fn reencoding_gives_the_same_json() {
    for fixture in Fixture::all() {
        let again = match call(&fixture).await {
            Ok(response) => serde_json::to_value(&*response).unwrap(),
            Err(error) => match error.kind() {
                ErrorKind::ErrorResponse(body) => serde_json::to_value(body).unwrap(),
                other => panic!("{}: {other:?}", fixture.name),
            },
        };
        assert_eq!(again, fixture.json(), "{}", fixture.name);
    }
}

#[tokio::test]
async fn unknown_fields_and_values_are_preserved() {
    let mut body = Fixture::named("responses/200-already-retrieved").json();
    body["status"] = json!("resting");
    body["verb"] = json!("describe");
    body["news"] = json!({"a": [1, null]});
    body["seed"]["mood"] = json!("calm");
    body["seed"]["attachments"][0]["flags"] = json!(64);
    body["code"] = json!("200");
    let fixture = Fixture {
        name: "responses/changed".into(),
        status: 200,
        text: body.to_string(),
    };
    let response = call(&fixture).await.unwrap();
    assert_eq!(response.status.as_ref().unwrap().as_str(), "resting");
    assert_eq!(serde_json::to_value(&*response).unwrap(), body);
}

#[tokio::test]
async fn any_field_may_be_null() {
    let complete = Fixture::named("model/every-field").json();
    for field in complete.as_object().unwrap().keys() {
        let mut body = complete.clone();
        body[field] = Value::Null;
        let fixture = Fixture {
            name: "model/changed".into(),
            status: 200,
            text: body.to_string(),
        };
        let response = call(&fixture).await.unwrap();
        assert_eq!(
            response.raw_response().body,
            fixture.text.as_bytes(),
            "{field}"
        );
    }
}
