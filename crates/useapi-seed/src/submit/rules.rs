//! Each rule of the protocol by itself.

use std::time::Duration;

use super::options::Resubmit;
use super::protocol::{Action, Execution, Time};
use super::state::{Intent, SubmissionState};

/// Counted from the record, after which the request may still be sent.
const SETTLE_TIME: u64 = 105_000;
const MAX_DELAY: u64 = 15_000;
/// When each test begins.
const START: u64 = 1_000_000;

fn execution(owner: &str) -> Execution {
    let [settle_time, margin] = [SETTLE_TIME - MAX_DELAY, 2 * MAX_DELAY].map(Duration::from_millis);
    Execution::new(owner.to_owned(), settle_time, margin)
}

/// This long after the start.
fn after(time: u64) -> Time {
    Time {
        unix: START + time,
        monotonic: time,
    }
}

fn recorded(execution: &mut Execution, time: u64) -> (SubmissionState, Intent) {
    let state = execution.record(SubmissionState::Planned, after(time));
    let SubmissionState::Intent(intent) = state.clone() else {
        unreachable!("{state:?}");
    };
    (state, intent)
}

#[test]
fn intent_is_recorded_before_the_request() {
    let mut own = execution("a");
    assert_eq!(
        own.action(&SubmissionState::Planned, after(0)),
        Action::Record
    );
    let (state, intent) = recorded(&mut own, 0);
    assert_eq!(intent.recorded_at, START);
    assert_eq!(own.action(&state, after(1)), Action::Send(intent));
}

#[test]
fn foreign_intent_is_only_searched_for() {
    let (state, intent) = recorded(&mut execution("a"), 0);
    let mut other = execution("b");
    for time in [0, 1, SETTLE_TIME, 2 * SETTLE_TIME] {
        let action = other.action(&state, after(time));
        assert_eq!(action, Action::Search(intent.clone()));
    }
    // Not even after one of its own.
    recorded(&mut other, 0);
    assert_eq!(other.action(&state, after(1)), Action::Search(intent));
}

#[test]
fn sent_intent_is_not_sent_again() {
    let mut own = execution("a");
    let (state, intent) = recorded(&mut own, 0);
    own.sending();
    assert_eq!(own.action(&state, after(1)), Action::Search(intent));
}

#[test]
fn only_search_after_settling_is_followed_by_request() {
    let mut own = execution("a");
    let (state, intent) = recorded(&mut own, 0);
    own.sending();
    let mut state_after = |searched_at, resubmit| {
        let now = after(3 * SETTLE_TIME);
        own.nothing_found(intent.clone(), START + searched_at, resubmit, now)
    };
    for resubmit in [Resubmit::Never, Resubmit::WhenSettled] {
        assert_eq!(state_after(SETTLE_TIME - 1, resubmit), state);
    }
    let settled = state_after(SETTLE_TIME, Resubmit::WhenSettled);
    assert_eq!(settled, SubmissionState::Planned);
    assert_eq!(state_after(2 * SETTLE_TIME, Resubmit::Never), state);
}

#[test]
fn settle_time_counts_from_the_last_intent() {
    let mut own = execution("a");
    recorded(&mut own, 0);
    own.sending();
    let (_, second) = recorded(&mut own, SETTLE_TIME);
    assert!(!second.is_settled_at(START + 2 * SETTLE_TIME - 1));
    assert!(second.is_settled_at(START + 2 * SETTLE_TIME));
}

#[test]
fn slept_over_intent_is_recorded_again() {
    let mut own = execution("a");
    let (state, intent) = recorded(&mut own, 0);
    assert_eq!(own.action(&state, after(MAX_DELAY)), Action::Send(intent));
    let late = after(MAX_DELAY + 1);
    // Only one of the clocks noticed it.
    let suspended = Time {
        monotonic: 1,
        ..late
    };
    let put_back = Time {
        unix: START,
        ..late
    };
    let earlier = Time {
        unix: START - 1,
        monotonic: 1,
    };
    for now in [late, suspended, put_back, earlier] {
        assert_eq!(own.action(&state, now), Action::Record, "{now:?}");
    }
    let SubmissionState::Intent(again) = own.record(state, late) else {
        unreachable!("an intent was recorded");
    };
    assert_eq!(again.recorded_at, late.unix);
    assert_eq!(again.earlier, None, "the first one was never sent");
}

#[test]
fn immediate_resubmission_keeps_the_earlier_intent() {
    let mut own = execution("a");
    let (first, intent) = recorded(&mut own, 0);
    own.sending();
    let state = own.nothing_found(intent, START + 1, Resubmit::Immediately, after(2));
    let SubmissionState::Intent(second) = state.clone() else {
        unreachable!("{state:?}");
    };
    assert_eq!(own.action(&state, after(2)), Action::Send(second.clone()));
    own.sending();
    // A third one does not let the state grow.
    let state = own.nothing_found(second.clone(), START + 3, Resubmit::Immediately, after(4));
    let SubmissionState::Intent(third) = state else {
        unreachable!("{state:?}");
    };
    let earlier = third.earlier.as_deref().cloned();
    assert_eq!(earlier.and_then(|earlier| earlier.earlier), None);
    // However late the rejection comes, the first may have started a job.
    assert_eq!(Execution::rejected(second), first);
}

#[test]
fn rejected_request_is_planned_again() {
    let mut own = execution("a");
    let (_, intent) = recorded(&mut own, 0);
    own.sending();
    assert_eq!(Execution::rejected(intent), SubmissionState::Planned);
}

#[test]
fn no_two_intents_are_equal() {
    let mut own = execution("a");
    let (first, _) = recorded(&mut own, 0);
    own.sending();
    let (second, _) = recorded(&mut own, 0);
    assert_ne!(first, second);
}

#[test]
fn intent_belongs_to_its_execution() {
    let mut own = execution("a");
    let (_, intent) = recorded(&mut own, 0);
    assert!(own.is_own(&intent));
    assert!(!execution("b").is_own(&intent));
    let (_, longer) = recorded(&mut execution("ab"), 0);
    assert!(!own.is_own(&longer));
}
