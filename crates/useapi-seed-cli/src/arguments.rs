//! The command line.
#![allow(
    clippy::doc_markdown,
    rustdoc::bare_urls,
    reason = "these comments are help texts"
)]

mod fetch;
mod list;
mod login;
mod value;

use std::path::PathBuf;
use std::time::Duration;

use clap::builder::PossibleValuesParser;
use clap::error::{ContextKind, ContextValue};
use clap::{ArgAction, Args, ColorChoice, Parser, Subcommand};
use clap_complete::Shell;
use useapi_seed::check_job_id;

use crate::command_line::quote;
use crate::exit;
use crate::schemas;
pub(crate) use fetch::{Demo, Fetch, Gallery, OutputArgs, PollArgs, Progress, Wait};
pub(crate) use list::{Format, List, SortKey};
pub(crate) use login::{Login, Logout};
use value::positive_number;
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

/// Job IDs of a command that takes many.
#[derive(Debug, Args)]
pub(crate) struct JobIds {
    /// Job IDs; `-` reads them from stdin, one per line.
    #[arg(value_name = "JOBID", required_unless_present = "input_files")]
    pub(crate) job_ids: Vec<String>,

    /// Read job IDs from FILE, one per line (blank lines and # comments are ignored).
    #[arg(short, long = "input-file", value_name = "FILE")]
    pub(crate) input_files: Vec<PathBuf>,
}

/// Whether to repeat.
#[derive(Debug, Args)]
pub(crate) struct Watch {
    /// Repeat until all jobs have ended, every DURATION [env: USEAPI_INTERVAL]
    /// [default: 10s].
    #[arg(long, value_name = "DURATION", value_parser = duration, num_args = 0..=1,
          require_equals = true)]
    #[allow(clippy::option_option, reason = "clap's type of an optional value")]
    pub(crate) watch: Option<Option<Duration>>,
}

/// Show the status of jobs.
///
/// Works for any job. Starts nothing and costs nothing.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  useapi-seed status 20240225120000001-user:1234-channel:1114555266835431444
  useapi-seed status 20240225120000001-user:1234-channel:1114555266835431444 --watch=30s
  useapi-seed status --input-file jobs.txt --fields status,percent")]
pub(crate) struct Status {
    #[command(flatten)]
    pub(crate) jobs: JobIds,

    #[command(flatten)]
    pub(crate) watch: Watch,
}

/// List running jobs.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  useapi-seed jobs
  useapi-seed jobs --watch
  useapi-seed jobs --fields ids")]
pub(crate) struct Jobs {
    #[command(flatten)]
    pub(crate) watch: Watch,
}

/// Cancel running jobs.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  useapi-seed cancel 20240225120000001-user:1234-channel:1114555266835431444
  useapi-seed cancel - < jobs.txt")]
pub(crate) struct Cancel {
    #[command(flatten)]
    pub(crate) jobs: JobIds,
}

/// Reset a halted account (HTTP 596).
///
/// Before resetting, log in to Discord and acknowledge Midjourney's message or solve
/// the CAPTCHA, to prevent a potential ban of the Midjourney account.
#[derive(Debug, Args)]
#[command(after_help = "\
Example:
  useapi-seed reset 1114555266835431444")]
pub(crate) struct Reset {
    /// Discord channel ID: the number after `channel:` in a job ID.
    #[arg(value_name = "CHANNEL")]
    pub(crate) channel: String,
}

/// Receive callbacks and print each verified event as a JSON line.
///
/// Prints the replyUrl to configure at useapi.net on stderr. Keep it secret: anyone
/// who knows it can trigger API lookups. Events are verified with the API before they
/// are printed.
///
/// While stdout is not read, callbacks still get responses, and events wait.
#[derive(Debug, Args)]
#[command(after_help = "\
Example:
  useapi-seed listen --public-url https://example.com/callbacks --port 8080")]
pub(crate) struct Listen {
    /// Public URL that forwards to this port.
    #[arg(long, value_name = "URL")]
    pub(crate) public_url: String,

    /// Port on 127.0.0.1 (0 picks a free one).
    #[arg(long, value_name = "PORT")]
    pub(crate) port: u16,

    /// Key that signs callback URLs; created if missing [env: USEAPI_KEY_FILE]
    /// [default: ~/.config/useapi-seed/callback.key].
    #[arg(long, value_name = "FILE")]
    pub(crate) key_file: Option<PathBuf>,

