//! Searches for a job whose submission's response was lost.

use std::future::{Future, IntoFuture};
use std::pin::Pin;
use std::time::Duration;

use tokio::time::Instant;
use tracing::{Instrument, info_span};
use useapi_seed_raw::types::{Job as JobBody, Verb};

use crate::attempts::Idempotency;
use crate::client::Client;
use crate::error::class::Class;
use crate::error::{Error, ErrorKind};
use crate::job::{Job, JobHandle, JobProgress};
use crate::job_id::check_job_id;
use crate::response::Interpretation;
use crate::result::{SeedResult, has_own_seed};
use crate::submit_outcome::SubmitOutcome;
use crate::transport::CallOptions;

/// How many executing jobs are checked; an account has 3 to 12.
const MAX_JOBS_CHECKED: usize = 64;

/// The default time for a search.
const TIMEOUT: Duration = Duration::from_secs(180);

/// A search for a seed job that was started for a parent job. Made by
/// [`Client::find_seed_job`]; `.await` it.
///
/// For a process that ended between the submission and storing the job's id, and for
/// an error that [may have been sent](Error::may_have_been_sent). It starts nothing:
///
/// 1. It asks each [executing job](Client::executing_jobs) whose seed it retrieves.
/// 2. It asks the parent job whether it has its seed by now.
///
/// It does not find a job whose submission has not arrived yet, nor one that has
/// ended without a seed. Until a submission is settled, [`Client::settle_time`] after
/// it was sent, an unsuccessful search proves nothing.
///
/// ```
/// # mod docs { include!(concat!(env!("CARGO_MANIFEST_DIR"), "/docs/harness.rs")); }
/// # docs::example(async |client, job_id| {
/// use useapi_seed::SubmitOutcome;
///
/// assert!(client.find_seed_job(job_id).await?.is_none());
/// # client.submit(job_id).await?;
/// // After a submission, in this process or another:
/// match client.find_seed_job(job_id).reply_ref("order-17").await? {
///     Some(SubmitOutcome::Started(job)) => println!("resume with {}", job.id()),
///     Some(SubmitOutcome::AlreadyRetrieved(result)) => println!("seed {}", result.seed()),
///     None => println!("no job found"),
/// }
/// # Ok(())
/// # });
/// ```
#[derive(Debug)]
#[must_use = "nothing is sent unless it is awaited"]
pub struct FindSeedJob {
    client: Client,
    parent_job_id: String,
    reply_ref: Option<String>,
    timeout: Duration,
}

impl Client {
    /// Searches for a seed job that was started for a parent job, when the response
    /// was lost or the id was not stored.
    ///
    /// `.await` it as it is, or set options first.
    pub fn find_seed_job(&self, parent_job_id: impl Into<String>) -> FindSeedJob {
        FindSeedJob {
            client: self.clone(),
            parent_job_id: parent_job_id.into(),
            reply_ref: None,
            timeout: TIMEOUT,
        }
    }
}

/// Whether a job is the one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Match {
    Yes,
    No,
    /// The response does not say: all fields are optional.
    Unknown,
}

impl FindSeedJob {
    /// Only a job with this reference.
    pub fn reply_ref(mut self, reference: impl Into<String>) -> Self {
        self.reply_ref = Some(reference.into()).filter(|text| !text.trim().is_empty());
        self
    }

    /// How long the search may take; defaults to 3 minutes.
    pub fn timeout(mut self, timeout: Duration) -> Self {
        self.timeout = timeout;
        self
    }

    async fn run(self) -> Result<Option<SubmitOutcome>, Error> {
        check_job_id(&self.parent_job_id)?;
        let options = CallOptions {
            deadline: Instant::now().checked_add(self.timeout),
            ..self.client.transport().options()
        };
        self.search(&options).await
    }

    /// The executing jobs first: one that ends meanwhile leaves its seed with the
    /// parent.
    pub(crate) async fn search(
        &self,
        options: &CallOptions,
    ) -> Result<Option<SubmitOutcome>, Error> {
        let parent = self.parent_job_id.as_str();
        let span = info_span!("useapi_seed.find_seed_job", useapi.parent_job.id = parent);
        async {
            let executing = self.executing(options).await;
            if let Ok(Some(job)) = executing {
                return Ok(Some(SubmitOutcome::Started(job)));
            }
            if let Some(result) = self.seed_of_parent(options).await? {
                return Ok(Some(SubmitOutcome::AlreadyRetrieved(result)));
            }
            // Nothing was found only if everything responded.
            executing.map(|_| None)
        }
        .instrument(span)
        .await
    }

    /// The newest matching job. One that does not respond does not hide the others.
    async fn executing(&self, options: &CallOptions) -> Result<Option<Job>, Error> {
        let jobs = self.client.list_jobs(options).await?;
        let Some(ids) = jobs.ids else {
            let reason = "lists the executing jobs in an unknown form";
            return Err(invalid(reason));
        };
        let mut failure = None;
        if ids.len() > MAX_JOBS_CHECKED {
            let reason = "lists more executing jobs than an account can have";
            failure = Some(invalid(reason));
        }
        let mut newest: Option<(String, Job)> = None;
        let others = ids.iter().filter(|id| **id != self.parent_job_id);
        for id in others.take(MAX_JOBS_CHECKED) {
            match self.client.snapshot(id, id, options).await {
                Ok(snapshot) => match self.matches(&snapshot.job) {
                    Match::Yes => {
                        let created = snapshot.job.created.clone().unwrap_or_default();
                        if newest.as_ref().is_none_or(|(other, _)| *other <= created) {
                            let progress = JobProgress::new(id, &snapshot);
                            let handle = JobHandle::new(id).with_parent(&*self.parent_job_id);
                            newest = Some((created, self.client.started_job(handle, progress)));
                        }
                    }
                    Match::No => {}
                    Match::Unknown => {
                        let reason = "lists a job without its parent";
                        failure = Some(invalid(reason).with_job_id(Some(id)));
                    }
                },
                // Not every server may know a job that has just been started.
                Err(error) => {
                    let is_permanent = error.class() == Class::Permanent;
                    if newest.is_none() && is_permanent && !error.is_not_found() {
                        return Err(error);
                    }
                    failure = Some(error);
                }
            }
        }
        match (newest, failure) {
            (Some((_, job)), _) => Ok(Some(job)),
            (None, Some(failure)) => Err(failure),
            (None, None) => Ok(None),
        }
    }

