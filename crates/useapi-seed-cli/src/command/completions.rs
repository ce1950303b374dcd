//! `completions`: what makes a shell complete this command's words.

use clap::CommandFactory;

use super::text::Printed;
use crate::arguments::{Arguments, Common, Completions};
use crate::exit::Exit;
use crate::failure::Failure;
use crate::json::Output;
use crate::schemas;
use crate::terminal::give_on;

pub(crate) fn run(common: &Common, Completions { shell }: Completions) -> Result<Exit, Failure> {
    let output = Output::new(common, schemas::TEXT)?;
    let mut text = Vec::new();
    let mut command = Arguments::command();
    clap_complete::generate(shell, &mut command, "useapi-seed", &mut text);
    let text = String::from_utf8_lossy(&text).into_owned();
    if output.is_json() {
        let name = shell.to_string();
        output.give(&Printed { name, text })?;
    } else {
        give_on(&text)?;
    }
    Ok(Exit::Done)
}
