//! The user's own directories. macOS has those of Linux, as users of `gh` expect.

use std::env;
use std::io;
use std::path::{Path, PathBuf};

use etcetera::BaseStrategy;

const NAME: &str = "useapi-seed";

/// A file below `$XDG_CONFIG_HOME` or `~/.config`, on Windows below `%APPDATA%`; empty
/// when there is no home directory.
pub(crate) fn config_file(name: &str) -> PathBuf {
    let platform = etcetera::choose_base_strategy().ok();
    let dir = platform.and_then(|platform| config_of(&platform));
    dir.map_or_else(PathBuf::new, |dir| dir.join(name))
}

/// The token file, which each profile has for itself.
pub(super) fn token_file(profile: Option<&str>) -> PathBuf {
    let name = profile.map(|profile| sanitize_filename::sanitize(format!("token-{profile}")));
    config_file(name.as_deref().unwrap_or("token"))
}

/// Below `$XDG_STATE_HOME` or `~/.local/state`; on Windows below `%LOCALAPPDATA%`.
pub(crate) fn state_dir() -> Option<PathBuf> {
    state_of(&etcetera::choose_base_strategy().ok()?)
}

fn config_of(platform: &impl BaseStrategy) -> Option<PathBuf> {
    own(&platform.config_dir())
}

fn state_of(platform: &impl BaseStrategy) -> Option<PathBuf> {
    // Windows has no directory for states; this one does not leave the machine.
    own(&platform.state_dir().unwrap_or_else(|| platform.cache_dir()))
}

/// None where the home directory is empty or relative.
fn own(parent: &Path) -> Option<PathBuf> {
    parent.is_absolute().then(|| parent.join(NAME))
}

/// A private directory, created beneath the system's temporary one.
pub(crate) fn temp_dir() -> io::Result<PathBuf> {
    #[cfg(unix)]
    return private_below(&env::temp_dir(), rustix::process::geteuid().as_raw());
    // Elsewhere the system's is private.
    #[cfg(not(unix))]
    return Ok(env::temp_dir().join(NAME));
}

#[cfg(unix)]
fn private_below(parent: &Path, user: u32) -> io::Result<PathBuf> {
    use std::fs::{DirBuilder, symlink_metadata};
    use std::io::ErrorKind;
    use std::os::unix::fs::{DirBuilderExt, MetadataExt};

    let path = parent.join(format!("{NAME}-{user}"));
    let explain =
        |kind, cause: &str| io::Error::new(kind, format!("cannot use {}: {cause}", path.display()));
    if let Err(error) = DirBuilder::new().mode(0o700).create(&path)
        && error.kind() != ErrorKind::AlreadyExists
    {
        return Err(explain(error.kind(), &error.to_string()));
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

#[cfg(test)]
mod tests {
    use etcetera::base_strategy::{Windows, Xdg};

    use super::*;

    #[test]
    fn each_platform_has_its_directories() {
        let home = etcetera::home_dir().unwrap();
        // Linux and macOS.
        if env::var_os("XDG_CONFIG_HOME").is_none() && env::var_os("XDG_STATE_HOME").is_none() {
            let platform = Xdg::new().unwrap();
            let (config, state) = (".config/useapi-seed", ".local/state/useapi-seed");
            assert_eq!(config_of(&platform), Some(home.join(config)));
            assert_eq!(state_of(&platform), Some(home.join(state)));
        }
        if env::var_os("APPDATA").is_none() && env::var_os("LOCALAPPDATA").is_none() {
            let platform = Windows::new().unwrap();
            let (config, state) = ("AppData/Roaming/useapi-seed", "AppData/Local/useapi-seed");
            assert_eq!(config_of(&platform), Some(home.join(config)));
            assert_eq!(state_of(&platform), Some(home.join(state)));
        }
        assert_eq!(own(Path::new(".config")), None);
    }

    #[cfg(unix)]
    #[test]
    fn a_temporary_directory_of_others_is_rejected() {
        use std::fs::{self, Permissions};
        use std::os::unix::fs::{PermissionsExt, symlink};

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
