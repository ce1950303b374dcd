//! `emulate`: the emulator, for other programs.

use serde::Serialize;
use useapi_seed_emulator::{Emulator, SampleJobs};

use crate::arguments::Emulate;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::shell;
use crate::terminal::give;

pub(crate) async fn run(arguments: Emulate) -> Result<Exit, Failure> {
    let Emulate { port, speed, json } = arguments;
    let emulator = Emulator::builder()
        .port(port)
        .speed(speed)
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

fn samples(jobs: &SampleJobs) -> [(&'static str, &str); 6] {
    [
        ("imagine", &jobs.imagine),
        ("button", &jobs.button),
        ("blend", &jobs.blend),
        ("progress", &jobs.progress),
        ("unsupported", &jobs.unsupported),
        ("halted", &jobs.halted),
    ]
}

/// The one line for programs.
#[derive(Serialize)]
struct News<'a> {
    base_url: &'a str,
    token: &'a str,
    jobs: Jobs<'a>,
}

#[derive(Serialize)]
struct Jobs<'a> {
    imagine: &'a str,
    button: &'a str,
    blend: &'a str,
    progress: &'a str,
    unsupported: &'a str,
    halted: &'a str,
}

fn in_json(emulator: &Emulator) -> Result<String, Failure> {
    let jobs = emulator.jobs();
    let news = News {
        base_url: emulator.base_url(),
        token: emulator.token(),
        jobs: Jobs {
            imagine: &jobs.imagine,
            button: &jobs.button,
            blend: &jobs.blend,
            progress: &jobs.progress,
            unsupported: &jobs.unsupported,
            halted: &jobs.halted,
        },
    };
    match serde_json::to_string(&news) {
        Ok(line) => Ok(line + "\n"),
        Err(fault) => Err(Failure::new(format!("cannot print where it is: {fault}"))),
    }
}

fn in_words(emulator: &Emulator) -> String {
    let (base_url, token) = (emulator.base_url(), emulator.token());
    let jobs: String = samples(emulator.jobs())
        .map(|(name, id)| format!("  {name:<12} {id}\n"))
        .concat();
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
