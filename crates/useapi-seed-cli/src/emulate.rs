//! `emulate`: the emulator, for other programs.

use std::collections::BTreeMap;
use std::path::Path;

use serde::Serialize;
use useapi_seed_emulator::{Emulator, Scenario};

use crate::arguments::Emulate;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::shell;
use crate::terminal::give;

pub(crate) async fn run(arguments: Emulate) -> Result<Exit, Failure> {
    let Emulate {
        port,
        speed,
        stopped,
        scenario,
        json,
    } = arguments;
    let mut builder = Emulator::builder().port(port);
    if let Some(speed) = speed {
        builder = builder.speed(speed);
    }
    if stopped {
        builder = builder.stopped();
    }
    if let Some(file) = scenario {
        builder = builder.scenario(read(&file)?);
    }
    let emulator = builder
        .start()
        .await
        .map_err(|fault| Failure::new(fault.to_string()))?;
    let news = if json {
        in_json(&emulator)?
    } else {
        in_words(&emulator)
    };
    // Without this nobody knows where it is, so it need not stay.
    give(&news).map_err(|fault| Failure::new(format!("cannot print where it is: {fault}")))?;
    tokio::signal::ctrl_c()
        .await
        .map_err(|fault| Failure::new(format!("cannot wait for Ctrl-C: {fault}")))?;
    Ok(Exit::Done)
}

/// The shipped scenario of this name, or else the one in this file.
fn read(file: &Path) -> Result<Scenario, Failure> {
    if let Some(scenario) = file.to_str().and_then(Scenario::named) {
        return Ok(scenario);
    }
    let text = std::fs::read_to_string(file).map_err(|fault| {
        let names: Vec<_> = Scenario::names().collect();
        Failure::new(format!(
            "the scenario {} cannot be read: {fault}. Besides files there are {}.",
            file.display(),
            names.join(", ")
        ))
    })?;
    Scenario::from_toml(&text).map_err(|fault| Failure::new(format!("{}: {fault}", file.display())))
}

/// The one line for programs.
#[derive(Serialize)]
struct News<'a> {
    base_url: &'a str,
    token: &'a str,
    jobs: BTreeMap<&'a str, &'a str>,
}

fn in_json(emulator: &Emulator) -> Result<String, Failure> {
    let news = News {
        base_url: emulator.base_url(),
        token: emulator.token(),
        jobs: emulator.named_jobs().collect(),
    };
    match serde_json::to_string(&news) {
        Ok(line) => Ok(line + "\n"),
        Err(fault) => Err(Failure::new(format!("cannot print where it is: {fault}"))),
    }
}

fn in_words(emulator: &Emulator) -> String {
    let (base_url, token) = (emulator.base_url(), emulator.token());
    let jobs: Vec<_> = emulator
        .named_jobs()
        .map(|(name, id)| format!("  {name:<12} {id}\n"))
        .collect();
    let jobs = jobs.concat();
    format!(
        "base URL  {base_url}\n\
         token     {token}\n\
         jobs\n\
         {jobs}\n\
         In another terminal:\n  \
         export USEAPI_BASE_URL={base_url} USEAPI_TOKEN={token}\n  \
         {} fetch {} --interval 1\n\n\
         Ctrl-C ends it.\n",
        shell::program(),
        emulator.jobs().imagine
    )
}
