//! A started seed job.

mod progress;

use std::sync::Arc;

use serde::{Deserialize, Serialize};
use tokio::sync::watch;
use tokio::time::Instant;
use useapi_seed_raw::Operation;
use useapi_seed_raw::types::Verb;

use crate::attempts::Idempotency;
use crate::client::Client;
use crate::error::{Error, ErrorKind, RequestStatus};
use crate::response::{self, Interpretation, Snapshot};
use crate::result::SeedResult;
use crate::transport::CallOptions;

pub use progress::JobProgress;

/// A started seed job. Made by [`Client::job`] and by a submission.
///
/// Dropping it loses nothing: [`Client::job`] makes it again from its
/// [handle](Self::handle) or id, in another process too.
///
/// ```
/// # mod docs { include!(concat!(env!("CARGO_MANIFEST_DIR"), "/docs/harness.rs")); }
/// # docs::example(async |client, job_id| {
/// # client.submit(job_id).await?;
/// # let id = client.executing_jobs().await?.ids.unwrap_or_default().remove(0);
/// let job = client.job(id);
/// let progress = job.cancel().await?;
/// println!("{}: {:?}", job.id(), progress.status);
/// # Ok(())
/// # });
/// ```
#[derive(Clone, Debug)]
pub struct Job {
    client: Client,
    handle: JobHandle,
    /// What the response to the submission said, and when it came.
    initial: Option<(JobProgress, Instant)>,
    /// Wakes the waits for this job; clones have the same.
    waker: Arc<watch::Sender<()>>,
}

/// What identifies a started seed job: store it, and continue in another process
/// with [`Client::job`].
///
/// ```
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// use useapi_seed::{Client, JobHandle};
///
/// let handle = JobHandle::new("the-started-job").with_parent("the-parent-job");
/// let stored = serde_json::to_string(&handle)?;
///
/// let client = Client::builder("a-token").build()?;
/// let job = client.job(serde_json::from_str::<JobHandle>(&stored)?);
/// assert_eq!(job.id(), "the-started-job");
/// assert_eq!(job.handle().parent_job_id.as_deref(), Some("the-parent-job"));
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema))]
#[non_exhaustive]
pub struct JobHandle {
    /// Id of the started job.
    pub job_id: String,
    /// Id of the job whose seed it retrieves, when known. It is asked for the seed
    /// when the started job has none and does not name its parent.
    #[serde(default)]
    pub parent_job_id: Option<String>,
}

impl JobHandle {
    /// The handle of a job that is known by its id.
    #[must_use]
    pub fn new(job_id: impl Into<String>) -> Self {
        Self {
            job_id: job_id.into(),
            parent_job_id: None,
        }
    }

    /// Adds the job whose seed it retrieves.
    #[must_use]
    pub fn with_parent(mut self, parent_job_id: impl Into<String>) -> Self {
        self.parent_job_id = Some(parent_job_id.into());
        self
    }
}

impl<T: Into<String>> From<T> for JobHandle {
    fn from(job_id: T) -> Self {
        Self::new(job_id)
    }
}

/// The outcome of one poll.
///
/// ```
/// # mod docs { include!(concat!(env!("CARGO_MANIFEST_DIR"), "/docs/harness.rs")); }
/// # docs::example(async |client, job_id| {
/// use useapi_seed::PollResult;
///
/// match client.job(job_id).poll().await {
///     Ok(PollResult::InProgress(progress)) => println!("{:?} %", progress.percent),
///     Ok(PollResult::Completed(result)) => println!("seed {}", result.seed()),
///     Err(error) => println!("{error}"),
/// }
/// # Ok(())
/// # });
/// ```
#[derive(Clone, Debug)]
pub enum PollResult {
    /// Still running; poll again in 10 to 30 seconds.
    InProgress(JobProgress),
    /// The job has completed.
    Completed(SeedResult),
}

impl Client {
    /// A seed job that was started before, perhaps by another process: its
    /// [handle](Job::handle) or id.
    ///
    /// The id is the *started* job's, as in [`Job::id`] and [`Error::job_id`].
    /// Nothing is sent until the job is polled, waited for or cancelled.
    pub fn job(&self, handle: impl Into<JobHandle>) -> Job {
        Job {
            client: self.clone(),
            handle: handle.into(),
            initial: None,
            waker: Arc::default(),
        }
    }

    /// A job that this client has just started or found.
    pub(crate) fn started_job(&self, handle: JobHandle, progress: JobProgress) -> Job {
        Job {
            initial: Some((progress, Instant::now())),
            ..self.job(handle)
        }
    }

    /// The current response for a job. An error is about the job `about`, whichever
    /// was requested.
    pub(crate) async fn snapshot(
        &self,
        id: &str,
        about: &str,
        options: &CallOptions,
    ) -> Result<Snapshot, Error> {
        self.transport()
            .call(Operation::GetJob, Some(about), options, async |raw| {
                let snapshot = response::snapshot(raw.get_job(id).await, Some(about))?;
                let status = snapshot.response.status;
                Ok((snapshot, status))
            })
            .await
    }
}

impl Job {
    pub(crate) fn client(&self) -> &Client {
        &self.client
    }

