//! `demo`: the same as `fetch`, against an emulator in the process.

use std::cell::Cell;
use std::num::NonZeroUsize;
use std::time::Duration;

use tokio::sync::Semaphore;
use useapi_seed::{Client, WaitOptions};
use useapi_seed_emulator::Emulator;

use super::batch::Batch;
use crate::arguments::{Common, Demo, Progress};
use crate::error::CliError;
use crate::exit::Exit;
use crate::fetch::{Accounts, Context, Display, ImageSelection, Mode};
use crate::output::Output;
use crate::schemas;
use crate::shutdown::Shutdown;

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
        client,
        mode: Mode::Fetch,
        interval: INTERVAL,
        timeout: WaitOptions::DEFAULT_TIMEOUT,
        deadline: None,
        is_persistent: false,
        receiver: None,
        reply_url: None,
        reply_ref: None,
        resubmit: false,
        fail_fast: false,
        images: ImageSelection::All,
        embed_metadata: false,
        template: None,
        exec: None,
        accounts: Accounts::new(NonZeroUsize::MIN),
        is_reached: Cell::new(false),
        save_permits: Semaphore::new(1),
        shutdown: Shutdown::listen()?,
        display: Display::new(Progress::Auto, 1),
    };
    let batch = Batch {
        jobs: vec![(emulator.jobs().imagine.clone(), dir)],
        ..Batch::default()
    };
    batch.run(&context, &output).await
}
