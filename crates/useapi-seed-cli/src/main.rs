//! The command `useapi-seed`: from the id of a Midjourney job at useapi.net to
//! a folder with its seed and its four separate images.
//!
//! - `useapi-seed demo` shows it offline, with the built-in emulator.
//! - `useapi-seed fetch JOBID` retrieves a completed job's seed and images.
//! - `useapi-seed wait STARTED_JOBID` goes on with a job that was started.
//! - `useapi-seed listen` receives the service's callbacks.
//! - `useapi-seed emulate` runs the emulator for other programs.
//!
//! `USEAPI_TOKEN` is the API token, `USEAPI_BASE_URL` another server than the
//! service itself.
//!
//! # Output
//!
//! On stdout stand the seed, the prompt to paste (when there is one), and in
//! the last line the folder. Everything else is told on stderr, the id of a
//! started job first of all. The folder holds
//!
//! - `job.json`, the answer exactly as it came,
//! - `seed.json`, what was understood of it and which image is in which file,
//! - `image-1.png` and so on, whole and checked.
//!
//! # Exit codes
//!
//! | code | meaning |
//! | --- | --- |
//! | 0 | done: the folder holds the seed and every image of the answer |
//! | 1 | any other failure than these |
//! | 2 | wrong use: an option, the job id, `USEAPI_TOKEN` or `USEAPI_BASE_URL` |
//! | 3 | refused by the service: 400, 401, 402, 404, 429 or another 4xx |
//! | 4 | the account is halted until a person acts: 596 or 569 |
//! | 5 | the job still runs; `useapi-seed wait` goes on |

mod arguments;
mod callback;
mod demo;
mod emulate;
mod errand;
mod exit;
mod failure;
mod fetch;
mod folder;
mod folder_name;
mod listen;
mod progress;
mod save;
mod seed_file;
mod shell;
mod terminal;

use std::process::ExitCode;

use clap::Parser;

use arguments::{Arguments, Command};

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    let outcome = match Arguments::parse().command {
        Command::Demo(arguments) => demo::run(arguments).await,
        Command::Fetch(arguments) => fetch::fetch(arguments).await,
        Command::Wait(arguments) => fetch::wait(arguments).await,
        Command::Listen(arguments) => listen::run(arguments).await,
        Command::Emulate(arguments) => emulate::run(arguments).await,
    };
    let exit = outcome.unwrap_or_else(|failure| {
        failure.report();
        failure.exit()
    });
    exit.into()
}
