//! A submission whose response is lost, and the search for its job.

mod resubmission;
mod search;

use std::time::Duration;

use useapi_seed::{Error, ErrorKind, Resubmit, RetryPolicy, SubmitOptions, SubmitOutcome};
use useapi_seed_emulator::{Fault, Operation};
use useapi_seed_tests::{Harness, Response, Stub, started};

/// A request timeout, and the settle time with a margin of zero.
const SOON: Duration = Duration::from_millis(600);

/// The next submissions have these faults, and are settled when they time out.
async fn lossy<const N: usize>(faults: [Fault; N]) -> Harness {
    let faults = faults.map(|fault| (Operation::RetrieveSeed, 1, fault));
    let harness = Harness::with_faults(faults).await;
    harness.configured(|builder| builder.settle_margin(Duration::ZERO))
}

fn options(resubmit: Resubmit) -> SubmitOptions {
    let options = SubmitOptions::default().request_timeout(SOON);
    options.resubmit(resubmit)
}

async fn submit(harness: &Harness, options: SubmitOptions) -> Result<SubmitOutcome, Error> {
    let submit = harness.client.submit(harness.parent());
    submit.with_options(options).await
}

/// The id of the job that a search finds for the parent.
async fn found(harness: &Harness) -> Option<String> {
    let search = harness.client.find_seed_job(harness.parent());
    let found = search.await.unwrap()?;
    Some(started(Ok(found)).id().to_owned())
}

#[tokio::test]
async fn job_of_lost_response_is_found() {
    let harness = lossy([]).await;
    for fault in [
        Fault::ResetAfter,
        Fault::TruncatedBody { bytes: 0 },
        Fault::TruncatedBody { bytes: 40 },
        Fault::TruncatedBody { bytes: 300 },
    ] {
        let before = harness.started();
        harness.inject(Operation::RetrieveSeed, 1, fault);
        let job = harness.start_job().await;
        assert_eq!(harness.started() - before, 1);
        job.cancel().await.unwrap();
    }
}

#[tokio::test]
async fn job_of_timed_out_request_is_found_later() {
    let harness = lossy([Fault::Latency { milliseconds: 900 }]).await;
    let backoff = RetryPolicy::disabled().initial_backoff(SOON);
    harness.render().await;
    let options = SubmitOptions::default().retry(backoff);
    let options = options.request_timeout(SOON);
    started(submit(&harness, options).await);
    assert_eq!(harness.started(), 1);
}

#[tokio::test]
async fn empty_reply_ref_is_as_none() {
    let harness = lossy([Fault::ResetAfter]).await;
    started(submit(&harness, SubmitOptions::default().reply_ref("")).await);
    let search = harness.client.find_seed_job(harness.parent());
    let found = search.reply_ref("").await.unwrap().unwrap();
    started(Ok(found));
    let submit = harness.client.submit(&harness.emulator.jobs().button);
    let empty = SubmitOptions::default().reply_url("").discord("");
    started(submit.with_options(empty).await);
}

#[tokio::test]
async fn send_once_sends_once_and_does_not_search() {
    for fault in [Fault::ResetAfter, Fault::status(429)] {
        let harness = lossy([fault]).await;
        let client = harness.client_with(|builder| builder.retry(RetryPolicy::default()));
        let submit = client.submit(harness.parent());
        let error = submit.send_once().await.unwrap_err();
        assert_eq!(harness.emulator.journal().len(), 1, "{error}");
        assert_eq!(error.parent_job_id(), Some(harness.parent()));
        assert_eq!(error.attempts(), 1);
    }
}

#[tokio::test]
async fn job_that_fails_to_respond_hides_no_other() {
    let harness = lossy([Fault::ResetAfter]).await;
    // Its response was lost, too.
    started(harness.client.submit(&harness.emulator.jobs().button).await);
    let job = harness.start_job().await;
    // The other one is requested first.
    harness.inject(Operation::GetJob, 1, Fault::status(500));
    assert_eq!(found(&harness).await.as_deref(), Some(job.id()));
}

#[tokio::test]
async fn failed_search_is_in_the_error() {
    for (fault, reason) in [
        (Fault::Html { status: 404 }, "failed: unexpected status"),
        (Fault::status(401), "failed: the API token is not accepted"),
    ] {
        let harness = lossy([Fault::ResetAfter]).await;
        harness.inject(Operation::ListJobs, 100, fault);
        harness.render().await;
        let outcome = submit(&harness, SubmitOptions::default()).await;
        let error = outcome.unwrap_err();
        assert!(matches!(error.kind(), ErrorKind::Transport), "{error}");
        assert!(error.may_have_been_sent(), "{error}");
        assert!(error.to_string().contains(reason), "{error}");
        assert_eq!(harness.started(), 1);
    }
}

#[tokio::test]
async fn halt_during_search_is_in_the_error() {
    let harness = lossy([Fault::ResetAfter]).await;
    for operation in [Operation::ListJobs, Operation::GetJob] {
        harness.inject(operation, 100, Fault::status(596));
    }
    let outcome = submit(&harness, options(Resubmit::WhenSettled)).await;
    let error = outcome.unwrap_err();
    assert!(error.is_halted() && error.may_have_been_sent(), "{error}");
    assert_eq!(error.parent_job_id(), Some(harness.parent()));
    // One search asks for the executing jobs, and for the parent.
    assert_eq!(harness.emulator.journal().len(), 3);
}

#[tokio::test]
async fn another_process_finds_the_started_job() {
    let harness = lossy([]).await;
    assert_eq!(found(&harness).await, None);
    let order = SubmitOptions::default().reply_ref("order-17");
    let job = started(submit(&harness, order).await);
    // The job of another parent.
    started(harness.client.submit(&harness.emulator.jobs().button).await);
    assert_eq!(found(&harness).await.as_deref(), Some(job.id()));
    let search = || harness.client.find_seed_job(harness.parent());
    let other_order = search().reply_ref("order-18").await;
    assert!(other_order.unwrap().is_none());
    harness.emulator.advance(Duration::from_secs(60));
    assert!(matches!(
        search().await.unwrap(),
        Some(SubmitOutcome::AlreadyRetrieved(_))
    ));
    let unknown = harness.client.find_seed_job("no-such-job").await;
    assert!(unknown.unwrap_err().is_not_found());
}

/// A proxy that sends the request back has started nothing.
#[tokio::test]
async fn echo_of_the_request_is_not_a_started_job() {
    for echo in [r#"{"jobid":"1"}"#, r#"{"status":"failed"}"#] {
        let stub = Stub::start(move |request| {
            let body = match &request.line {
                line if line.starts_with("POST") => echo,
                line if line.contains("jobid=") => r#"{"verb":"imagine","status":"completed"}"#,
                _ => "[]",
            };
            Response::json(200, body)
        })
        .await;
        let error = stub.client().submit("1").await.unwrap_err();
        assert!(error.may_have_been_sent(), "{echo}: {error}");
    }
}
