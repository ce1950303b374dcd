//! `logout`: removes the saved API token.

use std::fs;
use std::io::ErrorKind;

use crate::arguments::{Common, Logout};
use crate::error::CliError;
use crate::exit::Exit;
use crate::settings::{Settings, token_variable};
use crate::terminal::{eprint, eprint_note};

pub(crate) fn run(common: &Common, Logout {}: Logout) -> Result<Exit, CliError> {
    let path = Settings::read(common)?.token_path()?;
    let file = path.display();
    match fs::remove_file(&path) {
        Ok(()) => eprint(format_args!("API token removed: {file}")),
        Err(error) if matches!(error.kind(), ErrorKind::NotFound | ErrorKind::NotADirectory) => {
            eprint_note(format_args!("no saved API token: {file} does not exist"));
        }
        Err(error) => return Err(CliError::usage(format!("cannot remove {file}: {error}"))),
    }
    if let Some(variable) = token_variable()? {
        eprint_note(format_args!("{variable} is still set"));
    }
    Ok(Exit::Done)
}
