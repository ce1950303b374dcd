//! Waiting for a job: what ends a wait, and what does not.

#![allow(
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a test fails by it"
)]

use std::future::IntoFuture;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use futures_util::StreamExt;
use serde_json::json;
use useapi_seed::{
    Client, ErrorKind, Job, JobEvent, JobHandle, JobStatus, SubmitOutcome, WaitOptions,
};
use useapi_seed_emulator::{Emulator, Fault, Operation, When};
use useapi_seed_tests::{Fixture, Response, Stub, no_retry, poll_every};

fn client_of(stub: &Stub) -> Client {
    let builder = Client::builder("a-token")
        .base_url(stub.base_url())
        .retry(no_retry());
    builder.build().unwrap()
}

/// Polls without a pause worth mentioning.
fn fast() -> WaitOptions {
    poll_every(Duration::from_millis(1))
}

#[tokio::test]
async fn failed_polls_do_not_end_a_wait() {
    let progress = Fixture::named("service/200-in-progress").text;
    let done = Fixture::named("service/200-completed-seed-job").text;
    let looks = AtomicUsize::new(0);
    let stub = Stub::start(move |_| match looks.fetch_add(1, Ordering::SeqCst) {
        0 | 5 => Response::json(200, progress.as_str()),
        1 => Response::new(503, "text/html", "<html>busy</html>"),
        2 => Response::json(200, progress.as_str()).truncated(20),
        3 => Response::json(429, r#"{"error":"slow down","code":429}"#),
        4 => Response::json(200, "null"),
        _ => Response::json(200, done.as_str()),
    })
    .await;
    let client = client_of(&stub);
    let wait = client.job("<jobid>").wait().with_options(fast());
    let events: Vec<_> = wait.into_stream().map(Result::unwrap).collect().await;
    assert_eq!(stub.requests().len(), 7);
    let seed = events.iter().find_map(|event| match event {
        JobEvent::Completed(result) => Some(result.seed()),
        _ => None,
    });
    assert_eq!(seed, Some(4_294_967_295));
    // Before each poll but the first, for the interval and at most a tenth more.
    let pauses = events.iter().filter_map(|event| match event {
        JobEvent::Sleeping(pause) => Some(*pause),
        _ => None,
    });
    let pauses: Vec<_> = pauses.collect();
    assert_eq!(pauses.len(), 6, "{pauses:?}");
    let longest = Duration::from_micros(1_100);
    assert!(pauses.iter().all(|pause| *pause <= longest), "{pauses:?}");
    // Each failed poll is an event, and no other.
    let errors = events.iter().filter_map(|event| match event {
        JobEvent::PollError(error) => Some(error.to_string()),
        _ => None,
    });
    let errors: Vec<_> = errors.collect();
    assert_eq!(errors.len(), 4, "{errors:?}");
    assert!(
        errors.iter().all(|error| error.contains("<jobid>")),
        "{errors:?}"
    );

    // Without end, five in a row are enough, and the id is kept.
    let stub = Stub::always(Response::new(502, "text/html", "<html>")).await;
    let client = client_of(&stub);
    let wait = client.job("<jobid>").wait().with_options(fast());
    let error = wait.await.unwrap_err();
    assert_eq!(error.status().map(|status| status.as_u16()), Some(502));
    assert_eq!(error.job_id(), Some("<jobid>"));
    assert_eq!((error.attempts(), stub.requests().len()), (5, 5));
    assert!(error.elapsed() >= Duration::from_millis(4), "{error}");
}

/// The submission's answer counts as a look for as long as a look does.
#[tokio::test]
async fn late_wait_polls_immediately() {
    let emulator = Emulator::builder().stopped().start().await.unwrap();
    let client = Client::builder(emulator.token()).base_url(emulator.base_url());
    let client = client.build().unwrap();
    let submitted = client.submit(&emulator.jobs().imagine).await;
    let SubmitOutcome::Started(job) = submitted.unwrap() else {
        panic!("not started");
    };
    let interval = Duration::from_millis(20);
    tokio::time::sleep(2 * interval).await;
    let wait = job
        .wait()
        .with_options(poll_every(interval).timeout(interval / 2));
    match wait.await.unwrap_err().kind() {
        // Now, and at the end.
        ErrorKind::WaitTimeout { polls, .. } => assert_eq!(*polls, 2),
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn only_final_statuses_end_a_wait() {
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
            .with_options(fast().timeout(Duration::from_millis(100)))
            .await
            .unwrap_err();
        assert_eq!(error.job_id(), Some("<jobid>"));
        match error.kind() {
            ErrorKind::JobFailed { status, .. } => {
                assert!(ends, "{word}");
                assert_eq!(status.as_str(), word);
                assert_eq!(stub.requests().len(), 1);
            }
            ErrorKind::WaitTimeout {
                status,
                polls,
                elapsed,
                ..
            } => {
                assert!(!ends, "{word}");
                assert_eq!(status.as_ref().map(JobStatus::as_str), Some(word));
                // The deadline may end a poll before it is sent.
                assert!(stub.requests().len().abs_diff(*polls as usize) <= 1);
                assert!(*polls > 1 && *elapsed >= Duration::from_millis(100));
            }
            other => panic!("{other:?}"),
        }
    }
}

#[tokio::test]
async fn unknown_job_is_not_reported_as_running() {
    let stub = Stub::always(Response::new(502, "text/html", "<html>")).await;
    let client = client_of(&stub);
    let options = WaitOptions::default().timeout(Duration::from_millis(1));
    let wait = client.job("a-job").wait().with_options(options);
    let error = wait.await.unwrap_err();
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
    let options = poll_every(Duration::from_secs(1)).timeout(Duration::from_millis(100));
    let wait = client.job("a-job").wait().with_options(options);
    let error = wait.await.unwrap_err();
    assert!(
        matches!(error.kind(), ErrorKind::WaitTimeout { polls: 2, .. }),
        "{error}"
    );
    assert!(error.to_string().contains("HTTP 502"), "{error}");
}

async fn started(emulator: &Emulator) -> Job {
    let client = Client::builder(emulator.token()).base_url(emulator.base_url());
    let client = client.retry(no_retry()).build().unwrap();
    match client.submit(&emulator.jobs().imagine).await {
        Ok(SubmitOutcome::Started(job)) => job,
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn each_change_is_one_event() {
    let emulator = Emulator::builder().stopped().start().await.unwrap();
    let job = started(&emulator).await;
    let mut updates = job.wait().with_options(fast()).into_stream();
    let mut told = Vec::new();
    let mut polls = 0;
    for seconds in [6, 10, 10, 20] {
        emulator.advance(Duration::from_secs(seconds));
        match updates.next().await.unwrap().unwrap() {
            JobEvent::Progress(update) => {
                told.push((update.status.unwrap().as_str().to_owned(), update.percent));
            }
            JobEvent::Completed(_) => told.push(("retrieved".to_owned(), None)),
            other => panic!("{other:?}"),
        }
        // The clock stands still, and so does the job: nothing is told, however
        // often it is asked for.
        let seen = emulator.journal().len();
        if seconds < 20 {
            let silence = Duration::from_millis(30);
            let more = tokio::time::timeout(silence, updates.next()).await;
            assert!(more.is_err(), "{more:?}");
            polls += emulator.journal().len() - seen;
        }
    }
    let progress = |percent| ("progress".to_owned(), Some(percent));
    let retrieved = ("retrieved".to_owned(), None);
    assert_eq!(told, [progress(2), progress(27), progress(52), retrieved]);
    assert!(polls > 3, "{polls}");
    // However often it is asked.
    for _ in 0..2 {
        assert!(updates.next().await.is_none());
    }
}

#[tokio::test]
async fn failed_poll_is_an_event_up_to_the_limit() {
    let emulator = Emulator::builder().stopped().start().await.unwrap();
    let job = started(&emulator).await;
    let times = When::Next(2);
    emulator
        .inject(Operation::GetJob, times, Fault::Html { status: 502 })
        .unwrap();
    emulator.advance(Duration::from_secs(60));
    let updates = job.wait().with_options(fast()).into_stream();
    let events: Vec<_> = updates.collect().await;
    assert!(matches!(
        &events[..],
        [
            Ok(JobEvent::PollError(_)),
            Ok(JobEvent::PollError(_)),
            Ok(JobEvent::Completed(_))
        ]
    ));
    // Their number has a limit of its own.
    emulator
        .inject(Operation::GetJob, When::Next(2), Fault::ResetBefore)
        .unwrap();
    let wait = job.wait().with_options(fast().max_poll_errors(2));
    let error = wait.await.unwrap_err();
    assert_eq!(error.job_id(), Some(job.id()));
    assert!(!error.is_job_failed() && !error.is_halted());
}

#[tokio::test]
async fn woken_wait_polls_immediately() {
    let emulator = Emulator::builder().stopped().start().await.unwrap();
    let job = started(&emulator).await;
    let hour = Duration::from_secs(3600);
    let wait = job
        .wait()
        .with_options(poll_every(hour).timeout(hour))
        .into_future();
    let wait = tokio::spawn(wait);
    emulator.advance(Duration::from_secs(60));
    // Also before it sleeps: the nudge is not lost.
    job.clone().wake();
    let soon = Duration::from_secs(20);
    let waited = tokio::time::timeout(soon, wait).await.unwrap();
    assert_eq!(waited.unwrap().unwrap().images().len(), 4);

    // While it sleeps.
    let emulator = Emulator::builder().stopped().start().await.unwrap();
    let job = started(&emulator).await;
    let wait = tokio::spawn(
        job.wait()
            .with_options(poll_every(hour).timeout(hour))
            .into_future(),
    );
    job.wake();
    while emulator.journal().len() < 2 {
        tokio::time::sleep(Duration::from_millis(2)).await;
    }
    emulator.advance(Duration::from_secs(60));
    job.wake();
    // Nudges that follow closely are one, a second after the last look.
    let waited = tokio::time::timeout(soon, wait).await.unwrap();
    assert_eq!(waited.unwrap().unwrap().images().len(), 4);
    assert_eq!(emulator.journal().len(), 3);
}

#[tokio::test]
async fn dropped_wait_loses_nothing() {
    let emulator = Emulator::builder().stopped().start().await.unwrap();
    let job = started(&emulator).await;
    let wait = job.wait().with_options(fast());
    let waited = tokio::time::timeout(Duration::from_millis(20), wait).await;
    assert!(waited.is_err());
    emulator.advance(Duration::from_secs(60));
    job.wait().with_options(fast()).await.unwrap();
    assert_eq!(emulator.job_counts().len(), 1);
}

#[tokio::test]
async fn rejected_poll_honors_retry_after() {
    let emulator = Emulator::builder().stopped().start().await.unwrap();
    let job = started(&emulator).await;
    emulator.advance(Duration::from_secs(60));
    let refusal = |retry_after: &str| {
        serde_json::from_value(json!({"kind": "status", "status": 429, "retry_after": retry_after}))
            .unwrap()
    };
    // A year is more than there is: one last look at the deadline.
    emulator
        .inject(Operation::GetJob, When::Next(1), refusal("31536000"))
        .unwrap();
    let seen = emulator.journal().len();
    let options = fast().timeout(Duration::from_millis(500));
    job.wait().with_options(options).await.unwrap();
    assert_eq!(emulator.journal().len() - seen, 2);
}

/// A stub whose polls respond in turn, and the last one from then on.
async fn polled(responses: Vec<Response>) -> (Client, Stub) {
    let polls = AtomicUsize::new(0);
    let stub = Stub::start(move |request| {
        if request.line.starts_with("POST") {
            let started = r#"{"jobid":"a-job","verb":"seed_async","status":"started","code":200}"#;
            return Response::json(200, started);
        }
        let poll = polls.fetch_add(1, Ordering::SeqCst);
        responses[poll.min(responses.len() - 1)].clone()
    })
    .await;
    (client_of(&stub), stub)
}

fn completed_with(change: impl FnOnce(&mut serde_json::Value)) -> Response {
    let mut body = Fixture::named("service/200-completed-seed-job").json();
    change(&mut body);
    Response::json(200, body.to_string())
}

#[tokio::test]
async fn late_output_is_polled_for() {
    let early: [fn(&mut serde_json::Value); 5] = [
        |body| body["seed"] = json!(null),
        |body| body["seed"]["attachments"] = json!([]),
        |body| body["seed"]["attachments"] = json!(null),
        |body| {
            let attachments = body["seed"]["attachments"].as_array_mut();
            attachments.unwrap().truncate(2);
        },
        |body| {
            for attachment in body["seed"]["attachments"].as_array_mut().unwrap() {
                attachment["url"] = json!(null);
                attachment["proxy_url"] = json!(null);
            }
        },
    ];
    for (case, change) in early.into_iter().enumerate() {
        let change = |body: &mut serde_json::Value| {
            // No parent that could be checked instead.
            body.as_object_mut().unwrap().remove("parentJobId");
            body["content"] = json!("**a prompt** - <@1> (fast)");
            change(body);
        };
        let complete = completed_with(|_| {});
        let responses = vec![
            completed_with(change),
            Response::drop_connection(),
            complete,
        ];
        let (client, stub) = polled(responses).await;
        let wait = client.job("a-job").wait();
        let retrieval = wait.with_options(fast()).await.unwrap();
        assert_eq!(retrieval.images().len(), 4, "{case}");
        assert!(retrieval.images().iter().all(|image| image.url.is_some()));
        assert_eq!(stub.requests().len(), 3, "{case}");
    }
}

#[tokio::test]
async fn missing_output_costs_three_polls() {
    let two = completed_with(|body| {
        body["seed"]["attachments"]
            .as_array_mut()
            .unwrap()
            .truncate(2);
    });
    let gone = Response::json(404, r#"{"error":"Unable to locate job","code":404}"#);
    for (responses, polls) in [
        (vec![two.clone()], 4),
        // What was there is not lost.
        (vec![two.clone(), gone], 2),
        (vec![two, Response::drop_connection()], 4),
    ] {
        let (client, stub) = polled(responses).await;
        let wait = client.job("a-job").wait();
        let retrieval = wait.with_options(fast()).await.unwrap();
        assert_eq!(retrieval.images().len(), 2);
        assert_eq!(stub.requests().len(), polls);
    }
}

#[tokio::test]
async fn not_found_right_after_start_is_retried() {
    let lag = || Response::json(404, r#"{"error":"Unable to locate job","code":404}"#);
    let complete = completed_with(|_| {});
    let (client, _stub) = polled(vec![lag(), lag(), lag(), complete]).await;
    let started = client.submit("a-parent").await.unwrap();
    let SubmitOutcome::Started(job) = started else {
        panic!("{started:?}");
    };
    let wait = job.wait().with_options(fast());
    wait.await.unwrap();

    // As for one that another process has started.
    let (client, _stub) = polled(vec![lag(), completed_with(|_| {})]).await;
    let handle = JobHandle::new("a-job").with_parent("a-parent");
    let wait = client.job(handle).wait();
    wait.with_options(fast()).await.unwrap();

    // It counts at the fourth poll, or at once for a job of unknown age.
    for (unknown_polls, polls) in [(3, 4), (0, 1)] {
        let (client, stub) = polled(vec![lag()]).await;
        let options = fast().max_unknown_polls(unknown_polls);
        let wait = client.job("a-job").wait().with_options(options);
        let error = wait.await.unwrap_err();
        assert!(error.is_not_found(), "{error}");
        assert_eq!(stub.requests().len(), polls);
    }
}

#[tokio::test]
async fn gateway_4xx_and_3xx_do_not_end_a_wait() {
    let html = |status| Response::new(status, "text/html", "<h1>no</h1>");
    let mut responses: Vec<_> = [301, 302, 307, 400, 401, 402, 403, 404, 405, 409, 418, 425]
        .map(html)
        .into();
    responses.push(Response::json(403, r#"{"message":"Forbidden"}"#));
    responses.push(completed_with(|_| {}));
    let count = responses.len();
    let (client, stub) = polled(responses).await;
    let options = fast().max_poll_errors(u32::MAX);
    let wait = client.job("a-job").wait().with_options(options);
    wait.await.unwrap();
    assert_eq!(stub.requests().len(), count);
}

#[tokio::test]
async fn unparseable_response_is_reported_as_invalid() {
    let invalid = || Response::json(200, r#"{"jobid":"a-job","progress":NaN}"#);
    // Also where the poll at the deadline brought nothing.
    for last in [invalid(), Response::drop_connection()] {
        let (client, stub) = polled(vec![invalid(), last]).await;
        let options = poll_every(Duration::from_secs(1))
            .timeout(Duration::from_millis(300))
            .max_poll_errors(u32::MAX);
        let wait = client.job("a-job").wait().with_options(options);
        let error = wait.await.unwrap_err();
        let is_invalid = matches!(error.kind(), ErrorKind::InvalidResponse { .. });
        assert!(is_invalid, "{error}");
        assert_eq!(error.job_id(), Some("a-job"));
        assert!(error.body().unwrap().ends_with(b"NaN}"));
        assert_eq!(stub.requests().len(), 2);
    }
}

#[tokio::test]
async fn end_of_another_job_does_not_end_a_wait() {
    for status in ["failed", "cancelled", "moderated"] {
        let nothing = Response::json(200, json!({ "status": status }).to_string());
        let other = json!({"jobid": "another", "verb": "seed_async", "status": status});
        let other = Response::json(200, other.to_string());
        let own = json!({"jobid": "a-job", "status": status}).to_string();
        let (client, stub) = polled(vec![nothing, other, Response::json(200, own)]).await;
        let wait = client.job("a-job").wait();
        let error = wait.with_options(fast()).await.unwrap_err();
        assert!(
            matches!(error.kind(), ErrorKind::JobFailed { .. }),
            "{error}"
        );
        assert_eq!(stub.requests().len(), 3);
    }
}
