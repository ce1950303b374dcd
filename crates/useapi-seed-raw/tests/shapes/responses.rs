//! What each documented response becomes in the raw layer.

use serde_json::{Value, json};
use useapi_seed_raw::types::{ErrorBody, Job, JobStatus, SeedRequest, Verb};
use useapi_seed_raw::{self as raw, Client, DEFAULT_BASE_URL, Error, ErrorKind};
use useapi_seed_tests::{Fixture, Response, Stub, fixture_tests, without_nulls};

fn client(stub: &Stub) -> Client {
    let builder = Client::builder("a-token").base_url(&stub.base_url());
    builder.build().unwrap()
}

/// Sends the request that the fixture is a response to.
async fn send(fixture: &Fixture) -> Result<raw::Response<Job>, Error<ErrorBody>> {
    let stub = Stub::always(Response::json(fixture.status, fixture.text.as_str())).await;
    if fixture.is_poll() {
        client(&stub).get_job("<jobid>").await
    } else {
        let request = SeedRequest::new("<jobid>");
        client(&stub).retrieve_seed(&request).await
    }
}

/// Polls a job whose response has this body.
async fn poll(body: &Value) -> raw::Response<Job> {
    let stub = Stub::always(Response::json(200, body.to_string())).await;
    client(&stub).get_job("<jobid>").await.unwrap()
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
    let response = poll(&body).await;
    assert_eq!(response.status.as_ref().unwrap().as_str(), "resting");
    assert_eq!(serde_json::to_value(&*response).unwrap(), body);
}

#[tokio::test]
async fn documented_values_are_known() {
    for (verb, status, known) in [
        (
            "seed_async",
            "started",
            (Verb::SeedAsync, JobStatus::Started),
        ),
        ("imagine", "failed", (Verb::Imagine, JobStatus::Failed)),
        ("button", "completed", (Verb::Button, JobStatus::Completed)),
        ("blend", "completed", (Verb::Blend, JobStatus::Completed)),
    ] {
        let job = poll(&json!({"verb": verb, "status": status})).await;
        let (verb, status) = (job.verb.clone(), job.status.clone());
        assert_eq!((verb.unwrap(), status.unwrap()), known);
    }
}

/// Collects the pointers to all fields, also those of a list's items.
fn fields(value: &Value, pointer: &str, found: &mut Vec<String>) {
    let inside: Vec<(String, &Value)> = match value {
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
    for (name, item) in inside {
        let pointer = format!("{pointer}/{name}");
        fields(item, &pointer, found);
        found.extend(value.is_object().then_some(pointer));
    }
}

#[tokio::test]
async fn any_field_may_be_missing() {
    let complete = Fixture::named("model/every-field").json();
    let mut pointers = Vec::new();
    fields(&complete, "", &mut pointers);
    assert!(pointers.len() > 70, "{pointers:?}");
    for pointer in pointers {
        let mut body = complete.clone();
        let (parent, name) = pointer.rsplit_once('/').unwrap();
        let parent = body.pointer_mut(parent).unwrap().as_object_mut();
        parent.unwrap().remove(name).unwrap();
        // An absent field is not invented either.
        let job = serde_json::to_value(&*poll(&body).await).unwrap();
        assert_eq!(job, body, "{pointer}");
    }
}

#[tokio::test]
async fn any_field_may_be_null() {
    let complete = Fixture::named("model/every-field").json();
    for field in complete.as_object().unwrap().keys() {
        let mut body = complete.clone();
        body[field] = Value::Null;
        let response = poll(&body).await;
        let kept = &response.raw_response().body;
        assert_eq!(*kept, body.to_string().as_bytes(), "{field}");
    }
}

#[tokio::test]
async fn either_halted_status_is_decoded() {
    let body = Fixture::named("responses/596-failed-job");
    for status in [596, 569] {
        let stub = Stub::always(Response::json(status, body.text.as_str())).await;
        let client = client(&stub);
        let failures = [
            client.retrieve_seed(&SeedRequest::new("a-job")).await,
            client.get_job("a-job").await,
            client.cancel_job("a-job").await,
        ];
        for failure in failures.map(Result::unwrap_err) {
            let ErrorKind::ErrorResponse(error) = failure.kind() else {
                panic!("{status}: {failure}");
            };
            assert_eq!(serde_json::to_value(error).unwrap(), body.json());
        }
    }
}

#[tokio::test]
async fn values_are_sent_unchanged() {
    let stub = Stub::always(Response::json(200, "{}")).await;
    let client = client(&stub);
    let mut request = SeedRequest::new("");
    request.discord = Some("".into());
    request.reply_url = Some("no address".try_into().unwrap());
    request.reply_ref = Some("".try_into().unwrap());
    client.retrieve_seed(&request).await.unwrap();
    client.get_job("").await.unwrap();
    let requests = stub.requests();
    let body: Value = serde_json::from_slice(&requests[0].body).unwrap();
    let expected = json!({"jobid": "", "discord": "", "replyUrl": "no address", "replyRef": ""});
    assert_eq!(body, expected);
    assert_eq!(requests[1].target(), "/v2/jobs/?jobid=");
    // The spec's `password` changes nothing: it stays a secret.
    assert!(format!("{request:?}").contains("discord: Some(DiscordToken(***))"));
}

#[test]
fn base_url_is_the_documented_one() {
    // The path is tested with each request.
    assert_eq!(DEFAULT_BASE_URL, "https://api.useapi.net/v2");
}
