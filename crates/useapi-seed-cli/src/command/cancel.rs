//! `cancel`: cancels running jobs.

use useapi_seed::{Client, Error};

use super::job_row::JobRow;
use super::watch::about;
use crate::arguments::{Cancel, Common};
use crate::command_line;
use crate::error::CliError;
use crate::exit::Exit;
use crate::job_ids;
use crate::output::Output;
use crate::schemas;
use crate::settings::Settings;
use crate::terminal::{eprint_error, print_or_closed};
use crate::text::sanitize;

pub(crate) async fn run(common: &Common, Cancel { jobs }: Cancel) -> Result<Exit, CliError> {
    let output = Output::new(common, schemas::STATUS)?;
    let job_ids = job_ids::read(&jobs.job_ids, &jobs.input_files)?;
    let client = Settings::read(common)?.client()?;
    let mut exit = Exit::Done;
    for job_id in job_ids {
        let printed = match cancel(&client, &job_id).await {
            Ok(printed) => printed,
            // So would be the others.
            Err(error) if error.exit() == Exit::Auth => return Err(error),
            Err(error) => {
                exit = exit.max(error.exit());
                eprint_error(&about(&job_id, &error, error.hint_text()));
                JobRow::of_error(&job_id, &error)
            }
        };
        if output.is_json() {
            output.print(&printed)?;
        } else if let Some(status) = &printed.status {
            print_or_closed(&format!("{}  {}\n", sanitize(&job_id), sanitize(status)))?;
        }
    }
    Ok(exit)
}

async fn cancel(client: &Client, job_id: &str) -> Result<JobRow, CliError> {
    let cancelled = client.job(job_id).cancel().await;
    let explain = |error: Error| {
        let converted = CliError::from(&error);
        if !error.is_not_found() {
            return converted;
        }
        let id = command_line::quote(job_id.as_ref());
        let line = format!("{} status {id}", command_line::program());
        CliError::of_kind(converted.kind(), converted.exit(), converted.message())
            .with_causes(converted.causes().to_vec())
            .suggest(
                "Only running jobs can be cancelled. Check its status:",
                &line,
            )
    };
    cancelled
        .map(|progress| JobRow::of_progress(&progress))
        .map_err(explain)
}
