//! A submission that is taken step by step, stored as JSON in between, and continued
//! by another one.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use futures_util::future::join_all;
use serde_json::json;
use useapi_seed::{
    Disposition, Intent, JobHandle, Next, Resubmit, Step, Submission, SubmissionState,
    SubmitOptions,
};
use useapi_seed_emulator::{Fault, Operation};
use useapi_seed_tests::{Harness, Response, Stub, no_retry, started, wait_until};

/// The request timeout, and the settle margin, where a test waits for them.
const TIMEOUT: Duration = Duration::from_millis(600);
/// More steps than a submission needs.
const MAX_STEPS: usize = 10_000;

/// The next submission has this fault. The parent's image is rendered.
async fn harness(fault: impl IntoIterator<Item = Fault>) -> Harness {
    let harness = Harness::paused().await;
    harness.render().await;
    for fault in fault {
        harness.inject(Operation::RetrieveSeed, 1, fault);
    }
    harness
}

/// Its submissions are settled soon.
async fn settling(fault: impl IntoIterator<Item = Fault>) -> Harness {
    let harness = harness(fault).await;
    harness.configured(|builder| builder.request_timeout(TIMEOUT).settle_margin(TIMEOUT))
}

fn submission(harness: &Harness, options: SubmitOptions) -> Submission {
    let parent = harness.parent();
    harness.client.submission(parent, options).unwrap()
}

fn when_settled() -> SubmitOptions {
    SubmitOptions::default().resubmit(Resubmit::WhenSettled)
}

/// What another process reads of a state.
fn stored(state: &SubmissionState) -> SubmissionState {
    let text = serde_json::to_string(state).unwrap();
    let restored = serde_json::from_str(&text).unwrap();
    assert_eq!(*state, restored, "{text}");
    restored
}

/// The state after the intent of another process is stored.
async fn intent(harness: &Harness, options: SubmitOptions) -> SubmissionState {
    let mut other = submission(harness, options);
    let step = other.step(SubmissionState::Planned).await;
    assert!(matches!(step.state, SubmissionState::Intent(_)));
    assert_eq!((step.next, step.error.is_none()), (Next::Now, true));
    step.state
}

/// Steps until a job is started, or nothing more is to be done.
async fn last_step(mut submission: Submission, mut state: SubmissionState) -> Step {
    for _ in 0..MAX_STEPS {
        let step = submission.step(stored(&state)).await;
        match step.next {
            _ if matches!(step.state, SubmissionState::Started { .. }) => return step,
            Next::Now => {}
            Next::After(pause) => tokio::time::sleep(pause).await,
            Next::Stop => return step,
        }
        state = step.state;
    }
    panic!("{MAX_STEPS} steps did not end it: {state:?}");
}

#[tokio::test]
async fn kill_after_any_step_starts_exactly_one_job() {
    let harness = settling(None).await;
    let lost = Some(Fault::ResetBefore);
    let late = Some(Fault::latency(TIMEOUT + TIMEOUT / 4));
    for (steps, fault) in [
        (1, None),
        (2, None),
        (2, Some(Fault::ResetAfter)),
        (2, Some(Fault::TruncatedBody { bytes: 40 })),
        (2, lost.clone()),
        (3, lost.clone()),
        (4, lost),
        (2, late.clone()),
        (3, late),
    ] {
        if let Some(fault) = fault.clone() {
            harness.inject(Operation::RetrieveSeed, 1, fault);
        }
        let before = harness.started();
        let mut killed = submission(&harness, when_settled());
        let mut state = SubmissionState::Planned;
        for _ in 0..steps {
            state = stored(&killed.step(state).await.state);
        }
        drop(killed);
        let step = last_step(submission(&harness, when_settled()), state).await;
        let SubmissionState::Started { job, .. } = step.state else {
            panic!("{fault:?}, {steps}: {step:?}");
        };
        assert_eq!(harness.started() - before, 1, "{fault:?}, {steps}");
        harness.client.job(job).cancel().await.unwrap();
    }
}

#[tokio::test]
async fn request_is_sent_only_after_its_intent() {
    let harness = harness(None).await;
    let mut own = submission(&harness, SubmitOptions::default());
    let step = own.step(SubmissionState::Planned).await;
    assert!(matches!(step.state, SubmissionState::Intent(_)));
    assert_eq!(harness.calls(Operation::RetrieveSeed), 0);
    let step = own.step(step.state).await;
    assert!(matches!(step.state, SubmissionState::Started { .. }));
    assert_eq!(harness.calls(Operation::RetrieveSeed), 1);
}

