//! `demo`: the same errand, against an emulator in the process.

use std::num::NonZeroUsize;
use std::sync::atomic::AtomicBool;
use std::time::Duration;

use tokio::sync::Semaphore;
use useapi_seed::{Client, WaitOptions};
use useapi_seed_emulator::Emulator;

use crate::arguments::{Common, Demo};
use crate::exit::Exit;
use crate::failure::Failure;
use crate::interrupt::Interrupt;
use crate::json::Output;
use crate::retrieve::accounts::Accounts;
use crate::retrieve::{Errand, Pages, Task, run as run_errand};
use crate::schemas;

/// The emulator's job takes 45 seconds of its clock: one second here.
const SPEED: f64 = 45.0;
const INTERVAL: Duration = Duration::from_millis(100);

pub(crate) async fn run(common: &Common, arguments: Demo) -> Result<Exit, Failure> {
    let Demo { out, port } = arguments;
    let output = Output::new(common, schemas::RESULT)?;
    let emulator = Emulator::builder()
        .port(port)
        .time_scale(SPEED)
        .start()
        .await
        .map_err(|fault| Failure::new(fault.to_string()))?;
    let client = Client::builder(emulator.token())
        .base_url(emulator.base_url())
        .build()?;
    let errand = Errand {
        client,
        interval: INTERVAL,
        timeout: WaitOptions::DEFAULT_TIMEOUT,
        is_lasting: false,
        receiver: None,
        reply_url: None,
        reply_ref: None,
        resubmit: false,
        accounts: Accounts::new(NonZeroUsize::MIN),
        is_answered: AtomicBool::new(false),
        savers: Semaphore::new(1),
        interrupt: Interrupt::listen()?,
    };
    let jobs = vec![(emulator.jobs().imagine.clone(), out)];
    run_errand(&errand, Task::Fetch, jobs, &Pages::Each, &output).await
}
