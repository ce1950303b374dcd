//! The rules of submitting once, without I/O and without a clock.
//!
//! 1. An intent is recorded before each request, with the time.
//! 2. An execution sends a request only for an intent that it has recorded itself,
//!    and once. For any other it searches.
//! 3. Only a search that began when the intent was settled, got its responses and
//!    found nothing shows that no job was started. Only then another request follows.
//! 4. An intent that is older than half the settle margin is not sent but recorded
//!    again, since others would take it for settled too early.

use crate::submit::options::Resubmit;
use crate::submit::state::{Intent, SubmissionState, millis};
use std::time::Duration;

/// One execution of a submission. It lives in memory only, so that a copy of its
/// state elsewhere never sends what this one may have sent.
#[derive(Debug)]
pub(crate) struct Execution {
    owner: String,
    settle_time: u64,
    max_delay: u64,
    /// The intent that this execution has recorded and not sent yet.
    unsent: Option<Intent>,
}

/// What the next step does.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Action {
    Record,
    Send(Intent),
    Search(Intent),
    Poll,
    Stop,
}

impl Execution {
    pub(crate) fn new(owner: String, settle_time: Duration, settle_margin: Duration) -> Self {
        Self {
            owner,
            settle_time: millis(settle_time),
            max_delay: millis(settle_margin) / 2,
            unsent: None,
        }
    }

    pub(crate) fn is_own(&self, intent: &Intent) -> bool {
        intent.owner == self.owner
    }

    pub(crate) fn action(&self, state: &SubmissionState, now: u64) -> Action {
        match state {
            SubmissionState::Planned => Action::Record,
            SubmissionState::Intent(intent) if self.unsent.as_ref() == Some(intent) => {
                let delay = now.checked_sub(intent.recorded_at);
                if delay.is_some_and(|delay| delay <= self.max_delay) {
                    Action::Send(intent.clone())
                } else {
                    Action::Record
                }
            }
            SubmissionState::Intent(intent) => Action::Search(intent.clone()),
            SubmissionState::Started { .. } => Action::Poll,
            SubmissionState::Completed { .. }
            | SubmissionState::Failed { .. }
            | SubmissionState::Halted { .. } => Action::Stop,
        }
    }

    /// Records an intent to send.
    pub(crate) fn record(&mut self, state: SubmissionState, now: u64) -> SubmissionState {
        let earlier = match state {
            // It was never sent.
            SubmissionState::Intent(intent) if self.unsent.as_ref() == Some(&intent) => {
                intent.earlier
            }
            SubmissionState::Intent(intent) => Some(Box::new(intent)),
            _ => None,
        };
        let intent = Intent {
            recorded_at: now,
            settle_time: self.settle_time,
            owner: self.owner.clone(),
            earlier: earlier.filter(|earlier| !earlier.is_settled_at(now)),
        };
        self.unsent = Some(intent.clone());
        SubmissionState::Intent(intent)
    }

    /// The request is about to be sent: from now on it may start a job.
    pub(crate) fn sending(&mut self) {
        self.unsent = None;
    }

    /// The service has rejected the request, or it was not sent.
    pub(crate) fn rejected(intent: Intent, now: u64) -> SubmissionState {
        match intent.earlier {
            Some(earlier) if !earlier.is_settled_at(now) => SubmissionState::Intent(*earlier),
            _ => SubmissionState::Planned,
        }
    }

    /// A search got its responses and found no job; it began at `searched_at`.
    pub(crate) fn nothing_found(
        &mut self,
        intent: Intent,
        searched_at: u64,
        resubmit: Resubmit,
        now: u64,
    ) -> SubmissionState {
        let is_settled = intent.is_settled_at(searched_at);
        match resubmit {
            Resubmit::Immediately => self.record(SubmissionState::Intent(intent), now),
            Resubmit::WhenSettled if is_settled => SubmissionState::Planned,
            Resubmit::WhenSettled | Resubmit::Never => SubmissionState::Intent(intent),
        }
    }
}
