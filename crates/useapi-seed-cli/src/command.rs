//! The commands.

mod batch;
mod callback;
mod config;
mod demo;
mod doctor;
mod emulate;
mod fetch;
mod gallery;
mod job_row;
mod jobs;
mod list;
mod listen;
mod login;
mod reference;
mod reset;
mod saved_ids;
mod wait;

use crate::arguments::{Arguments, Command};
use crate::error::CliError;
use crate::exit::Exit;
pub(crate) use reference::complete;

pub(crate) async fn run(arguments: Arguments) -> Result<Exit, CliError> {
    let Arguments { common, command } = arguments;
    match command {
        Command::Demo(arguments) => demo::run(&common, arguments).await,
        Command::Fetch(arguments) => fetch::run(&common, arguments).await,
        Command::Wait(arguments) => wait::run(&common, arguments).await,
        Command::Gallery(arguments) => gallery::run(&common, arguments),
        Command::List(arguments) => list::run(&common, arguments),
        Command::Status(arguments) => jobs::status(&common, arguments).await,
        Command::Jobs(arguments) => jobs::jobs(&common, arguments).await,
        Command::Cancel(arguments) => jobs::cancel(&common, arguments).await,
        Command::Reset(arguments) => reset::run(&common, arguments).await,
        Command::Listen(arguments) => listen::run(&common, arguments).await,
        Command::Emulate(arguments) => emulate::run(&common, arguments).await,
        Command::Login(arguments) => login::login(&common, arguments).await,
        Command::Logout(arguments) => login::logout(&common, arguments),
        Command::Doctor(arguments) => doctor::run(&common, arguments).await,
        Command::Config(arguments) => config::run(&common, arguments),
        Command::Schema(arguments) => reference::schema(&common, arguments),
        Command::Completions(arguments) => reference::completions(&common, arguments),
        Command::Man(arguments) => reference::man(&common, arguments),
        Command::Version => reference::version(),
        Command::ExitCodes => reference::exit_codes(),
    }
}

#[cfg(test)]
/// The types of what is printed in JSON, for their schemas.
pub(crate) mod printed {
    pub(crate) use super::config::Row as Config;
    pub(crate) use super::doctor::Check as Doctor;
    pub(crate) use super::emulate::Printed as Emulator;
    pub(crate) use super::gallery::GalleryReport as Gallery;
    pub(crate) use super::job_row::JobRow as Status;
    pub(crate) use super::jobs::Printed as Jobs;
    pub(crate) use super::listen::Printed as Event;
    pub(crate) use super::reset::Printed as Reset;
}
