//! Submits a seed job.

#[cfg(test)]
mod model;
pub(crate) mod options;
mod protocol;
#[cfg(test)]
mod rules;
pub(crate) mod state;
pub(crate) mod submission;

use std::future::{Future, IntoFuture};
use std::pin::Pin;

use tokio::time::sleep;

use crate::client::Client;
use crate::error::Error;
use crate::submit_outcome::SubmitOutcome;
use options::SubmitOptions;
use state::SubmissionState;
use submission::Next;

/// A submission. Made by [`Client::submit`]; `.await` it.
///
/// The request is retried only as [`RetryPolicy`](crate::RetryPolicy) says: when
/// nothing was sent, or the service itself rejected it for the moment. After a lost
/// response a job may be running whose id is unknown: then the client searches for it
/// as [`Client::find_seed_job`] does, three times, or with
/// [`Resubmit::WhenSettled`](crate::Resubmit) until the submission is settled. If the
/// job or its seed is found, that is the outcome.
///
/// Dropping the future does not recall a request that was sent: then search with
/// [`Client::find_seed_job`] before submitting again. To survive the end of the
/// process, store the states of a [`Submission`](crate::Submission).
///
/// # Errors
///
/// [`ErrorKind::InvalidInput`](crate::ErrorKind::InvalidInput) before anything is
/// sent; otherwise the service's rejection, or an error whose
/// [`request_status`](Error::request_status) says what became of the request.
///
/// ```
/// # mod docs { include!(concat!(env!("CARGO_MANIFEST_DIR"), "/docs/harness.rs")); }
/// # docs::example(async |client, job_id| {
/// use useapi_seed::{SubmitOptions, SubmitOutcome};
///
/// let options = SubmitOptions::default().reply_ref("order-17");
/// match client.submit(job_id).with_options(options).await? {
///     SubmitOutcome::Started(job) => println!("started {}", job.id()),
///     SubmitOutcome::AlreadyRetrieved(result) => println!("seed {}", result.seed()),
/// }
/// # Ok(())
/// # });
/// ```
#[derive(Debug)]
#[must_use = "nothing is sent unless it is awaited"]
pub struct SubmitSeed {
    client: Client,
    job_id: String,
    options: SubmitOptions,
}

impl Client {
    /// Submits a seed job for a completed imagine, button or blend job, without
    /// waiting for its result.
    ///
    /// `.await` it as it is, or set options first.
    pub fn submit(&self, job_id: impl Into<String>) -> SubmitSeed {
        SubmitSeed {
            client: self.clone(),
            job_id: job_id.into(),
            options: SubmitOptions::default(),
        }
    }
}

impl SubmitSeed {
    /// How to submit, instead of the defaults.
    pub fn with_options(mut self, options: SubmitOptions) -> Self {
        self.options = options;
        self
    }

    /// Sends the request once: no retry, no search. For callers that record their
    /// intent and search for a lost job themselves.
    ///
    /// # Errors
    ///
    /// As awaiting it. After an error that
    /// [may have been sent](Error::may_have_been_sent) search before sending again.
    ///
    /// ```
    /// # mod docs { include!(concat!(env!("CARGO_MANIFEST_DIR"), "/docs/harness.rs")); }
    /// # docs::example(async |client, job_id| {
    /// let outcome = client.submit(job_id).send_once().await;
    /// if let Err(error) = &outcome {
    ///     println!("{:?}", error.verdict().disposition);
    /// }
    /// # assert!(outcome.is_ok());
    /// # Ok(())
    /// # });
    /// ```
    pub async fn send_once(self) -> Result<SubmitOutcome, Error> {
        let submission = self.client.submission(self.job_id, self.options)?;
        submission.request().await
    }

    async fn run(self) -> Result<SubmitOutcome, Error> {
        let mut submission = self.client.submission(self.job_id, self.options)?;
        let mut state = SubmissionState::Planned;
        loop {
            let step = submission.step(state).await;
            state = match step.state {
                SubmissionState::Started { job, .. } => {
                    return Ok(SubmitOutcome::Started(submission.job(job)));
                }
                SubmissionState::Completed { result } => {
                    return Ok(SubmitOutcome::AlreadyRetrieved(result));
                }
                state => state,
            };
            match step.next {
                Next::Now => {}
                Next::After(pause) => sleep(pause).await,
                Next::Stop => return Err(step.error.unwrap_or_else(Error::lost_submission)),
            }
        }
    }
}

impl IntoFuture for SubmitSeed {
    type Output = Result<SubmitOutcome, Error>;
    type IntoFuture = Pin<Box<dyn Future<Output = Self::Output> + Send>>;

    fn into_future(self) -> Self::IntoFuture {
        Box::pin(self.run())
    }
}
