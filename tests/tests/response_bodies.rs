//! Answers that are strange in size, depth or pace: a result, or a named error
//! within the limits.

#![allow(clippy::panic, clippy::unwrap_used, reason = "a test fails by it")]

use std::fmt::Write;
use std::time::{Duration, Instant};

use serde_json::json;
use useapi_seed::{Client, ClientBuilder, Error, PollResult, RetryPolicy, Warning};
use useapi_seed_tests::{Response, Stub};

const SEED: u64 = 1_234_567;

fn builder(stub: &Stub) -> ClientBuilder {
    let builder = Client::builder("a-token").base_url(stub.base_url());
    builder.retry(RetryPolicy::disabled())
}

/// What a poll makes of an answer, and the answer's own text where it is kept.
async fn looked(response: Response) -> Result<PollResult, Error> {
    let stub = Stub::always(response).await;
    builder(&stub).build().unwrap().job("a-job").poll().await
}

/// A completed job with more in it.
fn completed(more: &str) -> String {
    format!(
        r#"{{"jobid":"a-job","verb":"seed_async","status":"completed","seed":{{"value":{SEED}}}{more}}}"#
    )
}

#[tokio::test]
async fn ten_thousand_unknown_fields_are_kept() {
    let mut more = String::new();
    for number in 0..10_000 {
        write!(more, r#","field{number}":{number}"#).unwrap();
    }
    let text = completed(&more);
    let state = looked(Response::json(200, text.as_str())).await.unwrap();
    let PollResult::Completed(retrieval) = state else {
        panic!("{state:?}");
    };
    assert_eq!(retrieval.seed(), SEED);
    assert_eq!(retrieval.raw_body(), text.as_bytes());
    assert_eq!(retrieval.raw_job().extra.len(), 10_000);
    let unknown = retrieval.warnings().iter();
    let unknown = unknown.filter(|note| matches!(note, Warning::UnknownField(_)));
    assert_eq!(unknown.count(), 10_000);
}

/// What no parser takes is kept as it is, and is not repaired.
#[tokio::test]
async fn invalid_json_is_reported_with_its_body() {
    let deep = format!("{}7{}", "[".repeat(200), "]".repeat(200));
    for value in [deep.as_str(), "NaN", "Infinity", "-Infinity", r#""\ud800""#] {
        let text = completed(&format!(r#","odd":{value}"#));
        for status in [200, 404] {
            let error = looked(Response::json(status, text.as_str()))
                .await
                .unwrap_err();
            assert!(error.is_retryable() && !error.is_not_found(), "{error}");
            assert_eq!(error.body(), Some(text.as_bytes()));
            assert!(error.to_string().len() < 1000, "{error}");
        }
    }
}

#[tokio::test]
async fn byte_order_mark_is_skipped() {
    let text = format!("\u{feff}{}", completed(""));
    let state = looked(Response::json(200, text)).await.unwrap();
    assert!(matches!(state, PollResult::Completed(_)), "{state:?}");
}

#[tokio::test]
async fn trickled_body_is_read() {
    let response = Response::json(200, completed("")).trickle();
    let state = looked(response).await.unwrap();
    assert!(matches!(state, PollResult::Completed(_)), "{state:?}");
}

#[tokio::test]
async fn endless_body_hits_the_request_timeout() {
    let start = r#"{"jobid":"a-job","status":"#;
    let stub = Stub::always(Response::json(200, start).endless()).await;
    let builder = builder(&stub).request_timeout(Duration::from_millis(100));
    let client = builder.build().unwrap();
    let started = Instant::now();
    let error = client.job("a-job").poll().await.unwrap_err();
    assert!(error.is_timeout(), "{error}");
    assert_eq!(error.job_id(), Some("a-job"));
    assert!(started.elapsed() < Duration::from_secs(30));
}

/// The pause counts from the answer's own time, wherever this machine's clock
/// has jumped.
#[tokio::test]
async fn clock_skew_does_not_affect_retry_after() {
    for (date, retry_after) in [
        (
            "Thu, 01 Jan 1970 00:00:00 GMT",
            "Thu, 01 Jan 1970 00:00:00 GMT",
        ),
        (
            "Fri, 31 Dec 2100 23:00:00 GMT",
            "Fri, 31 Dec 2100 23:00:00 GMT",
        ),
    ] {
        let refusal = json!({ "error": "busy", "code": 503 }).to_string();
        let refusal = Response::json(503, refusal)
            .header("date", date)
            .header("retry-after", retry_after);
        let stub = Stub::always(refusal).await;
        let retry = RetryPolicy::default()
            .max_attempts(3)
            .initial_backoff(Duration::ZERO);
        let client = builder(&stub).retry(retry);
        let client = client.build().unwrap();
        let error = client.job("a-job").poll().await.unwrap_err();
        assert_eq!(error.attempts(), 3, "{error}");
        assert_eq!(error.retry_after(), Some(Duration::ZERO), "{date}");
    }
}
