//! The command line.

mod retrieve;
mod service;
mod this_machine;
mod value;

use std::ffi::OsString;
use std::path::PathBuf;

use clap::{Args, Parser, Subcommand};

use crate::exit;
pub(crate) use retrieve::{Demo, Fetch, Pace, Place, Wait};
pub(crate) use service::{Cancel, Jobs, Listen, Reset, Status};
pub(crate) use this_machine::{Completions, Config, Doctor, Emulate, Man, Schema};
pub(crate) use value::seconds;

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
    /// Print JSON on stdout: one document, or one line for each of many. With
    /// FIELDS, separated by commas, only those; `useapi-seed schema` describes
    /// them.
    #[arg(
        long,
        global = true,
        value_name = "FIELDS",
        num_args = 0..=1,
        default_missing_value = "",
    )]
    pub(crate) json: Option<String>,

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
    Status(Status),
    Jobs(Jobs),
    Cancel(Cancel),
    Reset(Reset),
    Listen(Listen),
    Emulate(Emulate),
    Doctor(Doctor),
    Config(Config),
    Schema(Schema),
    Completions(Completions),
    Man(Man),
}

impl Arguments {
    /// Those that this program was called with; ends it when they are wrong, or
    /// ask for help.
    pub(crate) fn of_this_program() -> Self {
        Self::parse_from(with_bare_json(std::env::args_os()))
    }
}

/// Lets `--json` stand before a job's id: the next word is its value only if it
/// looks like names of fields, which no id and no number does.
fn with_bare_json(words: impl Iterator<Item = OsString>) -> Vec<OsString> {
    let mut words = words.peekable();
    let mut all = Vec::new();
    while let Some(word) = words.next() {
        if word == "--" {
            all.push(word);
            all.extend(words);
            break;
        }
        let has_fields = words
            .peek()
            .and_then(|next| next.to_str())
            .is_some_and(are_fields);
        if word == "--json" && !has_fields {
            all.push("--json=".into());
        } else {
            all.push(word);
        }
    }
    all
}

fn are_fields(word: &str) -> bool {
    word.starts_with(|letter: char| letter.is_ascii_lowercase())
        && word
            .chars()
            .all(|letter| letter.is_ascii_lowercase() || "_,".contains(letter))
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::*;

    #[test]
    fn the_command_line_is_consistent() {
        Arguments::command().debug_assert();
    }

    #[test]
    fn an_id_is_not_taken_for_fields() {
        for (line, expected) in [
            (
                vec!["--json", "20240225-user:1"],
                vec!["--json=", "20240225-user:1"],
            ),
            (
                vec!["--json", "seed,folder", "1"],
                vec!["--json", "seed,folder", "1"],
            ),
            (vec!["1", "--json"], vec!["1", "--json="]),
            (vec!["--json", "--out", "a"], vec!["--json=", "--out", "a"]),
            (vec!["--", "--json", "1"], vec!["--", "--json", "1"]),
        ] {
            let words = line.iter().map(OsString::from);
            assert_eq!(with_bare_json(words), expected, "{line:?}");
        }
    }
}
