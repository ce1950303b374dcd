//! `emulate`: runs the emulator for other programs.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::mpsc;
use std::{fs, io, thread};

use jiff::Zoned;
use serde::Serialize;
use useapi_seed_emulator::{Emulator, EmulatorBuilder, JournalEntry, Scenario, StartError};

use crate::arguments::{Common, Emulate};
use crate::command_line::program;
use crate::error::CliError;
use crate::exit::Exit;
use crate::output::Output;
use crate::schemas;
use crate::shutdown::Shutdown;
use crate::terminal::{eprint, print};
use crate::text::sanitize;

/// Tried in this order when no port is given; then any that is free.
const DEFAULT_PORTS: std::ops::Range<u16> = 8080..8100;

pub(crate) async fn run(common: &Common, arguments: Emulate) -> Result<Exit, CliError> {
    let output = Output::new(common, schemas::EMULATOR)?;
    let shutdown = Shutdown::listen()?;
    let mut builder = Emulator::builder();
    if let Some(speed) = arguments.speed {
        builder = builder.time_scale(speed);
    }
    if arguments.paused {
        builder = builder.paused();
    }
    if let Some(file) = arguments.scenario {
        builder = builder.scenario(read(&file)?);
    }
    if !common.quiet {
        builder = builder.journal_to(log_requests().map_err(|error| {
            CliError::new(format!("cannot start a thread for the log: {error}"))
        })?);
    }
    let emulator = start(builder, arguments.port)
        .await
        .map_err(|error| CliError::new(error.to_string()))?;
    let printed = Printed {
        base_url: emulator.base_url(),
        page: emulator.console_url(),
        token: emulator.token(),
        jobs: emulator.named_jobs().collect(),
    };
    let text = if output.is_json() {
        output.line(&printed)? + "\n"
    } else {
        in_words(&printed, &emulator.jobs().imagine)
    };
    // Without its address, nobody can use it.
    print(&text).map_err(|error| CliError::new(format!("cannot print the address: {error}")))?;
    shutdown.wait().await;
    Ok(Exit::Done)
}

async fn start(builder: EmulatorBuilder, port: Option<u16>) -> Result<Emulator, StartError> {
    let ports = DEFAULT_PORTS.filter(|_| port.is_none());
    for port in ports {
        match builder.clone().port(port).start().await {
            Err(StartError::PortTaken { .. }) => {}
            started => return started,
        }
    }
    builder.port(port.unwrap_or(0)).start().await
}

/// Prints each call on stderr. On its own thread, since a stderr that is not read must
/// delay no response.
fn log_requests() -> io::Result<mpsc::Sender<JournalEntry>> {
    let (sender, calls) = mpsc::channel::<JournalEntry>();
    thread::Builder::new().spawn(move || {
        for call in calls {
            let time = Zoned::now().strftime("%H:%M:%S");
            let target = sanitize(&call.target);
            let status = call.status.map_or("-".to_owned(), |code| code.to_string());
            let duration = call.duration.as_millis();
            eprint(format_args!(
                "{time} {} {target} {status} {duration}ms",
                call.method
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
    let name = file.display();
    let text = fs::read_to_string(file).map_err(|error| {
        let names: Vec<_> = Scenario::names().collect();
        CliError::file(format!("unknown scenario `{name}`: {error}"))
            .hint(format!("Use one of {}, or a TOML file.", names.join(", ")))
    })?;
    Scenario::from_toml(&text).map_err(|error| CliError::file(format!("{name}: {error}")))
}

fn in_words(printed: &Printed<'_>, sample: &str) -> String {
    let (base_url, page, token) = (printed.base_url, &printed.page, printed.token);
    let jobs = printed.jobs.iter();
    let jobs: Vec<_> = jobs
        .map(|(name, id)| format!("  {name:<12} {id}\n"))
        .collect();
    let jobs = jobs.concat();
    let program = program();
    format!(
        "page      {page}\n\
         base URL  {base_url}\n\
         token     {token}\n\
         jobs\n\
         {jobs}\n\
         Open the page in a browser, or run in another terminal:\n  \
         export USEAPI_BASE_URL={base_url} USEAPI_TOKEN={token}\n  \
         {program} fetch {sample} --interval 1s\n\n\
         Press Ctrl-C to stop.\n"
    )
}

/// The emulator's addresses and sample jobs.
#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema), schemars(rename = "Emulator"))]
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
