//! `demo`: the same errand, against an emulator in the process.

use std::time::Duration;

use useapi_seed::Client;
use useapi_seed_emulator::Emulator;

use crate::arguments::Demo;
use crate::errand::Errand;
use crate::exit::Exit;
use crate::failure::Failure;

/// The emulator's job takes 45 seconds of its clock: one second here.
const SPEED: f64 = 45.0;
const INTERVAL: Duration = Duration::from_millis(100);

pub(crate) async fn run(arguments: Demo) -> Result<Exit, Failure> {
    let Demo { out, port } = arguments;
    let emulator = Emulator::builder()
        .port(port)
        .speed(SPEED)
        .start()
        .await
        .map_err(|fault| Failure::new(fault.to_string()))?;
    let client = Client::builder(emulator.token())
        .base_url(emulator.base_url())
        .build()?;
    let errand = Errand {
        client,
        out,
        interval: Some(INTERVAL),
        timeout: None,
        resumable: false,
        receiver: None,
    };
    let job_id = emulator.jobs().imagine.as_str();
    errand.fetch(errand.client.submit(job_id), job_id).await
}
