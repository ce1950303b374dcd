//! What is retried. The length of a backoff is tested beside the policy.

use std::time::Duration;

use useapi_seed::{
    Error, PollResult, RequestStatus, Resubmit, RetryPolicy, SubmitOptions, SubmitOutcome,
};
use useapi_seed_emulator::{Fault, Operation};
use useapi_seed_tests::{Harness, Response, Stub, fast, started};

const HALTED: &str = r#"{"error":"Pending mod message","code":596}"#;

fn no_backoff() -> RetryPolicy {
    RetryPolicy::default().initial_backoff(Duration::ZERO)
}

/// With a client of up to four attempts, without backoff.
async fn retrying() -> Harness {
    let harness = Harness::paused().await;
    harness.configured(|builder| builder.retry(no_backoff()))
}

/// The outcome of a poll whose first calls have the fault, and the number of calls.
async fn polled(harness: &Harness, times: u32, fault: Fault) -> (Result<PollResult, Error>, usize) {
    harness.emulator.clear_faults();
    harness.inject(Operation::GetJob, times, fault);
    let before = harness.calls(Operation::GetJob);
    let job = harness.client.job(&harness.emulator.jobs().progress);
    let outcome = job.poll().await;
    (outcome, harness.calls(Operation::GetJob) - before)
}

/// The same for a submission, which starts one job or none.
async fn submitted(
    harness: &Harness,
    times: u32,
    fault: Fault,
) -> (Result<SubmitOutcome, Error>, usize) {
    harness.emulator.clear_faults();
    harness.inject(Operation::RetrieveSeed, times, fault);
    let before = (harness.calls(Operation::RetrieveSeed), harness.started());
    let outcome = harness.client.submit(harness.parent()).await;
    let calls = harness.calls(Operation::RetrieveSeed) - before.0;
    assert_eq!(harness.started() - before.1, u64::from(outcome.is_ok()));
    (outcome, calls)
}

fn rejection(status: u16, retry_after: Option<&str>) -> Fault {
    Fault::Status {
        status,
        retry_after: retry_after.map(Into::into),
    }
}

#[tokio::test]
async fn poll_is_retried_after_transient_errors() {
    let harness = retrying().await;
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
        let (outcome, calls) = polled(&harness, 3, fault.clone()).await;
        let is_ok = matches!(outcome, Ok(PollResult::InProgress(_)));
        assert!(is_ok, "{fault:?}: {outcome:?}");
        assert_eq!(calls, 4, "{fault:?}");
        // Four attempts are the limit, and the error reports them.
        let (outcome, calls) = polled(&harness, 4, fault.clone()).await;
        let error = outcome.unwrap_err();
        assert_eq!((calls, error.attempts()), (4, 4), "{fault:?}");
        assert!(error.to_string().contains("; 4 attempts in "), "{error}");
        assert!(error.is_retryable(), "{error}");
    }
}

#[tokio::test]
async fn submission_is_retried_after_rejection_only() {
    let harness = retrying().await;
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
        let (outcome, calls) = submitted(&harness, 4, fault.clone()).await;
        let error = outcome.unwrap_err();
        assert_eq!(calls, submissions, "{fault:?}");
        assert_eq!(error.may_have_been_sent(), submissions == 1, "{error}");
    }
    let (outcome, calls) = submitted(&harness, 3, rejection(429, None)).await;
    assert!(outcome.is_ok());
    assert_eq!(calls, 4);
}

#[tokio::test]
async fn permanent_errors_are_not_retried() {
    let harness = retrying().await;
    for status in [400, 401, 402, 403, 404, 418, 596, 569] {
        let (outcome, calls) = polled(&harness, 1, rejection(status, None)).await;
        let error = outcome.unwrap_err();
        assert_eq!((calls, error.attempts()), (1, 1), "{status}");
        assert!(!error.is_retryable(), "{error}");
        let (outcome, calls) = submitted(&harness, 1, rejection(status, None)).await;
        assert_eq!((calls, outcome.is_err()), (1, true), "{status}");
    }
}

#[tokio::test]
async fn retry_after_beyond_the_limit_is_an_error() {
    let harness = retrying().await;
    for retry_after in [
        "31536000",
        "18446744073709551615",
        "Fri, 31 Dec 9999 23:59:59 GMT",
    ] {
        let (outcome, calls) = submitted(&harness, 1, rejection(429, Some(retry_after))).await;
        let error = outcome.unwrap_err();
        assert_eq!(calls, 1, "{retry_after}");
        assert!(error.is_too_many_jobs(), "{error}");
        assert!(error.retry_after() > Some(Duration::from_secs(86_400)));
    }
    // A date in the past means no pause.
    let past = Some("Sun, 06 Nov 1994 08:49:37 GMT");
    let (outcome, calls) = submitted(&harness, 1, rejection(429, past)).await;
    assert!(outcome.is_ok());
    assert_eq!(calls, 2);
}

