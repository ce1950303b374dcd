//! The user's own folders, as the XDG Base Directory Specification names them.

use std::env;
use std::path::{Path, PathBuf};

const NAME: &str = "useapi-seed";

/// `$XDG_CONFIG_HOME` or `~/.config`.
pub(crate) fn configuration_folder() -> Option<PathBuf> {
    folder("XDG_CONFIG_HOME", ".config")
}

/// `$XDG_STATE_HOME` or `~/.local/state`.
pub(crate) fn state_folder() -> Option<PathBuf> {
    folder("XDG_STATE_HOME", ".local/state")
}

fn folder(variable: &str, below_home: &str) -> Option<PathBuf> {
    let named = |name| env::var_os(name).filter(|folder| !folder.is_empty());
    let folder = named(variable)
        .map(PathBuf::from)
        // The specification asks to ignore others.
        .filter(|folder| folder.is_absolute())
        .or_else(|| Some(Path::new(&named("HOME")?).join(below_home)))?;
    Some(folder.join(NAME))
}
