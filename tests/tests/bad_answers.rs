//! Bodies that are of no use, with every status: the right error for the
//! status, with the first bytes of the body.

#![allow(clippy::panic, clippy::unwrap_used, reason = "a test fails by it")]

use useapi_seed::{Client, Error, ErrorKind, RequestStatus};
use useapi_seed_tests::{Response, Stub, once};

const STATUSES: [u16; 21] = [
    200, 201, 202, 301, 302, 303, 400, 401, 402, 403, 404, 408, 425, 429, 499, 500, 503, 524, 569,
    596, 999,
];

fn bodies() -> Vec<(&'static str, Response, &'static str)> {
    let of = |content_type, body: &str| Response::new(200, content_type, body);
    vec![
        (
            "html",
            of("text/html", "<html>Bad gateway</html>"),
            "<html>Bad gateway</html>",
        ),
        ("empty", of("application/json", ""), "no body"),
        ("null", of("application/json", "null"), "null"),
        ("a list", of("application/json", r#"["a"]"#), r#"["a"]"#),
        (
            "cut in itself",
            of("application/json", r#"{"error":"abc"#),
            r#"{"error":"abc"#,
        ),
        (
            "cut by the connection",
            of("application/json", r#"{"error":"abcdef"}"#).cut(5),
            r#"{"error":"abc"#,
        ),
        (
            "no text",
            of("application/json", "\u{0}\u{1b}[31m\u{7}"),
            "\\u{1b}[31m",
        ),
    ]
}

async fn errors(response: Response) -> [Error; 2] {
    let stub = Stub::always(response).await;
    let client = Client::builder("a-token")
        .base_url(stub.base_url())
        .retry(once())
        .build()
        .unwrap();
    let submitted = client.submit("a-job").send().await.unwrap_err();
    let looked = client.job("a-seed-job").poll().await.unwrap_err();
    assert_eq!(submitted.job_id(), None);
    assert_eq!(looked.job_id(), Some("a-seed-job"));
    // After a lost answer its job is looked for, but nothing is submitted again.
    let requests = stub.requests();
    let submissions = requests
        .iter()
        .filter(|request| request.line.starts_with("POST"));
    assert_eq!(submissions.count(), 1);
    if !submitted.may_have_been_sent() {
        assert_eq!(requests.len(), 2, "{submitted}");
    }
    [submitted, looked]
}

fn is_right(status: u16, kind: &ErrorKind) -> bool {
    match status {
        200..=202 => matches!(kind, ErrorKind::InvalidResponse { .. }),
        _ => matches!(kind, ErrorKind::UnexpectedStatus),
    }
}

#[tokio::test]
async fn a_status_without_the_services_error_proves_nothing() {
    for status in STATUSES {
        for (name, response, shown) in bodies() {
            for error in errors(response.clone().status(status)).await {
                assert!(
                    is_right(status, error.kind()),
                    "{status}, {name}: {error:?}"
                );
                assert_eq!(error.status().map(|status| status.as_u16()), Some(status));
                // What is between may have passed the submission on.
                let is_lost = error.job_id().is_none();
                assert!(!error.is_from_service(), "{status}, {name}");
                assert_eq!(error.is_retryable(), !is_lost, "{status}");
                let delivery = if is_lost {
                    RequestStatus::MayHaveBeenSent
                } else {
                    RequestStatus::ResponseReceived
                };
                assert_eq!(error.request_status(), delivery, "{status}");
                let line = error.to_string();
                assert!(line.contains(shown), "{status}, {name}: {line}");
                assert!(line.contains(&format!("HTTP {status}")), "{line}");
                assert!(!line.chars().any(char::is_control), "{line:?}");
                assert!(!error.help().is_empty());
            }
        }
    }
}

#[tokio::test]
async fn a_body_over_eight_mebibytes_is_left_where_it_is() {
    let body = format!(r#"{{"error":"{}"}}"#, "x".repeat(8 * 1024 * 1024));
    for status in [200, 404, 596] {
        for error in errors(Response::json(status, body.as_str())).await {
            assert!(
                is_right(status, error.kind()),
                "{status}: {:?}",
                error.kind()
            );
            assert_eq!(error.response().unwrap().body.len(), 8 * 1024 * 1024);
            assert!(error.to_string().contains(r#"{"error":"xxx"#));
            assert!(error.to_string().len() < 1000);
        }
    }
}

#[tokio::test]
async fn no_answer_says_whether_the_request_may_have_been_sent() {
    // Nobody listens.
    let base_url = Stub::always(Response::json(200, "{}")).await.base_url();
    let client = Client::builder("a-token")
        .base_url(base_url)
        .retry(once())
        .build()
        .unwrap();
    let error = client.submit("a-job").send().await.unwrap_err();
    assert_eq!(error.request_status(), RequestStatus::NotSent);
    assert!(error.to_string().contains("not sent"), "{error}");

    // Somebody reads the request and hangs up.
    let [error, _] = errors(Response::lost()).await;
    assert!(matches!(error.kind(), ErrorKind::Transport));
    assert_eq!(error.request_status(), RequestStatus::MayHaveBeenSent);
    assert!(error.to_string().contains("may have been sent"), "{error}");
}

#[tokio::test]
async fn a_429_says_how_long_to_wait() {
    for (value, seconds) in [("30", Some(30)), ("soon", None), ("-1", None)] {
        let answer =
            Response::json(429, r#"{"error":"slow down","code":429}"#).header("retry-after", value);
        for error in errors(answer).await {
            match error.kind() {
                ErrorKind::TooManyJobs { .. } => {
                    assert_eq!(error.retry_after().map(|wait| wait.as_secs()), seconds);
                    assert_eq!(error.to_string().contains("in 30 s"), seconds.is_some());
                }
                other => panic!("{other:?}"),
            }
        }
    }
}

#[tokio::test]
async fn an_unwrapped_error_reads_like_advice() {
    let answer = Response::json(401, r#"{"error":"Unauthorized","code":401}"#);
    let [error, _] = errors(answer).await;
    assert_eq!(
        format!("{error:?}"),
        "the API token is not accepted (HTTP 401: Unauthorized); seed of job a-job\nUsual cause: The token is \
         another one's, was changed, or was not copied whole.\nWhat to do: Check the API token: it \
         is the one of your useapi.net account, not the Discord token."
    );
    assert!(format!("{error:#?}").contains("kind: Unauthorized"));
    // A 404 that is not the service's own is about the address.
    let [error, _] = errors(Response::new(404, "text/html", "<h1>Not Found</h1>")).await;
    assert!(error.help().contains("/v2"), "{}", error.help());
}

/// The code in the body has to be the status, or the account's being halted.
#[tokio::test]
async fn a_code_that_contradicts_the_status_proves_nothing() {
    for (status, body, is_from_service) in [
        (400, r#"{"error":"no","code":400}"#, true),
        (400, r#"{"error":"no","code":"400"}"#, true),
        (403, r#"{"error":"no","code":403}"#, true),
        (400, r#"{"error":"no","code":500}"#, false),
        (404, r#"{"error":"no","code":0}"#, false),
        (404, r#"{"error":"no","code":"not-found"}"#, false),
        (404, r#"{"error":{"message":"no"},"code":404}"#, false),
        (404, r#"{"error":"","code":404}"#, false),
        (404, r#"{"message":"no","code":404}"#, false),
        (404, r#"{"error":"no","statusCode":404}"#, false),
        (596, r#"{"error":"no","code":569}"#, true),
        (596, r#"{"error":"no"}"#, true),
        (503, r#"{"error":"no","code":596}"#, true),
        (596, "<html>", false),
    ] {
        for error in errors(Response::json(status, body)).await {
            assert_eq!(error.is_from_service(), is_from_service, "{status} {body}");
        }
    }
}
