//! Response bodies of unusual size, syntax or pace: a result, or a typed error
//! within the limits.

use std::fmt::Write;
use std::time::{Duration, Instant};

use useapi_seed::{Error, PollResult, Warning};
use useapi_seed_tests::{Response, Stub, completed};

const SEED: u64 = 1_234_567;

/// The outcome of a poll with this response.
async fn polled(response: Response) -> Result<PollResult, Error> {
    let stub = Stub::always(response).await;
    stub.client().job("a-job").poll().await
}

/// A completed job with more fields.
fn body_with(more: &str) -> String {
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
    let text = body_with(&more);
    let result = completed(polled(Response::json(200, text.as_str())).await);
    assert_eq!(result.seed(), SEED);
    assert_eq!(result.raw_body(), text.as_bytes());
    assert_eq!(result.raw_job().extra.len(), 10_000);
    let unknown = result.warnings().iter();
    let unknown = unknown.filter(|warning| matches!(warning, Warning::UnknownField(_)));
    assert_eq!(unknown.count(), 10_000);
}

/// Invalid JSON is kept verbatim, and not repaired.
#[tokio::test]
async fn invalid_json_is_reported_with_its_body() {
    let deep = format!("{}7{}", "[".repeat(200), "]".repeat(200));
    for value in [deep.as_str(), "NaN", "Infinity", "-Infinity", r#""\ud800""#] {
        let text = body_with(&format!(r#","odd":{value}"#));
        for status in [200, 404] {
            let error = polled(Response::json(status, text.as_str()))
                .await
                .unwrap_err();
            assert!(error.is_retryable() && !error.is_not_found(), "{error}");
            assert_eq!(error.body(), Some(text.as_bytes()));
            assert!(error.to_string().len() < 1000, "{error}");
        }
    }
}

#[tokio::test]
async fn byte_order_mark_and_trickled_body_are_read() {
    for response in [
        Response::json(200, format!("\u{feff}{}", body_with(""))),
        Response::json(200, body_with("")).trickle(),
    ] {
        assert_eq!(completed(polled(response).await).seed(), SEED);
    }
}

#[tokio::test]
async fn endless_body_hits_the_request_timeout() {
    let start = r#"{"jobid":"a-job","status":"#;
    let stub = Stub::always(Response::json(200, start).endless()).await;
    let client = stub.client_with(|builder| builder.request_timeout(Duration::from_millis(100)));
    let started = Instant::now();
    let error = client.job("a-job").poll().await.unwrap_err();
    assert!(error.is_timeout(), "{error}");
    assert_eq!(error.job_id(), Some("a-job"));
    assert!(started.elapsed() < Duration::from_secs(30));
}
