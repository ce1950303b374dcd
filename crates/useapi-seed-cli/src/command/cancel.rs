//! `cancel`: gives an executing job up.

use super::status::Printed;
use crate::arguments::{Cancel, Common};
use crate::exit::Exit;
use crate::failure::Failure;
use crate::json::Output;
use crate::schemas;
use crate::settings::Settings;

pub(crate) async fn run(common: &Common, arguments: Cancel) -> Result<Exit, Failure> {
    let output = Output::new(common.json.as_deref(), schemas::STATUS)?;
    let client = Settings::read(common)?.client()?;
    let update = client.job(arguments.job_id).cancel().await?;
    Printed::of_update(update).give(&output)?;
    Ok(Exit::Done)
}