    /// Also print the replyUrl for this job (repeatable).
    #[arg(long = "job", value_name = "JOBID")]
    pub(crate) jobs: Vec<String>,
}

/// Run a local API emulator with sample jobs and a web page.
///
/// Accepts a test token, comes with sample jobs, draws its own images, and keeps
/// nothing after it stops. Open the printed page for the API reference and a try-it
/// console. Prints each request on stderr, unless --quiet is given.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  useapi-seed emulate --speed 60
  useapi-seed emulate --scenario flaky-network
  Then run the two printed lines in another terminal.")]
pub(crate) struct Emulate {
    /// Port on 127.0.0.1 (0 picks a free one) [default: 8080, or the next free one].
    #[arg(long, value_name = "PORT")]
    pub(crate) port: Option<u16>,

    /// Clock speed; 60 makes a minute pass in a second [default: 1, or the scenario's].
    #[arg(long, value_name = "FACTOR", value_parser = positive_number, allow_hyphen_values = true)]
    pub(crate) speed: Option<f64>,

    /// Start with the clock paused; advance it with POST /_emulator/clock and
    /// `{"milliseconds":45000}`.
    #[arg(long, conflicts_with = "speed")]
    pub(crate) paused: bool,

    /// Initial state: a TOML file, or one of idle, busy-account, halted-account and
    /// flaky-network.
    #[arg(long, value_name = "FILE|NAME")]
    pub(crate) scenario: Option<PathBuf>,
}

/// Check your setup and suggest fixes.
///
/// Makes only free, read-only requests. With --job, also checks that job's response
/// against the API specification.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  useapi-seed doctor
  useapi-seed doctor --job 20240225145303538-user:1234-channel:1114555266835431444")]
pub(crate) struct Doctor {
    /// Also check this job's response.
    #[arg(long, value_name = "JOBID")]
    pub(crate) job: Option<String>,

    /// Directory to test for write access [env: USEAPI_DIR] [default: .].
    #[arg(short, long, value_name = "DIR")]
    pub(crate) dir: Option<PathBuf>,
}

/// Show the current settings and their sources.
///
/// Precedence: option, environment variable (USEAPI_ and the name in capitals), profile,
/// configuration file (TOML, with the names shown), default. A profile is a table of the
/// configuration file, selected with --profile or USEAPI_PROFILE. Its token file is
/// token-NAME instead of token, unless it sets token_file.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  useapi-seed config
  useapi-seed config --fields name,value

A configuration file:
  dir = \"/home/me/images\"
  interval = \"15s\"
  jobs = 3

  [profile.local]
  base_url = \"http://127.0.0.1:8080/v2\"
  token_file = \"emulator.token\"")]
pub(crate) struct Config {}

/// Print the JSON Schema of a command's output or file; without NAME, list all.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  useapi-seed schema
  useapi-seed schema seed")]
pub(crate) struct SchemaName {
    /// Schema name.
    #[arg(value_name = "NAME", value_parser = PossibleValuesParser::new(
        schemas::ALL.iter().map(|schema| schema.name)
    ))]
    pub(crate) name: Option<String>,
}

/// Generate a shell completion script
///
/// To complete the IDs of saved jobs too, load what `COMPLETE=SHELL useapi-seed` prints
/// when a shell starts, instead of this script:
///
///   bash    source <(COMPLETE=bash useapi-seed)
///   zsh     source <(COMPLETE=zsh useapi-seed)
///   fish    COMPLETE=fish useapi-seed | source
///   elvish  eval (E:COMPLETE=elvish useapi-seed | slurp)
#[derive(Debug, Args)]
#[command(
    verbatim_doc_comment,
    after_help = "\
Examples:
  useapi-seed completions bash > ~/.local/share/bash-completion/completions/useapi-seed
  useapi-seed completions zsh > ~/.zfunc/_useapi-seed
  useapi-seed completions fish > ~/.config/fish/completions/useapi-seed.fish"
)]
pub(crate) struct Completions {
    /// Shell.
    #[arg(value_name = "SHELL")]
    pub(crate) shell: Shell,
}

/// Generate man pages.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  useapi-seed man > useapi-seed.1
  useapi-seed man fetch > useapi-seed-fetch.1
  useapi-seed man --dir man1")]
pub(crate) struct Man {
    /// Command [default: the main page].
    #[arg(value_name = "COMMAND")]
    pub(crate) command: Option<String>,

    /// Write all pages to DIR.
    #[arg(long, value_name = "DIR", conflicts_with = "command")]
    pub(crate) dir: Option<PathBuf>,
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
