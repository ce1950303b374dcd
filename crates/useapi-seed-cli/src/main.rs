//! The command `useapi-seed`: from the ids of Midjourney jobs at useapi.net to
//! folders with their seeds and their four separate images.
//!
//! The README of this crate shows every command. `command/` has a file for each;
//! `retrieve/` is what `fetch`, `wait` and `demo` share.

mod arguments;
mod command;
mod exit;
mod failure;
mod gallery;
mod interrupt;
mod job_ids;
mod json;
mod last_seen;
mod local_file;
mod open_files;
mod retrieve;
mod schemas;
mod settings;
mod shell;
mod terminal;
mod timestamp;
mod whole_file;

use std::process::ExitCode;

use clap::Parser;
use tokio::runtime::Builder;

use arguments::Arguments;
use exit::Exit;
use failure::Failure;

fn main() -> ExitCode {
    terminal::obey_no_color();
    let exit = run(Arguments::parse()).unwrap_or_else(|failure| {
        failure.report();
        failure.exit()
    });
    exit.into()
}

fn run(arguments: Arguments) -> Result<Exit, Failure> {
    open_files::check()?;
    let runtime = Builder::new_current_thread().enable_all().build();
    let runtime = runtime.map_err(|error| Failure::new(format!("cannot start: {error}")))?;
    runtime.block_on(command::run(arguments))
}
