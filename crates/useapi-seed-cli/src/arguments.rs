//! The command line.

mod fetch;
mod local;
mod remote;
mod value;

use std::path::PathBuf;

use clap::{ArgAction, Args, ColorChoice, Parser, Subcommand};

use crate::exit;
pub(crate) use fetch::{Demo, Fetch, Gallery, OutputArgs, PollArgs, Wait};
pub(crate) use local::{Completions, Config, Doctor, Emulate, Man, SchemaName};
pub(crate) use remote::{Cancel, Jobs, Listen, Reset, Status, Watch};
pub(crate) use value::{duration, positive_integer, show_duration};

/// From the ids of Midjourney jobs at useapi.net to folders with their seeds and
/// their four separate images.
#[derive(Debug, Parser)]
#[command(name = "useapi-seed", version, after_help = format!("\
Examples:
  useapi-seed demo
  useapi-seed fetch 20240225145303538-user:1234-channel:1114555266835431444
  useapi-seed doctor

{}", exit::EXIT_CODES_HELP))]
pub(crate) struct Arguments {
    #[command(flatten)]
    pub(crate) common: Common,

    #[command(subcommand)]
    pub(crate) command: Command,
}

/// What every command takes.
#[derive(Debug, Args)]
#[command(next_help_heading = "Global options")]
pub(crate) struct Common {
    /// Output JSON, one object per line.
    #[arg(long, global = true)]
    pub(crate) json: bool,

    /// Output only these comma-separated fields, as JSON (see `useapi-seed schema`);
    /// implies --json.
    #[arg(long, global = true, value_name = "FIELDS", value_delimiter = ',')]
    pub(crate) fields: Option<Vec<String>>,

    /// API base URL, including /v2 [env: USEAPI_BASE_URL] [default:
    /// https://api.useapi.net/v2].
    #[arg(long, global = true, value_name = "URL")]
    pub(crate) base_url: Option<String>,

    /// Read the API token from FILE (mode 600) [env: USEAPI_TOKEN_FILE].
    #[arg(long, global = true, value_name = "FILE")]
    pub(crate) token_file: Option<PathBuf>,

    /// Configuration file [default: ~/.config/useapi-seed/config.toml].
    #[arg(long, global = true, value_name = "FILE")]
    pub(crate) config: Option<PathBuf>,

    /// Use the settings of `[profile.NAME]` in the configuration file [env:
    /// USEAPI_PROFILE].
    #[arg(long, global = true, value_name = "NAME")]
    pub(crate) profile: Option<String>,

    /// Print errors only.
    #[arg(short, long, global = true, conflicts_with = "verbose")]
    pub(crate) quiet: bool,

    /// Print details and causes; twice: also requests.
    #[arg(short, long, global = true, action = ArgAction::Count)]
    pub(crate) verbose: u8,

    /// When to use colors.
    #[arg(long, global = true, value_name = "WHEN", default_value_t = ColorChoice::Auto)]
    pub(crate) color: ColorChoice,

    /// Append a log of requests and retries to FILE.
    #[arg(long, global = true, value_name = "FILE")]
    pub(crate) log_file: Option<PathBuf>,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    Demo(Demo),
    Fetch(Fetch),
    Wait(Wait),
    Gallery(Gallery),
    Status(Status),
    #[command(visible_alias = "ps")]
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