    /// Whether a job that the response to the submission named may be the one.
    pub(crate) async fn may_be(&self, id: &str, options: &CallOptions) -> bool {
        match self.client.snapshot(id, id, options).await {
            Ok(snapshot) => self.matches(&snapshot.job) != Match::No,
            Err(error) => !error.is_not_found(),
        }
    }

    /// Whether a job retrieves the seed of the parent. Other jobs made from the same
    /// parent name it as theirs, too.
    fn matches(&self, job: &JobBody) -> Match {
        let differs = |value: Option<&str>, wanted: &str| {
            value.is_some_and(|value| value.trim() != wanted.trim())
        };
        let reply_ref = job.reply_ref.as_deref();
        let wanted_ref = self.reply_ref.as_deref();
        if has_own_seed(job.verb.as_ref())
            || differs(job.parent_job_id.as_deref(), &self.parent_job_id)
            || wanted_ref.is_some_and(|wanted| differs(reply_ref, wanted))
        {
            return Match::No;
        }
        let is_seed_job = match job.verb {
            Some(Verb::SeedAsync) | None => true,
            // A job of another kind, unless it names the parent.
            _ if job.parent_job_id.is_none() => return Match::No,
            _ => false,
        };
        let has_reference = self.reply_ref.is_some() && reply_ref.is_some();
        if is_seed_job && (job.parent_job_id.is_some() || has_reference) {
            Match::Yes
        } else {
            Match::Unknown
        }
    }

    async fn seed_of_parent(&self, options: &CallOptions) -> Result<Option<SeedResult>, Error> {
        let parent = self.parent_job_id.as_str();
        let snapshot = self.client.snapshot(parent, parent, options).await?;
        let job = &snapshot.job;
        if job.jobid.is_none() && job.status.is_none() && job.verb.is_none() && job.seed.is_none() {
            return Err(invalid("says nothing about the job")
                .with_response(snapshot.response)
                .with_job_id(Some(parent)));
        }
        match snapshot.interpret(Some(parent)) {
            Ok(Interpretation::Completed(result)) => Ok(Some(result)),
            Ok(_) => Ok(None),
            // The parent's own failure is not the question.
            Err(error) if matches!(error.kind(), ErrorKind::JobFailed { .. }) => Ok(None),
            Err(error) => Err(error),
        }
    }
}

/// A response that a search cannot use.
fn invalid(reason: &str) -> Error {
    Error::invalid_response(reason).for_call(Idempotency::Safe)
}

impl IntoFuture for FindSeedJob {
    type Output = Result<Option<SubmitOutcome>, Error>;
    type IntoFuture = Pin<Box<dyn Future<Output = Self::Output> + Send>>;

    fn into_future(self) -> Self::IntoFuture {
        Box::pin(self.run())
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn job_matches_by_its_parent_and_reply_ref() {
        let client = Client::builder("a-token").build().unwrap();
        for (job, without, with) in [
            (
                json!({"verb": "seed_async", "parentJobId": "1"}),
                Match::Yes,
                Match::Yes,
            ),
            (json!({"parentJobId": "1"}), Match::Yes, Match::Yes),
            (
                json!({"parentJobId": "1", "replyRef": "a"}),
                Match::Yes,
                Match::Yes,
            ),
            (
                json!({"parentJobId": "1", "replyRef": "b"}),
                Match::Yes,
                Match::No,
            ),
            (
                json!({"verb": "seed_async", "parentJobId": "2"}),
                Match::No,
                Match::No,
            ),
            // Made from the same job, but not its seed.
            (
                json!({"verb": "button", "parentJobId": "1"}),
                Match::No,
                Match::No,
            ),
            (json!({"verb": "describe"}), Match::No, Match::No),
            (
                json!({"verb": "seed", "parentJobId": "1"}),
                Match::Unknown,
                Match::Unknown,
            ),
            // It may be ours, so it must not be passed over.
            (
                json!({"verb": "seed_async"}),
                Match::Unknown,
                Match::Unknown,
            ),
            (
                json!({"verb": "seed_async", "replyRef": "a"}),
                Match::Unknown,
                Match::Yes,
            ),
            (
                json!({"verb": "seed_async", "replyRef": "b"}),
                Match::Unknown,
                Match::No,
            ),
            (json!({}), Match::Unknown, Match::Unknown),
        ] {
            let body: JobBody = serde_json::from_value(job.clone()).unwrap();
            for (reply_ref, expected) in [(None, without), (Some("a"), with)] {
                let mut search = client.find_seed_job("1");
                search.reply_ref = reply_ref.map(str::to_owned);
                assert_eq!(search.matches(&body), expected, "{job}, {reply_ref:?}");
            }
        }
    }
}
