//! `emulate`: the emulator, for other programs.

use std::collections::BTreeMap;
use std::path::Path;

use serde::Serialize;
use useapi_seed_emulator::{Emulator, Scenario};

use crate::arguments::{Common, Emulate};
use crate::command_line;
use crate::error::CliError;
use crate::exit::Exit;
use crate::local_file;
use crate::output::Output;
use crate::schemas;
use crate::shutdown::Shutdown;
use crate::terminal::print;

pub(crate) async fn run(common: &Common, arguments: Emulate) -> Result<Exit, CliError> {
    let Emulate {
        port,
        speed,
        stopped,
        scenario,
    } = arguments;
    let output = Output::new(common, schemas::EMULATOR)?;
    let shutdown = Shutdown::listen()?;
    let mut builder = Emulator::builder().port(port);
    if let Some(speed) = speed {
        builder = builder.time_scale(speed);
    }
    if stopped {
        builder = builder.paused();
    }
    if let Some(file) = scenario {
        builder = builder.scenario(read(&file)?);
    }
    let emulator = builder
        .start()
        .await
        .map_err(|error| CliError::new(error.to_string()))?;
    let news = if output.is_json() {
        output.line(&Printed::new(&emulator))? + "\n"
    } else {
        in_words(&emulator)
    };
    // Without this nobody knows where it is, so it need not stay.
    print(&news).map_err(|error| CliError::new(format!("cannot print where it is: {error}")))?;
    shutdown.wait().await;
    Ok(Exit::Done)
}

/// The shipped scenario of this name, or else the one in this file.
fn read(file: &Path) -> Result<Scenario, CliError> {
    if let Some(scenario) = file.to_str().and_then(Scenario::named) {
        return Ok(scenario);
    }
    let text = std::fs::File::open(file)
        .and_then(|file| local_file::read_text_up_to(file, local_file::SETTINGS_LIMIT));
    let text = text.map_err(|error| {
        let names: Vec<_> = Scenario::names().collect();
        CliError::file(format!(
            "the scenario {} cannot be read: {error}. Besides files there are {}.",
            file.display(),
            names.join(", ")
        ))
    })?;
    Scenario::from_toml(&text)
        .map_err(|error| CliError::file(format!("{}: {error}", file.display())))
}

/// Where the emulator is.
#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[cfg_attr(test, schemars(rename = "Emulator"))]
pub(crate) struct Printed<'a> {
    /// Its base URL.
    base_url: &'a str,
    /// The address of its page for a browser.
    page: String,
    /// The token that it accepts.
    token: &'a str,
    /// Ids of its jobs, by names.
    jobs: BTreeMap<&'a str, &'a str>,
}

impl<'a> Printed<'a> {
    fn new(emulator: &'a Emulator) -> Self {
        Self {
            base_url: emulator.base_url(),
            page: emulator.console_url(),
            token: emulator.token(),
            jobs: emulator.named_jobs().collect(),
        }
    }
}

fn in_words(emulator: &Emulator) -> String {
    let (base_url, token) = (emulator.base_url(), emulator.token());
    let page = emulator.console_url();
    let jobs: Vec<_> = emulator
        .named_jobs()
        .map(|(name, id)| format!("  {name:<12} {id}\n"))
        .collect();
    let jobs = jobs.concat();
    format!(
        "page      {page}\n\
         base URL  {base_url}\n\
         token     {token}\n\
         jobs\n\
         {jobs}\n\
         Open the page in a browser; or in another terminal:\n  \
         export USEAPI_BASE_URL={base_url} USEAPI_TOKEN={token}\n  \
         {} fetch {} --interval 1\n\n\
         Ctrl-C ends it.\n",
        command_line::program(),
        emulator.jobs().imagine
    )
}
