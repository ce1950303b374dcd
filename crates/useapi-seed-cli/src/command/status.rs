//! `status`: the status of jobs.

use serde::Serialize;
use useapi_seed::raw::types::Job;
use useapi_seed::{Client, Error, ErrorKind, JobProgress, PollResult};

use super::watch::{Jobs, watch};
use crate::arguments::{Common, Status};
use crate::error::CliError;
use crate::exit::Exit;
use crate::job_ids;
use crate::output::Output;
use crate::schemas;
use crate::settings::Settings;

/// A job as it is now.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[cfg_attr(test, schemars(rename = "Status"))]
pub(crate) struct Printed {
    /// The job's ID.
    pub(super) job_id: String,
    /// Its verb, as the service names it.
    pub(super) verb: Option<String>,
    /// Its status, as the service names it; an unknown value means that it still runs.
    pub(super) status: Option<String>,
    /// The percentage in Midjourney's message, when it has one.
    pub(super) percent: Option<u8>,
    /// When it was created, as the service writes it.
    pub(super) created: Option<String>,
    /// The prompt, without parameters.
    pub(super) prompt: Option<String>,
    /// The seed, when the response has it.
    pub(super) seed: Option<u64>,
    /// Midjourney's message.
    pub(super) content: Option<String>,
    /// The job whose seed it retrieves, when the response has it.
    pub(super) parent_job_id: Option<String>,
    /// Why the request failed; only `job_id` is known then.
    pub(super) error: Option<String>,
}

impl Printed {
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

    pub(super) fn of_progress(progress: &JobProgress) -> Self {
        Self {
            percent: progress.percent,
            ..Self::new(&progress.job_id, progress.raw_job())
        }
    }

    /// A job that has ended without a seed; none when the error is not about that.
    fn of_end(job_id: &str, error: &Error) -> Option<Self> {
        let status = match error.kind() {
            ErrorKind::JobFailed { status, .. } => status.as_str(),
            ErrorKind::SeedMissing { .. } => "completed",
            _ => return None,
        };
        let job = serde_json::from_slice(error.body()?).unwrap_or_default();
        Some(Self {
            status: Some(status.to_owned()),
            ..Self::new(job_id, job)
        })
    }

    pub(super) fn of_error(job_id: &str, error: &CliError) -> Self {
        Self {
            job_id: job_id.to_owned(),
            error: Some(error.message().to_owned()),
            ..Self::default()
        }
    }

    /// Polls a job once. The second value is whether it has ended.
    pub(super) async fn poll(client: &Client, job_id: &str) -> Result<(Self, bool), Error> {
        match client.job(job_id).poll().await {
            Ok(PollResult::InProgress(progress)) => Ok((Self::of_progress(&progress), false)),
            Ok(PollResult::Completed(result)) => {
                let printed = Self {
                    seed: Some(result.seed()),
                    ..Self::new(job_id, result.raw_job())
                };
                Ok((printed, true))
            }
            Err(error) => match Self::of_end(job_id, &error) {
                Some(printed) => Ok((printed, true)),
                None => Err(error),
            },
        }
    }
}

pub(crate) async fn run(common: &Common, arguments: Status) -> Result<Exit, CliError> {
    let Status {
        jobs,
        watch: repeat,
    } = arguments;
    let output = Output::new(common, schemas::STATUS)?;
    let job_ids = job_ids::read(&jobs.job_ids, &jobs.input_files)?;
    let settings = Settings::read(common)?;
    let mut jobs = Jobs::new(settings.client()?, repeat.watch.is_some());
    jobs.add(job_ids);
    let exit = watch(&settings, &repeat, async || {
        jobs.poll().await?;
        jobs.show(&output)?;
        Ok(jobs.have_ended())
    })
    .await;
    jobs.finish(exit)
}
