//! Looking for a job whose submission's answer was lost.

use std::fmt;
use std::future::{Future, IntoFuture};
use std::pin::Pin;
use std::time::Duration;

use tokio::time::Instant;
use tracing::{Instrument, info_span};
use useapi_seed_raw::types::{Job as JobBody, Verb};

use crate::client::Client;
use crate::error::{Class, Error, ErrorKind};
use crate::job::{Job, JobProgress};
use crate::response::{self, Interpretation, Snapshot};
use crate::result::SeedResult;
use crate::submit::SubmitOutcome;
use crate::transport::{CallOptions, Operation};

/// As many executing jobs are asked for their parent; an account has 3 to 12.
const JOBS: usize = 64;

/// How long a look may take unless set.
const TIMEOUT: Duration = Duration::from_secs(3 * 60);

/// A look for a seed job that was started for a job. Made by
/// [`Client::find_seed_job`].
///
/// For a process that ended between the submission and writing the job's id
/// down, or an error that says `may have been sent`. It starts nothing:
///
/// 1. Each [executing job](Client::executing_jobs) is asked whose seed it retrieves.
/// 2. The original job is asked whether it has its seed by now.
///
/// A job that is still on its way to the service is not found, nor one that has
/// ended without a seed. Until a submission is settled
/// ([`Client::settle_time`] after it was sent) a search that finds nothing proves
/// nothing.
///
/// ```
/// # use useapi_seed_emulator::Emulator;
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # let emulator = Emulator::builder().speed(600.0).start().await?;
/// # let client = useapi_seed::Client::builder(emulator.token()).base_url(emulator.base_url()).build()?;
/// # let jobid = emulator.jobs().imagine.as_str();
/// use useapi_seed::SubmitOutcome;
///
/// assert!(client.find_seed_job(jobid).await?.is_none());
/// # client.submit(jobid).send().await?;
/// // After a submission, in this process or another:
/// match client.find_seed_job(jobid).await? {
///     Some(SubmitOutcome::Started(job)) => println!("go on with {}", job.id()),
///     Some(SubmitOutcome::AlreadyRetrieved(result)) => println!("seed {}", result.seed()),
///     _ => println!("nothing was started"),
/// }
/// # Ok(())
/// # }
/// ```
#[must_use = "nothing is looked for before it is awaited"]
pub struct FindSeedJob {
    client: Client,
    parent: String,
    reply_ref: Option<String>,
    timeout: Duration,
}

impl FindSeedJob {
    pub(crate) fn new(client: Client, parent: String) -> Self {
        Self {
            client,
            parent,
            reply_ref: None,
            timeout: TIMEOUT,
        }
    }

    /// Only a job with this reference of yours.
    pub fn reply_ref(mut self, reference: impl Into<String>) -> Self {
        self.reply_ref = Some(reference.into()).filter(|text| !text.trim().is_empty());
        self
    }

    /// How long all of it may take; three minutes unless set.
    pub fn timeout(mut self, timeout: Duration) -> Self {
        self.timeout = timeout;
        self
    }

    async fn run(self) -> Result<Option<SubmitOutcome>, Error> {
        if self.parent.trim().is_empty() {
            return Err(Error::invalid_input("jobid", "is empty"));
        }
        let options = CallOptions {
            deadline: Instant::now().checked_add(self.timeout),
            ..self.client.options()
        };
        let look = Look {
            client: &self.client,
            parent: &self.parent,
            reply_ref: self.reply_ref.as_deref(),
        };
        look.run(&options).await
    }
}

/// What is looked for.
pub(crate) struct Look<'a> {
    pub(crate) client: &'a Client,
    pub(crate) parent: &'a str,
    /// The reference that it was submitted with, if one is known.
    pub(crate) reply_ref: Option<&'a str>,
}

/// Whether a job is the one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Fit {
    Yes,
    No,
    /// The response leaves out what would tell: all fields are optional.
    Unknown,
}

