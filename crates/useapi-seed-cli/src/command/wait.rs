//! `wait`: a job that was started elsewhere.

use super::fetcher::{dirs, fetcher};
use crate::arguments::{Common, Wait};
use crate::error::CliError;
use crate::exit::Exit;
use crate::fetch::{Mode, run as fetch_jobs};
use crate::job_ids;
use crate::output::Output;
use crate::schemas;
use crate::settings::Settings;

pub(crate) async fn run(common: &Common, arguments: Wait) -> Result<Exit, CliError> {
    let Wait {
        job_id,
        place,
        pace,
    } = arguments;
    let output = Output::new(common, schemas::RESULT)?;
    let job_id = job_ids::of_argument("STARTED_JOBID", &job_id)?;
    let settings = Settings::read(common)?;
    let fetcher = fetcher(&settings, &pace, None)?;
    let (jobs, pages) = dirs(&settings, place, vec![job_id])?;
    fetch_jobs(&fetcher, Mode::Wait, jobs, &pages, &output).await
}
