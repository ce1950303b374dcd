//! From a job's id to its seed, in one step.

use std::fmt;
use std::future::{Future, IntoFuture};
use std::pin::Pin;
use std::time::Duration;

use crate::error::Error;
use crate::job::{Job, JobProgress};
use crate::result::SeedResult;
use crate::retry_policy::RetryPolicy;
use crate::submit::{SubmitOutcome, SubmitSeed};
use crate::wait::{OnFault, OnUpdate, Policy};

type OnStarted = Box<dyn FnOnce(&Job) + Send>;

/// A submission and the wait for its result. Made by
/// [`Client::retrieve`](crate::Client::retrieve).
///
/// Once the job is started its id is in every error, so that
/// [`Client::job`](crate::Client::job) can go on; to have it before the wait,
/// use [`on_started`](Self::on_started).
///
/// ```
/// # use useapi_seed_emulator::Emulator;
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # let emulator = Emulator::builder().speed(600.0).start().await?;
/// # let client = useapi_seed::Client::builder(emulator.token()).base_url(emulator.base_url()).build()?;
/// # let jobid = emulator.jobs().imagine.as_str();
/// # let interval = std::time::Duration::from_millis(20);
/// use std::time::Duration;
/// use useapi_seed::RetryPolicy;
///
/// let result = client
///     .retrieve(jobid)
///     .reply_url("https://example.com/news")
///     .reply_ref("order-17")
///     .discord("a Discord token in place of the account's own")
///     .request_timeout(Duration::from_secs(30))
///     .retry(RetryPolicy::default().attempts(2))
///     .resubmit(false)
///     .on_started(|job| println!("{}", job.id())) // write it down
///     .interval(interval)
///     .max_poll_errors(10)
///     .on_fault(|error| println!("asked in vain: {error}"))
///     .on_update(|update| println!("{:?} %", update.percent))
///     .timeout(Duration::from_secs(600))
///     .await?;
/// # assert_eq!(result.images().len(), 4);
/// # Ok(())
/// # }
/// ```
#[must_use = "nothing is sent before it is awaited"]
pub struct RetrieveSeed {
    submit: SubmitSeed,
    policy: Policy,
    on_started: Option<OnStarted>,
    on_update: Option<OnUpdate>,
    on_fault: Option<OnFault>,
}

impl RetrieveSeed {
    pub(crate) fn new(submit: SubmitSeed) -> Self {
        Self {
            submit,
            policy: Policy::default(),
            on_started: None,
            on_update: None,
            on_fault: None,
        }
    }

    /// As [`SubmitSeed::discord`].
    pub fn discord(mut self, token: impl Into<String>) -> Self {
        self.submit = self.submit.discord(token);
        self
    }

    /// As [`SubmitSeed::reply_url`].
    pub fn reply_url(mut self, url: impl Into<String>) -> Self {
        self.submit = self.submit.reply_url(url);
        self
    }

    /// As [`SubmitSeed::reply_ref`].
    pub fn reply_ref(mut self, reference: impl Into<String>) -> Self {
        self.submit = self.submit.reply_ref(reference);
        self
    }

    /// As [`Wait::interval`](crate::Wait::interval).
    pub fn interval(mut self, interval: Duration) -> Self {
        self.policy.interval = interval;
        self
    }

    /// As [`Wait::timeout`](crate::Wait::timeout); counted from the start of
    /// the wait.
    pub fn timeout(mut self, timeout: Duration) -> Self {
        self.policy.timeout = timeout;
        self
    }

    /// Called when a job has been started, before the wait: the place to write
    /// its id down.
    pub fn on_started(mut self, on_started: impl FnOnce(&Job) + Send + 'static) -> Self {
        self.on_started = Some(Box::new(on_started));
        self
    }

    /// As [`Wait::max_poll_errors`](crate::Wait::max_poll_errors).
    pub fn max_poll_errors(mut self, polls: u32) -> Self {
        self.policy.max_poll_errors = polls;
        self
    }

    /// As [`SubmitSeed::request_timeout`], and for each poll as
    /// [`Wait::request_timeout`](crate::Wait::request_timeout).
    pub fn request_timeout(mut self, timeout: Duration) -> Self {
        self.submit = self.submit.request_timeout(timeout);
        self.policy.request_timeout = Some(timeout);
        self
    }

    /// As [`SubmitSeed::retry`].
    pub fn retry(mut self, retry: RetryPolicy) -> Self {
        self.submit = self.submit.retry(retry);
        self
    }

    /// As [`SubmitSeed::resubmit`].
    pub fn resubmit(mut self, resubmit: bool) -> Self {
        self.submit = self.submit.resubmit(resubmit);
        self
    }

    /// As [`Wait::on_fault`](crate::Wait::on_fault).
    pub fn on_fault(mut self, on_fault: impl FnMut(&Error) + Send + 'static) -> Self {
        self.on_fault = Some(Box::new(on_fault));
        self
    }

    /// As [`Wait::on_update`](crate::Wait::on_update).
    pub fn on_update(mut self, on_update: impl FnMut(&JobProgress) + Send + 'static) -> Self {
        self.on_update = Some(Box::new(on_update));
        self
    }

    async fn run(self) -> Result<SeedResult, Error> {
        let job = match self.submit.send().await? {
            SubmitOutcome::AlreadyRetrieved(result) => return Ok(result),
            SubmitOutcome::Started(job) => job,
        };
        if let Some(on_started) = self.on_started {
            on_started(&job);
        }
        let mut wait = job.wait();
        wait.policy = Policy {
            unknown_polls: wait.policy.unknown_polls,
            ..self.policy
        };
        if let Some(on_update) = self.on_update {
            wait = wait.on_update(on_update);
        }
        if let Some(on_fault) = self.on_fault {
            wait = wait.on_fault(on_fault);
        }
        wait.await.map_err(Error::job_started)
    }
}

impl IntoFuture for RetrieveSeed {
    type Output = Result<SeedResult, Error>;
    type IntoFuture = Pin<Box<dyn Future<Output = Self::Output> + Send>>;

    fn into_future(self) -> Self::IntoFuture {
        Box::pin(self.run())
    }
}

impl fmt::Debug for RetrieveSeed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RetrieveSeed")
            .field("submit", &self.submit)
            .field("policy", &self.policy)
            .finish_non_exhaustive()
    }
}
