//! The command line.

mod retrieve;
mod service;
mod this_machine;
mod value;

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand};

use crate::exit;
pub(crate) use retrieve::{Demo, Fetch, Gallery, Pace, Place, Wait};
pub(crate) use service::{Cancel, Jobs, Listen, Reset, Status};
pub(crate) use this_machine::{Completions, Config, Doctor, Emulate, Man, SchemaName};
pub(crate) use value::{seconds, whole_above_zero};

/// From the ids of Midjourney jobs at useapi.net to folders with their seeds and
/// their four separate images.
#[derive(Debug, Parser)]
#[command(name = "useapi-seed", version, after_help = format!("\
Examples:
  useapi-seed demo
  useapi-seed fetch 20240225145303538-user:1234-channel:1114555266835431444
  useapi-seed doctor

{}", exit::EXPLAINED))]
pub(crate) struct Arguments {
    #[command(flatten)]
    pub(crate) common: Common,

    #[command(subcommand)]
    pub(crate) command: Command,
}

/// What every command takes.
#[derive(Debug, Args)]
#[command(next_help_heading = "Options of every command")]
pub(crate) struct Common {
    /// Output JSON, one object per line.
    #[arg(long, global = true)]
    pub(crate) json: bool,

    /// Output only these comma-separated fields, as JSON (see `useapi-seed schema`);
    /// implies --json.
    #[arg(long, global = true, value_name = "FIELDS", value_delimiter = ',')]
    pub(crate) fields: Option<Vec<String>>,

    /// Another server than the service itself, such as an emulator.
    #[arg(long, global = true, value_name = "URL")]
    pub(crate) base_url: Option<String>,

    /// The file with the API token, which only you may read.
    #[arg(long, global = true, value_name = "FILE")]
    pub(crate) token_file: Option<PathBuf>,

    /// The configuration file. Unless given, config.toml in useapi-seed below
    /// `$XDG_CONFIG_HOME` or `~/.config`.
    #[arg(long, global = true, value_name = "FILE")]
    pub(crate) config: Option<PathBuf>,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    Demo(Demo),
    Fetch(Fetch),
    Wait(Wait),
    Gallery(Gallery),
    Status(Status),
    Jobs(Jobs),
    Cancel(Cancel),
    Reset(Reset),
    Listen(Listen),
    Emulate(Emulate),
    Doctor(Doctor),
    Config(Config),
    Schema(SchemaName),
    Completions(Completions),
    Man(Man),
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::*;

    #[test]
    fn the_command_line_is_consistent() {
        Arguments::command().debug_assert();
    }
}
