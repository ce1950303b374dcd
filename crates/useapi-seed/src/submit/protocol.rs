//! The rules of submitting once, without I/O and without a clock.
//!
//! 1. An intent is recorded before each request, with the time.
//! 2. An execution sends a request only for an intent that it has recorded itself,
//!    and once. For any other it searches.
//! 3. Only a search that began when the intent was settled, got its responses and
//!    found nothing shows that no job was started. Only then another request follows,
//!    unless the caller accepts a second job.
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
    /// How many intents it has recorded.
    recorded: u32,
    settle_time: u64,
    max_delay: u64,
    /// The intent that this execution has recorded and not sent yet, and when.
    unsent: Option<(Intent, Time)>,
}

/// A point in time, in milliseconds. One clock alone is not enough between recording
/// and sending: the first may be put back, the second may stop while the machine
/// sleeps.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Time {
    /// Since the Unix epoch.
    pub(crate) unix: u64,
    /// Since some point, by a clock that is never put back.
    pub(crate) monotonic: u64,
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
        let max_delay = millis(settle_margin) / 2;
        Self {
            owner,
            recorded: 0,
            // The request may be sent that much later than the intent is recorded.
            settle_time: millis(settle_time).saturating_add(max_delay),
            max_delay,
            unsent: None,
        }
    }

    /// Whether this execution has recorded the intent.
    pub(crate) fn is_own(&self, intent: &Intent) -> bool {
        let rest = intent.owner.strip_prefix(&self.owner);
        rest.is_some_and(|rest| rest.starts_with('-'))
    }

    pub(crate) fn action(&self, state: &SubmissionState, now: Time) -> Action {
        match state {
            SubmissionState::Planned => Action::Record,
            SubmissionState::Intent(intent) => match self.recorded_unsent(intent) {
                Some(recorded) if self.may_be_sent(recorded, now) => Action::Send(intent.clone()),
                Some(_) => Action::Record,
                None => Action::Search(intent.clone()),
            },
            SubmissionState::Started { .. } => Action::Poll,
            SubmissionState::Completed { .. }
            | SubmissionState::Failed { .. }
            | SubmissionState::Halted { .. } => Action::Stop,
        }
    }

    /// When this execution has recorded the intent, if it is unsent.
    fn recorded_unsent(&self, intent: &Intent) -> Option<Time> {
        let (unsent, recorded) = self.unsent.as_ref()?;
        (unsent == intent).then_some(*recorded)
    }

    fn may_be_sent(&self, recorded: Time, now: Time) -> bool {
        let is_recent = |recorded, now: u64| {
            let delay = now.checked_sub(recorded);
            delay.is_some_and(|delay| delay <= self.max_delay)
        };
        is_recent(recorded.unix, now.unix) && is_recent(recorded.monotonic, now.monotonic)
    }

    /// Records an intent to send.
    pub(crate) fn record(&mut self, state: SubmissionState, now: Time) -> SubmissionState {
        let earlier = match self.without_unsent(state) {
            SubmissionState::Intent(intent) => Some(intent.last_to_settle(now.unix)),
            _ => None,
        };
        self.recorded += 1;
        let intent = Intent {
            recorded_at: now.unix,
            settle_time: self.settle_time,
            // No two intents are the same, or a compare-and-set could mistake them.
            owner: format!("{}-{}", self.owner, self.recorded),
            earlier: earlier.map(Box::new),
        };
        self.unsent = Some((intent.clone(), now));
        SubmissionState::Intent(intent)
    }

    /// The state without an intent that was never sent.
    pub(crate) fn without_unsent(&self, state: SubmissionState) -> SubmissionState {
        match state {
            SubmissionState::Intent(intent) if self.recorded_unsent(&intent).is_some() => {
                Self::rejected(intent)
            }
            state => state,
        }
    }

    /// The request is about to be sent: from now on it may start a job.
    pub(crate) fn sending(&mut self) {
        self.unsent = None;
    }

    /// The service has rejected the request, or it was not sent. An earlier one may
    /// have started a job all the same.
    pub(crate) fn rejected(intent: Intent) -> SubmissionState {
        match intent.earlier {
            Some(earlier) => SubmissionState::Intent(*earlier),
            None => SubmissionState::Planned,
        }
    }

    /// A search got its responses and found no job; it began at `searched_at`, in
    /// milliseconds since the Unix epoch.
    pub(crate) fn nothing_found(
        &mut self,
        intent: Intent,
        searched_at: u64,
        resubmit: Resubmit,
        now: Time,
    ) -> SubmissionState {
        let is_settled = intent.is_settled_at(searched_at);
        match resubmit {
            Resubmit::Immediately | Resubmit::WhenSettled if is_settled => SubmissionState::Planned,
            Resubmit::Immediately => self.record(SubmissionState::Intent(intent), now),
            Resubmit::WhenSettled | Resubmit::Never => SubmissionState::Intent(intent),
        }
    }
}
