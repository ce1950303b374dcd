//! `completions`: a shell completion script. The scripts of `COMPLETE=SHELL useapi-seed`
//! call this program at each completion instead, and complete saved IDs too.

use clap::{Command, CommandFactory};
use clap_complete::CompleteEnv;
use clap_complete::engine::ArgValueCompleter;

use super::saved_ids;
use crate::arguments::{Arguments, Common, Completions};
use crate::error::CliError;
use crate::exit::Exit;
use crate::output::Output;
use crate::terminal::print_or_closed;

pub(crate) fn run(common: &Common, Completions { shell }: Completions) -> Result<Exit, CliError> {
    Output::reject_json(common)?;
    let mut script = Vec::new();
    clap_complete::generate(shell, &mut Arguments::command(), "useapi-seed", &mut script);
    print_or_closed(&String::from_utf8_lossy(&script))?;
    Ok(Exit::Done)
}

/// Whether a shell requested completions, which are printed then.
pub(crate) fn complete() -> bool {
    let dir = std::env::current_dir().ok();
    let completed =
        CompleteEnv::with_factory(command).try_complete(std::env::args_os(), dir.as_deref());
    // An error is about a variable of another program that has the same name.
    matches!(completed, Ok(true))
}

fn command() -> Command {
    let names = ["fetch", "wait", "status", "cancel"];
    names.iter().fold(Arguments::command(), |command, name| {
        command.mut_subcommand(name, |command| {
            command.mut_args(|argument| {
                if argument.is_positional() {
                    argument.add(ArgValueCompleter::new(saved_ids::complete))
                } else {
                    argument
                }
            })
        })
    })
}
