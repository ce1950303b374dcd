//! The command `useapi-seed`: downloads the seed and the four images of Midjourney jobs by
//! their useapi.net job ID.
//!
//! The README of this crate shows every command. `command/` has a file for each;
//! `fetch/` is what `fetch`, `wait` and `demo` share.

mod account_state;
mod api_error;
mod arguments;
mod atomic_file;
mod command;
mod command_line;
mod error;
mod exit;
mod failed_file;
mod fetch;
mod job_ids;
mod local_file;
mod logging;
mod open_files;
mod output;
mod saved_jobs;
mod schemas;
mod settings;
mod shutdown;
mod table;
mod terminal;
mod text;
mod thumbnails;

use std::process::ExitCode;

use clap::ColorChoice;
use tokio::runtime::Builder;

use arguments::{Arguments, Common};
use error::CliError;
use exit::Exit;
use terminal::Verbosity;

/// What the runtime, the system's certificates and a few requests need.
const NEEDED_FILES: usize = 24;

fn main() -> ExitCode {
    if command::complete() {
        return ExitCode::SUCCESS;
    }
    terminal::apply_no_color();
    let arguments = arguments::parse();
    apply(&arguments.common);
    let exit = run(arguments).unwrap_or_else(|error| {
        terminal::eprint_error(&error);
        error.exit()
    });
    exit.into()
}

/// Sets what all output depends on.
fn apply(common: &Common) {
    match common.color {
        ColorChoice::Auto => {}
        choice => terminal::set_colors(choice == ColorChoice::Always),
    }
    terminal::set_verbosity(match common.verbose {
        _ if common.quiet => Verbosity::Quiet,
        0 => Verbosity::Normal,
        1 => Verbosity::Verbose,
        _ => Verbosity::Debug,
    });
}

fn run(arguments: Arguments) -> Result<Exit, CliError> {
    let to_stderr = terminal::verbosity() == Verbosity::Debug;
    logging::init(arguments.common.log_file.as_deref(), to_stderr)?;
    open_files::check(NEEDED_FILES).map_err(CliError::file)?;
    let runtime = Builder::new_current_thread().enable_all().build();
    let runtime = runtime.map_err(|error| CliError::new(format!("cannot start: {error}")))?;
    runtime.block_on(command::run(arguments))
}
