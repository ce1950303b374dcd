//! The raw layer keeps status, headers and body of every response, also of
//! concurrent ones.

use futures_util::future::join_all;
use useapi_seed_raw::types::SeedRequest;
use useapi_seed_raw::{BodyStatus, Client, ErrorKind};
use useapi_seed_tests::{Response, Stub};

/// Another error for each job id.
fn status_and_body(number: usize) -> (u16, String) {
    let status = [400, 401, 402, 404, 429, 500, 503, 569, 596, 200, 302, 999][number % 12];
    let body = match number % 5 {
        0 => format!("<html>number {number}</html>"),
        1 => String::new(),
        2 => format!("{{\"error\":\"number {number}\""),
        3 => format!("[{number}]"),
        _ => format!("{{\"error\":{{\"number\":{number}}}}}"),
    };
    (status, body)
}

fn error_response(number: usize) -> Response {
    let (status, body) = status_and_body(number);
    Response::new(status, "text/html", body).header("x-number", &number.to_string())
}

fn client(stub: &Stub) -> Client {
    let builder = Client::builder("a-token").base_url(&stub.base_url());
    builder.build().unwrap()
}

#[tokio::test]
async fn concurrent_calls_keep_their_own_responses() {
    let stub = Stub::start(|request| {
        let number = request.target().rsplit('=').next().unwrap().parse();
        error_response(number.unwrap())
    })
    .await;
    let client = &client(&stub);
    let calls = (0..64).map(|number| async move {
        let outcome = client.get_job(&number.to_string()).await;
        (number, outcome.unwrap_err())
    });
    for (number, error) in join_all(calls).await {
        let response = error.response().expect("a response");
        assert_eq!(response.headers["x-number"], number.to_string());
        let (status, body) = status_and_body(number);
        assert_eq!(response.status.as_u16(), status, "{number}");
        assert_eq!(response.body, body, "{number}");
        assert_eq!(response.body_status, BodyStatus::Complete);
        assert!(error.to_string().contains(&status.to_string()), "{error}");
    }
    assert_eq!(stub.requests().len(), 64);
}

#[tokio::test]
async fn truncated_body_is_kept() {
    for status in [200, 404] {
        let response = Response::json(status, r#"{"error":"abcdef"}"#).truncated(5);
        let stub = Stub::always(response).await;
        let error = client(&stub).get_job("1").await.unwrap_err();
        assert!(matches!(error.kind(), ErrorKind::Transport(_)));
        let response = error.response().unwrap();
        assert_eq!(response.status.as_u16(), status);
        assert_eq!(response.body_status, BodyStatus::Truncated);
        assert_eq!(response.body, r#"{"error":"abc"#);
    }
}

#[tokio::test]
async fn body_is_read_up_to_its_limit() {
    let body = format!(r#"{{"jobid":"{}"}}"#, "x".repeat(1000));
    let response = Response::json(200, body.as_str());
    // In one chunk, and in many.
    for response in [response.clone(), response.trickle()] {
        let stub = Stub::always(response).await;
        let limited = |limit| {
            let builder = Client::builder("a-token").base_url(&stub.base_url());
            builder.body_limit(limit).build().unwrap()
        };
        limited(body.len()).get_job("1").await.unwrap();
        let limit = body.len() - 1;
        let error = limited(limit).get_job("1").await.unwrap_err();
        assert!(matches!(error.kind(), ErrorKind::BodyTooLarge(size) if *size == limit));
        let response = error.response().unwrap();
        assert_eq!(response.body, &body.as_bytes()[..limit]);
        assert_eq!(response.status.as_u16(), 200);
    }
}

#[tokio::test]
async fn echoed_secrets_are_redacted() {
    let stub = Stub::start(|request| {
        let authorization = request.header("authorization").unwrap_or_default();
        let body = [authorization.as_bytes(), b" ", &request.body].concat();
        Response::new(500, "text/plain", body).header("x-echo", authorization)
    })
    .await;
    let builder = Client::builder("user:1-token").base_url(&stub.base_url());
    let client = builder.build().unwrap();
    let mut request = SeedRequest::new("a-job");
    request.discord = Some("MTIz.secret".into());
    let error = client.retrieve_seed(&request).await.unwrap_err();
    let sent = &stub.requests()[0];
    assert_eq!(sent.header("authorization"), Some("Bearer user:1-token"));
    let sent = String::from_utf8_lossy(&sent.body);
    let response = error.response().unwrap();
    assert_eq!(response.headers["x-echo"], "***");
    let redacted = sent.replace("MTIz.secret", "***");
    assert_ne!(redacted, sent);
    assert_eq!(response.body, format!("Bearer *** {redacted}"));

    // The start of the token counts only where the body breaks off.
    let text = |text| Response::text(500, text);
    for (response, body) in [
        (text("of user:1-token").truncated(8), "of ***"),
        (text("of user:1-"), "of user:1-"),
    ] {
        stub.respond_with(response);
        let error = client.get_job("1").await.unwrap_err();
        assert_eq!(error.response().unwrap().body, body);
    }
}

#[tokio::test]
async fn no_response_is_a_transport_error() {
    let stub = Stub::always(Response::json(200, "{}")).await;
    let client = client(&stub);
    drop(stub);
    let error = client.get_job("1").await.unwrap_err();
    assert!(matches!(error.kind(), ErrorKind::Transport(error) if error.is_connect()));
    assert!(error.response().is_none());
}