#[tokio::test]
async fn dropped_step_is_followed_by_a_search() {
    let harness = harness(Some(Fault::Stall { bytes: 0 })).await;
    let mut own = submission(&harness, SubmitOptions::default());
    let intent = own.step(SubmissionState::Planned).await.state;
    tokio::select! {
        step = own.step(intent.clone()) => panic!("{step:?}"),
        () = wait_until(|| harness.started() > 0) => {}
    }
    let step = own.step(intent).await;
    assert!(matches!(step.state, SubmissionState::Started { .. }));
    assert_eq!(harness.calls(Operation::RetrieveSeed), 1);
}

#[tokio::test]
async fn foreign_intent_is_searched_for_three_times() {
    let harness = harness(None).await;
    let intent = intent(&harness, SubmitOptions::default()).await;
    let own = submission(&harness, SubmitOptions::default());
    let step = last_step(own, intent.clone()).await;
    assert_eq!(step.state, intent);
    assert_eq!(harness.calls(Operation::RetrieveSeed), 0);
    assert_eq!(harness.calls(Operation::ListJobs), 3);
    let error = step.error.unwrap();
    assert_eq!(error.parent_job_id(), Some(harness.parent()));
    assert!(error.may_have_been_sent());
    assert!(error.settles_in().is_some());
    assert!(error.to_string().contains("after 3 searches"), "{error}");
}

#[tokio::test]
async fn failed_search_is_reported_and_repeated() {
    let harness = harness(None).await;
    harness.inject(Operation::ListJobs, 1, Fault::status(500));
    let mut own = submission(&harness, SubmitOptions::default());
    let intent = SubmissionState::Intent(Intent::foreign(UNIX_EPOCH, Duration::ZERO));
    let step = own.step(intent.clone()).await;
    assert_eq!(step.state, intent);
    assert!(matches!(step.next, Next::After(_)), "{:?}", step.next);
    let error = step.error.unwrap();
    assert_eq!(error.status().map(|status| status.as_u16()), Some(500));
}

/// The search that counts is not delayed by a long backoff.
#[tokio::test]
async fn next_search_is_due_when_intent_settles() {
    let harness = harness(None).await;
    let day = Duration::from_secs(86_400);
    let retry = no_retry().initial_backoff(day).max_backoff(day);
    let mut own = submission(&harness, when_settled().retry(retry));
    let intent = Intent::foreign(SystemTime::now(), TIMEOUT * 100);
    let step = own.step(SubmissionState::Intent(intent)).await;
    let Next::After(pause) = step.next else {
        panic!("{step:?}");
    };
    assert!(pause <= TIMEOUT * 100, "{pause:?}");
}

/// Two responses are lost, of which one is another process's.
#[tokio::test]
async fn resubmission_after_foreign_loss_is_the_last() {
    let harness = settling([Fault::ResetBefore, Fault::ResetBefore]).await;
    let intent = Intent::foreign(UNIX_EPOCH, Duration::ZERO);
    let own = submission(&harness, when_settled());
    let step = last_step(own, SubmissionState::Intent(intent)).await;
    assert!(step.error.unwrap().may_have_been_sent());
    assert_eq!(harness.calls(Operation::RetrieveSeed), 1);
}

#[tokio::test]
async fn rejected_resubmission_is_retried() {
    let harness = harness([Fault::ResetBefore, Fault::status(429)]).await;
    let options = SubmitOptions::default().resubmit(Resubmit::Immediately);
    let options = options.retry(no_retry().max_attempts(9));
    let mut own = submission(&harness, options);
    let mut step = own.step(SubmissionState::Planned).await;
    while step.error.is_none() {
        assert_eq!(step.next, Next::Now);
        step = own.step(step.state).await;
    }
    assert!(step.error.unwrap().is_too_many_jobs());
    assert!(matches!(step.state, SubmissionState::Intent(_)));
    assert!(matches!(step.next, Next::After(_)), "{:?}", step.next);
}

#[tokio::test]
async fn end_of_the_job_is_the_end_of_the_submission() {
    for (code, is_halted) in [(200, false), (596, true)] {
        let body = json!({"jobid": "9", "status": "failed", "code": code});
        let stub = Stub::always(Response::json(200, body.to_string())).await;
        let client = stub.client();
        let mut own = client.submission("1", SubmitOptions::default()).unwrap();
        let job = JobHandle::new("9");
        let progress = None;
        let step = own.step(SubmissionState::Started { job, progress }).await;
        assert_eq!(step.next, Next::Stop);
        match step.state {
            SubmissionState::Failed { .. } => assert!(!is_halted),
            SubmissionState::Halted { .. } => assert!(is_halted),
            state => panic!("{state:?}"),
        }
    }
}

