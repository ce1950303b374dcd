//! A started seed job.

use serde::Serialize;
use useapi_seed_raw::types::{self, JobStatus, Verb};

use crate::client::Client;
use crate::error::{Delivery, Error, ErrorKind};
use crate::reading::{self, Meaning, Snapshot};
use crate::retrieval::Retrieval;
use crate::seed_text;
use crate::wait::Wait;

/// A seed job that was started: its id, and the client to ask with.
///
/// Dropping it loses nothing. [`Client::job`] makes it anew from the id, in
/// another process too.
#[derive(Clone, Debug)]
pub struct Job {
    client: Client,
    id: String,
    /// What the submission's answer said; none when the job was taken up.
    submitted: Option<Update>,
}

/// What one poll of a job showed.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum JobState {
    /// It has not ended: poll again in 10 to 30 seconds.
    InProgress(Update),
    /// The seed is there.
    Retrieved(Retrieval),
}

/// How far a job has come.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema))]
#[non_exhaustive]
pub struct Update {
    /// The job's id.
    pub job_id: String,
    /// Its status; an unknown word means *still in progress*.
    #[cfg_attr(feature = "schemars", schemars(with = "Option<String>"))]
    pub status: Option<JobStatus>,
    /// The percentage in Midjourney's message, when it has one.
    pub percent: Option<u8>,
    /// Midjourney's message (Model, content).
    pub content: Option<String>,
}

impl Update {
    pub(crate) fn new(job_id: &str, job: &types::Job) -> Self {
        Self {
            job_id: job_id.to_owned(),
            status: job.status.clone(),
            percent: job.content.as_deref().and_then(seed_text::percentage),
            content: job.content.clone(),
        }
    }
}

impl Job {
    pub(crate) fn new(client: Client, id: String, submitted: Option<Update>) -> Self {
        Self {
            client,
            id,
            submitted,
        }
    }

    /// The job's id. Keep it: the result can be had with it for 31 days.
    #[must_use]
    pub fn id(&self) -> &str {
        &self.id
    }

    /// What the answer to the submission said of the job; none when the job was
    /// taken up by its id.
    #[must_use]
    pub fn submitted(&self) -> Option<&Update> {
        self.submitted.as_ref()
    }

    /// Waits for the result: `.await` it as it is, or set options first.
    pub fn wait(&self) -> Wait {
        Wait::new(self.clone())
    }

    /// Asks once how far the job has come.
    ///
    /// # Errors
    ///
    /// When the job has ended without a result, or could not be asked for; the
    /// two are different [kinds](crate::ErrorKind). Each error has the job's
    /// id.
    pub async fn poll(&self) -> Result<JobState, Error> {
        self.check_id()?;
        let snapshot = self.snapshot(&self.id).await?;
        match snapshot.meaning(Some(&self.id))? {
            Meaning::Retrieved(retrieval) => Ok(JobState::Retrieved(retrieval)),
            Meaning::InProgress(snapshot) => {
                Ok(JobState::InProgress(Update::new(&self.id, &snapshot.job)))
            }
            Meaning::WithoutSeed(snapshot) => {
                self.ask_parent(*snapshot).await.map(JobState::Retrieved)
            }
        }
    }

    /// Gives the job up, when it has not ended.
    ///
    /// # Errors
    ///
    /// When the job is not known, or the service refuses for another reason.
    /// Each error has the job's id.
    pub async fn cancel(&self) -> Result<Update, Error> {
        self.check_id()?;
        let outcome = self.client.raw.cancel_job(&self.id).await;
        let snapshot = reading::snapshot(outcome, Some(&self.id))?;
        Ok(Update::new(&self.id, &snapshot.job))
    }

    fn check_id(&self) -> Result<(), Error> {
        if self.id.trim().is_empty() {
            return Err(Error::invalid_input("jobid", "is empty"));
        }
        Ok(())
    }

    /// A completed job that carries no seed itself: its parent should.
    async fn ask_parent(&self, snapshot: Snapshot) -> Result<Retrieval, Error> {
        // Other jobs have parents too: those that they were made from.
        let is_seed_job = matches!(snapshot.job.verb, Some(Verb::SeedAsync) | None);
        let parent = snapshot.job.parent_job_id.as_deref();
        if let Some(parent) = parent.filter(|_| is_seed_job) {
            match self.snapshot(parent).await {
                Ok(answer) => {
                    if let Ok(Meaning::Retrieved(retrieval)) = answer.meaning(Some(parent)) {
                        return Ok(retrieval);
                    }
                }
                // The parent is gone, this job is not.
                Err(error) if matches!(error.kind(), ErrorKind::NotFound) => {}
                Err(error) => return Err(error),
            }
        }
        let verb = snapshot.job.verb;
        Err(Error::new(ErrorKind::NoSeed { verb }, Delivery::Answered)
            .with_received(Some(snapshot.received))
            .with_job_id(Some(&self.id)))
    }

    /// Any failure of asking is about this job, whichever id was asked for.
    async fn snapshot(&self, id: &str) -> Result<Snapshot, Error> {
        let outcome = self.client.raw.get_job(id).await;
        reading::snapshot(outcome, Some(&self.id))
    }
}
