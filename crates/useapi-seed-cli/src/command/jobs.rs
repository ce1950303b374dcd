//! `jobs`: the running jobs.

use serde::Serialize;

use super::job_row::JobRow;
use super::watch::{Jobs as Polled, watch};
use crate::arguments::{Common, Jobs};
use crate::error::CliError;
use crate::exit::Exit;
use crate::output::Output;
use crate::schemas;
use crate::settings::Settings;
use crate::terminal::{eprint, eprint_note};

/// The running jobs.
#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[cfg_attr(test, schemars(rename = "Jobs"))]
pub(crate) struct Printed<'a> {
    /// Their IDs; null when the response has an unknown form, and it is not known
    /// whether any job is running.
    ids: Option<Vec<String>>,
    /// Their details; with `--watch`, also of those that have ended meanwhile.
    jobs: Vec<&'a JobRow>,
}

pub(crate) async fn run(common: &Common, arguments: Jobs) -> Result<Exit, CliError> {
    let Jobs { watch: repeat } = arguments;
    let output = Output::new(common, schemas::JOBS)?;
    let settings = Settings::read(common)?;
    let client = settings.client()?;
    let mut jobs = Polled::new(client.clone(), &output, &repeat);
    let mut is_first = true;
    let exit = watch(&settings, &repeat, async || {
        let ids = client.executing_jobs().await?.ids;
        jobs.add(ids.clone().unwrap_or_default());
        jobs.poll().await?;
        if output.is_json() {
            if jobs.take_changes() || is_first {
                let jobs = jobs.printed();
                output.print(&Printed { ids, jobs })?;
            }
        } else if ids.is_none() {
            eprint_note("unrecognized response: not known whether jobs are running");
        } else if jobs.printed().is_empty() {
            eprint("no running jobs");
        } else {
            jobs.show(&output)?;
        }
        is_first = false;
        Ok(jobs.have_ended())
    })
    .await;
    jobs.finish(exit)
}
