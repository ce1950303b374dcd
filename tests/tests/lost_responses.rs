//! A submission whose response is lost, and the search for its job.

#![allow(clippy::panic, clippy::unwrap_used, reason = "a test fails by it")]

#[path = "lost_responses/resubmission.rs"]
mod resubmission;

use std::time::Duration;

use useapi_seed::{Client, Error, Resubmit, RetryPolicy, SubmitOptions, SubmitOutcome};
use useapi_seed_emulator::{Emulator, Fault, Operation, Trigger};
use useapi_seed_tests::{Response, Stub, no_retry, poll_every};

fn client(emulator: &Emulator) -> Client {
    let builder = Client::builder(emulator.token()).base_url(emulator.base_url());
    let builder = builder.retry(no_retry()).settle_margin(Duration::ZERO);
    builder.build().unwrap()
}

/// An emulator with a paused clock, whose next submissions meet these faults.
async fn paused<const N: usize>(faults: [Fault; N]) -> Emulator {
    let builder = faults
        .into_iter()
        .fold(Emulator::builder(), |builder, fault| {
            builder.fault(Operation::RetrieveSeed, Trigger::Next(1), fault)
        });
    builder.paused().start().await.unwrap()
}

#[track_caller]
fn assert_started(outcome: &Result<SubmitOutcome, Error>) {
    assert!(
        matches!(outcome, Ok(SubmitOutcome::Started(_))),
        "{outcome:?}"
    );
}

/// A request timeout, and the settle time with a margin of zero.
const SOON: Duration = Duration::from_millis(400);

fn started(emulator: &Emulator) -> u64 {
    let counts = emulator.job_counts();
    let counts = counts.get(&emulator.jobs().imagine);
    counts.map_or(0, |counts| counts.started)
}

fn submissions(emulator: &Emulator) -> usize {
    let calls = emulator.journal().into_iter();
    let submissions = calls.filter(|call| call.operation == Some(Operation::RetrieveSeed));
    submissions.count()
}

fn options(resubmit: Resubmit) -> SubmitOptions {
    let options = SubmitOptions::default().request_timeout(SOON);
    options.resubmit(resubmit)
}

async fn submit(
    emulator: &Emulator,
    client: &Client,
    options: SubmitOptions,
) -> Result<SubmitOutcome, Error> {
    let submit = client.submit(&emulator.jobs().imagine);
    submit.with_options(options).await
}

#[tokio::test]
async fn job_of_lost_response_is_found() {
    for fault in [
        Fault::ResetAfter,
        Fault::TruncatedBody { bytes: 0 },
        Fault::TruncatedBody { bytes: 40 },
        Fault::TruncatedBody { bytes: 300 },
    ] {
        let emulator = Emulator::builder().paused().start().await.unwrap();
        let when = Trigger::Next(1);
        emulator
            .inject(Operation::RetrieveSeed, when, fault.clone())
            .unwrap();
        let client = client(&emulator);
        match client.submit(&emulator.jobs().imagine).await {
            Ok(SubmitOutcome::Started(job)) => {
                emulator.advance(Duration::from_secs(60));
                let options = poll_every(Duration::from_millis(2));
                job.wait().with_options(options).await.unwrap();
            }
            other => panic!("{fault:?}: {other:?}"),
        }
        assert_eq!(started(&emulator), 1);
    }
}

#[tokio::test]
async fn job_of_timed_out_request_is_found_later() {
    let emulator = Emulator::builder().paused().start().await.unwrap();
    let late = Fault::Latency { milliseconds: 400 };
    emulator
        .inject(Operation::RetrieveSeed, Trigger::Next(1), late)
        .unwrap();
    let backoff = Duration::from_millis(300);
    let client = Client::builder(emulator.token())
        .base_url(emulator.base_url())
        .retry(RetryPolicy::disabled().initial_backoff(backoff))
        .build()
        .unwrap();
    render(&emulator, &client).await;
    let options = SubmitOptions::default().request_timeout(Duration::from_millis(200));
    let submit = client.submit(&emulator.jobs().imagine);
    let outcome = submit.with_options(options).await;
    assert_started(&outcome);
    assert_eq!(started(&emulator), 1);
}

/// Lets the emulator render the image of a job now, and not while a search waits
/// for it.
async fn render(emulator: &Emulator, client: &Client) {
    let parent = client.job(&emulator.jobs().imagine);
    assert!(parent.poll().await.is_err(), "it has no seed yet");
}

#[tokio::test]
async fn empty_reply_ref_is_as_none() {
    let emulator = paused([Fault::ResetAfter]).await;
    let client = client(&emulator);
    let empty = SubmitOptions::default().reply_ref("");
    let outcome = submit(&emulator, &client, empty).await;
    assert_started(&outcome);
    let found = client.find_seed_job(&emulator.jobs().imagine).reply_ref("");
    assert!(matches!(found.await, Ok(Some(SubmitOutcome::Started(_)))));
    let submit = client.submit(&emulator.jobs().button);
    let empty = SubmitOptions::default().reply_url("").discord("");
    let outcome = submit.with_options(empty).await;
    assert_started(&outcome);
}

