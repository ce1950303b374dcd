//! What each documented response becomes in the raw layer.

use serde_json::{Value, json};
use useapi_seed_raw::types::{ErrorBody, Job, SeedRequest};
use useapi_seed_raw::{self as raw, Client, Error, ErrorKind};
use useapi_seed_tests::{Fixture, Response, Stub, fixture_tests, without_nulls};

/// Sends the request that the fixture is a response to.
async fn send(fixture: &Fixture) -> Result<raw::Response<Job>, Error<ErrorBody>> {
    let stub = Stub::always(Response::json(fixture.status, fixture.text.as_str())).await;
    let client = Client::builder("a-token")
        .base_url(&stub.base_url())
        .build()
        .unwrap();
    if fixture.is_poll() {
        client.get_job("<jobid>").await
    } else {
        client.retrieve_seed(&SeedRequest::new("<jobid>")).await
    }
}

fixture_tests!(documented_response_decodes);

async fn documented_response_decodes(fixture: Fixture) {
    let (shape, raw_response) = match send(&fixture).await {
        Ok(response) => {
            assert!(response.extra.is_empty(), "{:?}", response.extra);
            let job = without_nulls(&*response);
            assert_eq!(job, fixture.json());
            (json!({ "response": job }), response.raw_response().clone())
        }
        Err(error) => {
            let (kind, raw_response) = error.into_parts();
            let ErrorKind::ErrorResponse(body) = kind else {
                panic!("{kind:?}");
            };
            assert!(body.extra.is_empty(), "{:?}", body.extra);
            let body = without_nulls(&body);
            assert_eq!(body, fixture.json());
            (json!({ "error_response": body }), raw_response.unwrap())
        }
    };
    assert_eq!(raw_response.status.as_u16(), fixture.status);
    assert_eq!(raw_response.body, fixture.text.as_bytes());
    insta::assert_json_snapshot!(fixture.test_name(), shape);
}

#[tokio::test]
async fn undocumented_values_and_fields_are_kept() {
    let mut body = Fixture::named("responses/200-already-retrieved").json();
    body["status"] = json!("resting");
    body["verb"] = json!("describe");
    body["undocumented"] = json!({"a": [1, null]});
    body["seed"]["mood"] = json!("calm");
    body["seed"]["attachments"][0]["flags"] = json!(64);
    body["code"] = json!("200");
    let fixture = Fixture {
        name: "responses/changed".into(),
        status: 200,
        text: body.to_string(),
    };
    let response = send(&fixture).await.unwrap();
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
        let response = send(&fixture).await.unwrap();
        assert_eq!(
            response.raw_response().body,
            fixture.text.as_bytes(),
            "{field}"
        );
    }
}
