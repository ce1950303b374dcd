//! The API token: in the environment, or in a file that only its owner may read;
//! never on the command line, where every user of the machine could see it.

use std::fs::File;
use std::io;
use std::path::{Path, PathBuf};

use secrecy::ExposeSecret;
use useapi_seed::SecretString;

use super::{Setting, Settings, Source, TOKEN_FILE, dirs, variable};
use crate::command_line;
use crate::error::CliError;
use crate::local_file::{self, Links};
use crate::text::sanitize;

const VARIABLE: &str = "USEAPI_TOKEN";

pub(super) fn find(settings: &Settings) -> Result<Setting<SecretString>, CliError> {
    let file = settings.path(TOKEN_FILE, settings.token_file.clone(), default_file)?;
    // A file that is named on the command line is meant before all.
    let is_meant = matches!(file.source, Source::Option(_));
    if let Some(token) = variable(VARIABLE)?.filter(|_| !is_meant) {
        return Ok(Setting {
            value: token.into(),
            source: Source::Environment(VARIABLE),
        });
    }
    let is_chosen = file.source != Source::Default;
    match file.value {
        Some(path) if is_chosen || path.exists() => {
            let value = read(&path)?;
            let source = Source::File(path);
            Ok(Setting { value, source })
        }
        default => Err(missing(default.as_deref())),
    }
}

fn default_file() -> Option<PathBuf> {
    Some(dirs::config_dir()?.join("token"))
}

fn missing(default: Option<&Path>) -> CliError {
    let mut error = CliError::usage(format!(
        "{VARIABLE} is not set in the environment, and there is no token file"
    ))
    .hint(format!(
        "Set {VARIABLE} to the API token of a useapi.net account."
    ));
    if let Some(path) = default {
        let path = command_line::quote(path.as_os_str());
        error = error.suggest(
            "Or keep it in a file that only you can read; paste it, then Enter and Ctrl-D:",
            &format!("install -D -m 600 /dev/stdin {path}"),
        );
    }
    error.suggest(
        "To try the command without an account:",
        &format!("{} demo", command_line::program()),
    )
}

fn read(path: &Path) -> Result<SecretString, CliError> {
    #[cfg(unix)]
    let user = rustix::process::geteuid().as_raw();
    #[cfg(not(unix))]
    let user = 0;
    read_as(user, path)
}

/// Reads it as this user would, whose own it has to be, or root's.
#[cfg_attr(
    not(unix),
    allow(unused_variables, reason = "files have no such owners there")
)]
fn read_as(user: u32, path: &Path) -> Result<SecretString, CliError> {
    let place = path.display();
    let unreadable =
        |error: io::Error| CliError::usage(format!("cannot read the token file {place}: {error}"));
    let mut options = File::options();
    let file = local_file::open(path, Links::Follow, options.read(true)).map_err(unreadable)?;
    #[cfg(unix)]
    {
        use std::os::unix::fs::MetadataExt;

        // What is checked is what is read, even if another file takes its place.
        let metadata = file.metadata().map_err(unreadable)?;
        if ![0, user].contains(&metadata.uid()) {
            return Err(
                CliError::usage(format!("the token file {place} belongs to another user"))
                    .hint("Copy the token to a file of your own, with mode 600."),
            );
        }
        let mode = metadata.mode() & 0o777;
        if mode & 0o077 != 0 {
            let line = format!("chmod 600 {}", command_line::quote(path.as_os_str()));
            return Err(CliError::usage(format!(
                "the token file {place} is open to others (mode {mode:03o})"
            ))
            .suggest("Let only yourself read it:", &line));
        }
    }
    let text = local_file::read_text_up_to(file, local_file::SETTINGS_LIMIT).map_err(unreadable)?;
    let token = text.trim_end_matches(['\r', '\n']);
    if token.trim().is_empty() {
        return Err(CliError::usage(format!("the token file {place} is empty"))
            .hint("Write the API token of a useapi.net account into it."));
    }
    Ok(token.into())
}

/// Enough of a token to tell it from another, and too little to use it.
pub(crate) fn redact(token: &SecretString) -> String {
    let token = token.expose_secret();
    let shown = token.chars().count() / 8;
    let start: String = token.chars().take(shown.min(4)).collect();
    format!("{}…", sanitize(&start))
}

#[cfg(all(test, unix))]
mod tests {
    use std::fs;
    use std::os::unix::fs::{MetadataExt, PermissionsExt, chown};

    use super::*;
    use crate::exit::Exit;

    #[test]
    fn token_file_of_another_user_is_rejected() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("token");
        fs::write(&path, "a-token").unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(0o600)).unwrap();
        // Root's own would be accepted by every user.
        if rustix::process::geteuid().is_root() {
            chown(&path, Some(65534), None).unwrap();
        }
        let owner = fs::metadata(&path).unwrap().uid();
        read_as(owner, &path).unwrap();
        let error = read_as(owner + 1, &path).unwrap_err();
        assert!(error.message().ends_with("belongs to another user"));
        assert_eq!(error.exit(), Exit::Usage);
    }
}
