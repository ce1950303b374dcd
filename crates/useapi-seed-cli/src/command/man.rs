//! `man`: manual pages.

use std::fs;
use std::io;

use clap::{Command, CommandFactory};

use super::text::Printed;
use crate::arguments::{Arguments, Common, Man};
use crate::error::CliError;
use crate::exit::Exit;
use crate::output::Output;
use crate::schemas;
use crate::terminal::print_or_closed;

pub(crate) fn run(common: &Common, arguments: Man) -> Result<Exit, CliError> {
    let Man { command, dir } = arguments;
    let output = Output::new(common, schemas::TEXT)?;
    let mut root = Arguments::command().disable_help_subcommand(true);
    root.build();
    let pages = match &command {
        Some(name) => {
            vec![page(root.find_subcommand(name).ok_or_else(|| {
                CliError::usage(format!("there is no command {name}"))
            })?)]
        }
        None if dir.is_some() => {
            let all = [&root].into_iter().chain(root.get_subcommands());
            all.map(page).collect()
        }
        None => vec![page(&root)],
    };
    for page in pages {
        let page = page.map_err(|error| CliError::new(format!("cannot make a page: {error}")))?;
        if let Some(dir) = &dir {
            let path = dir.join(format!("{}.1", page.name));
            fs::create_dir_all(dir)
                .and_then(|()| fs::write(&path, &page.text))
                .map_err(|error| {
                    CliError::file(format!("cannot write {}: {error}", path.display()))
                })?;
        }
        if output.is_json() {
            output.print(&page)?;
        } else if dir.is_none() {
            print_or_closed(&page.text)?;
        }
    }
    Ok(Exit::Done)
}

fn page(command: &Command) -> io::Result<Printed> {
    let name = command.get_display_name().unwrap_or(command.get_name());
    let page = clap_mangen::Man::new(command.clone().name(name.to_owned()));
    let mut text = Vec::new();
    page.render(&mut text)?;
    Ok(Printed {
        name: name.to_owned(),
        text: String::from_utf8_lossy(&text).into_owned(),
    })
}
