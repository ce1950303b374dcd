//! Retrieves a seed in one call.

use std::future::{Future, IntoFuture};
use std::pin::Pin;
use std::time::Duration;

use futures_util::stream::{self, StreamExt};
use tokio::time::Instant;

use crate::client::Client;
use crate::error::Error;
use crate::job::Job;
use crate::result::SeedResult;
use crate::submit::SubmitSeed;
use crate::submit::options::SubmitOptions;
use crate::submit_outcome::SubmitOutcome;
use crate::wait::event::JobEvent;
use crate::wait::events::JobEvents;
use crate::wait_options::WaitOptions;

/// A submission and the wait for its result. Made by [`Client::retrieve`]; `.await`
/// it, or read its events.
///
/// Once the job is started, its id is in every error, and
/// [`Client::job`](crate::Client::job) resumes it. To store the id before the wait,
/// read the [events](Self::into_stream), or [submit](Client::submit) and
/// [wait](crate::Job::wait) separately.
///
/// ```
/// # mod docs { include!(concat!(env!("CARGO_MANIFEST_DIR"), "/docs/harness.rs")); }
/// # docs::example(async |client, job_id| {
/// use std::time::Duration;
/// use useapi_seed::{SubmitOptions, WaitOptions};
///
/// # let interval = Duration::from_millis(20);
/// let result = client
///     .retrieve(job_id)
///     .submit_options(SubmitOptions::default().reply_ref("order-17"))
///     .wait_options(WaitOptions::default().poll_interval(interval))
///     .timeout(Duration::from_secs(600))
///     .await?;
/// # assert_eq!(result.images().len(), 4);
/// # Ok(())
/// # });
/// ```
#[derive(Debug)]
#[must_use = "nothing is sent unless it is awaited"]
pub struct RetrieveSeed {
    submit: SubmitSeed,
    submit_options: SubmitOptions,
    wait_options: WaitOptions,
    timeout: Option<Duration>,
}

impl Client {
    /// Retrieves the seed and images of a completed imagine, button or blend job:
    /// submits a seed job and waits for its result.
    ///
    /// `.await` it as it is, or set options first.
    pub fn retrieve(&self, job_id: impl Into<String>) -> RetrieveSeed {
        RetrieveSeed {
            submit: self.submit(job_id),
            submit_options: SubmitOptions::default(),
            wait_options: self.shared.wait,
            timeout: None,
        }
    }
}

impl RetrieveSeed {
    /// How to submit, instead of the defaults.
    pub fn submit_options(mut self, options: SubmitOptions) -> Self {
        self.submit_options = options;
        self
    }

    /// How to wait, instead of the client's options.
    pub fn wait_options(mut self, options: WaitOptions) -> Self {
        self.wait_options = options;
        self
    }

    /// How long the whole call may take, submission and wait together. Without it
    /// each has the timeout of its options.
    pub fn timeout(mut self, timeout: Duration) -> Self {
        self.timeout = Some(timeout);
        self
    }

    /// The events: [`JobEvent::Started`], unless the seed had been retrieved before,
    /// those of the wait, and the result.
    pub fn into_stream(self) -> JobEvents {
        let wait_options = self.wait_options;
        let events = async move {
            let deadline = self.deadline();
            let (events, started) = match self.submitted().await {
                Err(error) => return stream::iter([Err(error)]).boxed(),
                Ok(SubmitOutcome::AlreadyRetrieved(result)) => {
                    return stream::iter([Ok(JobEvent::Completed(result))]).boxed();
                }
                Ok(SubmitOutcome::Started(job)) => {
                    let started = JobEvent::Started(job.handle().clone());
                    (wait(&job, wait_options, deadline), started)
                }
            };
            let events = events.map(|event| event.map_err(Error::job_started));
            stream::iter([Ok(started)]).chain(events).boxed()
        };
        JobEvents::new(stream::once(events).flatten())
    }

    fn deadline(&self) -> Option<Instant> {
        Instant::now().checked_add(self.timeout?)
    }

    async fn submitted(self) -> Result<SubmitOutcome, Error> {
        let mut options = self.submit_options;
        options.timeout = options.timeout.min(self.timeout.unwrap_or(Duration::MAX));
        self.submit.with_options(options).await
    }

    async fn run(self) -> Result<SeedResult, Error> {
        let mut events = self.into_stream();
        loop {
            match events.next().await {
                Some(Ok(JobEvent::Completed(result))) => return Ok(result),
                Some(Ok(_)) => {}
                Some(Err(error)) => return Err(error),
                // The stream ends with one of the two.
                None => return Err(Error::lost_submission()),
            }
        }
    }
}

/// The wait, at most until the deadline of the whole call.
fn wait(job: &Job, mut options: WaitOptions, deadline: Option<Instant>) -> JobEvents {
    if let Some(deadline) = deadline {
        let left = deadline.saturating_duration_since(Instant::now());
        options.timeout = options.timeout.min(left);
    }
    job.wait().with_options(options).into_stream()
}

impl IntoFuture for RetrieveSeed {
    type Output = Result<SeedResult, Error>;
    type IntoFuture = Pin<Box<dyn Future<Output = Self::Output> + Send>>;

    fn into_future(self) -> Self::IntoFuture {
        Box::pin(self.run())
    }
}
