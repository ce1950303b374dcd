//! `login`: saves the API token.

use std::io::{self, IsTerminal};

use console::Term;
use useapi_seed::{Error, ErrorKind};

use crate::arguments::{Common, Login};
use crate::command_line::program;
use crate::error::CliError;
use crate::exit::Exit;
use crate::local_file::{SETTINGS_LIMIT, read_text_up_to};
use crate::settings::{Setting, Settings, Source, save_token, token_variable};
use crate::terminal::{eprint, eprint_note, success};

pub(crate) async fn run(common: &Common, arguments: Login) -> Result<Exit, CliError> {
    let settings = Settings::read(common)?;
    let path = settings.token_path()?;
    let token = if arguments.with_token {
        read_text_up_to(io::stdin(), SETTINGS_LIMIT)
    } else {
        prompt()?
    };
    let token =
        token.map_err(|error| CliError::usage(format!("cannot read the API token: {error}")))?;
    let token = Setting {
        value: token.trim().into(),
        source: Source::Default,
    };
    let client = settings.client_with(token.clone())?;
    if let Err(error) = client.executing_jobs().await
        && !is_accepted(&error)
    {
        return Err(CliError::from(error).hint("The token was not saved."));
    }
    let file = path.display();
    save_token(&path, &token.value)
        .map_err(|error| CliError::usage(format!("cannot write {file}: {error}")))?;
    eprint(format_args!("{} {file}", success("API token saved:")));
    if let Some(variable) = token_variable()? {
        eprint_note(format_args!(
            "{variable} is set and takes precedence over this file"
        ));
    }
    Ok(Exit::Done)
}

/// Reads a line from the terminal without showing it.
fn prompt() -> Result<io::Result<String>, CliError> {
    let terminal = Term::stderr();
    if !(terminal.is_term() && io::stdin().is_terminal()) {
        let hint = format!("Pass the token on stdin: {} login --with-token", program());
        return Err(CliError::usage("cannot prompt: not a terminal").hint(hint));
    }
    let _ = terminal.write_str("useapi.net API token (hidden): ");
    Ok(terminal.read_secure_line())
}

/// Whether the API accepted the token, but not the request.
fn is_accepted(error: &Error) -> bool {
    error.is_from_service()
        && matches!(
            error.kind(),
            ErrorKind::Halted { .. } | ErrorKind::TooManyJobs { .. }
        )
}
