//! Waiting for a job: what ends a wait, and what does not.

#![allow(clippy::panic, clippy::unwrap_used, reason = "a test fails by it")]

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc;
use std::time::Duration;

use serde_json::json;
use useapi_seed::{Client, ErrorKind, JobStatus};
use useapi_seed_tests::{Fixture, Response, Stub, once};

fn client_of(stub: &Stub) -> Client {
    let builder = Client::builder("a-token")
        .base_url(stub.base_url())
        .retry(once());
    builder.build().unwrap()
}

#[tokio::test]
async fn a_failed_poll_is_not_a_failed_job() {
    let progress = Fixture::named("service/200-in-progress").text;
    let done = Fixture::named("service/200-completed-seed-job").text;
    let looks = AtomicUsize::new(0);
    let stub = Stub::start(move |_| match looks.fetch_add(1, Ordering::SeqCst) {
        0 | 5 => Response::json(200, progress.as_str()),
        1 => Response::new(503, "text/html", "<html>busy</html>"),
        2 => Response::json(200, progress.as_str()).cut(20),
        3 => Response::json(429, r#"{"error":"slow down","code":429}"#),
        4 => Response::json(200, "null"),
        _ => Response::json(200, done.as_str()),
    })
    .await;
    let client = client_of(&stub);
    let (faults, told) = mpsc::channel();
    let wait = client
        .job("<jobid>")
        .wait()
        .interval(Duration::from_millis(1))
        .on_fault(move |fault| faults.send(fault.to_string()).unwrap());
    assert_eq!(wait.await.unwrap().seed(), 4_294_967_295);
    assert_eq!(stub.requests().len(), 7);
    // Each poll that brought nothing was told, and no other.
    let told: Vec<_> = told.into_iter().collect();
    assert_eq!(told.len(), 4, "{told:?}");
    assert!(
        told.iter().all(|fault| fault.contains("<jobid>")),
        "{told:?}"
    );

    // Without end, five in a row are enough, and the id is kept.
    let stub = Stub::always(Response::new(502, "text/html", "<html>")).await;
    let client = client_of(&stub);
    let wait = client
        .job("<jobid>")
        .wait()
        .interval(Duration::from_millis(1));
    let error = wait.await.unwrap_err();
    assert_eq!(error.status().map(|status| status.as_u16()), Some(502));
    assert_eq!(error.job_id(), Some("<jobid>"));
    assert_eq!(stub.requests().len(), 5);
}

#[tokio::test]
async fn final_states_end_the_wait_and_others_do_not() {
    for (word, ends) in [
        ("created", false),
        ("started", false),
        ("progress", false),
        ("resting", false),
        ("failed", true),
        ("moderated", true),
        ("cancelled", true),
    ] {
        let mut answer = Fixture::named("service/200-in-progress").json();
        answer["status"] = json!(word);
        let stub = Stub::always(Response::json(200, answer.to_string())).await;
        let client = client_of(&stub);
        let error = client
            .job("<jobid>")
            .wait()
            .interval(Duration::from_millis(1))
            .timeout(Duration::from_millis(100))
            .await
            .unwrap_err();
        assert_eq!(error.job_id(), Some("<jobid>"));
        match error.kind() {
            ErrorKind::JobEnded { status, .. } => {
                assert!(ends, "{word}");
                assert_eq!(status.as_str(), word);
                assert_eq!(stub.requests().len(), 1);
            }
            ErrorKind::StillRunning {
                status,
                polls,
                elapsed,
                ..
            } => {
                assert!(!ends, "{word}");
                assert_eq!(status.as_ref().map(JobStatus::as_str), Some(word));
                assert_eq!(stub.requests().len(), *polls as usize);
                assert!(*polls > 1 && *elapsed >= Duration::from_millis(100));
            }
            other => panic!("{other:?}"),
        }
    }
}

#[tokio::test]
async fn a_job_that_was_never_heard_of_is_not_said_to_run() {
    let stub = Stub::always(Response::new(502, "text/html", "<html>")).await;
    let client = client_of(&stub);
    let wait = client.job("a-job").wait();
    let error = wait.timeout(Duration::from_millis(1)).await.unwrap_err();
    assert!(matches!(error.kind(), ErrorKind::UnexpectedStatus));

    // Heard of once, it is: and what went wrong since is the source.
    let progress = Fixture::named("service/200-in-progress").text;
    let polls = AtomicUsize::new(0);
    let stub = Stub::start(move |_| match polls.fetch_add(1, Ordering::SeqCst) {
        0 => Response::json(200, progress.as_str()),
        _ => Response::new(502, "text/html", "<html>"),
    })
    .await;
    let client = client_of(&stub);
    let wait = client.job("a-job").wait().interval(Duration::from_secs(1));
    let error = wait.timeout(Duration::from_millis(100)).await.unwrap_err();
    assert!(
        matches!(error.kind(), ErrorKind::StillRunning { polls: 2, .. }),
        "{error}"
    );
    assert!(error.to_string().contains("HTTP 502"), "{error}");
}
