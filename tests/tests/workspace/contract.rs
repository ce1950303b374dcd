//! Statements of the documentation that no other file tests.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use serde_json::{Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use useapi_seed::{Client, JobStatus, SubmitOptions, SubmitOutcome, Verb};
use useapi_seed_emulator::Emulator;
use useapi_seed_raw::ErrorKind;
use useapi_seed_raw::types::SeedRequest;
use useapi_seed_tests::{Fixture, Request, Response, Stub, no_retry, poll_every};

const TOKEN: &str = "user:1234-secret-token";
const JOBID: &str = "20240225145303538-user:1234-channel:1114555266835431444";

/// What `fetch` sends for the JavaScript example.
const JAVASCRIPT: &str = "POST /v2/jobs/seed_async HTTP/1.1\r
host: HOST\r
connection: close\r
Authorization: Bearer TOKEN\r
Content-Type: application/json\r
accept: */*\r
accept-language: *\r
sec-fetch-mode: cors\r
user-agent: node\r
content-length: LENGTH\r
\r
{\"jobid\":\"JOBID\"}";

/// What `requests.post` sends for the Python example.
const PYTHON: &str = "POST /v2/jobs/seed_async HTTP/1.1\r
Host: HOST\r
User-Agent: python-requests/2.32.3\r
Accept: */*\r
Connection: close\r
Content-Type: application/json\r
Authorization: Bearer TOKEN\r
Content-Length: LENGTH\r
\r
{\"jobid\": \"JOBID\"}";

/// Sends an example over its own connection, and returns the body of the response.
async fn send(example: &str, base_url: &str, token: &str, jobid: &str) -> Value {
    let address = base_url["http://".len()..].trim_end_matches("/v2");
    let example = example
        .replace("HOST", address)
        .replace("TOKEN", token)
        .replace("JOBID", jobid);
    let length = example.split_once("\r\n\r\n").unwrap().1.len();
    let example = example.replace("LENGTH", &length.to_string());
    let mut stream = TcpStream::connect(address).await.unwrap();
    stream.write_all(example.as_bytes()).await.unwrap();
    let mut response = String::new();
    stream.read_to_string(&mut response).await.unwrap();
    assert!(response.starts_with("HTTP/1.1 200 "), "{response}");
    serde_json::from_str(response.split_once("\r\n\r\n").unwrap().1).unwrap()
}

/// The parts of a request that the examples show.
fn documented_parts(request: &Request) -> (&str, [Option<&str>; 2], Value) {
    (
        &request.line,
        ["authorization", "content-type"].map(|name| request.header(name)),
        serde_json::from_slice(&request.body).unwrap(),
    )
}

#[tokio::test]
async fn client_sends_what_the_examples_send() {
    let stub = Stub::always(Response::json(
        200,
        Fixture::named("responses/200-started").text,
    ))
    .await;
    for example in [JAVASCRIPT, PYTHON] {
        send(example, &stub.base_url(), TOKEN, JOBID).await;
    }
    let client = Client::builder(TOKEN)
        .base_url(stub.base_url())
        .retry(no_retry())
        .build()
        .unwrap();
    client.submit(JOBID).await.unwrap();
    let requests = stub.requests();
    let [javascript, python, client_request] = requests.as_slice() else {
        panic!("{requests:?}");
    };
    assert_eq!(documented_parts(javascript), documented_parts(python));
    assert_eq!(documented_parts(client_request), documented_parts(python));

    let emulator = Emulator::start().await.unwrap();
    for example in [JAVASCRIPT, PYTHON] {
        let (url, jobid) = (emulator.base_url(), &emulator.jobs().imagine);
        let job = send(example, url, emulator.token(), jobid).await;
        assert_eq!(
            (&job["verb"], &job["status"]),
            (&json!("seed_async"), &json!("started"))
        );
    }
}

#[test]
fn base_url_is_the_documented_one() {
    // The path is tested with each request.
    assert_eq!(
        useapi_seed_raw::DEFAULT_BASE_URL,
        "https://api.useapi.net/v2"
    );
}

fn raw(stub: &Stub) -> useapi_seed_raw::Client {
    useapi_seed_raw::Client::builder(TOKEN)
        .base_url(&stub.base_url())
        .build()
        .unwrap()
}

/// JSON pointers to all fields, those of a list's items among them.
fn fields(value: &Value, pointer: &str, found: &mut Vec<String>) {
    match value {
        Value::Object(map) => {
            for (key, value) in map {
                let pointer = format!("{pointer}/{key}");
                fields(value, &pointer, found);
                found.push(pointer);
            }
        }
        Value::Array(items) => {
            for (index, item) in items.iter().enumerate() {
                fields(item, &format!("{pointer}/{index}"), found);
            }
        }
        _ => {}
    }
}

#[tokio::test]
async fn any_field_may_be_missing() {
    let complete = Fixture::named("model/every-field").json();
    let mut pointers = Vec::new();
    fields(&complete, "", &mut pointers);
    assert!(pointers.len() > 70, "{pointers:?}");

    let response = Arc::new(Mutex::new(String::new()));
    let current = Arc::clone(&response);
    let stub = Stub::start(move |_| Response::json(200, current.lock().unwrap().as_str())).await;
    let client = raw(&stub);
    for pointer in pointers {
        let mut body = complete.clone();
        let (parent, name) = pointer.rsplit_once('/').unwrap();
        let parent = body.pointer_mut(parent).unwrap().as_object_mut().unwrap();
        parent.remove(name).unwrap();
        *response.lock().unwrap() = body.to_string();
        let job = client.get_job(JOBID).await.unwrap();
        // An absent field is not invented either.
        assert_eq!(serde_json::to_value(&*job).unwrap(), body, "{pointer}");
    }
}

#[tokio::test]
async fn started_job_is_polled() {
    let started = json!({"jobid": "the-seed-job", "parentJobId": JOBID, "status": "started"});
    let done = Fixture::named("service/200-completed-seed-job").text;
    let stub = Stub::start(move |request| {
        if request.line.starts_with("POST") {
            Response::json(200, started.to_string())
        } else {
            Response::json(200, done.as_str())
        }
    })
    .await;
    let client = Client::builder(TOKEN)
        .base_url(stub.base_url())
        .retry(no_retry())
        .build()
        .unwrap();
    let SubmitOutcome::Started(job) = client.submit(JOBID).await.unwrap() else {
        panic!("not started");
    };
    let wait = job
        .wait()
        .with_options(poll_every(Duration::from_millis(1)));
    wait.await.unwrap();
    let requests = stub.requests();
    assert_eq!(requests.len(), 2);
    assert_eq!(requests[1].target(), "/v2/jobs/?jobid=the-seed-job");
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
        let body = json!({"verb": verb, "status": status});
        let stub = Stub::always(Response::json(200, body.to_string())).await;
        let job = raw(&stub).get_job(JOBID).await.unwrap();
        assert_eq!(
            (job.verb.clone(), job.status.clone()),
            (Some(known.0), Some(known.1))
        );
    }
}

