//! `login` and `logout`: save and remove the API token.

use std::fs;
use std::io::{self, ErrorKind, IsTerminal};

use console::Term;
use useapi_seed::SecretString;

use crate::arguments::{Common, Login, Logout};
use crate::command_line::program;
use crate::error::CliError;
use crate::exit::Exit;
use crate::local_file::{SETTINGS_LIMIT, read_text_up_to};
use crate::settings::{Setting, Settings, Source, save_token, variable};
use crate::terminal::{eprint, eprint_note, success};

pub(crate) async fn login(common: &Common, arguments: Login) -> Result<Exit, CliError> {
    let settings = Settings::for_login(common)?;
    let path = settings.token_file()?.value;
    let token = if arguments.with_token {
        read_text_up_to(io::stdin(), SETTINGS_LIMIT)
    } else {
        prompt()
    };
    let token = token.map_err(|error| {
        let hint = format!("Pass the token on stdin: {} login --with-token", program());
        CliError::usage(format!("cannot read the API token: {error}")).hint(hint)
    })?;
    let token = SecretString::from(token.trim());
    let client = settings.client_with(token.clone(), &Source::Default)?;
    match client.executing_jobs().await {
        // Of a halted account, too, the token is checked first.
        Err(error) if !(error.is_halted() && error.is_from_service()) => {
            return Err(CliError::from(error).hint("The token was not saved."));
        }
        _ => {}
    }
    let file = path.display();
    save_token(&path, &token).map_err(|error| {
        CliError::usage(format!("cannot write {file}: {error}")).hint("Use --token-file.")
    })?;
    eprint(format_args!("{} {file}", success("API token saved:")));
    if let Some(Setting { source, .. }) = variable("token")? {
        let note = "is set and takes precedence over this file";
        eprint_note(format_args!("{source} {note}"));
    }
    Ok(Exit::Done)
}

/// Reads a line from the terminal without showing it.
fn prompt() -> io::Result<String> {
    let terminal = Term::stderr();
    if !(terminal.is_term() && io::stdin().is_terminal()) {
        return Err(io::Error::other("not a terminal"));
    }
    terminal.write_str("useapi.net API token (hidden): ")?;
    terminal.read_secure_line()
}

pub(crate) fn logout(common: &Common, Logout {}: Logout) -> Result<Exit, CliError> {
    let path = Settings::read(common)?.token_file()?.value;
    let file = path.display();
    match fs::remove_file(&path) {
        Ok(()) => eprint(format_args!("API token removed: {file}")),
        Err(error) if error.kind() == ErrorKind::NotFound => {
            eprint_note(format_args!("no saved API token: {file} does not exist"));
        }
        Err(error) => return Err(CliError::usage(format!("cannot remove {file}: {error}"))),
    }
    if let Some(Setting { source, .. }) = variable("token")? {
        eprint_note(format_args!("{source} is still set"));
    }
    Ok(Exit::Done)
}
