//! Retrieves a seed in one call.

use std::future::{Future, IntoFuture};
use std::pin::Pin;
use std::time::Duration;

use futures_util::stream::{self, StreamExt};
use tokio::time::Instant;

use crate::client::Client;
use crate::error::Error;
use crate::result::SeedResult;
use crate::submit::options::SubmitOptions;
use crate::submit_outcome::SubmitOutcome;
use crate::wait::event::JobEvent;
use crate::wait::events::JobEvents;
use crate::wait_options::WaitOptions;

/// A submission and the wait for its result. Made by [`Client::retrieve`]; `.await`
/// it, or read its events.
///
/// Once the job is started, its id is in every error, and
/// [`Client::job`](crate::Client::job) resumes it. Until then, dropping the call may lose
/// a job that was just submitted, as for [`SubmitSeed`](crate::SubmitSeed); and two calls
/// for the same parent start two jobs. To store the id before the wait,
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
    client: Client,
    job_id: String,
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
            client: self.clone(),
            job_id: job_id.into(),
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
        let events = async move {
            match self.submit().await {
                Err(error) => stream::iter([Err(error)]).boxed(),
                Ok((SubmitOutcome::AlreadyRetrieved(result), _)) => {
                    stream::iter([Ok(JobEvent::Completed(result))]).boxed()
                }
                Ok((SubmitOutcome::Started(job), options)) => {
                    let started = JobEvent::Started(job.handle().clone());
                    let events = job.wait().with_options(options).into_stream();
                    let events = events.map(|event| event.map_err(Error::job_started));
                    stream::iter([Ok(started)]).chain(events).boxed()
                }
            }
        };
        JobEvents::new(stream::once(events).flatten())
    }

    async fn run(self) -> Result<SeedResult, Error> {
        match self.submit().await? {
            (SubmitOutcome::AlreadyRetrieved(result), _) => Ok(result),
            (SubmitOutcome::Started(job), options) => {
                let wait = job.wait().with_options(options);
                wait.await.map_err(Error::job_started)
            }
        }
    }

    /// Submits. The options are those of the wait, which ends at the deadline of the
    /// whole call.
    async fn submit(self) -> Result<(SubmitOutcome, WaitOptions), Error> {
        let timeout = self.timeout.unwrap_or(Duration::MAX);
        let deadline = Instant::now().checked_add(timeout);
        let mut options = self.submit_options;
        options.timeout = options.timeout.min(timeout);
        let submit = self.client.submit(self.job_id).with_options(options);
        let outcome = submit.await?;
        let mut options = self.wait_options;
        if let Some(deadline) = deadline {
            let left = deadline.saturating_duration_since(Instant::now());
            // The final poll is a part of the call, too.
            options.final_poll_timeout = options.final_poll_timeout.min(left / 4);
            options.timeout = options
                .timeout
                .min(left.saturating_sub(options.final_poll_timeout));
        }
        Ok((outcome, options))
    }
}

impl IntoFuture for RetrieveSeed {
    type Output = Result<SeedResult, Error>;
    type IntoFuture = Pin<Box<dyn Future<Output = Self::Output> + Send>>;

    fn into_future(self) -> Self::IntoFuture {
        Box::pin(self.run())
    }
}
