//! What is retried, through real sockets. The length of a backoff is tested beside
//! the policy.

#![allow(
    clippy::panic,
    clippy::unwrap_used,
    reason = "a failure fails the test"
)]

use std::time::Duration;

use serde_json::json;
use useapi_seed::{
    Client, Error, PollResult, RequestStatus, Resubmit, RetryPolicy, SubmitOptions, SubmitOutcome,
    WaitOptions,
};
use useapi_seed_emulator::{Emulator, Fault, Operation, Trigger};
use useapi_seed_tests::{Response, Stub, poll_every};

fn no_backoff() -> RetryPolicy {
    RetryPolicy::default().initial_backoff(Duration::ZERO)
}

fn client(emulator: &Emulator) -> Client {
    let builder = Client::builder(emulator.token()).base_url(emulator.base_url());
    builder.retry(no_backoff()).build().unwrap()
}

async fn emulator(operation: Operation, times: u32, fault: Fault) -> Emulator {
    let builder = Emulator::builder().paused();
    let builder = builder.fault(operation, Trigger::Next(times), fault);
    builder.start().await.unwrap()
}

/// The outcome of a poll whose first calls meet the fault, and the number of calls.
async fn polled(times: u32, fault: Fault) -> (Result<PollResult, Error>, usize) {
    let emulator = emulator(Operation::GetJob, times, fault).await;
    let job = client(&emulator).job(&emulator.jobs().progress);
    (job.poll().await, emulator.journal().len())
}

/// The same for a submission.
async fn submitted(times: u32, fault: Fault) -> (Result<SubmitOutcome, Error>, usize) {
    let emulator = emulator(Operation::RetrieveSeed, times, fault).await;
    let outcome = client(&emulator).submit(&emulator.jobs().imagine).await;
    let counts = emulator.job_counts();
    let started = counts.values().map(|counts| counts.started).sum::<u64>();
    assert_eq!(started, u64::from(outcome.is_ok()));
    let submissions = emulator.journal().into_iter();
    let submissions = submissions.filter(|call| call.operation == Some(Operation::RetrieveSeed));
    (outcome, submissions.count())
}

fn rejection(status: u16, retry_after: Option<&str>) -> Fault {
    let mut fault = Fault::status(status);
    if let Fault::Status {
        retry_after: header,
        ..
    } = &mut fault
    {
        *header = retry_after.map(Into::into);
    }
    fault
}

#[tokio::test]
async fn poll_is_retried_after_transient_errors() {
    for fault in [
        rejection(503, None),
        rejection(429, Some("0")),
        rejection(500, None),
        Fault::Html { status: 502 },
        Fault::Html { status: 403 },
        Fault::Html { status: 404 },
        Fault::ResetBefore,
        Fault::ResetAfter,
        Fault::TruncatedBody { bytes: 10 },
    ] {
        let (outcome, calls) = polled(3, fault.clone()).await;
        assert!(
            matches!(outcome, Ok(PollResult::InProgress(_))),
            "{fault:?}: {outcome:?}"
        );
        assert_eq!(calls, 4, "{fault:?}");
        // Four attempts are the limit, and the error reports them.
        let (outcome, calls) = polled(4, fault.clone()).await;
        let error = outcome.unwrap_err();
        assert_eq!((calls, error.attempts()), (4, 4), "{fault:?}");
        assert!(error.to_string().contains("; 4 attempts in 0."), "{error}");
        assert!(error.is_retryable(), "{error}");
    }
}

#[tokio::test]
async fn submission_is_retried_after_rejection_only() {
    for (fault, submissions) in [
        (rejection(429, None), 4),
        (rejection(429, Some("0")), 4),
        // What may have been processed is searched for, and not sent again.
        (rejection(500, None), 1),
        (rejection(503, None), 1),
        (Fault::Html { status: 429 }, 1),
        (Fault::Html { status: 502 }, 1),
        (Fault::ResetBefore, 1),
    ] {
        let (outcome, calls) = submitted(4, fault.clone()).await;
        let error = outcome.unwrap_err();
        assert_eq!(calls, submissions, "{fault:?}");
        assert_eq!(error.may_have_been_sent(), submissions == 1, "{error}");
    }
    let (outcome, calls) = submitted(3, rejection(429, None)).await;
    assert!(outcome.is_ok());
    assert_eq!(calls, 4);
}

#[tokio::test]
async fn permanent_errors_are_not_retried() {
    for status in [400, 401, 402, 403, 404, 418, 596, 569] {
        let (outcome, calls) = polled(1, rejection(status, None)).await;
        let error = outcome.unwrap_err();
        assert_eq!((calls, error.attempts()), (1, 1), "{status}");
        assert!(!error.is_retryable(), "{error}");
        let (outcome, calls) = submitted(1, rejection(status, None)).await;
        assert_eq!((calls, outcome.is_err()), (1, true), "{status}");
    }
}

#[tokio::test]
async fn retry_after_beyond_the_limit_is_an_error() {
    for retry_after in [
        "31536000",
        "18446744073709551615",
        "Fri, 31 Dec 9999 23:59:59 GMT",
    ] {
        let (outcome, calls) = submitted(1, rejection(429, Some(retry_after))).await;
        let error = outcome.unwrap_err();
        assert_eq!(calls, 1, "{retry_after}");
        assert!(
            error.is_too_many_jobs() && error.retry_after() > Some(Duration::from_secs(86_400))
        );
    }
    // A date in the past is no pause.
    let past = Some("Sun, 06 Nov 1994 08:49:37 GMT");
    let (outcome, calls) = submitted(1, rejection(429, past)).await;
    assert!(outcome.is_ok());
    assert_eq!(calls, 2);
}

