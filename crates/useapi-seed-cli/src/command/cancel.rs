//! `cancel`: gives an executing job up.

use super::status::Printed;
use crate::arguments::{Cancel, Common};
use crate::exit::Exit;
use crate::failure::Failure;
use crate::json::Output;
use crate::schemas;
use crate::settings::Settings;
use crate::shell;

pub(crate) async fn run(common: &Common, arguments: Cancel) -> Result<Exit, Failure> {
    let output = Output::new(common.json.as_deref(), schemas::STATUS)?;
    let client = Settings::read(common)?.client()?;
    let outcome = client.job(&arguments.job_id).cancel().await;
    let update = outcome.map_err(|error| {
        if error.is_not_found() {
            let line = format!(
                "{} status {}",
                shell::program(),
                shell::quoted(arguments.job_id.as_ref())
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
