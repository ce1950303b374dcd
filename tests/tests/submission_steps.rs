//! A submission that is taken step by step, stored as JSON in between, and continued
//! by another one.

#![allow(clippy::panic, clippy::unwrap_used, reason = "a test fails by it")]

use std::time::Duration;

use useapi_seed::{
    Client, Disposition, JobHandle, Next, Resubmit, Step, Submission, SubmissionState,
    SubmitOptions, SubmitOutcome, WaitOptions,
};
use useapi_seed_emulator::{Emulator, Fault, Operation, Trigger};
use useapi_seed_tests::no_retry;

/// The request timeout, and the settle margin.
const TIMEOUT: Duration = Duration::from_millis(300);
/// More steps than a submission needs.
const MAX_STEPS: usize = 50;

async fn emulator(fault: Option<Fault>) -> Emulator {
    let mut builder = Emulator::builder().paused();
    if let Some(fault) = fault {
        builder = builder.fault(Operation::RetrieveSeed, Trigger::Next(1), fault);
    }
    builder.start().await.unwrap()
}

/// Here the emulator renders the parent's image now, and not while a search waits
/// for it.
async fn rendered(fault: Option<Fault>) -> Emulator {
    let emulator = emulator(fault).await;
    let builder = Client::builder(emulator.token()).base_url(emulator.base_url());
    let parent = builder.build().unwrap().job(&emulator.jobs().imagine);
    assert!(parent.poll().await.is_err(), "it has no seed yet");
    emulator
}

fn client(emulator: &Emulator) -> Client {
    // The first poll after the end takes longer: the emulator renders the images.
    let wait_options = WaitOptions::default().request_timeout(Duration::from_secs(60));
    let builder = Client::builder(emulator.token()).base_url(emulator.base_url());
    let builder = builder.request_timeout(TIMEOUT).settle_margin(TIMEOUT);
    let builder = builder.wait_options(wait_options).retry(no_retry());
    builder.build().unwrap()
}

fn submission(emulator: &Emulator, options: SubmitOptions) -> Submission {
    let client = client(emulator);
    let parent = &emulator.jobs().imagine;
    client.submission(parent, options).unwrap()
}

/// What another process reads of a state.
fn stored(state: &SubmissionState) -> SubmissionState {
    let text = serde_json::to_string(state).unwrap();
    let restored = serde_json::from_str(&text).unwrap();
    assert_eq!(*state, restored, "{text}");
    restored
}

fn started(emulator: &Emulator) -> u64 {
    let counts = emulator.job_counts();
    let counts = counts.get(&emulator.jobs().imagine);
    counts.map_or(0, |counts| counts.started)
}

/// How many calls of this operation there were.
fn calls(emulator: &Emulator, operation: Operation) -> usize {
    let calls = emulator.journal().into_iter();
    calls
        .filter(|call| call.operation == Some(operation))
        .count()
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
    let emulator = rendered(None).await;
    let options = SubmitOptions::default().resubmit(Resubmit::WhenSettled);
    let lost = Some(Fault::ResetBefore);
    let late = Some(Fault::late(TIMEOUT + TIMEOUT / 4));
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
            let when = Trigger::Next(1);
            emulator
                .inject(Operation::RetrieveSeed, when, fault)
                .unwrap();
        }
        let before = started(&emulator);
        let mut killed = submission(&emulator, options.clone());
        let mut state = SubmissionState::Planned;
        for _ in 0..steps {
            state = stored(&killed.step(state).await.state);
        }
        drop(killed);
        let step = last_step(submission(&emulator, options.clone()), state).await;
        let SubmissionState::Started { job, .. } = step.state else {
            panic!("{fault:?}, {steps}: {step:?}");
        };
        assert_eq!(started(&emulator) - before, 1, "{fault:?}, {steps}");
        client(&emulator).job(job).cancel().await.unwrap();
    }
}

#[tokio::test]
async fn request_is_sent_only_after_its_intent() {
    let emulator = emulator(None).await;
    let mut submission = submission(&emulator, SubmitOptions::default());
    let step = submission.step(SubmissionState::Planned).await;
    assert!(matches!(step.state, SubmissionState::Intent(_)));
    assert_eq!((step.next, step.error.is_none()), (Next::Now, true));
    assert_eq!(calls(&emulator, Operation::RetrieveSeed), 0);
    let step = submission.step(step.state).await;
    assert!(matches!(step.state, SubmissionState::Started { .. }));
    assert_eq!(calls(&emulator, Operation::RetrieveSeed), 1);
}

#[tokio::test]
async fn dropped_step_is_followed_by_a_search() {
    let emulator = rendered(Some(Fault::Stall { bytes: 0 })).await;
    let mut submission = submission(&emulator, SubmitOptions::default());
    let intent = submission.step(SubmissionState::Planned).await.state;
    {
        let step = std::pin::pin!(submission.step(intent.clone()));
        let started = async {
            while started(&emulator) == 0 {
                tokio::time::sleep(Duration::from_millis(1)).await;
            }
        };
        tokio::select! {
            step = step => panic!("{step:?}"),
            () = started => {}
        }
    }
    let step = submission.step(intent).await;
    assert!(matches!(step.state, SubmissionState::Started { .. }));
    assert_eq!(calls(&emulator, Operation::RetrieveSeed), 1);
}

