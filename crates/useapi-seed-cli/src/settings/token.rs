//! The API token: in the environment, or in a file that only its owner can read; never
//! on the command line, which every user of the machine can see.

use std::fs::{self, File};
use std::io;
use std::path::Path;

use secrecy::ExposeSecret;
use useapi_seed::SecretString;

use super::{Setting, Settings, Source, variable_name};
use crate::atomic_file;
use crate::command_line;
use crate::error::CliError;
use crate::local_file::{self, Links};
use crate::text::sanitize;

const KEY: &str = "token";

/// What to do about a token that contains spaces and the like.
pub(super) const HINT: &str = "Paste only the token, without \"Bearer\".";

pub(super) fn find(settings: &Settings) -> Result<Setting<SecretString>, CliError> {
    let file = settings.token_file()?;
    if !matches!(file.source, Source::Option(_))
        && let Some(token) = super::variable(KEY)?
    {
        return Ok(Setting {
            value: token.into(),
            source: Source::Environment(KEY),
        });
    }
    match file.value {
        Some(path) if file.source != Source::Default || path.exists() => Ok(Setting {
            value: read_as(current_user(), &path)?,
            source: Source::File(path),
        }),
        _ => Err(missing(settings)),
    }
}

fn missing(settings: &Settings) -> CliError {
    let (program, variable) = (command_line::program(), variable_name(KEY));
    let profile = settings.profile.value.as_ref();
    let profile = profile.map_or_else(String::new, |name| format!(" --profile {name}"));
    CliError::usage(format!(
        "no API token: {variable} is not set and no token file was found"
    ))
    .hint(format!(
        "Set {variable} to the API token of your useapi.net account."
    ))
    .hint(format!("Or save it once: {program} login{profile}"))
    .hint(format!("To try it without an account: {program} demo"))
}

/// The name of the environment variable, if it is set.
pub(crate) fn variable() -> Result<Option<String>, CliError> {
    Ok(super::variable(KEY)?.map(|_| variable_name(KEY)))
}

#[cfg(unix)]
fn current_user() -> u32 {
    rustix::process::geteuid().as_raw()
}

#[cfg(not(unix))]
fn current_user() -> u32 {
    0
}

/// Reads a file that must belong to this user or root, and be private.
fn read_as(user: u32, path: &Path) -> Result<SecretString, CliError> {
    let file_name = path.display();
    let unreadable = |error: io::Error| {
        CliError::usage(format!("cannot read the token file {file_name}: {error}"))
    };
    let mut options = File::options();
    let file = local_file::open(path, Links::Follow, options.read(true)).map_err(unreadable)?;
    // Of the open file, even if another takes its name.
    check_privacy(&file.metadata().map_err(unreadable)?, user, path)?;
    let text = local_file::read_text_up_to(file, local_file::SETTINGS_LIMIT).map_err(unreadable)?;
    let token = text.trim();
    if token.is_empty() {
        return Err(
            CliError::usage(format!("the token file {file_name} is empty"))
                .hint("Put your useapi.net API token in it."),
        );
    }
    Ok(token.into())
}

#[cfg(unix)]
fn check_privacy(metadata: &fs::Metadata, user: u32, path: &Path) -> Result<(), CliError> {
    use std::os::unix::fs::MetadataExt;

    let file_name = path.display();
    if ![0, user].contains(&metadata.uid()) {
        return Err(CliError::usage(format!(
            "the token file {file_name} belongs to another user"
        ))
        .hint("Copy the token to your own file, with mode 600."));
    }
    let mode = metadata.mode() & 0o777;
    if mode & 0o077 != 0 {
        let message = format!("permissions of {file_name} are too open ({mode:04o})");
        let quoted = command_line::quote(path.as_os_str());
        return Err(CliError::usage(message).hint(format!("Fix: chmod 600 {quoted}")));
    }
    Ok(())
}

#[cfg(not(unix))]
#[allow(clippy::unnecessary_wraps, reason = "as where files have owners")]
fn check_privacy(_: &fs::Metadata, _: u32, _: &Path) -> Result<(), CliError> {
    Ok(())
}

/// Writes the token file, for this user only.
pub(crate) fn save(path: &Path, token: &SecretString) -> io::Result<()> {
    if let Some(dir) = path.parent().filter(|dir| !dir.as_os_str().is_empty()) {
        let mut builder = fs::DirBuilder::new();
        #[cfg(unix)]
        std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
        builder.recursive(true).create(dir)?;
    }
    let line = format!("{}\n", token.expose_secret());
    atomic_file::write_private(path, line.as_bytes())
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
