//! Injected faults.

use std::io::{ErrorKind, Read, Write};
use std::net::TcpStream;
use std::time::{Duration, Instant};

use reqwest::{Method, Response};
use serde_json::{Value, json};
use useapi_seed_emulator::{Emulator, Fault, FaultError, Operation, Trigger};

use crate::caller::{
    CHANNEL, Caller, client, client_with_timeout, eventually, fetch, id, json_of, send, url,
};

/// The response to the next poll, with this fault.
async fn polled(fault: Fault) -> Response {
    let caller = Caller::with_fault(Operation::GetJob, fault.clone()).await;
    let response = send(caller.poll()).await;
    assert_eq!(caller.hits(), [1]);
    assert_eq!(caller.faults()[0].fault, fault);
    assert_eq!(caller.journal()[0].fault, Some(fault));
    assert_eq!(send(caller.poll()).await.status(), 200);
    response
}

fn extra_field(name: &str, value: Value) -> Fault {
    let name = name.to_owned();
    Fault::ExtraField { name, value }
}

fn replaced_field(pointer: &str, value: Value) -> Fault {
    let pointer = pointer.to_owned();
    Fault::ReplacedField { pointer, value }
}

#[tokio::test]
async fn status_has_an_optional_retry_after() {
    for retry_after in [None, Some("30"), Some("Sun, 25 Feb 2024 18:00:30 GMT")] {
        let fault = Fault::Status {
            status: 503,
            retry_after: retry_after.map(Into::into),
        };
        let response = polled(fault).await;
        assert_eq!(response.status(), 503);
        let header = response.headers().get("retry-after");
        assert_eq!(header.map(|value| value.to_str().unwrap()), retry_after);
        let body: Value = response.json().await.unwrap();
        assert_eq!(body["code"], 503);
    }
}

#[tokio::test]
async fn html_replaces_json() {
    let response = polled(Fault::Html { status: 502 }).await;
    assert_eq!(response.status(), 502);
    let kind = response.headers()["content-type"].to_str().unwrap();
    assert!(kind.starts_with("text/html"), "{kind}");
    assert!(response.text().await.unwrap().starts_with("<html>"));
}

#[tokio::test]
async fn truncated_body_ends_early() {
    let mut response = polled(Fault::TruncatedBody { bytes: 10 }).await;
    assert!(response.content_length().unwrap() > 10);
    assert_eq!(response.chunk().await.unwrap().unwrap(), r#"{"jobid":""#);
    assert!(response.chunk().await.is_err());
}

#[tokio::test]
async fn reset_is_before_or_after_the_job_starts() {
    for (fault, executing) in [(Fault::ResetBefore, 0), (Fault::ResetAfter, 1)] {
        let caller = Caller::with_fault(Operation::RetrieveSeed, fault).await;
        let error = caller.submission().send().await.unwrap_err();
        assert!(error.is_request() && !error.is_connect(), "{error:?}");
        assert_eq!(caller.list().await.as_array().unwrap().len(), executing);
        let entry = &caller.journal()[0];
        assert_eq!((entry.status, entry.job.is_some()), (None, true));
    }
}

#[tokio::test]
async fn reused_connection_is_reset() {
    let caller = Caller::with_fault(Operation::ListJobs, Fault::ResetOnReuse).await;
    let (address, token) = (caller.authority(), caller.token());
    let call = format!(
        "GET /v2/jobs HTTP/1.1\r\nhost: {address}\r\nauthorization: Bearer {token}\r\n\r\n"
    );
    let mut connection = TcpStream::connect(address).unwrap();
    connection.write_all(call.as_bytes()).unwrap();
    let mut response = Vec::new();
    while !response.ends_with(b"[]") {
        let mut part = [0; 1024];
        let count = connection.read(&mut part).unwrap();
        assert!(count > 0);
        response.extend_from_slice(&part[..count]);
    }
    let response = String::from_utf8(response).unwrap();
    assert!(!response.contains("connection: close"), "{response}");
    connection.write_all(call.as_bytes()).unwrap();
    let error = connection.read(&mut [0; 1024]).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::ConnectionReset);
    assert_eq!(caller.journal().len(), 1);
}

#[tokio::test]
async fn response_stalls_or_is_slow() {
    let caller = Caller::with_fault(Operation::ListJobs, Fault::Stall { bytes: 1 }).await;
    let hurried = client_with_timeout(Duration::from_secs(1));
    let call = hurried.get(format!("{}/jobs", caller.base_url()));
    let mut response = send(call.bearer_auth(caller.token())).await;
    assert_eq!(response.chunk().await.unwrap().unwrap(), "[");
    assert!(response.chunk().await.unwrap_err().is_timeout());

    // A body of two bytes, one at a time; and a complete one after a delay.
    let slow = Fault::Slow {
        bytes_per_second: 20,
    };
    for fault in [slow, Fault::latency(Duration::from_millis(60))] {
        caller.inject_next(Operation::ListJobs, fault);
        let start = Instant::now();
        assert_eq!(caller.list().await, json!([]));
        assert!(start.elapsed() >= Duration::from_millis(60));
    }
}

#[tokio::test]
async fn fields_are_added_duplicated_and_replaced() {
    let unknown = polled(extra_field("extra", json!(5))).await;
    assert_eq!(unknown.json::<Value>().await.unwrap()["extra"], 5);
    let duplicated = polled(extra_field("status", json!("odd"))).await;
    let text = duplicated.text().await.unwrap();
    assert_eq!(text.matches("\"status\":").count(), 2, "{text}");
    let replaced = polled(replaced_field("/attachments/0/size", json!("large"))).await;
    let job: Value = replaced.json().await.unwrap();
    assert_eq!(job["attachments"][0]["size"], "large");
}

