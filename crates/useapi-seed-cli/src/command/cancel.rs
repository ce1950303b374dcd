//! `cancel`: gives an executing job up.

use super::status::Printed;
use crate::arguments::{Cancel, Common};
use crate::command_line;
use crate::error::CliError;
use crate::exit::Exit;
use crate::job_ids;
use crate::output::Output;
use crate::schemas;
use crate::settings::Settings;

pub(crate) async fn run(common: &Common, arguments: Cancel) -> Result<Exit, CliError> {
    let output = Output::new(common, schemas::STATUS)?;
    let job_id = job_ids::of_argument("JOBID", &arguments.job_id)?;
    let client = Settings::read(common)?.client()?;
    let outcome = client.job(job_id.as_str()).cancel().await;
    let update = outcome.map_err(|error| {
        if error.is_not_found() {
            let line = format!(
                "{} status {}",
                command_line::program(),
                command_line::quote(job_id.as_ref())
            );
            CliError::new(error.to_string())
                .with_exit(Exit::from(&error))
                .suggest(
                    "Only a job that is executing can be given up. To see whether it is:",
                    &line,
                )
        } else {
            error.into()
        }
    })?;
    Printed::of_update(update).print(&output)?;
    Ok(Exit::Done)
}
