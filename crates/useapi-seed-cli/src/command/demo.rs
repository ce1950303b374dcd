//! `demo`: the same errand, against an emulator in the process.

use std::num::NonZeroUsize;
use std::sync::atomic::AtomicBool;
use std::time::Duration;

use tokio::sync::Semaphore;
use useapi_seed::{Client, WaitOptions};
use useapi_seed_emulator::Emulator;

use crate::arguments::{Common, Demo};
use crate::error::CliError;
use crate::exit::Exit;
use crate::fetch::accounts::Accounts;
use crate::fetch::{Fetcher, Mode, Pages, run as fetch_jobs};
use crate::output::Output;
use crate::schemas;
use crate::shutdown::Shutdown;

/// The emulator's job takes 45 seconds of its clock: one second here.
const SPEED: f64 = 45.0;
const INTERVAL: Duration = Duration::from_millis(100);

pub(crate) async fn run(common: &Common, arguments: Demo) -> Result<Exit, CliError> {
    let Demo { out, port } = arguments;
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
    let fetcher = Fetcher {
        client,
        interval: INTERVAL,
        timeout: WaitOptions::DEFAULT_TIMEOUT,
        is_persistent: false,
        receiver: None,
        reply_url: None,
        reply_ref: None,
        resubmit: false,
        accounts: Accounts::new(NonZeroUsize::MIN),
        is_reached: AtomicBool::new(false),
        save_permits: Semaphore::new(1),
        shutdown: Shutdown::listen()?,
    };
    let jobs = vec![(emulator.jobs().imagine.clone(), out)];
    fetch_jobs(&fetcher, Mode::Fetch, jobs, &Pages::Each, &output).await
}
