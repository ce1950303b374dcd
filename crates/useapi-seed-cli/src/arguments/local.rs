//! What is about this machine: `emulate`, `doctor`, `config` and what helps at a
//! shell.

use std::path::PathBuf;

use clap::Args;
use clap::builder::PossibleValuesParser;
use clap_complete::Shell;

use super::value::positive_number;
use crate::schemas;

/// Run an emulator of the service on this machine, with sample jobs.
///
/// It knows one token and a few finished jobs, draws its own pictures, and
/// forgets everything when it ends. At the address of its page a browser shows
/// the API's reference, and lets you try it.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  useapi-seed emulate --speed 60
  useapi-seed emulate --scenario flaky-network
  Then, in another terminal, the two lines that it prints.")]
pub(crate) struct Emulate {
    /// The port on 127.0.0.1; 0 is any free one.
    #[arg(long, value_name = "N", default_value_t = 0)]
    pub(crate) port: u16,

    /// How fast its clock runs: with 60 a minute passes in a second. Without this
    /// it runs as the scenario says, or at real speed.
    #[arg(long, value_name = "F", value_parser = positive_number, allow_hyphen_values = true)]
    pub(crate) speed: Option<f64>,

    /// Its clock stands still, until a program puts it forward: POST
    /// /_emulator/clock with `{"milliseconds":45000}`.
    #[arg(long, conflicts_with = "speed")]
    pub(crate) stopped: bool,

    /// What is there at the start, beside the sample jobs: a TOML file, or one of
    /// idle, busy-account, halted-account and flaky-network.
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
  useapi-seed config --fields settings

A configuration file:
  dir = \"/home/me/images\"
  interval = \"15s\"
  jobs = 3

  [profile.local]
  base_url = \"http://127.0.0.1:8080/v2\"
  token_file = \"emulator.token\"")]
pub(crate) struct Config {}

/// Print the JSON Schema of what a command prints or writes; without a name, list
/// them.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  useapi-seed schema
  useapi-seed schema seed")]
pub(crate) struct SchemaName {
    /// Which one.
    #[arg(value_name = "NAME", value_parser = PossibleValuesParser::new(
        schemas::ALL.iter().map(|schema| schema.name)
    ))]
    pub(crate) name: Option<String>,
}

/// Print what makes a shell complete this command's words.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  useapi-seed completions bash > ~/.local/share/bash-completion/completions/useapi-seed
  useapi-seed completions zsh > ~/.zfunc/_useapi-seed
  useapi-seed completions fish > ~/.config/fish/completions/useapi-seed.fish")]
pub(crate) struct Completions {
    /// Which shell.
    #[arg(value_name = "SHELL")]
    pub(crate) command_line: Shell,
}

/// Print a manual page, or write all of them.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  useapi-seed man > useapi-seed.1
  useapi-seed man fetch > useapi-seed-fetch.1
  useapi-seed man --dir man1")]
pub(crate) struct Man {
    /// The command that the page is about; otherwise the one about all.
    #[arg(value_name = "COMMAND")]
    pub(crate) command: Option<String>,

    /// A folder to write every page into.
    #[arg(long, value_name = "DIR", conflicts_with = "command")]
    pub(crate) dir: Option<PathBuf>,
}
