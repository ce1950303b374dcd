//! `cancel`: gives an executing job up.

use super::status::Printed;
use crate::arguments::{Cancel, Common};
use crate::exit::Exit;
use crate::failure::Failure;
use crate::job_ids;
use crate::json::Output;
use crate::schemas;
use crate::settings::Settings;
use crate::shell;

pub(crate) async fn run(common: &Common, arguments: Cancel) -> Result<Exit, Failure> {
    let output = Output::new(common, schemas::STATUS)?;
    let job_id = job_ids::of_argument("JOBID", &arguments.job_id)?;
    let client = Settings::read(common)?.client()?;
    let outcome = client.job(job_id.as_str()).cancel().await;
    let update = outcome.map_err(|error| {
        if error.is_not_found() {
            let line = format!(
                "{} status {}",
                shell::program(),
                shell::quoted(job_id.as_ref())
            );
            Failure::new(error.to_string())
                .ends(Exit::from(&error))
                .suggest(
                    "Only a job that is executing can be given up. To see whether it is:",
                    &line,
                )
        } else {
            error.into()
        }
    })?;
    Printed::of_update(update).give(&output)?;
    Ok(Exit::Done)
}
