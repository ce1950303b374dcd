//! `wait`: a seed job that was started elsewhere.

use super::batch::{Batch, context};
use crate::arguments::{Common, Wait};
use crate::error::CliError;
use crate::exit::Exit;
use crate::fetch::Mode;
use crate::job_ids;
use crate::output::Output;
use crate::schemas;
use crate::settings::Settings;

pub(crate) async fn run(common: &Common, arguments: Wait) -> Result<Exit, CliError> {
    let Wait {
        job_id,
        output: target,
        poll,
    } = arguments;
    let output = Output::new(common, schemas::RESULT)?;
    let job_id = job_ids::of_argument(&job_id)?;
    let settings = Settings::read(common)?;
    let batch = Batch::new(&settings, &target, vec![job_id])?;
    let context = context(&settings, Mode::Wait, &poll, &target, None, 1)?;
    batch.run(&context, &output).await
}
