//! `emulate`: runs the emulator for other programs.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::mpsc;
use std::{io, thread};

use jiff::Zoned;
use serde::Serialize;
use useapi_seed_emulator::{Emulator, EmulatorBuilder, JournalEntry, Scenario, StartError};

use crate::arguments::{Common, Emulate};
use crate::command_line;
use crate::error::CliError;
use crate::exit::Exit;
use crate::local_file;
use crate::output::Output;
use crate::schemas;
use crate::shutdown::Shutdown;
use crate::terminal::{eprint, print};
use crate::text::sanitize;

/// Tried in this order when no port is given; then any that is free.
const DEFAULT_PORTS: std::ops::Range<u16> = 8080..8100;

pub(crate) async fn run(common: &Common, arguments: Emulate) -> Result<Exit, CliError> {
    let Emulate {
        port,
        speed,
        paused,
        scenario,
    } = arguments;
    let output = Output::new(common, schemas::EMULATOR)?;
    let shutdown = Shutdown::listen()?;
    let mut builder = Emulator::builder();
    if let Some(speed) = speed {
        builder = builder.time_scale(speed);
    }
    if paused {
        builder = builder.paused();
    }
    if let Some(file) = scenario {
        builder = builder.scenario(read(&file)?);
    }
    if !common.quiet {
        builder = builder.journal_to(log_requests().map_err(|error| {
            CliError::new(format!("cannot start a thread for the log: {error}"))
        })?);
    }
    let emulator = start(builder, port)
        .await
        .map_err(|error| CliError::new(error.to_string()))?;
    let text = if output.is_json() {
        output.line(&Printed::new(&emulator))? + "\n"
    } else {
        in_words(&emulator)
    };
    // Without its address, nobody can use it.
    print(&text).map_err(|error| CliError::new(format!("cannot print the address: {error}")))?;
    shutdown.wait().await;
    Ok(Exit::Done)
}

async fn start(builder: EmulatorBuilder, port: Option<u16>) -> Result<Emulator, StartError> {
    if let Some(port) = port {
        return builder.port(port).start().await;
    }
    for port in DEFAULT_PORTS {
        match builder.clone().port(port).start().await {
            Err(StartError::PortTaken { .. }) => {}
            started => return started,
        }
    }
    builder.port(0).start().await
}

/// Prints each call on stderr. On its own thread, since a stderr that is not read must
/// delay no response.
fn log_requests() -> io::Result<mpsc::Sender<JournalEntry>> {
    let (sender, calls) = mpsc::channel::<JournalEntry>();
    thread::Builder::new().spawn(move || {
        for call in calls {
            let status = call
                .status
                .map_or("-".to_owned(), |status| status.to_string());
            eprint(format_args!(
                "{} {} {} {status} {}ms",
                Zoned::now().strftime("%H:%M:%S"),
                call.method,
                sanitize(&call.target),
                call.duration.as_millis()
            ));
        }
    })?;
    Ok(sender)
}

/// The included scenario of this name, or else the one in this file.
fn read(file: &Path) -> Result<Scenario, CliError> {
    if let Some(scenario) = file.to_str().and_then(Scenario::named) {
        return Ok(scenario);
    }
    let shown = file.display();
    let text = std::fs::File::open(file)
        .and_then(|file| local_file::read_text_up_to(file, local_file::SETTINGS_LIMIT));
    let text = text.map_err(|error| match error.kind() {
        io::ErrorKind::NotFound => {
            let names: Vec<_> = Scenario::names().collect();
            let names = names.join(", ");
            CliError::file(format!("unknown scenario `{shown}`"))
                .hint(format!("Use one of {names}, or a TOML file."))
        }
        _ => CliError::file(format!("cannot read {shown}: {error}")),
    })?;
    Scenario::from_toml(&text).map_err(|error| CliError::file(format!("{shown}: {error}")))
}

/// The emulator's addresses and sample jobs.
#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[cfg_attr(test, schemars(rename = "Emulator"))]
pub(crate) struct Printed<'a> {
    /// Its base URL.
    base_url: &'a str,
    /// The URL of its page for a browser.
    page: String,
    /// The token that it accepts.
    token: &'a str,
    /// IDs of its jobs, by name.
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
         Open the page in a browser, or run in another terminal:\n  \
         export USEAPI_BASE_URL={base_url} USEAPI_TOKEN={token}\n  \
         {} fetch {} --interval 1s\n\n\
         Press Ctrl-C to stop.\n",
        command_line::program(),
        emulator.jobs().imagine
    )
}
