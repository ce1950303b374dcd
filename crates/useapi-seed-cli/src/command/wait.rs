//! `wait`: a job that was started elsewhere.

use super::errand::{errand, folders};
use crate::arguments::{Common, Wait};
use crate::exit::Exit;
use crate::failure::Failure;
use crate::job_ids;
use crate::json::Output;
use crate::retrieve::{Task, run as run_errand};
use crate::schemas;
use crate::settings::Settings;

pub(crate) async fn run(common: &Common, arguments: Wait) -> Result<Exit, Failure> {
    let Wait {
        job_id,
        place,
        pace,
    } = arguments;
    let output = Output::new(common, schemas::RESULT)?;
    let job_id = job_ids::of_argument("STARTED_JOBID", &job_id)?;
    let settings = Settings::read(common)?;
    let errand = errand(&settings, &pace, None)?;
    let (jobs, pages) = folders(&settings, place, vec![job_id])?;
    run_errand(&errand, Task::Wait, jobs, &pages, &output).await
}