impl Look<'_> {
    /// The executing jobs first: one that ends meanwhile has left its seed with
    /// the parent.
    pub(crate) async fn run(&self, options: &CallOptions) -> Result<Option<SubmitOutcome>, Error> {
        let parent = self.parent;
        let span = info_span!("useapi_seed.find_seed_job", useapi.parent_job.id = parent);
        async {
            let executing = self.executing(options).await;
            if let Ok(Some(job)) = executing {
                return Ok(Some(SubmitOutcome::Started(job)));
            }
            if let Some(result) = self.retrieved(options).await? {
                return Ok(Some(SubmitOutcome::AlreadyRetrieved(result)));
            }
            // Only where all could be asked there is nothing.
            executing.map(|_| None)
        }
        .instrument(span)
        .await
    }

    /// The newest of the executing jobs that fit. One that cannot be asked hides
    /// none of the others.
    async fn executing(&self, options: &CallOptions) -> Result<Option<Job>, Error> {
        let jobs = self.client.list_jobs(options).await?;
        let Some(ids) = jobs.ids else {
            let reason = "lists the executing jobs in a form that is not known";
            return Err(Error::invalid_response(reason));
        };
        let mut failure = None;
        if ids.len() > JOBS {
            let reason = "lists more executing jobs than an account can have";
            failure = Some(Error::invalid_response(reason));
        }
        let mut newest: Option<(String, Job)> = None;
        for id in ids.iter().take(JOBS).filter(|id| *id != self.parent) {
            match self.client.snapshot(id, id, options).await {
                Ok(snapshot) if self.fit(&snapshot.job) == Fit::Yes => {
                    let created = snapshot.job.created.clone().unwrap_or_default();
                    if newest.as_ref().is_none_or(|(before, _)| *before <= created) {
                        let update = JobProgress::new(id, &snapshot);
                        let job = Job::new(self.client.clone(), id.clone(), Some(update));
                        let job = job.of_parent(self.parent);
                        newest = Some((created, job));
                    }
                }
                Ok(snapshot) if self.fit(&snapshot.job) == Fit::No => {}
                Ok(_) => {
                    let reason = "lists a job without saying whose seed it retrieves";
                    failure = Some(Error::invalid_response(reason).with_job_id(Some(id)));
                }
                // A job that was started a moment ago is not known everywhere.
                Err(error) if newest.is_none() && is_permanent(&error) && !error.is_not_found() => {
                    return Err(error);
                }
                Err(error) => failure = Some(error),
            }
        }
        match (newest, failure) {
            (Some((_, job)), _) => Ok(Some(job)),
            (None, Some(error)) => Err(error),
            (None, None) => Ok(None),
        }
    }

    /// Whether a job that the response to the submission named is the one; unless
    /// it is certain that it is not, it is taken for it.
    pub(crate) async fn is(&self, id: &str, options: &CallOptions) -> bool {
        match self.client.snapshot(id, id, options).await {
            Ok(snapshot) => self.fit(&snapshot.job) != Fit::No,
            Err(error) => !matches!(error.kind(), ErrorKind::NotFound),
        }
    }

    /// Whether it retrieves the seed that was asked for. Jobs that were made from
    /// the same parent otherwise have it as their parent, too.
    fn fit(&self, job: &JobBody) -> Fit {
        let is_another = |value: Option<&str>, wanted: &str| {
            value.is_some_and(|value| value.trim() != wanted.trim())
        };
        let reply_ref = job.reply_ref.as_deref();
        if matches!(job.verb, Some(Verb::Imagine | Verb::Button | Verb::Blend))
            || is_another(job.parent_job_id.as_deref(), self.parent)
            || self
                .reply_ref
                .is_some_and(|wanted| is_another(reply_ref, wanted))
        {
            return Fit::No;
        }
        let is_seed_job = match job.verb {
            Some(Verb::SeedAsync) | None => true,
            // Another kind of job, unless it belongs to the parent.
            _ if job.parent_job_id.is_none() => return Fit::No,
            _ => false,
        };
        let is_ours =
            job.parent_job_id.is_some() || self.reply_ref.is_some() && reply_ref.is_some();
        if is_seed_job && is_ours {
            Fit::Yes
        } else {
            Fit::Unknown
        }
    }

    async fn retrieved(&self, options: &CallOptions) -> Result<Option<SeedResult>, Error> {
        let snapshot = self.client.snapshot(self.parent, self.parent, options);
        let snapshot = snapshot.await?;
        let job = &snapshot.job;
        if job.jobid.is_none() && job.status.is_none() && job.verb.is_none() && job.seed.is_none() {
            return Err(Error::invalid_response("says nothing about the job")
                .with_response(Some(snapshot.response))
                .with_job_id(Some(self.parent)));
        }
        match snapshot.interpret(Some(self.parent)) {
            Ok(Interpretation::Completed(result)) => Ok(Some(result)),
            Ok(_) => Ok(None),
            // What has become of the parent is not what was asked.
            Err(error) if matches!(error.kind(), ErrorKind::JobFailed { .. }) => Ok(None),
            Err(error) => Err(error),
        }
    }
}