#[tokio::test]
async fn failed_searches_prove_nothing() {
    join_all([500, 596].map(|status| async move {
        let harness = settling(None).await;
        for operation in [Operation::ListJobs, Operation::GetJob] {
            harness.inject(operation, 100, Fault::status(status));
        }
        let options = when_settled().timeout(4 * TIMEOUT);
        let intent = intent(&harness, options.clone()).await;
        tokio::time::sleep(2 * TIMEOUT).await;
        let own = submission(&harness, options);
        let step = last_step(own, intent.clone()).await;
        assert_eq!(step.state, intent, "{status}");
        assert_eq!(harness.calls(Operation::RetrieveSeed), 0, "{status}");
        let error = step.error.unwrap();
        assert_eq!(error.parent_job_id(), Some(harness.parent()), "{error}");
        assert!(error.may_have_been_sent(), "{error}");
        if status == 596 {
            let disposition = error.verdict().disposition;
            assert!(matches!(disposition, Disposition::Halted { .. }), "{error}");
            assert_eq!(harness.calls(Operation::ListJobs), 1);
        }
    }))
    .await;
}

#[tokio::test]
async fn halted_account_is_not_called_again() {
    let harness = harness(Some(Fault::status(596))).await;
    let own = submission(&harness, SubmitOptions::default());
    let step = last_step(own, SubmissionState::Planned).await;
    assert!(matches!(step.state, SubmissionState::Halted { .. }));
    assert!(step.error.unwrap().is_halted());
    let before = harness.emulator.journal().len();
    let own = submission(&harness, SubmitOptions::default());
    let again = last_step(own, step.state).await;
    assert!(matches!(again.state, SubmissionState::Halted { .. }));
    assert_eq!(harness.emulator.journal().len(), before);
}

#[tokio::test]
async fn transient_rejection_is_planned_again() {
    let busy = Fault::Status {
        status: 429,
        retry_after: Some("7".to_owned()),
    };
    let harness = harness(Some(busy)).await;
    let options = SubmitOptions::default().retry(no_retry().max_attempts(2));
    let mut own = submission(&harness, options);
    let intent = own.step(SubmissionState::Planned).await.state;
    let step = own.step(intent).await;
    assert_eq!(step.state, SubmissionState::Planned);
    assert_eq!(step.next, Next::After(Duration::from_secs(7)));
    assert!(step.error.unwrap().is_too_many_jobs());
}

/// Storing takes longer than an intent may wait for its request.
#[tokio::test]
async fn intent_stored_too_slowly_is_never_sent() {
    let harness = settling(None).await;
    let options = SubmitOptions::default().timeout(2 * TIMEOUT);
    let mut own = submission(&harness, options);
    let mut state = SubmissionState::Planned;
    let error = loop {
        let step = own.step(state).await;
        state = step.state;
        if step.next == Next::Stop {
            break step.error.unwrap();
        }
        tokio::time::sleep(TIMEOUT / 2 + TIMEOUT / 8).await;
    };
    assert_eq!(state, SubmissionState::Planned);
    assert!(error.is_timeout() && !error.may_have_been_sent(), "{error}");
    assert!(error.parent_job_id().is_some());
    assert_eq!(harness.calls(Operation::RetrieveSeed), 0);
}

#[tokio::test]
async fn job_stored_by_another_process_is_polled() {
    let harness = harness(None).await;
    let mut own = submission(&harness, SubmitOptions::default());
    let mut state = SubmissionState::Planned;
    while !matches!(state, SubmissionState::Started { .. }) {
        state = own.step(state).await.state;
    }
    // It has a poller from here on.
    own.step(state).await;
    let button = harness.emulator.jobs().button.as_str();
    let other = started(harness.client.submit(button).await);
    harness.emulator.advance(Duration::from_secs(60));
    let state = |job| SubmissionState::Started {
        job,
        progress: None,
    };
    let handle = JobHandle::new(other.id());
    // The state of another submission is not continued.
    let foreign = state(handle.clone().with_parent(button));
    let step = own.step(foreign.clone()).await;
    assert_eq!((step.state, step.next), (foreign, Next::Stop));
    let line = step.error.unwrap().to_string();
    assert_eq!(line, "state belongs to another parent job");
    assert_eq!(own.job(handle.clone()).id(), other.id());
    let step = own.step(state(handle)).await;
    let SubmissionState::Completed { result } = step.state else {
        panic!("{step:?}");
    };
    assert_eq!(result.job_id(), other.id());
}
