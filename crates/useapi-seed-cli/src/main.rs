//! The command `useapi-seed`: from the ids of Midjourney jobs at useapi.net to
//! folders with their seeds and their four separate images.
//!
//! The README of this crate shows every command. `command/` has a file for each;
//! `retrieve/` is what `fetch`, `wait` and `demo` share.

mod arguments;
mod channel;
mod command;
mod exit;
mod failure;
mod gallery;
mod interrupt;
mod json;
mod last_seen;
mod local_file;
mod retrieve;
mod schemas;
mod settings;
mod shell;
mod terminal;
mod timestamp;
mod whole_file;

use std::process::ExitCode;

use arguments::Arguments;

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    terminal::obey_no_color();
    let outcome = command::run(Arguments::of_this_program()).await;
    let exit = outcome.unwrap_or_else(|failure| {
        failure.report();
        failure.exit()
    });
    exit.into()
}
