//! Asking for a job again and again until it has ended.

use std::time::Duration;

use tokio::time::{Instant, sleep_until, timeout_at};
use tracing::{Instrument, Span, field, info_span};
use useapi_seed_raw::RawResponse;
use useapi_seed_raw::types::Verb;

use crate::error::{Error, ErrorKind, RequestStatus};
use crate::events::JobEvent;
use crate::job::{Job, JobProgress, PollResult};
use crate::notifier::Notified;
use crate::result::SeedResult;
use crate::retry_policy::{Attempts, Idempotency};
use crate::wait::{OnPause, Policy};

/// What an interval is kept between: no hot loop, and no end of the calendar.
const MIN_INTERVAL: Duration = Duration::from_millis(1);
const MAX_INTERVAL: Duration = Duration::from_secs(24 * 60 * 60);
/// The last look, at the deadline, may take that much longer.
const FINAL_POLL_TIMEOUT: Duration = Duration::from_secs(10);
/// Nudges closer than this are one: whoever calls back could do so without end.
const MIN_WAKE_INTERVAL: Duration = Duration::from_secs(1);
/// Of an interval, at most so much is added by jitter.
const JITTER: f64 = 0.1;
/// A job may say that it has completed a moment before its seed and images are
/// there: so many polls more are worth it.
const POLLS_FOR_OUTPUT: u32 = 3;

/// A wait that is under way.
pub(crate) struct Poller {
    job: Job,
    policy: Policy,
    notified: Notified,
    pub(crate) on_pause: Option<OnPause>,
    span: Span,
    begun: Instant,
    /// None when it lies beyond what the clock can say.
    deadline: Option<Instant>,
    next: Instant,
    /// When a notifier has an idempotency again.
    next_wake_allowed: Instant,
    /// Whether the poll comes before its time.
    woken: bool,
    /// Whether a notifier has come with news.
    has_been_woken: bool,
    last: Option<JobProgress>,
    polls: u32,
    failed: u32,
    /// How many polls found the job completed without all of its output.
    polls_for_output: u32,
    /// The most complete result so far.
    partial: Option<Box<SeedResult>>,
    /// What the last response was, when it could not be parsed.
    invalid: Option<(ErrorKind, RawResponse)>,
}

