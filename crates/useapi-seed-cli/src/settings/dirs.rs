//! The user's own folders, as the XDG Base Directory Specification names them.

use std::env;
use std::io;
use std::path::{Path, PathBuf};

const NAME: &str = "useapi-seed";

/// `$XDG_CONFIG_HOME` or `~/.config`.
pub(crate) fn config_dir() -> Option<PathBuf> {
    dir("XDG_CONFIG_HOME", ".config")
}

/// `$XDG_STATE_HOME` or `~/.local/state`.
pub(crate) fn state_dir() -> Option<PathBuf> {
    dir("XDG_STATE_HOME", ".local/state")
}

fn dir(variable: &str, below_home: &str) -> Option<PathBuf> {
    let named = |name| env::var_os(name).filter(|dir| !dir.is_empty());
    let dir = named(variable)
        .map(PathBuf::from)
        // The specification asks to ignore others.
        .filter(|dir| dir.is_absolute())
        .or_else(|| Some(Path::new(&named("HOME")?).join(below_home)))?;
    Some(dir.join(NAME))
}

/// A directory of this user alone, created beneath the system's temporary one.
pub(crate) fn temp_dir() -> io::Result<PathBuf> {
    #[cfg(unix)]
    return private_below(&env::temp_dir(), rustix::process::geteuid().as_raw());
    // Elsewhere the temporary directory is the user's own.
    #[cfg(not(unix))]
    Ok(env::temp_dir().join(NAME))
}

#[cfg(unix)]
fn private_below(parent: &Path, user: u32) -> io::Result<PathBuf> {
    use std::fs::{DirBuilder, symlink_metadata};
    use std::io::ErrorKind;
    use std::os::unix::fs::{DirBuilderExt, MetadataExt};

    let path = parent.join(format!("{NAME}-{user}"));
    let explain =
        |kind, cause: &str| io::Error::new(kind, format!("cannot use {}: {cause}", path.display()));
    match DirBuilder::new().mode(0o700).create(&path) {
        Err(error) if error.kind() != ErrorKind::AlreadyExists => {
            return Err(explain(error.kind(), &error.to_string()));
        }
        _ => {}
    }
    // Anyone can create it before this user does.
    let metadata = symlink_metadata(&path)?;
    let cause = if !metadata.is_dir() {
        "it is not a directory"
    } else if metadata.uid() != user {
        "it belongs to another user"
    } else if metadata.mode() & 0o077 != 0 {
        "it is open to other users"
    } else {
        return Ok(path);
    };
    Err(explain(ErrorKind::PermissionDenied, cause))
}

#[cfg(all(test, unix))]
mod tests {
    use std::fs::{self, Permissions};
    use std::os::unix::fs::{PermissionsExt, symlink};

    use super::*;

    #[test]
    fn a_temporary_directory_of_others_is_rejected() {
        let root = tempfile::tempdir().unwrap();
        let user = rustix::process::geteuid().as_raw();
        let path = private_below(root.path(), user).unwrap();
        let mode = || fs::symlink_metadata(&path).unwrap().permissions().mode() & 0o777;
        assert_eq!(mode(), 0o700);
        assert_eq!(private_below(root.path(), user).unwrap(), path);

        let cause = || private_below(root.path(), user).unwrap_err().to_string();
        fs::set_permissions(&path, Permissions::from_mode(0o720)).unwrap();
        assert!(cause().ends_with("it is open to other users"));
        let error = private_below(root.path(), user + 1).unwrap_err();
        assert!(error.to_string().ends_with("it belongs to another user"));
        fs::remove_dir(&path).unwrap();
        symlink(root.path(), &path).unwrap();
        assert!(cause().ends_with("it is not a directory"));
        fs::remove_file(&path).unwrap();
        fs::write(&path, "").unwrap();
        assert!(cause().ends_with("it is not a directory"));

        let missing = root.path().join("missing");
        assert!(private_below(&missing, user).is_err());
        assert!(!missing.exists());
    }
}
