//! `status`: the status of jobs.

use super::watch::{Jobs, watch};
use crate::arguments::{Common, Status};
use crate::error::CliError;
use crate::exit::Exit;
use crate::job_ids;
use crate::output::Output;
use crate::schemas;
use crate::settings::Settings;

pub(crate) async fn run(common: &Common, arguments: Status) -> Result<Exit, CliError> {
    let Status {
        jobs,
        watch: repeat,
    } = arguments;
    let output = Output::new(common, schemas::STATUS)?;
    let job_ids = job_ids::read(&jobs.job_ids, &jobs.input_files)?;
    let settings = Settings::read(common)?;
    let mut jobs = Jobs::new(settings.client()?, &output, &repeat);
    jobs.add(job_ids);
    let exit = watch(&settings, &repeat, async || {
        jobs.poll().await?;
        jobs.show(&output)?;
        Ok(jobs.have_ended())
    })
    .await;
    jobs.finish(exit)
}