#[tokio::test]
async fn either_halted_status_is_decoded() {
    let body = Fixture::named("responses/596-failed-job");
    for status in [596, 569] {
        let stub = Stub::always(Response::json(status, body.text.as_str())).await;
        let client = raw(&stub);
        let failures = [
            client.retrieve_seed(&SeedRequest::new(JOBID)).await,
            client.get_job(JOBID).await,
            client.cancel_job(JOBID).await,
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
async fn raw_layer_sends_values_unchanged() {
    let stub = Stub::always(Response::json(200, "{}")).await;
    let client = raw(&stub);
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

/// The response to another call for a job whose seed was retrieved before.
async fn already_retrieved() -> useapi_seed::SeedResult {
    let body = Fixture::named("responses/200-already-retrieved").text;
    let stub = Stub::always(Response::json(200, body)).await;
    let client = Client::builder(TOKEN)
        .base_url(stub.base_url())
        .retry(no_retry())
        .build()
        .unwrap();
    let options = SubmitOptions::default()
        .reply_ref("mine")
        .reply_url("https://example.com/mine");
    let submit = client.submit("<jobid>").with_options(options);
    match submit.await.unwrap() {
        SubmitOutcome::AlreadyRetrieved(result) => result,
        other @ SubmitOutcome::Started(_) => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn original_job_keeps_its_own_reply_fields() {
    let result = already_retrieved().await;
    let job = result.raw_job();
    assert_eq!(job.reply_url.as_deref(), Some("https://webhook.site/abc"));
    assert_eq!(
        job.reply_ref.as_deref(),
        Some("<your optional reference id>")
    );
    assert!(result.warnings().is_empty(), "{:?}", result.warnings());
}

#[tokio::test]
async fn bare_prompt_loses_no_parameters() {
    let result = already_retrieved().await;
    assert_eq!(result.raw_job().prompt.as_deref(), Some("Steampunk cat"));
    assert_eq!(result.prompt(), Some("Steampunk cat --s 750 --v 5.2"));
}
