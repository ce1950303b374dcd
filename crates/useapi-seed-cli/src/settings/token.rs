//! The API token: in the environment, or in a file that only its owner can read; never
//! on the command line, which every user of the machine can see.

use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};

use secrecy::ExposeSecret;
use useapi_seed::SecretString;

use super::source::{Found, Setting, Source, variable};
use crate::atomic_file;
use crate::command_line::{program, quote};
use crate::error::CliError;
use crate::local_file::{Links, SETTINGS_LIMIT, open, read_text_up_to};
use crate::text::sanitize;

/// What to do about a token that contains spaces and the like.
pub(super) const HINT: &str = "Paste only the token, without \"Bearer\".";

pub(super) fn find(
    file: Setting<PathBuf>,
    profile: Option<&Setting<String>>,
) -> Found<SecretString> {
    let is_option = |source: &Source| matches!(source, Source::Option(_));
    if !is_option(&file.source)
        && !profile.is_some_and(|profile| is_option(&profile.source))
        && let Some(token) = variable("token")?
    {
        return Ok(token.map(Into::into));
    }
    let path = file.value;
    if file.source == Source::Default && !path.exists() {
        return Err(missing(profile));
    }
    let (value, source) = (read(&path)?, Source::File(path));
    Ok(Setting { value, source })
}

fn missing(profile: Option<&Setting<String>>) -> CliError {
    let login = match profile {
        Some(profile) => format!("login --profile {}", quote(profile.value.as_ref())),
        None => "login".to_owned(),
    };
    CliError::usage("no API token: USEAPI_TOKEN is not set and no token file was found")
        .hint("Set USEAPI_TOKEN to the API token of your useapi.net account.")
        .hint(format!("Or save it once: {} {login}", program()))
        .hint(format!("To try it without an account: {} demo", program()))
}

fn read(path: &Path) -> Result<SecretString, CliError> {
    let shown = path.display();
    let unreadable =
        |error: io::Error| CliError::usage(format!("cannot read the token file {shown}: {error}"));
    let file = open(path, Links::Follow, File::options().read(true)).map_err(unreadable)?;
    // Of the open file, even if another takes its name.
    #[cfg(unix)]
    check_private(
        &file.metadata().map_err(unreadable)?,
        rustix::process::geteuid().as_raw(),
        path,
    )?;
    let text = read_text_up_to(file, SETTINGS_LIMIT).map_err(unreadable)?;
    let token = text.trim();
    if token.is_empty() {
        return Err(CliError::usage(format!("the token file {shown} is empty"))
            .hint("Put your useapi.net API token in it."));
    }
    Ok(token.into())
}

/// It must belong to this user or root, and be private.
#[cfg(unix)]
fn check_private(metadata: &fs::Metadata, user: u32, path: &Path) -> Result<(), CliError> {
    use std::os::unix::fs::MetadataExt;

    let (shown, mode) = (path.display(), metadata.mode() & 0o777);
    if ![0, user].contains(&metadata.uid()) {
        return Err(CliError::usage(format!("{shown} belongs to another user"))
            .hint("Copy the token to your own file, with mode 600."));
    }
    if mode & 0o077 != 0 {
        let path = quote(path.as_os_str());
        let message = format!("permissions of {shown} are too open ({mode:04o})");
        return Err(CliError::usage(message).hint(format!("Fix: chmod 600 {path}")));
    }
    Ok(())
}

/// Writes the token file, for this user only.
pub(crate) fn save(path: &Path, token: &SecretString) -> io::Result<()> {
    if let Some(dir) = path.parent() {
        fs::create_dir_all(dir)?;
    }
    let line = format!("{}\n", token.expose_secret());
    atomic_file::write_private(path, line.as_bytes())
}

/// Enough of a token to distinguish it from another, and too little to use it.
pub(crate) fn redact(token: &SecretString) -> String {
    let token = token.expose_secret();
    let shown = token.chars().count() / 8;
    let start: String = token.chars().take(shown.min(4)).collect();
    format!("{}…", sanitize(&start))
}

#[cfg(all(test, unix))]
mod tests {
    use std::os::unix::fs::{MetadataExt, chown};

    use super::*;

    #[test]
    fn token_file_of_another_user_is_rejected() {
        let file = tempfile::NamedTempFile::new().unwrap();
        // Root's own would be accepted by every user.
        if rustix::process::geteuid().is_root() {
            chown(file.path(), Some(65534), None).unwrap();
        }
        let metadata = file.as_file().metadata().unwrap();
        let check = |user| check_private(&metadata, user, file.path());
        check(metadata.uid()).unwrap();
        let error = check(metadata.uid() + 1).unwrap_err();
        assert!(error.message().ends_with("belongs to another user"));
    }
}