impl Poller {
    /// Begins now.
    pub(crate) fn new(job: Job, notified: Notified, policy: Policy) -> Self {
        let begun = Instant::now();
        let policy = Policy {
            interval: policy.interval.clamp(MIN_INTERVAL, MAX_INTERVAL),
            ..policy
        };
        let mut polling = Self {
            notified,
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
            next_wake_allowed: begun,
            woken: false,
            has_been_woken: false,
            last: job.initial_progress().cloned(),
            polls: 0,
            failed: 0,
            polls_for_output: 0,
            partial: None,
            invalid: None,
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
    pub(crate) async fn next(&mut self) -> Result<JobEvent, Error> {
        loop {
            self.sleep().await;
            let is_last = self
                .deadline
                .is_some_and(|deadline| Instant::now() >= deadline);
            self.polls = self.polls.saturating_add(1);
            // Boxed, so that a wait between two polls is small.
            let poll = Box::pin(self.poll(is_last));
            let outcome = poll.await;
            self.next_wake_allowed = Instant::now() + MIN_WAKE_INTERVAL.min(self.policy.interval);
            let event = match outcome {
                Ok(PollResult::Completed(result)) => self.completed(result, is_last),
                Ok(PollResult::InProgress(update)) => self.in_progress(update, is_last)?,
                Err(error) => self.failed(error, is_last)?,
            };
            if let Some(event) = event {
                return Ok(event);
            }
        }
    }

    /// The result, unless the rest of it is worth another poll.
    fn completed(&mut self, result: SeedResult, is_last: bool) -> Option<JobEvent> {
        let count = result.images().len();
        let is_complete = result.is_complete();
        if self
            .partial
            .as_ref()
            .is_none_or(|partial| partial.images().len() <= count)
        {
            self.partial = Some(Box::new(result));
        }
        if !is_complete && !is_last && self.is_output_to_come() {
            return None;
        }
        self.retrieved()
    }

    fn in_progress(
        &mut self,
        update: JobProgress,
        is_last: bool,
    ) -> Result<Option<JobEvent>, Error> {
        self.failed = 0;
        self.invalid = None;
        let is_change = self.last.as_ref().is_none_or(|last| !last.is_same(&update));
        // Whoever nudges without a reason must not slow it down.
        self.has_been_woken |= std::mem::take(&mut self.woken) && is_change;
        self.next = self.after(Instant::now(), None);
        self.last = Some(update.without_body());
        match (is_last, self.partial.is_some()) {
            (true, true) => Ok(self.retrieved()),
            (true, false) => Err(self.time_is_up(None)),
            (false, _) => Ok(is_change.then_some(JobEvent::Progress(update))),
        }
    }

    fn failed(&mut self, error: Error, is_last: bool) -> Result<Option<JobEvent>, Error> {
        let woken = std::mem::take(&mut self.woken);
        let is_output_missing = self.partial.is_some() || is_without_seed(&error);
        let is_transient = error.is_retryable() || is_without_seed(&error);
        if is_output_missing && is_transient && !is_last && self.is_output_to_come() {
            return Ok(None);
        }
        if self.partial.is_some() {
            return Ok(self.retrieved());
        }
        // It was started a moment ago, and not every server knows it yet.
        let is_young = self.polls <= self.policy.unknown_polls && error.is_not_found();
        if !is_young {
            // Whoever nudges often must not end the wait sooner.
            self.failed += u32::from(!woken);
            // A job that was never seen to run cannot be said to.
            let is_unknown = is_last && self.last.is_none() && self.invalid.is_none();
            let is_too_often = self.failed >= self.policy.max_poll_errors;
            if !error.is_retryable() || is_too_often || is_unknown {
                return Err(self.ended(error));
            }
        }
        if matches!(error.kind(), ErrorKind::InvalidResponse { .. }) {
            let response = error.response().cloned();
            self.invalid = response.map(|response| (error.kind().clone(), response));
        }
        if is_last {
            return Err(self.time_is_up(Some(error)));
        }
        let asked = error.retry_after();
        self.next = self.after(Instant::now(), asked);
        if asked.is_some() {
            self.next_wake_allowed = self.next;
        }
        Ok(Some(JobEvent::PollError(error)))
    }

    /// Whether it is worth another poll that the job has completed without all of
    /// its output; then that is due after an interval.
    fn is_output_to_come(&mut self) -> bool {
        let is_worth_it = self.polls_for_output < POLLS_FOR_OUTPUT;
        if is_worth_it {
            self.polls_for_output += 1;
            self.next = self.after(Instant::now(), None);
        }
        is_worth_it
    }

    /// The result so far.
    fn retrieved(&mut self) -> Option<JobEvent> {
        let result = self.partial.take()?;
        self.span.record("useapi.polls", self.polls);
        self.span.record("useapi.job.status", "completed");
        Some(JobEvent::Completed(*result))
    }

    /// Until the next poll is due, or somebody has heard of the job.
    async fn sleep(&mut self) {
        let pause = self.next.saturating_duration_since(Instant::now());
        if let Some(on_pause) = self.on_pause.as_mut().filter(|_| !pause.is_zero()) {
            on_pause(pause);
        }
        self.woken = timeout_at(self.next, self.notified.wait()).await.is_ok();
        if self.woken {
            sleep_until(self.next_wake_allowed.min(self.next)).await;
        }
    }

    async fn poll(&mut self, is_last: bool) -> Result<PollResult, Error> {
        // Another try is the next poll.
        let mut options = self.job.options().once();
        if let Some(timeout) = self.policy.request_timeout {
            options.request_timeout = timeout;
        }
        options.deadline = if is_last {
            Instant::now().checked_add(FINAL_POLL_TIMEOUT)
        } else {
            self.deadline
        };
        let poll = self.job.poll_in(&options);
        poll.instrument(self.span.clone()).await
    }

    /// When the next poll is due: no sooner than was asked, no later than the
    /// deadline.
    fn after(&self, last: Instant, asked: Option<Duration>) -> Instant {
        let interval = if self.has_been_woken {
            self.policy
                .interval
                .max(self.policy.poll_interval_after_wake.min(MAX_INTERVAL))
        } else {
            self.policy.interval
        };
        let jitter = interval.mul_f64(JITTER * fastrand::f64());
        let pause = asked
            .unwrap_or_default()
            .clamp(interval + jitter, MAX_INTERVAL + MAX_INTERVAL);
        let next = last + pause;
        self.deadline.map_or(next, |deadline| next.min(deadline))
    }

    /// That the job still runs, unless its last response could not be parsed.
    fn time_is_up(&mut self, last_error: Option<Error>) -> Error {
        if let Some((kind, response)) = self.invalid.take() {
            let error =
                Error::new(kind, RequestStatus::ResponseReceived).with_response(Some(response));
            let error = error.for_call(Idempotency::Safe);
            return self.ended(error.with_job_id(Some(self.job.id())));
        }
        let kind = ErrorKind::WaitTimeout {
            status: self.last.as_ref().and_then(|update| update.status.clone()),
            elapsed: self.begun.elapsed(),
            polls: self.polls,
        };
        let error =
            Error::new(kind, RequestStatus::ResponseReceived).with_job_id(Some(self.job.id()));
        self.ended(match last_error {
            Some(last) => error.with_source(last),
            None => error,
        })
    }

    fn ended(&self, error: Error) -> Error {
        self.span.record("useapi.polls", self.polls);
        self.span.record("otel.status_code", "ERROR");
        self.span.record("error.type", error.type_name());
        error.with_attempts(Attempts {
            attempts: self.failed.max(1),
            elapsed: self.begun.elapsed(),
        })
    }
}

/// Whether a seed job has completed, and its seed is not there.
fn is_without_seed(error: &Error) -> bool {
    let ErrorKind::SeedMissing { verb } = error.kind() else {
        return false;
    };
    !matches!(verb, Some(Verb::Imagine | Verb::Button | Verb::Blend))
}
