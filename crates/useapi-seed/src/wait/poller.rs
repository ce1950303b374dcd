//! Polls a job until it has ended.

use std::time::Duration;

use tokio::sync::watch;
use tokio::time::{Instant, sleep_until, timeout_at};
use tracing::{Instrument, Span, field, info_span};
use useapi_seed_raw::RawResponse;

use crate::attempts::{Attempts, Idempotency};
use crate::error::{Error, ErrorKind, RequestStatus};
use crate::job::{Job, JobProgress, PollResult};
use crate::result::{SeedResult, has_own_seed};
use crate::wait::event::JobEvent;
use crate::wait_options::WaitOptions;

/// The limits of an interval: no busy loop, no overflow.
const MIN_INTERVAL: Duration = Duration::from_millis(1);
const MAX_INTERVAL: Duration = Duration::from_secs(24 * 60 * 60);
/// A caller could send callbacks without end: wakes closer than this are one.
const MIN_WAKE_INTERVAL: Duration = Duration::from_secs(1);
/// The part of an interval that is added at random, at most.
const JITTER: f64 = 0.1;
/// A job may report completion a moment before its seed and images are there: how
/// many more polls wait for them.
const POLLS_FOR_OUTPUT: u32 = 3;
/// How many polls may not find a job that was just started, by default.
const UNKNOWN_POLLS: u32 = 3;

/// A wait in progress.
#[derive(Debug)]
pub(crate) struct Poller {
    job: Job,
    options: WaitOptions,
    /// Stays open, since the job is kept.
    wakes: watch::Receiver<()>,
    /// Whether the coming pause has been reported.
    is_pause_reported: bool,
    span: Span,
    started: Instant,
    /// None when the clock cannot represent it.
    deadline: Option<Instant>,
    next: Instant,
    /// When the next wake has an effect.
    next_wake_allowed: Instant,
    /// Whether a wake caused the coming poll.
    woken: bool,
    /// Whether a wake has brought a change.
    has_been_woken: bool,
    last: Option<JobProgress>,
    polls: u32,
    failed: u32,
    /// How many polls found the job completed and its output incomplete.
    polls_for_output: u32,
    /// The most complete result so far.
    partial: Option<Box<SeedResult>>,
    /// The last response, when it could not be parsed.
    invalid: Option<(ErrorKind, RawResponse)>,
}

impl Poller {
    /// The timeout counts from now.
    pub(crate) fn new(job: Job, wakes: watch::Receiver<()>, options: WaitOptions) -> Self {
        let started = Instant::now();
        let options = WaitOptions {
            poll_interval: options.poll_interval.clamp(MIN_INTERVAL, MAX_INTERVAL),
            ..options
        };
        let mut poller = Self {
            wakes,
            is_pause_reported: false,
            span: info_span!(
                "useapi_seed.wait",
                otel.status_code = field::Empty,
                error.type = field::Empty,
                useapi.job.id = job.id(),
                useapi.job.status = field::Empty,
                useapi.polls = field::Empty,
            ),
            started,
            deadline: started.checked_add(options.timeout),
            next: started,
            next_wake_allowed: started,
            woken: false,
            has_been_woken: false,
            last: job.initial_progress().map(JobProgress::without_body),
            polls: 0,
            failed: 0,
            polls_for_output: 0,
            partial: None,
            invalid: None,
            job,
            options,
        };
        // The response to the submission counts as a poll.
        if let Some(started_at) = poller.job.started_at() {
            poller.next = poller.after(started_at, None);
        }
        poller
    }

    /// The next event. None follows a result or an error.
    pub(crate) async fn next(&mut self) -> Result<JobEvent, Error> {
        loop {
            let pause = self.pause();
            let is_reported = std::mem::replace(&mut self.is_pause_reported, true);
            if !is_reported && !pause.is_zero() {
                return Ok(JobEvent::Sleeping(pause));
            }
            self.is_pause_reported = false;
            self.sleep().await;
            if let Some(event) = self.poll_once().await? {
                return Ok(event);
            }
        }
    }

    /// Polls now, whether or not a poll is due.
    pub(crate) async fn poll_once(&mut self) -> Result<Option<JobEvent>, Error> {
        let is_last = self
            .deadline
            .is_some_and(|deadline| Instant::now() >= deadline);
        self.polls = self.polls.saturating_add(1);
        // Boxed, so that a wait between two polls is small.
        let poll = Box::pin(self.poll(is_last));
        let outcome = poll.await;
        self.next_wake_allowed = Instant::now() + MIN_WAKE_INTERVAL.min(self.options.poll_interval);
        match outcome {
            Ok(PollResult::Completed(result)) => Ok(self.completed(result, is_last)),
            Ok(PollResult::InProgress(progress)) => self.in_progress(progress, is_last),
            Err(error) => self.failed(error, is_last),
        }
    }

    /// How long until the next poll is due.
    pub(crate) fn pause(&self) -> Duration {
        self.next.saturating_duration_since(Instant::now())
    }