#[tokio::test]
async fn closed_keep_alive_starts_one_job() {
    let harness = retrying().await.configured(|builder| {
        let builder = builder.retry(no_backoff()).settle_margin(Duration::ZERO);
        builder.request_timeout(Duration::from_secs(1))
    });
    harness.inject(Operation::ListJobs, 1, Fault::ResetOnReuse);
    harness.client.executing_jobs().await.unwrap();
    // The service closes the connection as the submission arrives: what became of
    // that is unknown, and searched for.
    let submit = harness.client.submit(harness.parent());
    let options = SubmitOptions::default().resubmit(Resubmit::WhenSettled);
    started(submit.with_options(options).await);
    assert_eq!(harness.started(), 1);
    // Searched for until the first submission was settled, which came on the closed
    // connection, and is in no journal.
    assert!(harness.calls(Operation::ListJobs) > 1 + 1);
}

#[tokio::test]
async fn halted_account_is_not_called_again() {
    for status in [503, 429, 500] {
        let stub = Stub::always(Response::json(status, HALTED)).await;
        let client = stub.client_with(|builder| builder.retry(no_backoff()));
        assert!(client.submit("5").await.unwrap_err().is_halted());
        assert!(client.job("9").wait().await.unwrap_err().is_halted());
        assert_eq!(stub.requests().len(), 2, "{status}");
    }
}

#[tokio::test]
async fn retrieve_is_not_retryable_after_start() {
    let harness = Harness::paused().await;
    let options = fast().timeout(Duration::from_millis(5));
    let retrieve = harness.client.retrieve(harness.parent());
    let error = retrieve.wait_options(options).await.unwrap_err();
    assert!(error.is_timeout() && !error.is_retryable(), "{error}");
    let wait = harness.client.job(error.job_id().unwrap()).wait();
    let error = wait.with_options(options).await.unwrap_err();
    assert!(error.is_timeout() && error.is_retryable(), "{error}");
}

#[tokio::test]
async fn closed_port_is_retried_as_not_sent() {
    let Harness { emulator, client } = retrying().await;
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
    let harness = retrying().await;
    harness.inject(Operation::GetJob, 1, Fault::Stall { bytes: 5 });
    let client = harness.client_with(|builder| builder.request_timeout(Duration::from_millis(100)));
    let job = client.job(&harness.emulator.jobs().progress);
    let error = job.poll().await.unwrap_err();
    let line = error.to_string();
    assert!(line.contains("truncated after 5 bytes"), "{line}");

    // `Retry-After` is half a minute, and the timeout is shorter.
    harness.inject(Operation::RetrieveSeed, 9, rejection(429, Some("30")));
    let submit = |options| {
        let submit = harness.client.submit(harness.parent());
        submit.with_options(options)
    };
    let options = SubmitOptions::default;
    let error = submit(options().timeout(Duration::from_secs(5))).await;
    let error = error.unwrap_err();
    assert!(error.is_too_many_jobs());
    assert_eq!(
        (error.attempts(), harness.calls(Operation::RetrieveSeed)),
        (1, 1)
    );

    // Nothing is sent without time.
    let before = harness.emulator.journal().len();
    for options in [
        options().timeout(Duration::ZERO),
        options().request_timeout(Duration::ZERO),
    ] {
        let error = submit(options).await.unwrap_err();
        assert!(error.is_timeout(), "{error}");
        assert_eq!(error.request_status(), RequestStatus::NotSent);
    }
    assert_eq!(harness.emulator.journal().len(), before);
}

/// A date in `Retry-After` counts from the response's own date, whatever the local
/// clock says.
#[tokio::test]
async fn clock_skew_does_not_affect_retry_after() {
    for date in [
        "Thu, 01 Jan 1970 00:00:00 GMT",
        "Fri, 31 Dec 2100 23:00:00 GMT",
    ] {
        let rejection = Response::json(503, r#"{"error":"busy","code":503}"#)
            .header("date", date)
            .header("retry-after", date);
        let stub = Stub::always(rejection).await;
        let retry = no_backoff().max_attempts(3);
        let client = stub.client_with(|builder| builder.retry(retry));
        let error = client.job("a-job").poll().await.unwrap_err();
        assert_eq!(error.attempts(), 3, "{error}");
        assert_eq!(error.retry_after(), Some(Duration::ZERO), "{date}");
    }
}
