//! `man`: man pages.

use std::fs;

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
    print_or_closed(&String::from_utf8_lossy(&text))?;
    Ok(Exit::Done)
}

/// Under the full name, such as `useapi-seed-fetch`.
fn page(command: &Command) -> clap_mangen::Man {
    let name = command.get_display_name().unwrap_or(command.get_name());
    clap_mangen::Man::new(command.clone().name(name.to_owned()))
}
