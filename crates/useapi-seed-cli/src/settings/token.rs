//! The API token: in the environment, or in a file that only its owner may read;
//! never on the command line, where every user of the machine could see it.

use std::fs::File;
use std::io;
use std::path::{Path, PathBuf};

use secrecy::ExposeSecret;
use useapi_seed::SecretString;

use super::{Origin, Setting, Settings, TOKEN_FILE, folders, variable};
use crate::failure::Failure;
use crate::local_file::{self, Links};
use crate::shell;
use crate::terminal::plain;

const VARIABLE: &str = "USEAPI_TOKEN";

pub(super) fn find(settings: &Settings) -> Result<Setting<SecretString>, Failure> {
    let file = settings.path(TOKEN_FILE, settings.token_file.clone(), default_file)?;
    // A file that is named on the command line is meant before all.
    let is_meant = matches!(file.origin, Origin::Option(_));
    if let Some(token) = variable(VARIABLE)?.filter(|_| !is_meant) {
        return Ok(Setting {
            value: token.into(),
            origin: Origin::Environment(VARIABLE),
        });
    }
    let is_chosen = file.origin != Origin::Default;
    match file.value {
        Some(path) if is_chosen || path.exists() => {
            let value = read(&path)?;
            let origin = Origin::File(path);
            Ok(Setting { value, origin })
        }
        default => Err(missing(default.as_deref())),
    }
}

fn default_file() -> Option<PathBuf> {
    Some(folders::configuration_folder()?.join("token"))
}

fn missing(default: Option<&Path>) -> Failure {
    let mut failure = Failure::wrong_use(format!(
        "{VARIABLE} is not set in the environment, and there is no token file"
    ))
    .advise(format!(
        "Set {VARIABLE} to the API token of a useapi.net account."
    ));
    if let Some(path) = default {
        let path = shell::quoted(path.as_os_str());
        failure = failure.suggest(
            "Or keep it in a file that only you can read; paste it, then Enter and Ctrl-D:",
            &format!("install -D -m 600 /dev/stdin {path}"),
        );
    }
    failure.suggest(
        "To try the command without an account:",
        &format!("{} demo", shell::program()),
    )
}

fn read(path: &Path) -> Result<SecretString, Failure> {
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
fn read_as(user: u32, path: &Path) -> Result<SecretString, Failure> {
    let place = path.display();
    let unreadable = |fault: io::Error| {
        Failure::wrong_use(format!("cannot read the token file {place}: {fault}"))
    };
    let mut options = File::options();
    let file = local_file::open(path, Links::Follow, options.read(true)).map_err(unreadable)?;
    #[cfg(unix)]
    {
        use std::os::unix::fs::MetadataExt;

        // What is checked is what is read, even if another file takes its place.
        let metadata = file.metadata().map_err(unreadable)?;
        if ![0, user].contains(&metadata.uid()) {
            return Err(Failure::wrong_use(format!(
                "the token file {place} belongs to another user"
            ))
            .advise("Copy the token to a file of your own, with mode 600."));
        }
        let mode = metadata.mode() & 0o777;
        if mode & 0o077 != 0 {
            let line = format!("chmod 600 {}", shell::quoted(path.as_os_str()));
            return Err(Failure::wrong_use(format!(
                "the token file {place} is open to others (mode {mode:03o})"
            ))
            .suggest("Let only yourself read it:", &line));
        }
    }
    let text = local_file::read_text_up_to(file, local_file::SETTINGS_LIMIT).map_err(unreadable)?;
    let token = text.trim_end_matches(['\r', '\n']);
    if token.trim().is_empty() {
        return Err(
            Failure::wrong_use(format!("the token file {place} is empty"))
                .advise("Write the API token of a useapi.net account into it."),
        );
    }
    Ok(token.into())
}

/// Enough of a token to tell it from another, and too little to use it.
pub(crate) fn cut(token: &SecretString) -> String {
    let token = token.expose_secret();
    let shown = token.chars().count() / 8;
    let start: String = token.chars().take(shown.min(4)).collect();
    format!("{}…", plain(&start))
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
        let failure = read_as(owner + 1, &path).unwrap_err();
        assert!(failure.message().ends_with("belongs to another user"));
        assert_eq!(failure.exit(), Exit::WrongUse);
    }
}
