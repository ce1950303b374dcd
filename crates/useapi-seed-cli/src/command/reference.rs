//! `completions`, `man`, `schema` and the topics of `help`: what the command says about
//! itself.

use std::fs;

use clap::{Command, CommandFactory};
use clap_complete::CompleteEnv;
use clap_complete::engine::ArgValueCompleter;

use super::saved_ids;
use crate::arguments::{Arguments, Common, Completions, Man, SchemaName};
use crate::error::CliError;
use crate::exit::{EXIT_CODES_HELP, Exit};
use crate::output::Output;
use crate::schemas::{ALL, Schema};
use crate::terminal::print_or_closed;

/// Prints a text.
fn print(text: &str) -> Result<Exit, CliError> {
    print_or_closed(text).map(|()| Exit::Done)
}

pub(crate) fn version() -> Result<Exit, CliError> {
    print(concat!("useapi-seed ", env!("CARGO_PKG_VERSION"), "\n"))
}

pub(crate) fn exit_codes() -> Result<Exit, CliError> {
    print(&format!("{EXIT_CODES_HELP}\n"))
}

/// Prints a JSON Schema, or lists them.
pub(crate) fn schema(common: &Common, SchemaName { name }: SchemaName) -> Result<Exit, CliError> {
    if let Some(schema) = name.as_deref().and_then(Schema::named) {
        return print(schema.text);
    }
    Output::reject_json(common)?;
    let lines = ALL
        .iter()
        .map(|schema| format!("{:<9} {}\n", schema.name, schema.about));
    print(&lines.collect::<String>())
}

/// Prints a shell completion script. The scripts of `COMPLETE=SHELL useapi-seed` call
/// this program at each completion instead, and complete saved IDs too.
pub(crate) fn completions(
    common: &Common,
    Completions { shell }: Completions,
) -> Result<Exit, CliError> {
    Output::reject_json(common)?;
    let mut script = Vec::new();
    clap_complete::generate(shell, &mut Arguments::command(), "useapi-seed", &mut script);
    print(&String::from_utf8_lossy(&script))
}

/// Whether a shell requested completions, which are printed then.
pub(crate) fn complete() -> bool {
    let dir = std::env::current_dir().ok();
    let completed = CompleteEnv::with_factory(completed_command)
        .try_complete(std::env::args_os(), dir.as_deref());
    // An error is about a variable of another program that has the same name.
    matches!(completed, Ok(true))
}

fn completed_command() -> Command {
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

/// Prints man pages, or writes all.
pub(crate) fn man(common: &Common, Man { command, dir }: Man) -> Result<Exit, CliError> {
    Output::reject_json(common)?;
    let mut root = Arguments::command().disable_help_subcommand(true);
    let examples = root.get_after_help().cloned().unwrap_or_default();
    root = root.after_help(format!("{examples}\n\n{EXIT_CODES_HELP}"));
    root.build();
    if let Some(dir) = dir {
        let commands = root
            .get_subcommands()
            .filter(|command| !command.is_hide_set());
        let mut pages = commands.chain([&root]).map(page);
        fs::create_dir_all(&dir)
            .and_then(|()| pages.try_for_each(|page| page.generate_to(&dir).map(|_| ())))
            .map_err(|error| {
                CliError::file(format!("cannot write to {}: {error}", dir.display()))
            })?;
        return Ok(Exit::Done);
    }
    let command = match command {
        Some(name) => root
            .find_subcommand(&name)
            .ok_or_else(|| CliError::usage(format!("unknown command `{name}`")))?,
        None => &root,
    };
    let mut text = Vec::new();
    page(command)
        .render(&mut text)
        .map_err(|error| CliError::new(format!("cannot render the page: {error}")))?;
    print(&String::from_utf8_lossy(&text))
}

/// Under the full name, such as `useapi-seed-fetch`.
fn page(command: &Command) -> clap_mangen::Man {
    let name = command.get_display_name().unwrap_or(command.get_name());
    clap_mangen::Man::new(command.clone().name(name.to_owned()))
}
