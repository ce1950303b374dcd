//! Polls that fail: which of them end a wait, and how the error reports it.

use std::time::Duration;

use futures_util::StreamExt;
use useapi_seed::{ErrorKind, JobEvent, JobHandle, SubmitOutcome, WaitOptions};
use useapi_seed_emulator::{Emulator, Fault, Operation, Trigger};
use useapi_seed_tests::{Fixture, Response, Stub, poll_every};

use crate::{client_of, completed_with, fast, started};

#[tokio::test]
async fn failed_polls_do_not_end_a_wait() {
    let progress = || Response::json(200, Fixture::named("service/200-in-progress").text);
    let responses = vec![
        progress(),
        Response::new(503, "text/html", "<html>busy</html>"),
        progress().truncated(20),
        Response::json(429, r#"{"error":"slow down","code":429}"#),
        Response::json(200, "null"),
        progress(),
        completed_with(|_| {}),
    ];
    let stub = Stub::in_turn(responses).await;
    let wait = client_of(&stub).job("<jobid>").wait().with_options(fast());
    let events = wait.into_stream().map(Result::unwrap);
    let (mut pauses, mut errors, mut seeds) = (Vec::new(), Vec::new(), Vec::new());
    for event in events.collect::<Vec<_>>().await {
        match event {
            JobEvent::Sleeping(pause) => pauses.push(pause),
            JobEvent::PollError(error) => errors.push(error.to_string()),
            JobEvent::Completed(result) => seeds.push(result.seed()),
            _ => {}
        }
    }
    assert_eq!(seeds, [4_294_967_295]);
    assert_eq!(stub.requests().len(), 7);
    // Before each poll but the first, for the interval and at most a tenth more.
    assert_eq!(pauses.len(), 6, "{pauses:?}");
    let longest = Duration::from_micros(1_100);
    assert!(pauses.iter().all(|pause| *pause <= longest), "{pauses:?}");
    // Each failed poll is an event, and no other poll.
    assert_eq!(errors.len(), 4, "{errors:?}");
    let has_id = |error: &String| error.contains("<jobid>");
    assert!(errors.iter().all(has_id), "{errors:?}");
}

#[tokio::test]
async fn five_failed_polls_in_a_row_end_a_wait() {
    let stub = Stub::always(Response::new(502, "text/html", "<html>")).await;
    let wait = client_of(&stub).job("<jobid>").wait().with_options(fast());
    let error = wait.await.unwrap_err();
    assert_eq!(error.status().map(|status| status.as_u16()), Some(502));
    assert_eq!(error.job_id(), Some("<jobid>"));
    assert_eq!((error.attempts(), stub.requests().len()), (5, 5));
    assert!(error.elapsed() >= Duration::from_millis(4), "{error}");
}

#[tokio::test]
async fn failed_poll_is_an_event_up_to_the_limit() {
    let emulator = Emulator::builder().paused().start().await.unwrap();
    let job = started(&emulator).await;
    emulator
        .inject(
            Operation::GetJob,
            Trigger::Next(2),
            Fault::Html { status: 502 },
        )
        .unwrap();
    emulator.advance(Duration::from_secs(60));
    let events = job.wait().with_options(fast()).into_stream();
    let events = events.filter(|event| {
        let is_pause = matches!(event, Ok(JobEvent::Sleeping(_)));
        async move { !is_pause }
    });
    let events: Vec<_> = events.collect().await;
    let [
        Ok(JobEvent::PollError(_)),
        Ok(JobEvent::PollError(_)),
        Ok(JobEvent::Completed(_)),
    ] = events.as_slice()
    else {
        panic!("{events:?}");
    };

    emulator
        .inject(Operation::GetJob, Trigger::Next(2), Fault::ResetBefore)
        .unwrap();
    let wait = job.wait().with_options(fast().max_poll_errors(2));
    let error = wait.await.unwrap_err();
    assert_eq!(error.job_id(), Some(job.id()));
    assert!(!error.is_job_failed() && !error.is_halted());
}

#[tokio::test]
async fn unknown_job_is_not_reported_as_running() {
    let stub = Stub::always(Response::new(502, "text/html", "<html>")).await;
    let options = WaitOptions::default().timeout(Duration::from_millis(1));
    let wait = client_of(&stub).job("a-job").wait().with_options(options);
    let error = wait.await.unwrap_err();
    assert!(matches!(error.kind(), ErrorKind::UnexpectedStatus));

    // After one poll that found it, it is; the last error is the source.
    let progress = Fixture::named("service/200-in-progress").text;
    let responses = vec![
        Response::json(200, progress),
        Response::new(502, "text/html", "<html>"),
    ];
    let stub = Stub::in_turn(responses).await;
    let options = poll_every(Duration::from_secs(1)).timeout(Duration::from_millis(100));
    let wait = client_of(&stub).job("a-job").wait().with_options(options);
    let error = wait.await.unwrap_err();
    assert!(
        matches!(error.kind(), ErrorKind::WaitTimeout { polls: 2, .. }),
        "{error}"
    );
    assert!(error.to_string().contains("HTTP 502"), "{error}");
}

#[tokio::test]
async fn rejected_poll_honors_retry_after() {
    let emulator = Emulator::builder().paused().start().await.unwrap();
    let job = started(&emulator).await;
    emulator.advance(Duration::from_secs(60));
    let mut rejection = Fault::status(429);
    if let Fault::Status { retry_after, .. } = &mut rejection {
        *retry_after = Some("31536000".to_owned());
    }
    emulator
        .inject(Operation::GetJob, Trigger::Next(1), rejection)
        .unwrap();
    let before = emulator.journal().len();
    // A year is beyond the deadline, where the final poll is.
    let options = fast().timeout(Duration::from_millis(500));
    job.wait().with_options(options).await.unwrap();
    assert_eq!(emulator.journal().len() - before, 2);
}

#[tokio::test]
async fn not_found_right_after_start_is_retried() {
    let not_found = || Response::json(404, r#"{"error":"Unable to locate job","code":404}"#);
    let completed = || completed_with(|_| {});
    let start = r#"{"jobid":"a-job","verb":"seed_async","status":"started","code":200}"#;
    let start = Response::json(200, start);
    let responses = vec![start, not_found(), not_found(), not_found(), completed()];
    let stub = Stub::in_turn(responses).await;
    let outcome = client_of(&stub).submit("a-parent").await.unwrap();
    let SubmitOutcome::Started(job) = outcome else {
        panic!("{outcome:?}");
    };
    job.wait().with_options(fast()).await.unwrap();

    // Also for a job that another process has started.
    let stub = Stub::in_turn(vec![not_found(), completed()]).await;
    let handle = JobHandle::new("a-job").with_parent("a-parent");
    let wait = client_of(&stub).job(handle).wait();
    wait.with_options(fast()).await.unwrap();

    // The fourth poll ends the wait; for a job of unknown age, the first.
    for (unknown_polls, polls) in [(3, 4), (0, 1)] {
        let stub = Stub::always(not_found()).await;
        let options = fast().max_unknown_polls(unknown_polls);
        let wait = client_of(&stub).job("a-job").wait().with_options(options);
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
    let stub = Stub::in_turn(responses).await;
    let options = fast().max_poll_errors(u32::MAX);
    let wait = client_of(&stub).job("a-job").wait().with_options(options);
    wait.await.unwrap();
    assert_eq!(stub.requests().len(), count);
}

#[tokio::test]
async fn unparseable_response_is_reported_as_invalid() {
    let invalid = || Response::json(200, r#"{"jobid":"a-job","progress":NaN}"#);
    // Also when the poll at the deadline has no response.
    for last in [invalid(), Response::drop_connection()] {
        let stub = Stub::in_turn(vec![invalid(), last]).await;
        let options = poll_every(Duration::from_secs(1))
            .timeout(Duration::from_millis(300))
            .max_poll_errors(u32::MAX);
        let wait = client_of(&stub).job("a-job").wait().with_options(options);
        let error = wait.await.unwrap_err();
        let is_invalid = matches!(error.kind(), ErrorKind::InvalidResponse { .. });
        assert!(is_invalid, "{error}");
        assert_eq!(error.job_id(), Some("a-job"));
        assert!(error.body().unwrap().ends_with(b"NaN}"));
        assert_eq!(stub.requests().len(), 2);
    }
}
