//! Looking for a job whose submission's answer was lost.

use std::fmt;
use std::future::{Future, IntoFuture};
use std::pin::Pin;

use tracing::{Instrument, info_span};
use useapi_seed_raw::types::{Job as JobBody, Verb};

use crate::client::Client;
use crate::error::{Error, ErrorKind};
use crate::exchange::Manner;
use crate::job::{Job, Update};
use crate::reading::{self, Meaning, Snapshot};
use crate::submit::Submitted;

/// As many executing jobs are asked for their parent; an account has 3 to 12.
const JOBS: usize = 64;

/// A look for a seed job that was started for a job. Made by
/// [`Client::find_started`].
///
/// For a process that ended between the submission and writing the job's id
/// down, or an error that says `may have been sent`. It starts nothing:
///
/// 1. Each [executing job](Client::jobs) is asked whose seed it retrieves.
/// 2. The original job is asked whether it has its seed by now.
///
/// A job that is still on its way to the service is not found, nor one that has
/// ended without a seed: look again after a while before you take nothing for an
/// answer.
///
/// ```
/// # use useapi_seed_emulator::Emulator;
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # let emulator = Emulator::builder().speed(600.0).start().await?;
/// # let client = useapi_seed::Client::builder(emulator.token()).base_url(emulator.base_url()).build()?;
/// # let jobid = emulator.jobs().imagine.as_str();
/// use useapi_seed::Submitted;
///
/// assert!(client.find_started(jobid).await?.is_none());
/// # client.submit(jobid).send().await?;
/// // After a submission, in this process or another:
/// match client.find_started(jobid).await? {
///     Some(Submitted::Started(job)) => println!("go on with {}", job.id()),
///     Some(Submitted::AlreadyRetrieved(retrieval)) => println!("seed {}", retrieval.seed()),
///     _ => println!("nothing was started"),
/// }
/// # Ok(())
/// # }
/// ```
#[must_use = "nothing is looked for before it is awaited"]
pub struct FindStarted {
    client: Client,
    parent: String,
    reply_ref: Option<String>,
}

impl FindStarted {
    pub(crate) fn new(client: Client, parent: String) -> Self {
        Self {
            client,
            parent,
            reply_ref: None,
        }
    }

    /// Only a job with this reference of yours, where jobs have one.
    pub fn reply_ref(mut self, reference: impl Into<String>) -> Self {
        self.reply_ref = Some(reference.into());
        self
    }

    async fn run(self) -> Result<Option<Submitted>, Error> {
        if self.parent.trim().is_empty() {
            return Err(Error::invalid_input("jobid", "is empty"));
        }
        let manner = self.client.manner();
        let look = Look {
            client: &self.client,
            parent: &self.parent,
            reply_ref: self.reply_ref.as_deref(),
        };
        look.run(&manner).await
    }
}

/// What is looked for.
pub(crate) struct Look<'a> {
    pub(crate) client: &'a Client,
    pub(crate) parent: &'a str,
    pub(crate) reply_ref: Option<&'a str>,
}

impl Look<'_> {
    /// The executing jobs first: one that ends meanwhile has left its seed with
    /// the parent.
    pub(crate) async fn run(&self, manner: &Manner) -> Result<Option<Submitted>, Error> {
        let span = info_span!(
            "useapi_seed.find_started",
            useapi.parent_job.id = self.parent
        );
        async {
            if let Some(job) = self.executing(manner).await? {
                return Ok(Some(Submitted::Started(job)));
            }
            Ok(self
                .retrieved(manner)
                .await?
                .map(Submitted::AlreadyRetrieved))
        }
        .instrument(span)
        .await
    }

    async fn executing(&self, manner: &Manner) -> Result<Option<Job>, Error> {
        let jobs = self.client.list_jobs(manner).await?;
        let Some(ids) = jobs.ids else {
            let problem = "lists the executing jobs in a form that is not known";
            return Err(Error::unreadable(problem));
        };
        let mut newest: Option<(String, Job)> = None;
        for id in ids.iter().take(JOBS).filter(|id| *id != self.parent) {
            let snapshot = match self.client.snapshot(id, id, manner).await {
                Ok(snapshot) => snapshot,
                // Gone, or another account's.
                Err(error) if matches!(error.kind(), ErrorKind::NotFound) => continue,
                Err(error) => return Err(error),
            };
            if !self.fits(&snapshot.job) {
                continue;
            }
            let created = snapshot.job.created.clone().unwrap_or_default();
            if newest.as_ref().is_none_or(|(before, _)| *before <= created) {
                let update = Update::new(id, &snapshot.job);
                newest = Some((
                    created,
                    Job::new(self.client.clone(), id.clone(), Some(update)),
                ));
            }
        }
        Ok(newest.map(|(_, job)| job))
    }

    /// Whether it retrieves the seed that was asked for.
    fn fits(&self, job: &JobBody) -> bool {
        let is_seed_job = matches!(job.verb, Some(Verb::SeedAsync) | None);
        let is_of_parent = job.parent_job_id.as_deref() == Some(self.parent);
        let has_reference = match (self.reply_ref, job.reply_ref.as_deref()) {
            (Some(wanted), Some(found)) => wanted == found,
            _ => true,
        };
        is_seed_job && is_of_parent && has_reference
    }

    async fn retrieved(&self, manner: &Manner) -> Result<Option<crate::Retrieval>, Error> {
        let snapshot: Snapshot = self
            .client
            .snapshot(self.parent, self.parent, manner)
            .await?;
        match snapshot.meaning(Some(self.parent)) {
            Ok(Meaning::Retrieved(retrieval)) => Ok(Some(retrieval)),
            Ok(_) => Ok(None),
            // What has become of the parent is not what was asked.
            Err(error) if matches!(error.kind(), ErrorKind::JobEnded { .. }) => Ok(None),
            Err(error) => Err(error),
        }
    }
}

impl Client {
    /// A job as it is now. Any failure is said to be about `about`, whichever
    /// job was asked for.
    pub(crate) async fn snapshot(
        &self,
        id: &str,
        about: &str,
        manner: &Manner,
    ) -> Result<Snapshot, Error> {
        self.call(
            crate::exchange::Operation::GetJob,
            Some(about),
            manner,
            async |raw| {
                let snapshot = reading::snapshot(raw.get_job(id).await, Some(about))?;
                let status = snapshot.received.status;
                Ok((snapshot, status))
            },
        )
        .await
    }
}

impl IntoFuture for FindStarted {
    type Output = Result<Option<Submitted>, Error>;
    type IntoFuture = Pin<Box<dyn Future<Output = Self::Output> + Send>>;

    fn into_future(self) -> Self::IntoFuture {
        Box::pin(self.run())
    }
}

impl fmt::Debug for FindStarted {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("FindStarted")
            .field("parent", &self.parent)
            .field("reply_ref", &self.reply_ref)
            .finish_non_exhaustive()
    }
}