#[tokio::test]
async fn closed_keep_alive_starts_one_job() {
    let fault = Fault::ResetOnReuse;
    let emulator = emulator(Operation::ListJobs, 1, fault).await;
    let client = Client::builder(emulator.token())
        .base_url(emulator.base_url())
        .retry(no_backoff())
        .request_timeout(Duration::from_millis(300))
        .settle_margin(Duration::ZERO)
        .build()
        .unwrap();
    client.executing_jobs().await.unwrap();
    // The service closes the connection as the submission arrives: what became of
    // that is unknown, and searched for.
    let outcome = client
        .submit(&emulator.jobs().imagine)
        .with_options(SubmitOptions::default().resubmit(Resubmit::WhenSettled))
        .await;
    assert!(
        matches!(outcome, Ok(SubmitOutcome::Started(_))),
        "{outcome:?}"
    );
    let counts = emulator.job_counts();
    assert_eq!(counts.values().map(|counts| counts.started).sum::<u64>(), 1);
    // The first request came on the closed connection, and is in no journal.
    let searches = emulator.journal().into_iter();
    let searches = searches.filter(|call| call.operation == Some(Operation::ListJobs));
    // Searched for until the first submission was settled.
    assert!(searches.count() > 1 + 1);
}

#[tokio::test]
async fn halted_account_is_not_called_again() {
    for status in [503, 429, 500] {
        let halted = Response::json(status, r#"{"error":"Pending mod message","code":596}"#);
        let stub = Stub::always(halted).await;
        let builder = Client::builder("a-token").base_url(stub.base_url());
        let client = builder.retry(no_backoff()).build().unwrap();
        assert!(client.submit("5").await.unwrap_err().is_halted());
        assert!(client.job("9").wait().await.unwrap_err().is_halted());
        assert_eq!(stub.requests().len(), 2, "{status}");
    }
}

#[tokio::test]
async fn retrieve_is_not_retryable_after_start() {
    let emulator = Emulator::builder().paused().start().await.unwrap();
    let client = client(&emulator);
    let retrieve = client.retrieve(&emulator.jobs().imagine);
    let options = poll_every(Duration::from_millis(1)).timeout(Duration::from_millis(5));
    let error = retrieve.wait_options(options).await.unwrap_err();
    assert!(error.is_timeout() && !error.is_retryable(), "{error}");
    let options = WaitOptions::default().timeout(Duration::from_millis(5));
    let wait = client.job(error.job_id().unwrap()).wait();
    let error = wait.with_options(options).await.unwrap_err();
    assert!(error.is_timeout() && error.is_retryable(), "{error}");
}

#[tokio::test]
async fn closed_port_is_retried_as_not_sent() {
    let emulator = Emulator::start().await.unwrap();
    let client = client(&emulator);
    let parent = emulator.jobs().imagine.clone();
    drop(emulator);
    let error = client.submit(parent).await.unwrap_err();
    assert_eq!(error.attempts(), 4);
    assert_eq!(error.request_status(), RequestStatus::NotSent);
    assert!(error.to_string().contains("not sent"), "{error}");
    assert!(error.is_retryable());
}

#[tokio::test]
async fn timeouts_bound_requests_and_retries() {
    let emulator = emulator(Operation::GetJob, 1, Fault::Stall { bytes: 5 }).await;
    let client = Client::builder(emulator.token())
        .base_url(emulator.base_url())
        .retry(RetryPolicy::disabled())
        .request_timeout(Duration::from_millis(100))
        .build()
        .unwrap();
    let error = client
        .job(&emulator.jobs().progress)
        .poll()
        .await
        .unwrap_err();
    assert!(
        error.to_string().contains("truncated after 5 bytes"),
        "{error}"
    );

    // `Retry-After` is half a minute, and the timeout is shorter.
    let fault = rejection(429, Some("30"));
    let busy = self::emulator(Operation::RetrieveSeed, 9, fault).await;
    let client = self::client(&busy);
    let options = SubmitOptions::default().timeout(Duration::from_secs(5));
    let submit = client.submit(&busy.jobs().imagine).with_options(options);
    let error = submit.await.unwrap_err();
    assert!(error.is_too_many_jobs());
    assert_eq!((error.attempts(), busy.journal().len()), (1, 1));

    // Nothing is sent without time.
    for options in [
        SubmitOptions::default().timeout(Duration::ZERO),
        SubmitOptions::default().request_timeout(Duration::ZERO),
    ] {
        let submit = client.submit(&busy.jobs().imagine).with_options(options);
        let error = submit.await.unwrap_err();
        assert!(error.is_timeout(), "{error}");
        assert_eq!(error.request_status(), RequestStatus::NotSent);
        assert_eq!(busy.journal().len(), 1);
    }
}

/// A date in `Retry-After` counts from the response's own date, whatever the local
/// clock says.
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
        let rejection = json!({ "error": "busy", "code": 503 }).to_string();
        let rejection = Response::json(503, rejection)
            .header("date", date)
            .header("retry-after", retry_after);
        let stub = Stub::always(rejection).await;
        let retry = RetryPolicy::default()
            .max_attempts(3)
            .initial_backoff(Duration::ZERO);
        let builder = Client::builder("a-token").base_url(stub.base_url());
        let client = builder.retry(retry).build().unwrap();
        let error = client.job("a-job").poll().await.unwrap_err();
        assert_eq!(error.attempts(), 3, "{error}");
        assert_eq!(error.retry_after(), Some(Duration::ZERO), "{date}");
    }
}
