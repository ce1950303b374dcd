//! The command line.
#![allow(clippy::doc_markdown, reason = "these comments are help texts")]

mod fetch;
mod list;
mod local;
mod login;
mod remote;
mod value;

use std::path::PathBuf;

use clap::error::{ContextKind, ContextValue};
use clap::{ArgAction, Args, ColorChoice, Parser, Subcommand};
use useapi_seed::check_job_id;

use crate::command_line::quote;
use crate::exit;
pub(crate) use fetch::{Demo, Fetch, Gallery, OutputArgs, PollArgs, Progress, Wait};
pub(crate) use list::{Format, List, SortKey};
pub(crate) use local::{Completions, Config, Doctor, Emulate, Man, SchemaName};
pub(crate) use login::{Login, Logout};
pub(crate) use remote::{Cancel, JobIds, Jobs, Listen, Reset, Status, Watch};
pub(crate) use value::{duration, positive_integer, show_duration};

/// Download the seed and the four images of Midjourney jobs by their useapi.net job ID.
#[derive(Debug, Parser)]
#[command(
    name = "useapi-seed",
    version,
    after_help = "\
Examples:
  useapi-seed demo
  useapi-seed fetch 20240225145303538-user:1234-channel:1114555266835431444
  useapi-seed doctor

`useapi-seed help exit-codes` lists the exit codes."
)]
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
    #[command(aliases = ["download", "get"])]
    Fetch(Fetch),
    Wait(Wait),
    Gallery(Gallery),
    #[command(visible_alias = "ls")]
    List(List),
    Status(Status),
    #[command(visible_alias = "ps")]
    Jobs(Jobs),
    Cancel(Cancel),
    Reset(Reset),
    Listen(Listen),
    #[command(visible_aliases = ["serve", "mock"])]
    Emulate(Emulate),
    Login(Login),
    Logout(Logout),
    Doctor(Doctor),
    Config(Config),
    Schema(SchemaName),
    Completions(Completions),
    Man(Man),
    /// Print the version.
    #[command(hide = true)]
    Version,
    /// Print the exit codes, as a topic of `help`.
    #[command(hide = true, about = exit::EXIT_CODES_HELP, help_template = "{about}\n")]
    ExitCodes,
}

/// The arguments of this process. Exits where they are invalid or request help.
pub(crate) fn parse() -> Arguments {
    Arguments::try_parse().unwrap_or_else(|error| with_suggestion(error).exit())
}

/// Suggests `fetch` where a job ID is given as the command.
fn with_suggestion(mut error: clap::Error) -> clap::Error {
    if let Some(ContextValue::String(word)) = error.get(ContextKind::InvalidSubcommand)
        && word.starts_with(|letter: char| letter.is_ascii_digit())
        && check_job_id(word).is_ok()
    {
        let line = format!("did you mean: useapi-seed fetch {}?", quote(word.as_ref()));
        error.remove(ContextKind::SuggestedSubcommand);
        error.insert(
            ContextKind::Suggested,
            ContextValue::StyledStrs(vec![line.into()]),
        );
    }
    error
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
