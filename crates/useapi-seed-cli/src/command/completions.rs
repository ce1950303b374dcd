//! `completions`: a shell completion script.

use clap::CommandFactory;

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
