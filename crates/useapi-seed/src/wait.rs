//! Waiting for a job.

use std::fmt;
use std::future::{Future, IntoFuture};
use std::pin::Pin;
use std::time::Duration;

use tokio::time::{Instant, sleep_until};

use crate::error::{Delivery, Error, ErrorKind};
use crate::job::{Job, JobState, Update};
use crate::retrieval::Retrieval;

/// A failed look is not a failed job; this many in a row end the wait.
const FAILED_LOOKS: u32 = 5;

pub(crate) type OnUpdate = Box<dyn FnMut(&Update) + Send>;

/// A wait for a job's result. Made by [`Job::wait`].
///
/// Dropping the future ends the wait and loses nothing.
#[must_use = "nothing happens before it is awaited"]
pub struct Wait {
    job: Job,
    pub(crate) policy: Policy,
    on_update: Option<OnUpdate>,
}

/// How often and how long to look.
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
    /// The time between two looks unless set: the least that the service asks
    /// for.
    pub const DEFAULT_INTERVAL: Duration = Duration::from_secs(10);

    /// How long to wait unless set.
    pub const DEFAULT_TIMEOUT: Duration = Duration::from_secs(15 * 60);

    pub(crate) fn new(job: Job) -> Self {
        Self {
            job,
            policy: Policy::default(),
            on_update: None,
        }
    }

    /// The time between two looks, instead of
    /// [`DEFAULT_INTERVAL`](Self::DEFAULT_INTERVAL). The service itself looks at Discord every 15 to 60 seconds, so less brings nothing there.
    pub fn interval(mut self, interval: Duration) -> Self {
        self.policy.interval = interval;
        self
    }

    /// How long to wait, instead of
    /// [`DEFAULT_TIMEOUT`](Self::DEFAULT_TIMEOUT). There is one last look at the
    /// deadline, which may take as long as a request may.
    pub fn timeout(mut self, timeout: Duration) -> Self {
        self.policy.timeout = timeout;
        self
    }

    /// Called after each look at which the job had not ended.
    pub fn on_update(mut self, on_update: impl FnMut(&Update) + Send + 'static) -> Self {
        self.on_update = Some(Box::new(on_update));
        self
    }

    async fn run(mut self) -> Result<Retrieval, Error> {
        let start = Instant::now();
        // No deadline when it lies beyond what the clock can say.
        let deadline = start.checked_add(self.policy.timeout);
        let mut last: Option<Update> = self.job.submitted().cloned();
        let mut polls = 0;
        let mut failed = 0;
        // The submission's answer was a look.
        let mut next = match last {
            Some(_) => after(start, self.policy.interval, deadline),
            None => start,
        };
        loop {
            sleep_until(next).await;
            let is_last_look = deadline.is_some_and(|deadline| Instant::now() >= deadline);
            polls += 1;
            match self.job.look().await {
                Ok(JobState::Retrieved(retrieval)) => return Ok(retrieval),
                Ok(JobState::InProgress(update)) => {
                    failed = 0;
                    if let Some(on_update) = &mut self.on_update {
                        on_update(&update);
                    }
                    last = Some(update);
                }
                Err(error) if !is_passing(&error) => return Err(error),
                Err(error) => {
                    failed += 1;
                    if failed >= FAILED_LOOKS {
                        return Err(error);
                    }
                }
            }
            if is_last_look {
                let kind = ErrorKind::StillRunning {
                    status: last.and_then(|update| update.status),
                    elapsed: start.elapsed(),
                    polls,
                };
                return Err(Error::new(kind, Delivery::Answered).with_job_id(Some(self.job.id())));
            }
            next = after(Instant::now(), self.policy.interval, deadline);
        }
    }
}

/// The next look, but no later than the deadline.
fn after(now: Instant, interval: Duration, deadline: Option<Instant>) -> Instant {
    match (now.checked_add(interval), deadline) {
        (Some(next), Some(deadline)) => next.min(deadline),
        (Some(next), None) => next,
        (None, Some(deadline)) => deadline,
        (None, None) => now,
    }
}

/// Whether the next look may well succeed: the job was not heard of.
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
