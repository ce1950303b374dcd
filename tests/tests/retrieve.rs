//! Retrieving in one call: its limit and its events.

#![allow(
    clippy::panic,
    clippy::unwrap_used,
    reason = "a failure fails the test"
)]

use std::time::{Duration, Instant};

use futures_util::StreamExt;
use useapi_seed::{Client, Disposition, ErrorKind, JobEvent, RequestStatus, WaitOptions};
use useapi_seed_emulator::{Emulator, Fault, Operation, Trigger};
use useapi_seed_tests::{Response, Stub, no_retry, poll_every};

const INTERVAL: Duration = Duration::from_millis(2);

fn client(token: &str, base_url: &str) -> Client {
    let builder = Client::builder(token).base_url(base_url);
    builder.retry(no_retry()).build().unwrap()
}

#[tokio::test]
async fn timeout_bounds_submission_and_wait_together() {
    let latency = Duration::from_millis(200);
    let timeout = Duration::from_secs(1);
    let fault = Fault::Latency { milliseconds: 200 };
    let emulator = Emulator::builder()
        .paused()
        .fault(Operation::RetrieveSeed, Trigger::Next(1), fault)
        .start()
        .await
        .unwrap();
    let client = client(emulator.token(), emulator.base_url());
    let started = Instant::now();
    let error = client
        .retrieve(&emulator.jobs().imagine)
        .wait_options(poll_every(INTERVAL))
        .timeout(timeout)
        .await
        .unwrap_err();
    // The wait has what the submission left.
    match error.kind() {
        ErrorKind::WaitTimeout { elapsed, .. } => {
            assert!(*elapsed < timeout, "{elapsed:?}");
            assert!(started.elapsed() >= latency + *elapsed, "{elapsed:?}");
        }
        other => panic!("{other:?}"),
    }
    let counts = emulator.job_counts();
    assert_eq!(counts[&emulator.jobs().imagine].started, 1);
    assert!(error.job_id().is_some());
}

#[tokio::test]
async fn timeout_ends_a_submission_without_response() {
    let stub = Stub::always(Response::hang()).await;
    let client = client("a-token", &stub.base_url());
    let started = Instant::now();
    let retrieve = client.retrieve("a-job").timeout(Duration::from_millis(50));
    let error = retrieve.await.unwrap_err();
    assert!(error.is_timeout(), "{error}");
    assert_eq!(error.request_status(), RequestStatus::MayHaveBeenSent);
    // The default limits are 60 s for a request and 3 min for a submission.
    assert!(started.elapsed() < Duration::from_secs(30));
}

#[tokio::test]
async fn timeout_bounds_the_final_poll() {
    let fault = Fault::Latency {
        milliseconds: 60_000,
    };
    let emulator = Emulator::builder()
        .paused()
        .fault(Operation::GetJob, Trigger::Next(9), fault)
        .start()
        .await
        .unwrap();
    let client = client(emulator.token(), emulator.base_url());
    let started = Instant::now();
    let error = client
        .retrieve(&emulator.jobs().imagine)
        .wait_options(poll_every(INTERVAL))
        .timeout(Duration::from_millis(400))
        .await
        .unwrap_err();
    // By itself a final poll takes up to 10 s.
    assert!(started.elapsed() < Duration::from_secs(9), "{error}");
    assert!(error.job_id().is_some() && !error.is_retryable());
    assert_eq!(error.verdict().disposition, Disposition::Started);
}

#[tokio::test]
async fn shorter_limits_hold_within_the_timeout() {
    let emulator = Emulator::builder().paused().start().await.unwrap();
    let client = client(emulator.token(), emulator.base_url());
    let options = WaitOptions::default().timeout(Duration::from_millis(1));
    let error = client
        .retrieve(&emulator.jobs().imagine)
        .wait_options(options)
        .timeout(Duration::MAX)
        .await
        .unwrap_err();
    let kind = error.kind();
    assert!(matches!(kind, ErrorKind::WaitTimeout { .. }), "{error}");
}

#[tokio::test]
async fn events_are_started_progress_completed() {
    let emulator = Emulator::builder().paused().start().await.unwrap();
    let client = client(emulator.token(), emulator.base_url());
    let parent = emulator.jobs().imagine.as_str();
    let retrieve = client.retrieve(parent).wait_options(poll_every(INTERVAL));
    let mut events = retrieve.into_stream();
    let mut names = Vec::new();
    let mut job_id = String::new();
    while let Some(event) = events.next().await {
        names.push(match event.unwrap() {
            JobEvent::Started(handle) => {
                assert_eq!(handle.parent_job_id.as_deref(), Some(parent));
                job_id = handle.job_id;
                "started"
            }
            JobEvent::Progress(progress) => {
                assert_eq!(progress.job_id, job_id);
                "progress"
            }
            JobEvent::Completed(result) => {
                assert_eq!(result.job_id(), job_id);
                "completed"
            }
            JobEvent::Sleeping(_) => continue,
            other => panic!("{other:?}"),
        });
        emulator.advance(Duration::from_secs(15));
    }
    let [first, progress @ .., last] = names.as_slice() else {
        panic!("{names:?}");
    };
    assert_eq!((*first, *last), ("started", "completed"));
    assert!(progress.len() > 1, "{names:?}");
    assert!(progress.iter().all(|name| *name == "progress"), "{names:?}");

    // The seed was retrieved before: no job is started.
    let events: Vec<_> = client.retrieve(parent).into_stream().collect().await;
    let [Ok(JobEvent::Completed(_))] = events.as_slice() else {
        panic!("{events:?}");
    };
}

#[tokio::test]
async fn rejected_submission_is_the_only_event() {
    let emulator = Emulator::builder().paused().start().await.unwrap();
    let client = client(emulator.token(), emulator.base_url());
    let events: Vec<_> = client.retrieve("unknown").into_stream().collect().await;
    let [Err(error)] = events.as_slice() else {
        panic!("{events:?}");
    };
    assert!(error.is_not_found(), "{error}");
}
