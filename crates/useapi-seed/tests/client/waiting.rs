//! Waiting for a job: what ends a wait, what its events are, and what wakes it.

mod late_output;
mod poll_errors;

use std::time::Duration;

use serde_json::json;
use useapi_seed::{ErrorKind, JobEvent, JobStatus};
use useapi_seed_tests::{Fixture, Harness, Response, Stub, fast, poll_every, wait_until};

#[tokio::test]
async fn only_final_statuses_end_a_wait() {
    for (name, ends) in [
        ("created", false),
        ("started", false),
        ("progress", false),
        ("resting", false),
        ("failed", true),
        ("moderated", true),
        ("cancelled", true),
    ] {
        let mut body = Fixture::named("service/200-in-progress").json();
        body["status"] = json!(name);
        let stub = Stub::always(Response::json(200, body.to_string())).await;
        let options = fast().timeout(Duration::from_millis(100));
        let wait = stub.client().job("<jobid>").wait().with_options(options);
        let error = wait.await.unwrap_err();
        assert_eq!(error.job_id(), Some("<jobid>"));
        match error.kind() {
            ErrorKind::JobFailed { status, .. } => {
                assert!(ends, "{name}");
                assert_eq!(status.as_str(), name);
                assert_eq!(stub.requests().len(), 1);
            }
            ErrorKind::WaitTimeout {
                status,
                polls,
                elapsed,
                ..
            } => {
                assert!(!ends, "{name}");
                assert_eq!(status.as_ref().map(JobStatus::as_str), Some(name));
                // The deadline may end a poll before it is sent.
                assert!(stub.requests().len().abs_diff(*polls as usize) <= 1);
                assert!(*polls > 1 && *elapsed >= Duration::from_millis(100));
            }
            other => panic!("{other:?}"),
        }
    }
}

#[tokio::test]
async fn end_of_another_job_does_not_end_a_wait() {
    for status in ["failed", "cancelled", "moderated"] {
        let unnamed = json!({ "status": status });
        let other = json!({"jobid": "another", "verb": "seed_async", "status": status});
        let own = json!({"jobid": "a-job", "status": status});
        let bodies = [unnamed, other, own].map(|body| Response::json(200, body.to_string()));
        let stub = Stub::in_turn(bodies.into()).await;
        let error = stub.client().job("a-job").wait().await.unwrap_err();
        let is_failed = matches!(error.kind(), ErrorKind::JobFailed { .. });
        assert!(is_failed, "{error}");
        assert_eq!(stub.requests().len(), 3);
    }
}

/// The response to the submission counts as a poll, for one interval.
#[tokio::test]
async fn late_wait_polls_immediately() {
    let harness = Harness::paused().await;
    let job = harness.start_job().await;
    let interval = Duration::from_millis(20);
    tokio::time::sleep(2 * interval).await;
    let options = poll_every(interval).timeout(interval / 2);
    let error = job.wait().with_options(options).await.unwrap_err();
    // At the start and at the deadline.
    let polls = matches!(error.kind(), ErrorKind::WaitTimeout { polls: 2, .. });
    assert!(polls, "{error:?}");
}

#[tokio::test]
async fn each_change_is_one_event() {
    let harness = Harness::paused().await;
    let mut events = harness.start_job().await.wait().into_stream();
    let mut next = async || {
        loop {
            match events.next().await {
                Some(Ok(JobEvent::Sleeping(_))) => {}
                other => break other,
            }
        }
    };
    let calls = || harness.emulator.journal().len();
    let mut seen = Vec::new();
    for seconds in [6, 10, 10, 20] {
        harness.emulator.advance(Duration::from_secs(seconds));
        match next().await.unwrap().unwrap() {
            JobEvent::Progress(progress) => {
                let status = progress.status.unwrap().as_str().to_owned();
                seen.push((status, progress.percent));
            }
            JobEvent::Completed(_) => seen.push(("completed".to_owned(), None)),
            other => panic!("{other:?}"),
        }
        // The clock is paused, and so is the job: polls are no events.
        let before = calls();
        while seconds < 20 && calls() < before + 2 {
            let more = tokio::time::timeout(Duration::from_millis(5), next()).await;
            assert!(more.is_err(), "{more:?}");
        }
    }
    let progress = |percent| ("progress".to_owned(), Some(percent));
    let completed = ("completed".to_owned(), None);
    assert_eq!(seen, [progress(2), progress(27), progress(52), completed]);
    // The stream stays at its end.
    for _ in 0..2 {
        assert!(next().await.is_none());
    }
}

#[tokio::test]
async fn woken_wait_polls_immediately() {
    let hour = Duration::from_secs(3600);
    // Also before it sleeps: the notification is not lost.
    for sleeps in [false, true] {
        let harness = Harness::paused().await;
        let job = harness.start_job().await;
        let options = poll_every(hour).timeout(hour);
        let wait = job.wait().with_options(options).into_future();
        let wait = tokio::spawn(wait);
        if sleeps {
            job.wake();
            wait_until(|| harness.emulator.journal().len() == 2).await;
        }
        harness.emulator.advance(Duration::from_secs(60));
        job.clone().wake();
        assert_eq!(wait.await.unwrap().unwrap().images().len(), 4);
        // Within a second of the last poll, notifications are one.
        let calls = harness.emulator.journal().len();
        assert_eq!(calls, 2 + usize::from(sleeps));
    }
}

#[tokio::test]
async fn dropped_wait_loses_nothing() {
    let harness = Harness::paused().await;
    let job = harness.start_job().await;
    let wait = job.wait().into_future();
    let waited = tokio::time::timeout(Duration::from_millis(20), wait).await;
    assert!(waited.is_err());
    harness.emulator.advance(Duration::from_secs(60));
    job.wait().await.unwrap();
    assert_eq!(harness.emulator.job_counts().len(), 1);
}