    /// Receives each wake from now on, for as long as the job is kept.
    pub(crate) fn wakes(&self) -> watch::Receiver<()> {
        self.waker.subscribe()
    }

    /// The job's id. Its result is available for at least 31 days.
    #[must_use]
    pub fn id(&self) -> &str {
        &self.handle.job_id
    }

    /// What identifies the job in another process.
    #[must_use]
    pub fn handle(&self) -> &JobHandle {
        &self.handle
    }

    /// The progress in the response to the submission; none for a job made from its
    /// handle.
    #[must_use]
    pub fn initial_progress(&self) -> Option<&JobProgress> {
        self.initial.as_ref().map(|(progress, _)| progress)
    }

    /// When that response came.
    pub(crate) fn started_at(&self) -> Option<Instant> {
        self.initial.as_ref().map(|(_, time)| *time)
    }

    /// Wakes every wait for this job, made from this value or a clone of it, to poll
    /// immediately: for callers that hear of the job in another way, such as a
    /// callback.
    ///
    /// ```
    /// # use std::time::Duration;
    /// # use useapi_seed_emulator::Emulator;
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let emulator = Emulator::builder().paused().start().await?;
    /// # let client = useapi_seed::Client::builder(emulator.token()).base_url(emulator.base_url()).build()?;
    /// # let job_id = emulator.jobs().imagine.as_str();
    /// # let useapi_seed::SubmitOutcome::Started(job) = client.submit(job_id).await? else { panic!() };
    /// let hourly = useapi_seed::WaitOptions::default().poll_interval(Duration::from_secs(3600));
    /// let wait = tokio::spawn(job.wait().with_options(hourly).into_future());
    /// # emulator.advance(Duration::from_secs(60));
    /// job.wake(); // a callback came
    /// println!("seed {}", wait.await??.seed());
    /// # Ok(())
    /// # }
    /// ```
    pub fn wake(&self) {
        self.waker.send_replace(());
    }

    /// Polls the job once. A transient error is retried as the client's
    /// [`RetryPolicy`](crate::RetryPolicy) says.
    ///
    /// # Errors
    ///
    /// When the job has ended without a result, or could not be polled: two
    /// different [kinds](crate::ErrorKind). Each error has the job's id.
    pub async fn poll(&self) -> Result<PollResult, Error> {
        self.poll_with(&self.client.transport().options()).await
    }

    pub(crate) async fn poll_with(&self, options: &CallOptions) -> Result<PollResult, Error> {
        self.check_id()?;
        let id = self.id();
        let snapshot = self.client.snapshot(id, id, options).await?;
        let interpreted = snapshot.interpret(Some(id));
        match interpreted.map_err(|error| error.for_call(Idempotency::Safe))? {
            Interpretation::Completed(result) => Ok(PollResult::Completed(result)),
            Interpretation::InProgress(snapshot) => {
                Ok(PollResult::InProgress(JobProgress::new(id, &snapshot)))
            }
            Interpretation::WithoutSeed(snapshot) => self
                .fetch_seed_from_parent(*snapshot, options)
                .await
                .map(PollResult::Completed),
        }
    }

    /// Cancels the job if it is executing.
    ///
    /// # Errors
    ///
    /// When the job is not found, or the service rejects the request. Each error has
    /// the job's id.
    pub async fn cancel(&self) -> Result<JobProgress, Error> {
        self.check_id()?;
        let (id, transport) = (self.id(), self.client.transport());
        let options = transport.options();
        transport
            .call(Operation::CancelJob, Some(id), &options, async |raw| {
                let snapshot = response::snapshot(raw.cancel_job(id).await, Some(id))?;
                Ok((JobProgress::new(id, &snapshot), snapshot.response.status))
            })
            .await
    }

    fn check_id(&self) -> Result<(), Error> {
        if self.id().trim().is_empty() {
            return Err(Error::invalid_input("jobid", "is empty"));
        }
        Ok(())
    }

    /// For a completed job without a seed.
    async fn fetch_seed_from_parent(
        &self,
        snapshot: Snapshot,
        options: &CallOptions,
    ) -> Result<SeedResult, Error> {
        // The parent of another job is the one that it was made from.
        let is_seed_job = matches!(snapshot.job.verb, Some(Verb::SeedAsync) | None);
        let named = snapshot.job.parent_job_id.as_deref();
        let known = self.handle.parent_job_id.as_deref();
        if let Some(parent) = named.filter(|_| is_seed_job).or(known) {
            match self.client.snapshot(parent, self.id(), options).await {
                Ok(response) => match response.interpret(Some(parent)) {
                    Ok(Interpretation::Completed(result)) => return Ok(result),
                    Err(error) if error.is_halted() => {
                        return Err(error.with_job_id(Some(self.id())));
                    }
                    _ => {}
                },
                // The parent is gone, this job is not.
                Err(error) if error.is_not_found() => {}
                Err(error) => return Err(error),
            }
        }
        let kind = ErrorKind::SeedMissing {
            verb: snapshot.job.verb,
        };
        Err(Error::new(kind, RequestStatus::ResponseReceived)
            .with_response(snapshot.response)
            .with_parent_job_id(snapshot.job.parent_job_id)
            .with_job_id(Some(self.id())))
    }
}
