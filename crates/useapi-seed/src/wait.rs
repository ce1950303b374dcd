//! Waiting for a job.

use std::fmt;
use std::future::{Future, IntoFuture};
use std::pin::Pin;
use std::time::Duration;

use crate::error::Error;
use crate::events::{JobEvent, JobEvents};
use crate::job::{Job, JobProgress};
use crate::notifier::Notified;
use crate::poller::Poller;
use crate::result::SeedResult;

pub(crate) type OnUpdate = Box<dyn FnMut(&JobProgress) + Send>;
pub(crate) type OnFault = Box<dyn FnMut(&Error) + Send>;
pub(crate) type OnPause = Box<dyn FnMut(Duration) + Send>;

/// The default for a job that was just started.
const UNKNOWN_POLLS: u32 = 3;

/// A wait for a job's result. Made by [`Job::wait`].
///
/// Dropping the future ends the wait and loses nothing.
///
/// ```
/// # use useapi_seed_emulator::Emulator;
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # let emulator = Emulator::builder().speed(600.0).start().await?;
/// # let client = useapi_seed::Client::builder(emulator.token()).base_url(emulator.base_url()).build()?;
/// # let jobid = emulator.jobs().imagine.as_str();
/// # let useapi_seed::SubmitOutcome::Started(job) = client.submit(jobid).send().await? else { panic!() };
/// # let interval = Duration::from_millis(20);
/// use std::time::Duration;
/// use useapi_seed::Wait;
///
/// let result = job
///     .wait()
///     .interval(interval) // Wait::DEFAULT_INTERVAL unless set
///     .timeout(2 * Wait::DEFAULT_TIMEOUT)
///     .poll_interval_after_wake(Duration::from_secs(60))
///     .max_poll_errors(2 * Wait::DEFAULT_MAX_POLL_ERRORS)
///     .unknown_polls(1)
///     .request_timeout(Duration::from_secs(20))
///     .on_fault(|error| println!("asked in vain: {error}"))
///     .on_update(|update| println!("{:?} %", update.percent))
///     .on_pause(|pause| println!("next look in {pause:?}"))
///     .await?;
/// # assert_eq!(result.images().len(), 4);
/// # assert!(Wait::DEFAULT_INTERVAL >= interval);
/// # Ok(())
/// # }
/// ```
#[must_use = "nothing happens before it is awaited"]
pub struct Wait {
    job: Job,
    /// From the beginning: what is heard before the first poll counts, too.
    notified: Notified,
    pub(crate) policy: Policy,
    on_update: Option<OnUpdate>,
    on_fault: Option<OnFault>,
    on_pause: Option<OnPause>,
}

/// How often and how long to poll.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Policy {
    pub(crate) interval: Duration,
    pub(crate) timeout: Duration,
    /// How many polls in a row may fail.
    pub(crate) max_poll_errors: u32,
    /// How many of the first polls may not know the job.
    pub(crate) unknown_polls: u32,
    /// Once the job's callbacks are known to come.
    pub(crate) poll_interval_after_wake: Duration,
    pub(crate) request_timeout: Option<Duration>,
}

impl Default for Policy {
    fn default() -> Self {
        Self {
            interval: Wait::DEFAULT_INTERVAL,
            timeout: Wait::DEFAULT_TIMEOUT,
            max_poll_errors: Wait::DEFAULT_MAX_POLL_ERRORS,
            unknown_polls: 0,
            poll_interval_after_wake: Duration::ZERO,
            request_timeout: None,
        }
    }
}

impl Wait {
    /// The time between two polls unless set: the least that the service asks
    /// for.
    pub const DEFAULT_INTERVAL: Duration = Duration::from_secs(10);

    /// How long to wait unless set.
    pub const DEFAULT_TIMEOUT: Duration = Duration::from_secs(15 * 60);

    /// How many polls in a row may fail unless set.
    pub const DEFAULT_MAX_POLL_ERRORS: u32 = 5;

    pub(crate) fn new(job: Job) -> Self {
        let is_started = job.initial_progress().is_some() || job.has_parent();
        Self {
            notified: job.notifier().felt(),
            job,
            policy: Policy {
                unknown_polls: if is_started { UNKNOWN_POLLS } else { 0 },
                ..Policy::default()
            },
            on_update: None,
            on_fault: None,
            on_pause: None,
        }
    }

