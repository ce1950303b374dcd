//! Waiting for a job.

use std::fmt;
use std::future::{Future, IntoFuture};
use std::pin::Pin;
use std::time::Duration;

use tokio::time::{Instant, sleep_until};

use crate::error::{Delivery, Error, ErrorKind};
use crate::job::{Job, JobState, Update};
use crate::retrieval::Retrieval;

/// A failed poll is not a failed job; this many in a row end the wait.
const FAILED_POLLS: u32 = 5;
/// What an interval is kept between: no hot loop, and no end of the calendar.
const SHORTEST: Duration = Duration::from_millis(1);
const LONGEST: Duration = Duration::from_secs(24 * 60 * 60);

pub(crate) type OnUpdate = Box<dyn FnMut(&Update) + Send>;
type OnFault = Box<dyn FnMut(&Error) + Send>;

/// A wait for a job's result. Made by [`Job::wait`].
///
/// Dropping the future ends the wait and loses nothing.
#[must_use = "nothing happens before it is awaited"]
pub struct Wait {
    job: Job,
    pub(crate) policy: Policy,
    on_update: Option<OnUpdate>,
    on_fault: Option<OnFault>,
}

/// How often and how long to poll.
#[derive(Clone, Debug)]
pub(crate) struct Policy {
    pub(crate) interval: Duration,
    pub(crate) timeout: Duration,
}

impl Default for Policy {
    fn default() -> Self {
        Self {
            interval: Wait::DEFAULT_INTERVAL,
            timeout: Wait::DEFAULT_TIMEOUT,
        }
    }
}

impl Wait {
    /// The time between two polls unless set: the least that the service asks
    /// for.
    pub const DEFAULT_INTERVAL: Duration = Duration::from_secs(10);

    /// How long to wait unless set.
    pub const DEFAULT_TIMEOUT: Duration = Duration::from_secs(15 * 60);

    pub(crate) fn new(job: Job) -> Self {
        Self {
            job,
            policy: Policy::default(),
            on_update: None,
            on_fault: None,
        }
    }

    /// The time between two polls, at least a millisecond, instead of
    /// [`DEFAULT_INTERVAL`](Self::DEFAULT_INTERVAL). The service itself looks
    /// at Discord every 15 to 60 seconds, so less brings nothing there.
    pub fn interval(mut self, interval: Duration) -> Self {
        self.policy.interval = interval;
        self
    }

    /// How long to wait, instead of
    /// [`DEFAULT_TIMEOUT`](Self::DEFAULT_TIMEOUT). There is one last poll at the
    /// deadline, which may take as long as a request may, or two where the
    /// original job has to be asked for.
    pub fn timeout(mut self, timeout: Duration) -> Self {
        self.policy.timeout = timeout;
        self
    }

    /// Called after each poll at which the job had not ended.
    pub fn on_update(mut self, on_update: impl FnMut(&Update) + Send + 'static) -> Self {
        self.on_update = Some(Box::new(on_update));
        self
    }

    /// Called after each poll that brought no usable answer, and that another
    /// one follows.
    pub fn on_fault(mut self, on_fault: impl FnMut(&Error) + Send + 'static) -> Self {
        self.on_fault = Some(Box::new(on_fault));
        self
    }

    async fn run(mut self) -> Result<Retrieval, Error> {
        let start = Instant::now();
        let interval = self.policy.interval.clamp(SHORTEST, LONGEST);
        // No deadline when it lies beyond what the clock can say.
        let deadline = start.checked_add(self.policy.timeout);
        let mut last: Option<Update> = self.job.submitted().cloned();
        let mut polls = 0;
        let mut failed = 0;
        // The submission's answer was a poll.
        let mut next = match last {
            Some(_) => after(start, interval, deadline),
            None => start,
        };
        loop {
            sleep_until(next).await;
            let is_last = deadline.is_some_and(|deadline| Instant::now() >= deadline);
            polls += 1;
            let fault = match self.job.poll().await {
                Ok(JobState::Retrieved(retrieval)) => return Ok(retrieval),
                Ok(JobState::InProgress(update)) => {
                    failed = 0;
                    if let Some(on_update) = &mut self.on_update {
                        on_update(&update);
                    }
                    last = Some(update);
                    None
                }
                Err(error) => {
                    failed += 1;
                    // A job that was never seen to run cannot be said to.
                    let is_unknown = is_last && last.is_none();
                    if !is_passing(&error) || failed >= FAILED_POLLS || is_unknown {
                        return Err(error);
                    }
                    if let Some(on_fault) = self.on_fault.as_mut().filter(|_| !is_last) {
                        on_fault(&error);
                    }
                    Some(error)
                }
            };
            if is_last {
                let kind = ErrorKind::StillRunning {
                    status: last.and_then(|update| update.status),
                    elapsed: start.elapsed(),
                    polls,
                };
                let error = Error::new(kind, Delivery::Answered).with_job_id(Some(self.job.id()));
                return Err(match fault {
                    Some(fault) => error.with_source(fault),
                    None => error,
                });
            }
            next = after(Instant::now(), interval, deadline);
        }
    }
}

/// The next poll, but no later than the deadline.
fn after(now: Instant, interval: Duration, deadline: Option<Instant>) -> Instant {
    let next = now + interval;
    deadline.map_or(next, |deadline| next.min(deadline))
}

/// Whether the next poll may well succeed: the job was not heard of.
fn is_passing(error: &Error) -> bool {
    match error.kind() {
        ErrorKind::Transport
        | ErrorKind::TooManyJobs { .. }
        | ErrorKind::UnreadableAnswer { .. } => true,
        ErrorKind::UnexpectedStatus => error
            .status()
            .is_some_and(|status| status.is_server_error()),
        _ => false,
    }
}

impl IntoFuture for Wait {
    type Output = Result<Retrieval, Error>;
    type IntoFuture = Pin<Box<dyn Future<Output = Self::Output> + Send>>;

    fn into_future(self) -> Self::IntoFuture {
        Box::pin(self.run())
    }
}

impl fmt::Debug for Wait {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Wait")
            .field("job", &self.job)
            .field("policy", &self.policy)
            .finish_non_exhaustive()
    }
}
