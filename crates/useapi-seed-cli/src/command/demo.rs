//! `demo`: the same as `fetch`, against an emulator in the process.

use std::num::NonZeroUsize;
use std::time::Duration;

use useapi_seed::Client;
use useapi_seed_emulator::Emulator;

use super::batch::Batch;
use crate::arguments::{Common, Demo, Progress};
use crate::error::CliError;
use crate::exit::Exit;
use crate::fetch::{Context, Display};
use crate::output::Output;
use crate::schemas;

/// The emulator's job takes 45 seconds of its clock: one second here.
const SPEED: f64 = 45.0;
const INTERVAL: Duration = Duration::from_millis(100);

pub(crate) async fn run(common: &Common, arguments: Demo) -> Result<Exit, CliError> {
    let Demo { output: dir, port } = arguments;
    let output = Output::new(common, schemas::RESULT)?;
    let emulator = Emulator::builder()
        .port(port)
        .time_scale(SPEED)
        .start()
        .await
        .map_err(|error| CliError::new(error.to_string()))?;
    let client = Client::builder(emulator.token())
        .base_url(emulator.base_url())
        .build()?;
    let context = Context {
        interval: INTERVAL,
        is_persistent: false,
        ..Context::new(client, NonZeroUsize::MIN, Display::new(Progress::Auto, 1))?
    };
    let batch = Batch {
        jobs: vec![(emulator.jobs().imagine.clone(), dir)],
        ..Batch::default()
    };
    batch.run(&context, &output).await
}
