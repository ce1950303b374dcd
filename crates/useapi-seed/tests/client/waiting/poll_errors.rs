//! Polls that fail: which of them end a wait, and how the error reports it.

use std::time::Duration;

use futures_util::StreamExt;
use useapi_seed::{Error, ErrorKind, JobEvent, JobHandle, SeedResult, WaitOptions};
use useapi_seed_tests::{Response, Stub, fast, poll_every, started};

fn progress() -> Response {
    Response::fixture("service/200-in-progress")
}

fn completed() -> Response {
    Response::completed_with(|_| {})
}

fn not_found() -> Response {
    Response::json(404, r#"{"error":"Unable to locate job","code":404}"#)
}

async fn wait(stub: &Stub, options: WaitOptions) -> Result<SeedResult, Error> {
    let wait = stub.client().job("<jobid>").wait();
    wait.with_options(options).await
}

#[tokio::test]
async fn failed_polls_do_not_end_a_wait() {
    let responses = vec![
        progress(),
        Response::html(503),
        progress().truncated(20),
        Response::json(429, r#"{"error":"slow down","code":429}"#),
        Response::json(200, "null"),
        progress(),
        completed(),
    ];
    let stub = Stub::in_turn(responses).await;
    let events = stub.client().job("<jobid>").wait().into_stream();
    let (mut pauses, mut errors, mut seeds) = (Vec::new(), Vec::new(), Vec::new());
    for event in events.map(Result::unwrap).collect::<Vec<_>>().await {
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
async fn failed_polls_in_a_row_end_a_wait_at_the_limit() {
    for (options, limit) in [(fast(), 5), (fast().max_poll_errors(2), 2)] {
        let stub = Stub::always(Response::html(502)).await;
        let error = wait(&stub, options).await.unwrap_err();
        assert_eq!(error.status().map(|status| status.as_u16()), Some(502));
        assert_eq!(error.job_id(), Some("<jobid>"));
        assert!(!error.is_job_failed() && !error.is_halted());
        assert_eq!(
            (error.attempts(), stub.requests().len()),
            (limit, limit as usize)
        );
        assert!(
            error.elapsed() >= Duration::from_millis(u64::from(limit) - 1),
            "{error}"
        );
    }
}

#[tokio::test]
async fn unknown_job_is_not_reported_as_running() {
    let stub = Stub::always(Response::html(502)).await;
    let options = WaitOptions::default().timeout(Duration::from_millis(1));
    let error = wait(&stub, options).await.unwrap_err();
    assert!(matches!(error.kind(), ErrorKind::UnexpectedStatus));

    // After one poll that found it, it is; the last error is the source.
    let stub = Stub::in_turn(vec![progress(), Response::html(502)]).await;
    let options = poll_every(Duration::from_secs(1)).timeout(Duration::from_millis(100));
    let error = wait(&stub, options).await.unwrap_err();
    let is_running = matches!(error.kind(), ErrorKind::WaitTimeout { polls: 2, .. });
    assert!(is_running, "{error}");
    assert!(error.to_string().contains("HTTP 502"), "{error}");
}

/// A year is beyond the deadline, where the final poll is.
#[tokio::test]
async fn rejected_poll_honors_retry_after() {
    let busy = Response::json(429, r#"{"error":"slow down","code":429}"#);
    let busy = busy.header("retry-after", "31536000");
    let stub = Stub::in_turn(vec![busy, completed()]).await;
    let options = fast().timeout(Duration::from_millis(500));
    wait(&stub, options).await.unwrap();
    assert_eq!(stub.requests().len(), 2);
}

#[tokio::test]
async fn not_found_right_after_start_is_retried() {
    let start = r#"{"jobid":"a-job","verb":"seed_async","status":"started","code":200}"#;
    let start = Response::json(200, start);
    let responses = vec![start, not_found(), not_found(), not_found(), completed()];
    let stub = Stub::in_turn(responses).await;
    let job = started(stub.client().submit("a-parent").await);
    job.wait().await.unwrap();

    // Also for a job that another process has started.
    let stub = Stub::in_turn(vec![not_found(), completed()]).await;
    let handle = JobHandle::new("a-job").with_parent("a-parent");
    stub.client().job(handle).wait().await.unwrap();

    // The fourth poll ends the wait; for a job of unknown age, the first.
    for (unknown_polls, polls) in [(3, 4), (0, 1)] {
        let stub = Stub::always(not_found()).await;
        let error = wait(&stub, fast().max_unknown_polls(unknown_polls)).await;
        let error = error.unwrap_err();
        assert!(error.is_not_found(), "{error}");
        assert_eq!(stub.requests().len(), polls);
    }
}

#[tokio::test]
async fn gateway_4xx_and_3xx_do_not_end_a_wait() {
    let statuses = [301, 302, 307, 400, 401, 402, 403, 404, 405, 409, 418, 425];
    let mut responses: Vec<_> = statuses.map(Response::html).into();
    responses.push(Response::json(403, r#"{"message":"Forbidden"}"#));
    responses.push(completed());
    let count = responses.len();
    let stub = Stub::in_turn(responses).await;
    wait(&stub, fast().max_poll_errors(u32::MAX)).await.unwrap();
    assert_eq!(stub.requests().len(), count);
}

#[tokio::test]
async fn unparseable_response_is_reported_as_invalid() {
    let invalid = || Response::json(200, r#"{"jobid":"<jobid>","progress":NaN}"#);
    // Also when the poll at the deadline has no response.
    for last in [invalid(), Response::drop_connection()] {
        let stub = Stub::in_turn(vec![invalid(), last]).await;
        let options = poll_every(Duration::from_secs(1))
            .timeout(Duration::from_millis(300))
            .max_poll_errors(u32::MAX);
        let error = wait(&stub, options).await.unwrap_err();
        let is_invalid = matches!(error.kind(), ErrorKind::InvalidResponse { .. });
        assert!(is_invalid, "{error}");
        assert_eq!(error.job_id(), Some("<jobid>"));
        assert!(error.body().unwrap().ends_with(b"NaN}"));
        assert_eq!(stub.requests().len(), 2);
    }
}