/// Whether no other call would succeed.
pub(crate) fn is_permanent(error: &Error) -> bool {
    error.class() == Class::Permanent
}

impl Client {
    /// A job as it is now. Any failure is said to be about `about`, whichever
    /// job was asked for.
    pub(crate) async fn snapshot(
        &self,
        id: &str,
        about: &str,
        options: &CallOptions,
    ) -> Result<Snapshot, Error> {
        self.call(Operation::GetJob, Some(about), options, async |raw| {
            let snapshot = response::snapshot(raw.get_job(id).await, Some(about))?;
            let status = snapshot.response.status;
            Ok((snapshot, status))
        })
        .await
    }
}

impl IntoFuture for FindSeedJob {
    type Output = Result<Option<SubmitOutcome>, Error>;
    type IntoFuture = Pin<Box<dyn Future<Output = Self::Output> + Send>>;

    fn into_future(self) -> Self::IntoFuture {
        Box::pin(self.run())
    }
}

impl fmt::Debug for FindSeedJob {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("FindSeedJob")
            .field("parent", &self.parent)
            .field("reply_ref", &self.reply_ref)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_job_fits_by_what_its_response_says() {
        let client = Client::builder("a-token").build().unwrap();
        for (job, without, with) in [
            (
                json!({"verb": "seed_async", "parentJobId": "1"}),
                Fit::Yes,
                Fit::Yes,
            ),
            (json!({"parentJobId": "1"}), Fit::Yes, Fit::Yes),
            (
                json!({"parentJobId": "1", "replyRef": "a"}),
                Fit::Yes,
                Fit::Yes,
            ),
            (
                json!({"parentJobId": "1", "replyRef": "b"}),
                Fit::Yes,
                Fit::No,
            ),
            (
                json!({"verb": "seed_async", "parentJobId": "2"}),
                Fit::No,
                Fit::No,
            ),
            // Made from the same job, but not its seed.
            (
                json!({"verb": "button", "parentJobId": "1"}),
                Fit::No,
                Fit::No,
            ),
            (json!({"verb": "describe"}), Fit::No, Fit::No),
            (
                json!({"verb": "seed", "parentJobId": "1"}),
                Fit::Unknown,
                Fit::Unknown,
            ),
            // It may be ours, so it must not be passed over.
            (json!({"verb": "seed_async"}), Fit::Unknown, Fit::Unknown),
            (
                json!({"verb": "seed_async", "replyRef": "a"}),
                Fit::Unknown,
                Fit::Yes,
            ),
            (
                json!({"verb": "seed_async", "replyRef": "b"}),
                Fit::Unknown,
                Fit::No,
            ),
            (json!({}), Fit::Unknown, Fit::Unknown),
        ] {
            let body: JobBody = serde_json::from_value(job.clone()).unwrap();
            for (reply_ref, expected) in [(None, without), (Some("a"), with)] {
                let look = Look {
                    client: &client,
                    parent: "1",
                    reply_ref,
                };
                assert_eq!(look.fit(&body), expected, "{job}, {reply_ref:?}");
            }
        }
    }
}
