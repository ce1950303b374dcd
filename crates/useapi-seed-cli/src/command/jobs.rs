//! `jobs`: what is executing.

use serde::Serialize;

use crate::arguments::{Common, Jobs};
use crate::error::CliError;
use crate::exit::Exit;
use crate::output::Output;
use crate::schemas;
use crate::settings::Settings;
use crate::terminal::{eprint, note_label, print_or_closed};
use crate::text::sanitize;

/// The jobs that are executing.
#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[cfg_attr(test, schemars(rename = "Jobs"))]
pub(crate) struct Printed {
    /// Their ids; null when the answer has a form that is not known, which is not
    /// to say that nothing is executing.
    ids: Option<Vec<String>>,
}

pub(crate) async fn run(common: &Common, Jobs {}: Jobs) -> Result<Exit, CliError> {
    let output = Output::new(common, schemas::JOBS)?;
    let client = Settings::read(common)?.client()?;
    let ids = client.executing_jobs().await?.ids;
    if output.is_json() {
        output.print(&Printed { ids })?;
        return Ok(Exit::Done);
    }
    match ids {
        None => eprint(format_args!(
            "{} the answer has an unknown form",
            note_label()
        )),
        Some(ids) if ids.is_empty() => eprint("no jobs are executing"),
        Some(ids) => {
            print_or_closed(&ids.iter().map(|id| sanitize(id) + "\n").collect::<String>())?
        }
    }
    Ok(Exit::Done)
}