#[tokio::test]
async fn links_expire_and_images_are_truncated() {
    let caller = Caller::start().await;
    let link = caller.link().await;
    caller.inject_next(Operation::GetJob, Fault::ExpiredLinks);
    let expired = json_of(caller.poll()).await;
    let fetched = fetch(&url(&expired["attachments"][0])).await;
    assert_eq!(fetched.status(), 404);

    caller.inject_next(Operation::GetImage, Fault::ShortBody { bytes: 50 });
    // It has no effect on a response without a body.
    let head = send(client().head(&link)).await;
    let size = head.headers()["content-length"].to_str().unwrap();
    let truncated = fetch(&link).await;
    assert_eq!(truncated.status(), 200);
    assert_eq!(truncated.bytes().await.unwrap().len(), 50);
    let complete = fetch(&link).await.bytes().await.unwrap();
    assert_eq!(complete.len().to_string(), size);
}

#[tokio::test]
async fn fault_without_effect_stays_pending() {
    let caller = Caller::start().await;
    let job = caller.start_job(&caller.jobs().imagine).await;
    let get = async || {
        let call = caller.request(Method::GET, "/jobs/");
        json_of(call.query(&[("jobid", id(&job))])).await
    };
    for fault in [
        replaced_field("/seed/value", json!("none")),
        Fault::ExpiredLinks,
    ] {
        caller.inject_next(Operation::GetJob, fault);
    }
    // It has neither a seed nor a link yet.
    for _ in 0..2 {
        get().await;
    }
    assert_eq!(caller.hits(), [0, 0]);
    assert_eq!(caller.journal()[1].fault, None);
    caller.advance_seconds(45);
    assert_eq!(get().await["seed"]["value"], "none");
    get().await;
    assert_eq!(caller.hits(), [1, 1]);
}

#[tokio::test]
async fn pending_fault_lets_response_faults_pass() {
    let caller = Caller::start().await;
    for fault in [
        replaced_field("/seed/value", json!("none")),
        Fault::ResetBefore,
        // It has this value already.
        replaced_field("/code", json!(200)),
        replaced_field("/code", json!("200")),
    ] {
        caller.inject_next(Operation::GetJob, fault);
    }
    assert_eq!(json_of(caller.poll()).await["code"], "200");
    assert_eq!(json_of(caller.poll()).await["code"], 200);
    assert_eq!(caller.hits(), [0, 0, 0, 1]);
    caller.clear_faults();
    assert_eq!(caller.faults(), []);
}

#[tokio::test]
async fn errors_of_bodiless_operations_have_fields() {
    let reset = format!("/account/midjourney/{CHANNEL}/reset");
    for (operation, method, path) in [
        (Operation::ListJobs, Method::GET, "/jobs"),
        (Operation::ResetAccount, Method::POST, &reset),
    ] {
        let caller = Caller::with_fault(operation, extra_field("extra", json!(5))).await;
        let complete = send(caller.request(method.clone(), path)).await;
        let complete = complete.text().await.unwrap();
        assert!(!complete.contains("extra"), "{complete}");
        let error = json_of(caller.anonymous(method, path)).await;
        assert_eq!((&error["code"], &error["extra"]), (&json!(401), &json!(5)));
    }
}

#[tokio::test]
async fn inapplicable_fault_is_rejected() {
    let caller = Caller::start().await;
    let injected = caller.inject(Operation::GetJob, Trigger::Next(1), Fault::Duplicated);
    assert!(matches!(injected, Err(FaultError::Unsuitable { .. })));
    assert_eq!(caller.faults(), []);
    let builder = Emulator::builder().fault(Operation::GetJob, Trigger::Next(1), Fault::status(99));
    let error = builder.start().await.unwrap_err();
    assert_eq!(error.to_string(), "a status is between 200 and 999, not 99");
}

/// A submission on a connection of its own.
fn submit(caller: &Caller) -> TcpStream {
    let body = json!({ "jobid": caller.jobs().imagine }).to_string();
    let (address, token, length) = (caller.authority(), caller.token(), body.len());
    let request = format!(
        "POST /v2/jobs/seed_async HTTP/1.1\r\nhost: {address}\r\nauthorization: Bearer {token}\r\n\
         content-type: application/json\r\ncontent-length: {length}\r\n\r\n{body}"
    );
    let mut stream = TcpStream::connect(address).unwrap();
    stream.write_all(request.as_bytes()).unwrap();
    stream
}

#[tokio::test]
async fn delayed_call_outlives_its_sender() {
    const DELAY: Duration = Duration::from_millis(150);
    for is_reset in [false, true] {
        let caller = Caller::with_fault(Operation::RetrieveSeed, Fault::latency(DELAY)).await;
        let sent = Instant::now();
        let stream = submit(&caller);
        if is_reset {
            stream.set_nonblocking(true).unwrap();
            let stream = tokio::net::TcpStream::from_std(stream).unwrap();
            stream.set_zero_linger().unwrap();
        } else {
            drop(stream);
        }
        eventually(|| !caller.journal().is_empty()).await;
        assert!(sent.elapsed() >= DELAY, "{:?}", sent.elapsed());
        assert_eq!(caller.journal()[0].status, Some(200));
        assert_eq!(caller.hits(), [1]);
        assert_eq!(caller.job_counts()[&caller.jobs().imagine].started, 1);
    }
}

#[tokio::test]
async fn leaked_token_is_counted_despite_a_fault() {
    let caller = Caller::with_fault(Operation::GetImage, Fault::status(503)).await;
    let call = client().get(caller.image_base_url());
    let response = send(call.bearer_auth(caller.token())).await;
    assert_eq!(response.status(), 503);
    assert_eq!(caller.leaked_token_requests(), 1);
}
