//! `completions`: what makes a shell complete this command's words.

use clap::CommandFactory;

use super::text::Printed;
use crate::arguments::{Arguments, Common, Completions};
use crate::error::CliError;
use crate::exit::Exit;
use crate::output::Output;
use crate::schemas;
use crate::terminal::print_or_closed;

pub(crate) fn run(
    common: &Common,
    Completions { command_line }: Completions,
) -> Result<Exit, CliError> {
    let output = Output::new(common, schemas::TEXT)?;
    let mut text = Vec::new();
    let mut command = Arguments::command();
    clap_complete::generate(command_line, &mut command, "useapi-seed", &mut text);
    let text = String::from_utf8_lossy(&text).into_owned();
    if output.is_json() {
        let name = command_line.to_string();
        output.print(&Printed { name, text })?;
    } else {
        print_or_closed(&text)?;
    }
    Ok(Exit::Done)
}
