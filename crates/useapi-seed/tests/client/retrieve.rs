//! Retrieving in one call: its limit and its events.

use std::time::{Duration, Instant};

use futures_util::StreamExt;
use useapi_seed::{Disposition, ErrorKind, JobEvent, RequestStatus};
use useapi_seed_emulator::{Fault, Operation};
use useapi_seed_tests::{Harness, Response, Stub, fast};

fn latency(milliseconds: u64) -> Fault {
    Fault::Latency { milliseconds }
}

#[tokio::test]
async fn timeout_bounds_submission_and_wait_together() {
    let timeout = Duration::from_secs(2);
    let harness = Harness::with_faults([(Operation::RetrieveSeed, 1, latency(200))]).await;
    let begin = Instant::now();
    let retrieve = harness.client.retrieve(harness.parent()).timeout(timeout);
    let error = retrieve.await.unwrap_err();
    // The wait has what the submission left.
    let ErrorKind::WaitTimeout { elapsed, .. } = error.kind() else {
        panic!("{error:?}");
    };
    assert!(*elapsed < timeout, "{elapsed:?}");
    assert!(begin.elapsed() >= Duration::from_millis(200) + *elapsed);
    assert_eq!(harness.started(), 1);
    assert!(error.job_id().is_some());
}

#[tokio::test]
async fn timeout_ends_a_submission_without_response() {
    let stub = Stub::always(Response::hang()).await;
    let begin = Instant::now();
    let retrieve = stub.client().retrieve("a-job");
    let error = retrieve.timeout(Duration::from_millis(50)).await;
    let error = error.unwrap_err();
    assert!(error.is_timeout(), "{error}");
    assert_eq!(error.request_status(), RequestStatus::MayHaveBeenSent);
    // The default limits are 60 s for a request and 3 min for a submission.
    assert!(begin.elapsed() < Duration::from_secs(30));
}

#[tokio::test]
async fn timeout_bounds_the_final_poll() {
    let harness = Harness::with_faults([(Operation::GetJob, 9, latency(60_000))]).await;
    let begin = Instant::now();
    let retrieve = harness.client.retrieve(harness.parent());
    let error = retrieve.timeout(Duration::from_millis(400)).await;
    let error = error.unwrap_err();
    // By itself a final poll takes up to 10 s.
    assert!(begin.elapsed() < Duration::from_secs(9), "{error}");
    assert!(error.job_id().is_some() && !error.is_retryable());
    assert_eq!(error.verdict().disposition, Disposition::Started);
}

#[tokio::test]
async fn rejected_submission_is_the_only_event() {
    let harness = Harness::paused().await;
    let retrieve = harness.client.retrieve("unknown");
    let events: Vec<_> = retrieve.into_stream().collect().await;
    let [Err(error)] = events.as_slice() else {
        panic!("{events:?}");
    };
    assert!(error.is_not_found(), "{error}");
}

#[tokio::test]
async fn shorter_limits_hold_within_the_timeout() {
    let harness = Harness::paused().await;
    let retrieve = harness.client.retrieve(harness.parent());
    let retrieve = retrieve.wait_options(fast().timeout(Duration::from_millis(1)));
    let error = retrieve.timeout(Duration::MAX).await.unwrap_err();
    let kind = error.kind();
    assert!(matches!(kind, ErrorKind::WaitTimeout { .. }), "{error}");
}

#[tokio::test]
async fn events_are_started_progress_completed() {
    let harness = Harness::paused().await;
    let parent = harness.parent();
    let mut events = harness.client.retrieve(parent).into_stream();
    let mut names = Vec::new();
    let mut id = String::new();
    while let Some(event) = events.next().await {
        names.push(match event.unwrap() {
            JobEvent::Started(handle) => {
                assert_eq!(handle.parent_job_id.as_deref(), Some(parent));
                id = handle.job_id;
                "started"
            }
            JobEvent::Progress(progress) => {
                assert_eq!(progress.job_id, id);
                "progress"
            }
            JobEvent::Completed(result) => {
                assert_eq!(result.job_id(), id);
                "completed"
            }
            JobEvent::Sleeping(_) => continue,
            other => panic!("{other:?}"),
        });
        harness.emulator.advance(Duration::from_secs(15));
    }
    let [first, progress @ .., last] = names.as_slice() else {
        panic!("{names:?}");
    };
    assert_eq!((*first, *last), ("started", "completed"));
    assert!(progress.len() > 1, "{names:?}");
    assert!(progress.iter().all(|name| *name == "progress"), "{names:?}");

    // The seed was retrieved before: no job is started.
    let events = harness.client.retrieve(parent).into_stream();
    let events: Vec<_> = events.collect().await;
    assert!(
        matches!(*events, [Ok(JobEvent::Completed(_))]),
        "{events:?}"
    );
    // A rejection is the only event.
    let events = harness.client.retrieve("unknown").into_stream();
    let events: Vec<_> = events.collect().await;
    assert!(
        matches!(&*events, [Err(error)] if error.is_not_found()),
        "{events:?}"
    );
}
