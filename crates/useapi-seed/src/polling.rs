//! Asking for a job again and again until it has ended.

use std::time::Duration;

use reqwest::StatusCode;
use tokio::time::{Instant, sleep_until, timeout_at};
use tracing::{Instrument, Span, field, info_span};

use crate::error::{Delivery, Error, ErrorKind};
use crate::job::{Job, JobState, Update};
use crate::nudge::Nudged;
use crate::retry::Tried;
use crate::updates::Event;
use crate::wait::{OnPause, Policy};

/// What an interval is kept between: no hot loop, and no end of the calendar.
const SHORTEST: Duration = Duration::from_millis(1);
const LONGEST: Duration = Duration::from_secs(24 * 60 * 60);
/// The last look, at the deadline, may take that much longer.
const LAST_LOOK: Duration = Duration::from_secs(10);
/// Nudges closer than this are one: whoever calls back could do so without end.
const NUDGE_GAP: Duration = Duration::from_secs(1);
/// Of an interval, at most so much is added by chance.
const JITTER: f64 = 0.1;

/// A wait that is under way.
pub(crate) struct Polling {
    job: Job,
    policy: Policy,
    nudged: Nudged,
    pub(crate) on_pause: Option<OnPause>,
    span: Span,
    begun: Instant,
    /// None when it lies beyond what the clock can say.
    deadline: Option<Instant>,
    next: Instant,
    /// When a nudge has an effect again.
    nudge_from: Instant,
    /// Whether the poll comes before its time.
    is_nudged: bool,
    /// Whether a nudge has come with news.
    is_called: bool,
    last: Option<Update>,
    polls: u32,
    failed: u32,
}

impl Polling {
    /// Begins now.
    pub(crate) fn new(job: Job, nudged: Nudged, policy: Policy) -> Self {
        let begun = Instant::now();
        let policy = Policy {
            interval: policy.interval.clamp(SHORTEST, LONGEST),
            ..policy
        };
        let mut polling = Self {
            nudged,
            on_pause: None,
            span: info_span!(
                "useapi_seed.wait",
                otel.status_code = field::Empty,
                error.type = field::Empty,
                useapi.job.id = job.id(),
                useapi.job.status = field::Empty,
                useapi.polls = field::Empty,
            ),
            begun,
            deadline: begun.checked_add(policy.timeout),
            next: begun,
            nudge_from: begun,
            is_nudged: false,
            is_called: false,
            last: job.submitted().cloned(),
            polls: 0,
            failed: 0,
            job,
            policy,
        };
        // The submission's answer was a poll.
        if let Some(submitted) = polling.job.submitted_at() {
            polling.next = polling.after(submitted, None);
        }
        polling
    }

    /// The next that there is to tell. After a result or an error there is
    /// nothing more.
    pub(crate) async fn next(&mut self) -> Result<Event, Error> {
        loop {
            self.sleep().await;
            let is_last = self
                .deadline
                .is_some_and(|deadline| Instant::now() >= deadline);
            self.polls = self.polls.saturating_add(1);
            // Boxed, so that a wait between two polls is small.
            let poll = Box::pin(self.poll(is_last));
            let outcome = poll.await;
            self.nudge_from = Instant::now() + NUDGE_GAP.min(self.policy.interval);
            let is_nudged = std::mem::take(&mut self.is_nudged);
            let event = match outcome {
                Ok(JobState::Retrieved(retrieval)) => {
                    self.span.record("useapi.polls", self.polls);
                    self.span.record("useapi.job.status", "completed");
                    return Ok(Event::Retrieved(retrieval));
                }
                Ok(JobState::InProgress(update)) => {
                    self.failed = 0;
                    let is_change = self.last.as_ref() != Some(&update);
                    // Whoever nudges without a reason must not slow it down.
                    self.is_called |= is_nudged && is_change;
                    self.next = self.after(Instant::now(), None);
                    self.last = Some(update.clone());
                    if is_last {
                        return Err(self.ended(self.still_running(None)));
                    }
                    is_change.then_some(Event::Changed(update))
                }
                Err(error) => {
                    // Whoever nudges often must not end the wait sooner.
                    self.failed += u32::from(!is_nudged);
                    // A job that was never seen to run cannot be said to.
                    let is_unknown = is_last && self.last.is_none();
                    let is_too_often = self.failed >= self.policy.failed_polls;
                    if !is_passing(&error) || is_too_often || is_unknown {
                        return Err(self.ended(error));
                    }
                    if is_last {
                        return Err(self.ended(self.still_running(Some(error))));
                    }
                    let asked = error.retry_after();
                    self.next = self.after(Instant::now(), asked);
                    if asked.is_some() {
                        self.nudge_from = self.next;
                    }
                    Some(Event::PollFailed(error))
                }
            };
            if let Some(event) = event {
                return Ok(event);
            }
        }
    }

    /// Until the next poll is due, or somebody has heard of the job.
    async fn sleep(&mut self) {
        let pause = self.next.saturating_duration_since(Instant::now());
        if let Some(on_pause) = self.on_pause.as_mut().filter(|_| !pause.is_zero()) {
            on_pause(pause);
        }
        self.is_nudged = timeout_at(self.next, self.nudged.wait()).await.is_ok();
        if self.is_nudged {
            sleep_until(self.nudge_from.min(self.next)).await;
        }
    }

    async fn poll(&mut self, is_last: bool) -> Result<JobState, Error> {
        // Another try is the next poll.
        let mut manner = self.job.manner().once();
        if let Some(timeout) = self.policy.request_timeout {
            manner.request_timeout = timeout;
        }
        manner.deadline = if is_last {
            Instant::now().checked_add(LAST_LOOK)
        } else {
            self.deadline
        };
        let poll = self.job.poll_in(&manner);
        poll.instrument(self.span.clone()).await
    }

    /// When the next poll is due: no sooner than was asked, no later than the
    /// deadline.
    fn after(&self, last: Instant, asked: Option<Duration>) -> Instant {
        let interval = if self.is_called {
            self.policy
                .interval
                .max(self.policy.called_interval.min(LONGEST))
        } else {
            self.policy.interval
        };
        let jitter = interval.mul_f64(JITTER * fastrand::f64());
        let pause = asked
            .unwrap_or_default()
            .clamp(interval + jitter, LONGEST + LONGEST);
        let next = last + pause;
        self.deadline.map_or(next, |deadline| next.min(deadline))
    }

    fn still_running(&self, fault: Option<Error>) -> Error {
        let kind = ErrorKind::StillRunning {
            status: self.last.as_ref().and_then(|update| update.status.clone()),
            elapsed: self.begun.elapsed(),
            polls: self.polls,
        };
        let error = Error::new(kind, Delivery::Answered).with_job_id(Some(self.job.id()));
        match fault {
            Some(fault) => error.with_source(fault),
            None => error,
        }
    }

    fn ended(&self, error: Error) -> Error {
        self.span.record("useapi.polls", self.polls);
        self.span.record("otel.status_code", "ERROR");
        self.span.record("error.type", error.type_name());
        error.with_tried(Tried {
            attempts: self.failed.max(1),
            elapsed: self.begun.elapsed(),
        })
    }
}

/// Whether the next poll may well succeed: the job was not heard of.
fn is_passing(error: &Error) -> bool {
    match error.kind() {
        ErrorKind::Transport
        | ErrorKind::TooManyJobs { .. }
        | ErrorKind::UnreadableAnswer { .. } => true,
        ErrorKind::UnexpectedStatus => error.status().is_some_and(|status| {
            status.is_server_error() || status == StatusCode::REQUEST_TIMEOUT
        }),
        _ => false,
    }
}
