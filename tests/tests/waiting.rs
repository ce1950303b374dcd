//! Waiting for a job: what ends a wait, what its events are, and what wakes it.

#![allow(
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a failure fails the test"
)]

#[path = "waiting/late_output.rs"]
mod late_output;
#[path = "waiting/poll_errors.rs"]
mod poll_errors;

use std::time::Duration;

use serde_json::{Value, json};
use useapi_seed::{Client, ErrorKind, Job, JobEvent, JobStatus, SubmitOutcome, WaitOptions};
use useapi_seed_emulator::Emulator;
use useapi_seed_tests::{Fixture, Response, Stub, no_retry, poll_every};

fn client_of(stub: &Stub) -> Client {
    let builder = Client::builder("a-token").base_url(stub.base_url());
    builder.retry(no_retry()).build().unwrap()
}

/// A poll each millisecond.
fn fast() -> WaitOptions {
    poll_every(Duration::from_millis(1))
}

/// A job that the emulator has just started.
async fn started(emulator: &Emulator) -> Job {
    let client = Client::builder(emulator.token()).base_url(emulator.base_url());
    let client = client.retry(no_retry()).build().unwrap();
    match client.submit(&emulator.jobs().imagine).await {
        Ok(SubmitOutcome::Started(job)) => job,
        other => panic!("{other:?}"),
    }
}

/// The completed seed job, changed.
fn completed_with(change: impl FnOnce(&mut Value)) -> Response {
    let mut body = Fixture::named("service/200-completed-seed-job").json();
    change(&mut body);
    Response::json(200, body.to_string())
}

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
        let wait = client_of(&stub).job("<jobid>").wait().with_options(options);
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
        let wait = client_of(&stub).job("a-job").wait().with_options(fast());
        let error = wait.await.unwrap_err();
        let is_failed = matches!(error.kind(), ErrorKind::JobFailed { .. });
        assert!(is_failed, "{error}");
        assert_eq!(stub.requests().len(), 3);
    }
}

/// The response to the submission counts as a poll, for one interval.
#[tokio::test]
async fn late_wait_polls_immediately() {
    let emulator = Emulator::builder().paused().start().await.unwrap();
    let job = started(&emulator).await;
    let interval = Duration::from_millis(20);
    tokio::time::sleep(2 * interval).await;
    let options = poll_every(interval).timeout(interval / 2);
    let error = job.wait().with_options(options).await.unwrap_err();
    match error.kind() {
        // At the start and at the deadline.
        ErrorKind::WaitTimeout { polls, .. } => assert_eq!(*polls, 2),
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn each_change_is_one_event() {
    let emulator = Emulator::builder().paused().start().await.unwrap();
    let job = started(&emulator).await;
    let mut events = job.wait().with_options(fast()).into_stream();
    let mut next = async || {
        loop {
            match events.next().await {
                Some(Ok(JobEvent::Sleeping(_))) => {}
                other => break other,
            }
        }
    };
    let mut seen = Vec::new();
    for seconds in [6, 10, 10, 20] {
        emulator.advance(Duration::from_secs(seconds));
        match next().await.unwrap().unwrap() {
            JobEvent::Progress(progress) => {
                let status = progress.status.unwrap().as_str().to_owned();
                seen.push((status, progress.percent));
            }
            JobEvent::Completed(_) => seen.push(("completed".to_owned(), None)),
            other => panic!("{other:?}"),
        }
        // The clock is paused, and so is the job: polls are no events.
        let before = emulator.journal().len();
        while seconds < 20 && emulator.journal().len() < before + 2 {
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
    let options = poll_every(hour).timeout(hour);
    let emulator = Emulator::builder().paused().start().await.unwrap();
    let job = started(&emulator).await;
    let wait = tokio::spawn(job.wait().with_options(options).into_future());
    emulator.advance(Duration::from_secs(60));
    // Also before it sleeps: the notification is not lost.
    job.clone().wake();
    let soon = Duration::from_secs(20);
    let waited = tokio::time::timeout(soon, wait).await.unwrap();
    assert_eq!(waited.unwrap().unwrap().images().len(), 4);

    // While it sleeps.
    let emulator = Emulator::builder().paused().start().await.unwrap();
    let job = started(&emulator).await;
    let wait = tokio::spawn(job.wait().with_options(options).into_future());
    job.wake();
    while emulator.journal().len() < 2 {
        tokio::time::sleep(Duration::from_millis(2)).await;
    }
    emulator.advance(Duration::from_secs(60));
    job.wake();
    // Within a second of the last poll, notifications are one.
    let waited = tokio::time::timeout(soon, wait).await.unwrap();
    assert_eq!(waited.unwrap().unwrap().images().len(), 4);
    assert_eq!(emulator.journal().len(), 3);
}

#[tokio::test]
async fn dropped_wait_loses_nothing() {
    let emulator = Emulator::builder().paused().start().await.unwrap();
    let job = started(&emulator).await;
    let wait = job.wait().with_options(fast()).into_future();
    let waited = tokio::time::timeout(Duration::from_millis(20), wait).await;
    assert!(waited.is_err());
    emulator.advance(Duration::from_secs(60));
    job.wait().with_options(fast()).await.unwrap();
    assert_eq!(emulator.job_counts().len(), 1);
}