#[tokio::test]
async fn foreign_intent_is_searched_for_three_times() {
    let emulator = rendered(None).await;
    let mut other = submission(&emulator, SubmitOptions::default());
    let intent = other.step(SubmissionState::Planned).await.state;
    let own = submission(&emulator, SubmitOptions::default());
    let step = last_step(own, intent.clone()).await;
    assert_eq!(step.state, intent);
    assert_eq!(calls(&emulator, Operation::RetrieveSeed), 0);
    assert_eq!(calls(&emulator, Operation::ListJobs), 3);
    let error = step.error.unwrap();
    let parent = emulator.jobs().imagine.as_str();
    assert_eq!(error.parent_job_id(), Some(parent));
    assert!(error.may_have_been_sent());
    assert!(error.settles_in().is_some());
    assert!(error.to_string().contains("after 3 searches"), "{error}");
}

#[tokio::test]
async fn failed_searches_prove_nothing() {
    for status in [500, 596] {
        let emulator = rendered(None).await;
        for operation in [Operation::ListJobs, Operation::GetJob] {
            let fault = Fault::status(status);
            emulator
                .inject(operation, Trigger::Next(100), fault)
                .unwrap();
        }
        let options = SubmitOptions::default().resubmit(Resubmit::WhenSettled);
        let options = options.timeout(4 * TIMEOUT);
        let mut other = submission(&emulator, options.clone());
        let intent = other.step(SubmissionState::Planned).await.state;
        tokio::time::sleep(2 * TIMEOUT).await;
        let own = submission(&emulator, options);
        let step = last_step(own, intent.clone()).await;
        assert_eq!(step.state, intent, "{status}");
        assert_eq!(calls(&emulator, Operation::RetrieveSeed), 0, "{status}");
        let error = step.error.unwrap();
        let parent = emulator.jobs().imagine.as_str();
        assert_eq!(error.parent_job_id(), Some(parent), "{error}");
        assert!(error.may_have_been_sent(), "{error}");
        if status == 596 {
            let disposition = error.verdict().disposition;
            assert!(matches!(disposition, Disposition::Halted { .. }), "{error}");
            assert_eq!(calls(&emulator, Operation::ListJobs), 1);
        }
    }
}

#[tokio::test]
async fn halted_account_is_not_called_again() {
    let emulator = emulator(Some(Fault::status(596))).await;
    let own = submission(&emulator, SubmitOptions::default());
    let step = last_step(own, SubmissionState::Planned).await;
    assert!(matches!(step.state, SubmissionState::Halted { .. }));
    assert!(step.error.unwrap().is_halted());
    let before = emulator.journal().len();
    let own = submission(&emulator, SubmitOptions::default());
    let again = last_step(own, step.state).await;
    assert!(matches!(again.state, SubmissionState::Halted { .. }));
    assert_eq!(emulator.journal().len(), before);
}

#[tokio::test]
async fn rejection_for_the_moment_is_planned_again() {
    let busy = Fault::Status {
        status: 429,
        retry_after: Some("7".to_owned()),
    };
    let emulator = emulator(Some(busy)).await;
    let options = SubmitOptions::default().retry(no_retry().max_attempts(2));
    let mut own = submission(&emulator, options);
    let intent = own.step(SubmissionState::Planned).await.state;
    let step = own.step(intent).await;
    assert_eq!(step.state, SubmissionState::Planned);
    assert_eq!(step.next, Next::After(Duration::from_secs(7)));
    assert!(step.error.unwrap().is_too_many_jobs());
}

/// Storing takes longer than an intent may wait for its request.
#[tokio::test]
async fn intent_that_is_stored_too_slowly_is_never_sent() {
    let emulator = emulator(None).await;
    let options = SubmitOptions::default().timeout(2 * TIMEOUT);
    let mut own = submission(&emulator, options);
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
    assert_eq!(calls(&emulator, Operation::RetrieveSeed), 0);
}

#[tokio::test]
async fn job_stored_by_another_process_is_polled() {
    let emulator = emulator(None).await;
    let mut own = submission(&emulator, SubmitOptions::default());
    let mut state = SubmissionState::Planned;
    while !matches!(state, SubmissionState::Started { .. }) {
        state = own.step(state).await.state;
    }
    // It has a poller from here on.
    own.step(state).await;
    let button = emulator.jobs().button.as_str();
    let other = client(&emulator).submit(button).await;
    let Ok(SubmitOutcome::Started(other)) = other else {
        panic!("{other:?}");
    };
    emulator.advance(Duration::from_secs(60));
    let started = |job| SubmissionState::Started {
        job,
        progress: None,
    };
    let handle = JobHandle::new(other.id());
    // The state of another submission is not continued.
    let foreign = started(handle.clone().with_parent(button));
    let step = own.step(foreign.clone()).await;
    assert_eq!((step.state, step.next), (foreign, Next::Stop));
    assert_eq!(
        step.error.unwrap().to_string(),
        "state belongs to another parent job"
    );
    let step = own.step(started(handle)).await;
    let SubmissionState::Completed { result } = step.state else {
        panic!("{step:?}");
    };
    assert_eq!(result.job_id(), other.id());
}
