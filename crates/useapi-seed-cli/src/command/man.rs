//! `man`: man pages.

use std::fs;
use std::path::Path;

use clap::{Command, CommandFactory};

use crate::arguments::{Arguments, Common, Man};
use crate::error::CliError;
use crate::exit::{EXIT_CODES_HELP, Exit};
use crate::output::Output;
use crate::terminal::print_or_closed;

pub(crate) fn run(common: &Common, Man { command, dir }: Man) -> Result<Exit, CliError> {
    Output::reject_json(common)?;
    let mut root = Arguments::command().disable_help_subcommand(true);
    let examples = root.get_after_help().cloned().unwrap_or_default();
    root = root.after_help(format!("{examples}\n\n{EXIT_CODES_HELP}"));
    root.build();
    if let Some(dir) = dir {
        let commands = root
            .get_subcommands()
            .filter(|command| !command.is_hide_set());
        for command in [&root].into_iter().chain(commands) {
            write(&dir, command)?;
        }
        return Ok(Exit::Done);
    }
    let command = match command {
        Some(name) => root
            .find_subcommand(&name)
            .ok_or_else(|| CliError::usage(format!("unknown command `{name}`")))?,
        None => &root,
    };
    print_or_closed(&page(command)?)?;
    Ok(Exit::Done)
}

fn write(dir: &Path, command: &Command) -> Result<(), CliError> {
    let path = dir.join(format!("{}.1", name(command)));
    let page = page(command)?;
    let written = fs::create_dir_all(dir).and_then(|()| fs::write(&path, page));
    written.map_err(|error| CliError::file(format!("cannot write {}: {error}", path.display())))
}

fn page(command: &Command) -> Result<String, CliError> {
    let mut text = Vec::new();
    clap_mangen::Man::new(command.clone().name(name(command).to_owned()))
        .render(&mut text)
        .map_err(|error| CliError::new(format!("cannot render the page: {error}")))?;
    Ok(String::from_utf8_lossy(&text).into_owned())
}

fn name(command: &Command) -> &str {
    command.get_display_name().unwrap_or(command.get_name())
}
