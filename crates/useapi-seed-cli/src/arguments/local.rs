//! Commands about this machine: `emulate`, `login`, `logout`, `doctor`, `config`, and
//! those that help at a shell.

use std::path::PathBuf;

use clap::Args;
use clap::builder::PossibleValuesParser;
use clap_complete::Shell;

use super::value::positive_number;
use crate::schemas;

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

/// Save the API token of a useapi.net account.
///
/// Prompts for the token without showing it, checks it with a free request, and writes
/// it to the token file, which only you can read (mode 600). `useapi-seed config` shows
/// which file that is; --profile and --token-file select another.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  useapi-seed login
  useapi-seed login --profile work
  useapi-seed login --with-token < token.txt")]
pub(crate) struct Login {
    /// Read the token from stdin.
    #[arg(long)]
    pub(crate) with_token: bool,
}

/// Remove the saved API token.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  useapi-seed logout
  useapi-seed logout --profile work")]
pub(crate) struct Logout {}

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
