//! The command line.

mod retrieve;
mod service;
mod this_machine;
mod value;

use std::ffi::OsString;
use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum};
use clap_complete::Shell;

use crate::exit;
use crate::schemas::Schema;
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

impl Arguments {
    /// Those that this program was called with; ends it when they are wrong, or
    /// ask for help.
    pub(crate) fn of_this_program() -> Self {
        Self::parse_from(with_bare_json(std::env::args_os()))
    }
}

/// Lets `--json` stand before another word: that is its value only if it looks like
/// names of fields, which no id and no number does, and is none of this command's
/// own words.
fn with_bare_json(words: impl Iterator<Item = OsString>) -> Vec<OsString> {
    let commands = Command::augment_subcommands(clap::Command::new("any"));
    let is_command = |word: &str| commands.find_subcommand(word).is_some() || word == "help";
    let mut words = words.peekable();
    let mut all: Vec<OsString> = Vec::new();
    while let Some(word) = words.next() {
        if word == "--" {
            all.push(word);
            all.extend(words);
            break;
        }
        let chosen = all.iter().filter_map(|word| word.to_str());
        let chosen = chosen.clone().find(|word| is_command(word));
        let next = words.peek().and_then(|next| next.to_str());
        let has_fields = next.is_some_and(|next| {
            are_fields(next)
                && match chosen {
                    None | Some("man" | "help") => !is_command(next),
                    Some("completions") => Shell::from_str(next, false).is_err(),
                    Some("schema") => Schema::named(next).is_none(),
                    Some(_) => true,
                }
        });
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
            (vec!["--json", "jobs"], vec!["--json=", "jobs"]),
            (
                vec!["status", "--json", "status"],
                vec!["status", "--json", "status"],
            ),
            (
                vec!["schema", "--json", "seed"],
                vec!["schema", "--json=", "seed"],
            ),
            (
                vec!["completions", "--json", "zsh"],
                vec!["completions", "--json=", "zsh"],
            ),
        ] {
            let words = line.iter().map(OsString::from);
            assert_eq!(with_bare_json(words), expected, "{line:?}");
        }
    }
}