    /// The time between two polls, at least a millisecond, instead of
    /// [`DEFAULT_INTERVAL`](Self::DEFAULT_INTERVAL). Up to a tenth is added by
    /// jitter, so that many waits do not poll at once; after a refusal it is as
    /// long as the answer's `RetryPolicy-After` says, if that is longer. The service
    /// itself looks at Discord every 15 to 60 seconds, so less brings nothing
    /// there.
    pub fn interval(mut self, interval: Duration) -> Self {
        self.policy.interval = interval;
        self
    }

    /// The time between two polls once [`Job::wake`] has woken the wait, if
    /// that is longer than the [interval](Self::interval): what comes by itself
    /// need not be asked for as often. The same unless set.
    pub fn poll_interval_after_wake(mut self, interval: Duration) -> Self {
        self.policy.poll_interval_after_wake = interval;
        self
    }

    /// The job that is waited for.
    #[must_use]
    pub fn job(&self) -> &Job {
        &self.job
    }

    /// How long to wait, instead of
    /// [`DEFAULT_TIMEOUT`](Self::DEFAULT_TIMEOUT). There is one last poll at the
    /// deadline, which may take ten seconds, or as long as a request may if that is
    /// less.
    pub fn timeout(mut self, timeout: Duration) -> Self {
        self.policy.timeout = timeout;
        self
    }

    /// How many polls in a row may bring no usable answer before the wait ends
    /// with the last one's error, instead of
    /// [`DEFAULT_MAX_POLL_ERRORS`](Self::DEFAULT_MAX_POLL_ERRORS). 0 is as 1: the first
    /// one ends it. A failed poll is not a failed job.
    pub fn max_poll_errors(mut self, polls: u32) -> Self {
        self.policy.max_poll_errors = polls;
        self
    }

    /// How many of the first polls may respond that the job is not found (404)
    /// before that counts: a server may not know yet what another one has started
    /// a moment ago. Three for a job that was submitted or found by this client, or
    /// whose [parent](Job::of_parent) is known; none for one named by its id alone.
    pub fn unknown_polls(mut self, polls: u32) -> Self {
        self.policy.unknown_polls = polls;
        self
    }

    /// How long one poll may take, instead of the client's
    /// [`request_timeout`](crate::ClientBuilder::request_timeout).
    pub fn request_timeout(mut self, timeout: Duration) -> Self {
        self.policy.request_timeout = Some(timeout);
        self
    }

    /// Called at each change of a job that has not ended.
    pub fn on_update(mut self, on_update: impl FnMut(&JobProgress) + Send + 'static) -> Self {
        self.on_update = Some(Box::new(on_update));
        self
    }

    /// Called after each poll that brought no usable answer, and that another
    /// one follows.
    pub fn on_fault(mut self, on_fault: impl FnMut(&Error) + Send + 'static) -> Self {
        self.on_fault = Some(Box::new(on_fault));
        self
    }

    /// Called before each pause, with the time until the next poll: for whoever
    /// shows that something goes on.
    pub fn on_pause(mut self, on_pause: impl FnMut(Duration) + Send + 'static) -> Self {
        self.on_pause = Some(Box::new(on_pause));
        self
    }

    /// The job's news as they come, instead of the result alone. What was set by
    /// [`on_update`](Self::on_update), [`on_fault`](Self::on_fault) and
    /// [`on_pause`](Self::on_pause) is not called.
    pub fn updates(self) -> JobEvents {
        JobEvents::new(self.job, self.notified, self.policy)
    }

    async fn run(mut self) -> Result<SeedResult, Error> {
        let mut polling = Poller::new(self.job, self.notified, self.policy);
        polling.on_pause = self.on_pause;
        loop {
            match polling.next().await? {
                JobEvent::Progress(update) => {
                    if let Some(on_update) = &mut self.on_update {
                        on_update(&update);
                    }
                }
                JobEvent::PollError(error) => {
                    if let Some(on_fault) = &mut self.on_fault {
                        on_fault(&error);
                    }
                }
                JobEvent::Completed(result) => return Ok(result),
            }
        }
    }
}

impl IntoFuture for Wait {
    type Output = Result<SeedResult, Error>;
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
