//! A job as `status`, `jobs` and `cancel` print it.

use std::time::Duration;

use indicatif::HumanDuration;
use jiff::Timestamp;
use serde::Serialize;
use useapi_seed::raw::types::Job;
use useapi_seed::{Client, Error, ErrorKind, JobProgress, PollResult};

use crate::command_line::{program, quote};
use crate::error::CliError;
use crate::exit::Exit;
use crate::text::sanitize;

/// The columns of [`JobRow::cells`].
pub(super) const HEAD: [&str; 7] = ["ID", "VERB", "STATUS", "%", "AGE", "SEED", "PROMPT"];

/// A job as it is now.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema), schemars(rename = "Status"))]
pub(crate) struct JobRow {
    /// The job's ID.
    pub(super) job_id: String,
    /// Its verb, as the service names it.
    verb: Option<String>,
    /// Its status, as the service names it; an unknown value means that it still runs.
    status: Option<String>,
    /// The percentage in Midjourney's message, when it has one.
    percent: Option<u8>,
    /// When it was created, as the service writes it.
    created: Option<String>,
    /// The prompt, without parameters.
    prompt: Option<String>,
    /// The seed, when the response has it.
    seed: Option<u64>,
    /// Midjourney's message.
    content: Option<String>,
    /// The job whose seed it retrieves, when the response has it.
    parent_job_id: Option<String>,
    /// Why the request failed; only `job_id` is known then.
    error: Option<String>,
    /// It is not polled again.
    #[serde(skip)]
    pub(super) has_ended: bool,
    /// Of the last request.
    #[serde(skip)]
    pub(super) exit: Exit,
}

impl JobRow {
    fn new(job_id: &str, job: Job) -> Self {
        Self {
            job_id: job_id.to_owned(),
            verb: job.verb.map(|verb| verb.as_str().to_owned()),
            status: job.status.map(|status| status.as_str().to_owned()),
            created: job.created,
            prompt: job.prompt,
            content: job.content,
            parent_job_id: job.parent_job_id,
            ..Self::default()
        }
    }

    /// A job about which nothing is known yet.
    pub(super) fn unknown(job_id: String) -> Self {
        Self {
            job_id,
            exit: Exit::Pending,
            ..Self::default()
        }
    }

    pub(super) fn of_error(job_id: &str, error: &CliError) -> Self {
        Self {
            error: Some(error.message().to_owned()),
            has_ended: !error.exit().is_pending(),
            exit: error.exit(),
            ..Self::unknown(job_id.to_owned())
        }
    }

    fn of_progress(progress: &JobProgress) -> Self {
        Self {
            percent: progress.percent,
            ..Self::new(&progress.job_id, progress.raw_job())
        }
    }

    /// Polls a job once.
    pub(super) async fn poll(client: &Client, job_id: &str) -> Result<Self, CliError> {
        let (job, seed) = match client.job(job_id).poll().await {
            Ok(PollResult::InProgress(progress)) => return Ok(Self::of_progress(&progress)),
            Ok(PollResult::Completed(result)) => (result.raw_job(), Some(result.seed())),
            Err(error) => (job_without_seed(error)?, None),
        };
        Ok(Self {
            seed,
            has_ended: true,
            ..Self::new(job_id, job)
        })
    }

    /// Cancels a job.
    pub(super) async fn cancel(client: &Client, job_id: &str) -> Result<Self, CliError> {
        match client.job(job_id).cancel().await {
            Ok(progress) => Ok(Self::of_progress(&progress)),
            Err(error) if error.is_not_found() => {
                let command = format!("{} status {}", program(), quote(job_id.as_ref()));
                let why = "Only running jobs can be cancelled. Check its status:";
                Err(CliError::from(error).without_hint().suggest(why, &command))
            }
            Err(error) => Err(error.into()),
        }
    }

    /// Its cells in a table.
    pub(super) fn cells(&self) -> Vec<String> {
        let status = self.error.as_ref().map(|_| "error");
        // A seed job has its prompt in Midjourney's message only.
        let quoted = || self.content.as_deref()?.split("**").nth(1);
        let cells = [
            Some(self.job_id.clone()),
            self.verb.clone(),
            status.or(self.status.as_deref()).map(str::to_owned),
            self.percent.map(|percent| format!("{percent}%")),
            self.created.as_deref().and_then(age),
            self.seed.map(|seed| seed.to_string()),
            self.prompt.as_deref().or_else(quoted).map(str::to_owned),
        ];
        let cells = cells.into_iter().map(Option::unwrap_or_default);
        cells.map(|cell| sanitize(&cell)).collect()
    }
}

/// The job that an error is about, when it has ended without a seed.
fn job_without_seed(error: Error) -> Result<Job, CliError> {
    let has_ended = matches!(
        error.kind(),
        ErrorKind::JobFailed { .. } | ErrorKind::SeedMissing { .. }
    );
    let body = error.body().filter(|_| has_ended);
    let job = body.and_then(|body| serde_json::from_slice(body).ok());
    job.ok_or_else(|| error.into())
}

/// How long ago it was, in the largest unit.
fn age(created: &str) -> Option<String> {
    let created: Timestamp = created.parse().ok()?;
    let age = Duration::try_from(Timestamp::now().duration_since(created));
    Some(format!("{:#}", HumanDuration(age.unwrap_or_default())))
}
