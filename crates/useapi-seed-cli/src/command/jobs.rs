//! `jobs`: what is executing.

use serde::Serialize;

use crate::arguments::{Common, Jobs};
use crate::exit::Exit;
use crate::failure::Failure;
use crate::json::Output;
use crate::schemas;
use crate::settings::Settings;
use crate::terminal::{give_on, note_mark, plain, tell};

/// The jobs that are executing.
#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[cfg_attr(test, schemars(rename = "Jobs"))]
pub(crate) struct Printed {
    /// Their ids; null when the answer has a form that is not known, which is not
    /// to say that nothing is executing.
    ids: Option<Vec<String>>,
}

pub(crate) async fn run(common: &Common, Jobs {}: Jobs) -> Result<Exit, Failure> {
    let output = Output::new(common, schemas::JOBS)?;
    let client = Settings::read(common)?.client()?;
    let ids = client.executing_jobs().await?.ids;
    if output.is_json() {
        output.give(&Printed { ids })?;
        return Ok(Exit::Done);
    }
    match ids {
        None => tell(format_args!(
            "{} the answer has an unknown form",
            note_mark()
        )),
        Some(ids) if ids.is_empty() => tell("no jobs are executing"),
        Some(ids) => give_on(&ids.iter().map(|id| plain(id) + "\n").collect::<String>())?,
    }
    Ok(Exit::Done)
}
