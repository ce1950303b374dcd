//! Responses without the service's error in them: each status with bodies that
//! cannot be used.

use std::sync::{Arc, Mutex};

use useapi_seed::{Client, Disposition, Error, ErrorKind, RequestStatus};
use useapi_seed_tests::{Response, Stub};

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
        ("array", of("application/json", r#"["a"]"#), r#"["a"]"#),
        (
            "incomplete json",
            of("application/json", r#"{"error":"abc"#),
            r#"{"error":"abc"#,
        ),
        (
            "truncated",
            of("application/json", r#"{"error":"abcdef"}"#).truncated(5),
            r#"{"error":"abc"#,
        ),
        (
            "control characters",
            of("application/json", "\u{0}\u{1b}[31m\u{7}"),
            "\\u{1b}[31m",
        ),
    ]
}

/// A client of a service with one response to everything.
struct Service {
    client: Client,
    stub: Stub,
    response: Arc<Mutex<Response>>,
}

impl Service {
    async fn start() -> Self {
        let response = Arc::new(Mutex::new(Response::drop_connection()));
        let current = Arc::clone(&response);
        let stub = Stub::start(move |_| current.lock().unwrap().clone()).await;
        Self {
            client: stub.client(),
            stub,
            response,
        }
    }

    /// The errors of a submission and of a poll.
    async fn errors(&self, response: Response) -> [Error; 2] {
        *self.response.lock().unwrap() = response;
        let before = (self.stub.submissions(), self.stub.requests().len());
        let submitted = self.client.submit("a-job").await.unwrap_err();
        let polled = self.client.job("a-seed-job").poll().await.unwrap_err();
        assert_eq!(submitted.job_id(), None);
        assert_eq!(polled.job_id(), Some("a-seed-job"));
        // After a lost response the client searches for the job, and submits nothing.
        assert_eq!(self.stub.submissions() - before.0, 1);
        if !submitted.may_have_been_sent() {
            assert_eq!(self.stub.requests().len() - before.1, 2, "{submitted}");
        }
        [submitted, polled]
    }
}

async fn errors(response: Response) -> [Error; 2] {
    Service::start().await.errors(response).await
}

fn has_kind_of(status: u16, kind: &ErrorKind) -> bool {
    match status {
        200..=202 => matches!(kind, ErrorKind::InvalidResponse { .. }),
        _ => matches!(kind, ErrorKind::UnexpectedStatus),
    }
}

#[tokio::test]
async fn foreign_error_response_proves_nothing() {
    let service = Service::start().await;
    for status in STATUSES {
        for (name, response, shown) in bodies() {
            for error in service.errors(response.clone().status(status)).await {
                assert!(
                    has_kind_of(status, error.kind()),
                    "{status}, {name}: {error:?}"
                );
                assert_eq!(error.status().map(|status| status.as_u16()), Some(status));
                // A gateway may have forwarded the submission.
                let is_lost = error.job_id().is_none();
                assert!(!error.is_from_service(), "{status}, {name}");
                assert_eq!(error.is_retryable(), !is_lost, "{status}");
                let request_status = if is_lost {
                    RequestStatus::MayHaveBeenSent
                } else {
                    RequestStatus::ResponseReceived
                };
                assert_eq!(error.request_status(), request_status, "{status}");
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
async fn body_is_read_up_to_eight_mebibytes() {
    let body = format!(r#"{{"error":"{}"}}"#, "x".repeat(8 * 1024 * 1024));
    let service = Service::start().await;
    for status in [200, 404, 596] {
        for error in service.errors(Response::json(status, body.as_str())).await {
            assert!(
                has_kind_of(status, error.kind()),
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
async fn lost_response_reports_request_status() {
    // A closed port is tested with the retries. The request is read, and the
    // connection is closed.
    let [error, _] = errors(Response::drop_connection()).await;
    assert!(matches!(error.kind(), ErrorKind::Transport));
    assert_eq!(error.request_status(), RequestStatus::MayHaveBeenSent);
    assert!(error.to_string().contains("may have been sent"), "{error}");
}

#[tokio::test]
async fn rate_limit_reports_retry_after() {
    for (value, seconds) in [("30", Some(30)), ("soon", None), ("-1", None)] {
        let response =
            Response::json(429, r#"{"error":"slow down","code":429}"#).header("retry-after", value);
        for error in errors(response).await {
            match error.kind() {
                ErrorKind::TooManyJobs { .. } => {
                    assert_eq!(error.retry_after().map(|wait| wait.as_secs()), seconds);
                    assert_eq!(error.to_string().contains("after 30 s"), seconds.is_some());
                }
                other => panic!("{other:?}"),
            }
        }
    }
}

/// Verdicts follow from the same classification as the predicates.
#[tokio::test]
async fn verdict_follows_the_response() {
    let service = Service::start().await;
    let dispositions = async |response| {
        let errors = service.errors(response).await;
        errors.map(|error| error.verdict().disposition)
    };
    let busy = Response::json(429, r#"{"error":"slow down","code":429}"#);
    let halted = Response::json(596, r#"{"error":"Pending mod message","code":596}"#);
    let not_found = Response::json(404, r#"{"error":"Unable to locate job","code":404}"#);
    let busy_for = |retry_after_secs| Disposition::Busy { retry_after_secs };
    for (response, expected) in [
        (busy.clone().header("retry-after", "30"), busy_for(Some(30))),
        (busy, busy_for(None)),
        (halted, Disposition::Halted { job_failed: false }),
        (not_found, Disposition::Permanent),
    ] {
        assert_eq!(dispositions(response).await, [expected; 2]);
    }
    let gateway = Response::html(503).header("retry-after", "7");
    let [submitted, polled] = dispositions(gateway).await;
    // The request timeout and the margin of 30 seconds.
    let Disposition::Ambiguous { settles_in_secs } = submitted else {
        panic!("{submitted:?}");
    };
    assert!(settles_in_secs.is_some_and(|left| (60..=90).contains(&left)));
    let retry_after_secs = Some(7);
    assert_eq!(polled, Disposition::Transient { retry_after_secs });
}

/// The body's code must be the status, or that of a halted account.
#[tokio::test]
async fn code_other_than_status_proves_nothing() {
    let service = Service::start().await;
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
        for error in service.errors(Response::json(status, body)).await {
            assert_eq!(error.is_from_service(), is_from_service, "{status} {body}");
        }
    }
}
