//! `status`: how far jobs have come.

use std::fmt::Write;

use serde::Serialize;
use serde_json::Value;
use useapi_seed::{Client, Error, ErrorKind, JobProgress, PollResult, SeedResult};

use crate::arguments::{Common, Status};
use crate::error::CliError;
use crate::exit::Exit;
use crate::job_ids;
use crate::output::Output;
use crate::schemas;
use crate::settings::Settings;
use crate::terminal::eprint_error;
use crate::terminal::print_or_closed;
use crate::text::sanitize;

/// A job, as it is now.
#[derive(Debug, Default, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[cfg_attr(test, schemars(rename = "Status"))]
pub(crate) struct Printed {
    /// The job's id.
    job_id: String,
    /// Its status, as the service calls it; an unknown word means that it has not
    /// ended.
    status: Option<String>,
    /// The percentage in Midjourney's message, when it has one.
    percent: Option<u8>,
    /// The seed, when the answer has it.
    seed: Option<u64>,
    /// Midjourney's message.
    content: Option<String>,
    /// The job whose seed it retrieves, when the answer says so.
    parent_job_id: Option<String>,
    /// Why it could not be asked for; nothing else is known then.
    error: Option<String>,
}

impl Printed {
    pub(super) fn of_update(update: JobProgress) -> Self {
        Self {
            job_id: update.job_id,
            status: update.status.map(|status| status.as_str().to_owned()),
            percent: update.percent,
            seed: None,
            content: update.content,
            parent_job_id: update.parent_job_id,
            error: None,
        }
    }

    fn of_result(job_id: &str, retrieval: &SeedResult) -> Self {
        let job = retrieval.raw_job();
        let status = job.status.as_ref();
        Self {
            job_id: job_id.to_owned(),
            status: status.map(|status| status.as_str().to_owned()),
            percent: None,
            seed: Some(retrieval.seed()),
            content: job.content.clone(),
            parent_job_id: job.parent_job_id.clone(),
            error: None,
        }
    }

    /// A job that is over without a seed; none when the error is about something
    /// else.
    fn of_end(job_id: &str, error: &Error) -> Option<Self> {
        let status = match error.kind() {
            ErrorKind::JobFailed { status, .. } => status.as_str(),
            ErrorKind::SeedMissing { .. } => "completed",
            _ => return None,
        };
        let body: Value = serde_json::from_slice(error.body()?).unwrap_or_default();
        let text = |name: &str| body.get(name)?.as_str().map(str::to_owned);
        Some(Self {
            job_id: job_id.to_owned(),
            status: Some(status.to_owned()),
            content: text("content"),
            parent_job_id: text("parentJobId"),
            ..Self::default()
        })
    }

    pub(super) fn print(&self, output: &Output) -> Result<(), CliError> {
        if output.is_json() {
            return output.print(self);
        }
        let status = self.status.as_deref().unwrap_or("unknown");
        let mut line = format!("{}  {}", sanitize(&self.job_id), sanitize(status));
        if let Some(percent) = self.percent {
            let _ = write!(line, "  {percent} %");
        }
        if let Some(seed) = self.seed {
            let _ = write!(line, "  seed {seed}");
        }
        print_or_closed(&(line + "\n"))
    }
}

pub(crate) async fn run(common: &Common, arguments: Status) -> Result<Exit, CliError> {
    let output = Output::new(common, schemas::STATUS)?;
    let job_ids = job_ids::of_arguments("JOBID", &arguments.job_ids)?;
    let client = Settings::read(common)?.client()?;
    let mut exit = Exit::Done;
    for job_id in job_ids {
        let outcome = match ask(&client, &job_id).await {
            Ok(printed) => printed.print(&output),
            Err(error) => {
                let error = CliError::from(error);
                eprint_error(&error);
                exit = exit.max(error.exit());
                give_error(&output, job_id, &error)
            }
        };
        if let Err(error) = outcome {
            eprint_error(&error);
            exit = exit.max(error.exit());
        }
    }
    Ok(exit)
}

/// A script is told of each job, too.
fn give_error(output: &Output, job_id: String, error: &CliError) -> Result<(), CliError> {
    if !output.is_json() {
        return Ok(());
    }
    output.print(&Printed {
        job_id,
        error: Some(error.message().to_owned()),
        ..Printed::default()
    })
}

async fn ask(client: &Client, job_id: &str) -> Result<Printed, Error> {
    match client.job(job_id).poll().await {
        Ok(PollResult::InProgress(update)) => Ok(Printed::of_update(update)),
        Ok(PollResult::Completed(retrieval)) => Ok(Printed::of_result(job_id, &retrieval)),
        Err(error) => Printed::of_end(job_id, &error).ok_or(error),
    }
}