#[tokio::test]
async fn send_once_sends_once_and_does_not_search() {
    for fault in [Fault::ResetAfter, Fault::status(429)] {
        let emulator = paused([fault]).await;
        let builder = Client::builder(emulator.token()).base_url(emulator.base_url());
        let client = builder.build().unwrap();
        let submit = client.submit(&emulator.jobs().imagine);
        let error = submit.send_once().await.unwrap_err();
        assert_eq!(emulator.journal().len(), 1, "{error}");
        assert_eq!(
            error.parent_job_id(),
            Some(emulator.jobs().imagine.as_str())
        );
        assert_eq!(error.attempts(), 1);
    }
}

#[tokio::test]
async fn job_that_fails_to_respond_hides_no_other() {
    let emulator = paused([Fault::ResetAfter]).await;
    let client = client(&emulator);
    let other = client.submit(&emulator.jobs().button).await;
    // Its response was lost, too.
    assert!(matches!(other, Ok(SubmitOutcome::Started(_))), "{other:?}");
    let mine = client.submit(&emulator.jobs().imagine).await;
    assert!(matches!(mine, Ok(SubmitOutcome::Started(_))), "{mine:?}");
    // The other one is requested first.
    emulator
        .inject(Operation::GetJob, Trigger::Next(1), Fault::status(500))
        .unwrap();
    let found = client.find_seed_job(&emulator.jobs().imagine).await;
    assert!(
        matches!(found, Ok(Some(SubmitOutcome::Started(_)))),
        "{found:?}"
    );
}

#[tokio::test]
async fn failed_search_is_in_the_error() {
    let emulator = Emulator::builder()
        .fault(Operation::RetrieveSeed, Trigger::Next(1), Fault::ResetAfter)
        .fault(
            Operation::ListJobs,
            Trigger::Next(100),
            Fault::Html { status: 404 },
        )
        .paused()
        .start()
        .await
        .unwrap();
    let client = client(&emulator);
    render(&emulator, &client).await;
    let options = options(Resubmit::WhenSettled).timeout(2 * SOON);
    let outcome = submit(&emulator, &client, options).await;
    let line = outcome.unwrap_err().to_string();
    assert!(line.contains("may have been sent"), "{line}");
    assert!(line.contains("failed: unexpected status"), "{line}");
    assert_eq!(started(&emulator), 1);
}

#[tokio::test]
async fn halt_during_search_is_in_the_error() {
    let halted = || Fault::status(596);
    let emulator = Emulator::builder()
        .fault(Operation::RetrieveSeed, Trigger::Next(1), Fault::ResetAfter)
        .fault(Operation::ListJobs, Trigger::Next(100), halted())
        .fault(Operation::GetJob, Trigger::Next(100), halted())
        .paused()
        .start()
        .await
        .unwrap();
    let client = client(&emulator);
    let outcome = submit(&emulator, &client, options(Resubmit::WhenSettled)).await;
    let error = outcome.unwrap_err();
    assert!(error.is_halted() && error.may_have_been_sent(), "{error}");
    let parent = emulator.jobs().imagine.as_str();
    assert_eq!(error.parent_job_id(), Some(parent));
    // One search asks for the executing jobs, and for the parent.
    assert_eq!(emulator.journal().len(), 3);
}

#[tokio::test]
async fn another_process_finds_the_started_job() {
    let emulator = Emulator::builder().paused().start().await.unwrap();
    let client = client(&emulator);
    let parent = emulator.jobs().imagine.as_str();
    assert!(client.find_seed_job(parent).await.unwrap().is_none());
    let order = SubmitOptions::default().reply_ref("order-17");
    let Ok(SubmitOutcome::Started(job)) = submit(&emulator, &client, order).await else {
        panic!("not started");
    };
    // The job of another parent.
    let other = client.submit(&emulator.jobs().button).await;
    assert!(matches!(other, Ok(SubmitOutcome::Started(_))));
    match client.find_seed_job(parent).await.unwrap() {
        Some(SubmitOutcome::Started(found)) => assert_eq!(found.id(), job.id()),
        other => panic!("{other:?}"),
    }
    let of_another_order = client.find_seed_job(parent).reply_ref("order-18");
    assert!(of_another_order.await.unwrap().is_none());
    emulator.advance(Duration::from_secs(60));
    assert!(matches!(
        client.find_seed_job(parent).await.unwrap(),
        Some(SubmitOutcome::AlreadyRetrieved(_))
    ));
    let error = client.find_seed_job("no-such-job").await.unwrap_err();
    assert!(error.is_not_found());
}

/// A proxy that sends the request back has started nothing.
#[tokio::test]
async fn echo_of_the_request_is_not_a_started_job() {
    for echo in [r#"{"jobid":"1"}"#, r#"{"status":"failed"}"#] {
        let stub = Stub::start(move |request| {
            if request.line.starts_with("POST") {
                Response::json(200, echo)
            } else if request.line.contains("jobid=") {
                Response::json(200, r#"{"verb":"imagine","status":"completed"}"#)
            } else {
                Response::json(200, "[]")
            }
        })
        .await;
        let builder = Client::builder("a-token").base_url(stub.base_url());
        let client = builder.retry(no_retry()).build().unwrap();
        let error = client.submit("1").await.unwrap_err();
        assert!(error.may_have_been_sent(), "{echo}: {error}");
    }
}