    /// The result, unless another poll may find the rest of it.
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
        progress: JobProgress,
        is_last: bool,
    ) -> Result<Option<JobEvent>, Error> {
        self.failed = 0;
        self.invalid = None;
        let is_change = self
            .last
            .as_ref()
            .is_none_or(|last| !last.is_same(&progress));
        // A wake without a change must not slow the wait down.
        self.has_been_woken |= std::mem::take(&mut self.woken) && is_change;
        self.next = self.after(Instant::now(), None);
        self.last = Some(progress.without_body());
        match (is_last, self.partial.is_some()) {
            (true, true) => Ok(self.retrieved()),
            (true, false) => Err(self.timed_out(None)),
            (false, _) => Ok(is_change.then_some(JobEvent::Progress(progress))),
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
        // Not every server may know a job that has just been started.
        let is_young = self.polls <= self.max_unknown_polls() && error.is_not_found();
        if !is_young {
            // Wakes must not end the wait earlier.
            self.failed += u32::from(!woken);
            // A job that no poll has found is not known to be running.
            let is_unknown = is_last && self.last.is_none() && self.invalid.is_none();
            let is_too_often = self.failed >= self.options.max_poll_errors;
            if !error.is_retryable() || is_too_often || is_unknown {
                return Err(self.ended(error));
            }
        }
        if matches!(error.kind(), ErrorKind::InvalidResponse { .. }) {
            let response = error.response().cloned();
            self.invalid = response.map(|response| (error.kind().clone(), response));
        }
        if is_last {
            return Err(self.timed_out(Some(error)));
        }
        let retry_after = error.retry_after();
        self.next = self.after(Instant::now(), retry_after);
        if retry_after.is_some() {
            self.next_wake_allowed = self.next;
        }
        Ok(Some(JobEvent::PollError(error)))
    }

    /// A job that is known by its id alone may not exist.
    fn max_unknown_polls(&self) -> u32 {
        let is_started =
            self.job.started_at().is_some() || self.job.handle().parent_job_id.is_some();
        let default = if is_started { UNKNOWN_POLLS } else { 0 };
        self.options.max_unknown_polls.unwrap_or(default)
    }

    /// Whether another poll may find the missing output of a completed job; it is due
    /// after an interval.
    fn is_output_to_come(&mut self) -> bool {
        let is_allowed = self.polls_for_output < POLLS_FOR_OUTPUT;
        if is_allowed {
            self.polls_for_output += 1;
            self.next = self.after(Instant::now(), None);
        }
        is_allowed
    }

    /// The result so far.
    fn retrieved(&mut self) -> Option<JobEvent> {
        let result = self.partial.take()?;
        self.span.record("useapi.polls", self.polls);
        self.span.record("useapi.job.status", "completed");
        Some(JobEvent::Completed(*result))
    }

    /// Until the next poll is due, or a wake comes.
    async fn sleep(&mut self) {
        let wake = timeout_at(self.next, self.wakes.changed()).await;
        self.woken = wake.is_ok();
        if self.woken {
            sleep_until(self.next_wake_allowed.min(self.next)).await;
        }
    }

    async fn poll(&mut self, is_last: bool) -> Result<PollResult, Error> {
        // The next poll is the retry.
        let mut options = self.job.client().transport().options().without_retry();
        if let Some(timeout) = self.options.request_timeout {
            options.request_timeout = timeout;
        }
        options.deadline = if is_last {
            Instant::now().checked_add(self.options.final_poll_timeout)
        } else {
            self.deadline
        };
        let poll = self.job.poll_with(&options);
        poll.instrument(self.span.clone()).await
    }

    /// When the next poll is due: not before `Retry-After`, not after the deadline.
    fn after(&self, last: Instant, retry_after: Option<Duration>) -> Instant {
        let WaitOptions {
            poll_interval,
            poll_interval_after_wake,
            ..
        } = self.options;
        let interval = if self.has_been_woken {
            poll_interval.max(poll_interval_after_wake.min(MAX_INTERVAL))
        } else {
            poll_interval
        };
        let jitter = interval.mul_f64(JITTER * fastrand::f64());
        let pause = retry_after
            .unwrap_or_default()
            .clamp(interval + jitter, MAX_INTERVAL + MAX_INTERVAL);
        let next = last + pause;
        self.deadline.map_or(next, |deadline| next.min(deadline))
    }

    /// The wait's timeout, or the last response if that could not be parsed.
    fn timed_out(&mut self, last_error: Option<Error>) -> Error {
        if let Some((kind, response)) = self.invalid.take() {
            let error = Error::new(kind, RequestStatus::ResponseReceived).with_response(response);
            let error = error.for_call(Idempotency::Safe);
            return self.ended(error.with_job_id(Some(self.job.id())));
        }
        let kind = ErrorKind::WaitTimeout {
            status: self
                .last
                .as_ref()
                .and_then(|progress| progress.status.clone()),
            elapsed: self.started.elapsed(),
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
            count: self.failed.max(1),
            elapsed: self.started.elapsed(),
        })
    }
}

/// Whether a seed job has completed without a seed.
fn is_without_seed(error: &Error) -> bool {
    matches!(error.kind(), ErrorKind::SeedMissing { verb } if !has_own_seed(verb.as_ref()))
}
