//! Waits for a job.

pub(crate) mod event;
pub(crate) mod events;
pub(crate) mod poller;

use std::future::{Future, IntoFuture};
use std::pin::Pin;

use futures_util::stream::{self, StreamExt};
use tokio::sync::watch;

use crate::error::Error;
use crate::job::Job;
use crate::result::SeedResult;
use crate::wait_options::WaitOptions;
use event::JobEvent;
use events::JobEvents;
use poller::Poller;

/// A wait for the result of a job. Made by [`Job::wait`]; `.await` it, or read its
/// events.
///
/// Dropping it ends the wait and loses nothing: the job keeps running.
///
/// ```
/// # mod docs { include!(concat!(env!("CARGO_MANIFEST_DIR"), "/docs/harness.rs")); }
/// # docs::example(async |client, job_id| {
/// # let useapi_seed::SubmitOutcome::Started(job) = client.submit(job_id).await? else { panic!() };
/// use std::time::Duration;
/// use useapi_seed::WaitOptions;
///
/// # let interval = Duration::from_millis(20);
/// let options = WaitOptions::default().poll_interval(interval).timeout(Duration::from_secs(600));
/// let result = job.wait().with_options(options).await?;
/// # assert_eq!(result.images().len(), 4);
/// # Ok(())
/// # });
/// ```
#[derive(Debug)]
#[must_use = "nothing is polled unless it is awaited"]
pub struct Wait {
    job: Job,
    /// From the beginning: a wake before the first poll counts, too.
    wakes: watch::Receiver<()>,
    options: WaitOptions,
}

impl Job {
    /// Waits for the result. `.await` it as it is, or set options first.
    pub fn wait(&self) -> Wait {
        Wait {
            wakes: self.wakes(),
            options: self.client().shared.wait,
            job: self.clone(),
        }
    }
}

impl Wait {
    /// How to wait, instead of the client's options.
    pub fn with_options(mut self, options: WaitOptions) -> Self {
        self.options = options;
        self
    }

    /// The options that are set.
    #[must_use]
    pub fn options(&self) -> WaitOptions {
        self.options
    }

    /// The job that is waited for.
    #[must_use]
    pub fn job(&self) -> &Job {
        &self.job
    }

    /// The events of the job, ending with its result.
    pub fn into_stream(self) -> JobEvents {
        // The timeout counts from the first poll of the stream.
        let poller = async move { Box::new(self.poller()) };
        JobEvents::new(stream::once(poller).flat_map(|poller| {
            stream::try_unfold(Some(poller), async |poller| {
                let Some(mut poller) = poller else {
                    return Ok(None);
                };
                let event = poller.next().await?;
                let is_last = matches!(event, JobEvent::Completed(_));
                Ok(Some((event, (!is_last).then_some(poller))))
            })
        }))
    }

    pub(crate) fn poller(self) -> Poller {
        Poller::new(self.job, self.wakes, self.options)
    }

    async fn run(self) -> Result<SeedResult, Error> {
        let mut poller = self.poller();
        loop {
            if let JobEvent::Completed(result) = poller.next().await? {
                return Ok(result);
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
