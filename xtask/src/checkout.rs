//! A copy of the workspace's sources, to change and to build.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use tempfile::TempDir;

use crate::cargo::TARGET;

const NAME: &str = "checkout";
/// Folders in the root that are no sources.
const LEFT_OUT: [&str; 3] = [".git", "demo", "target"];

/// The copy. Removed when this is dropped.
pub(crate) struct Checkout {
    folder: TempDir,
}

/// The files of a folder, by their paths in it. Of a link, where it leads to.
pub(crate) type Files = BTreeMap<PathBuf, Vec<u8>>;

impl Checkout {
    /// Copies the workspace as it is, committed or not.
    ///
    /// Always to the same place: packages outside of a workspace are known to
    /// cargo by their absolute path, and another at each run would fill the
    /// target folder with artefacts that are never used again.
    pub(crate) fn new() -> Result<Self> {
        fs::create_dir_all(TARGET).with_context(|| format!("cannot make {TARGET}"))?;
        let place = std::path::absolute(TARGET).context("the current folder has no path")?;
        match fs::remove_dir_all(place.join(NAME)) {
            Ok(()) => {} // A run that was broken off has left it.
            Err(error) if error.kind() == ErrorKind::NotFound => {}
            Err(error) => return Err(error).context("cannot remove the copy of an earlier run"),
        }
        let folder = tempfile::Builder::new()
            .prefix(NAME)
            .rand_bytes(0)
            .tempdir_in(place)
            .context("cannot make a folder for a copy of the workspace")?;
        for name in names(Path::new("."))? {
            if LEFT_OUT.iter().all(|left_out| name != Path::new(left_out)) {
                copy(&name, &folder.path().join(&name))?;
            }
        }
        Ok(Self { folder })
    }

    /// Where it is.
    pub(crate) fn path(&self) -> &Path {
        self.folder.path()
    }

    /// All its files, to compare.
    pub(crate) fn files(&self) -> Result<Files> {
        let mut files = Files::new();
        collect(self.path(), Path::new(""), &mut files)?;
        Ok(files)
    }
}

/// The paths that are not the same in both, or in one only.
pub(crate) fn changed(before: &Files, after: &Files) -> BTreeSet<PathBuf> {
    let paths = before.keys().chain(after.keys());
    paths
        .filter(|path| before.get(*path) != after.get(*path))
        .cloned()
        .collect()
}

fn copy(from: &Path, to: &Path) -> Result<()> {
    let kind = fs::symlink_metadata(from)
        .with_context(|| format!("cannot read {}", from.display()))?
        .file_type();
    if kind.is_dir() {
        fs::create_dir(to).with_context(|| format!("cannot make {}", to.display()))?;
        for name in names(from)? {
            // Artefacts of a crate outside of the workspace.
            if name != Path::new("target") {
                copy(&from.join(&name), &to.join(&name))?;
            }
        }
        return Ok(());
    }
    // The time of change becomes now, which tells cargo to compile it again.
    let copied = if kind.is_symlink() {
        fs::read_link(from).and_then(|leads_to| link(from, &leads_to, to))
    } else {
        fs::copy(from, to).map(drop)
    };
    copied.with_context(|| format!("cannot copy {} to {}", from.display(), to.display()))
}

/// Links lead from one source to another, so that the copy's lead to the copy.
#[cfg(unix)]
fn link(_from: &Path, leads_to: &Path, to: &Path) -> std::io::Result<()> {
    std::os::unix::fs::symlink(leads_to, to)
}

/// Without links, the copy has what the link showed.
#[cfg(not(unix))]
fn link(from: &Path, _leads_to: &Path, to: &Path) -> std::io::Result<()> {
    fs::copy(from, to).map(drop)
}

fn collect(root: &Path, folder: &Path, files: &mut Files) -> Result<()> {
    for name in names(&root.join(folder))? {
        let path = folder.join(name);
        let place = root.join(&path);
        let kind = fs::symlink_metadata(&place).map(|found| found.file_type());
        let content = match kind {
            Ok(kind) if kind.is_dir() => {
                collect(root, &path, files)?;
                continue;
            }
            Ok(kind) if kind.is_symlink() => {
                fs::read_link(&place).map(|leads_to| leads_to.into_os_string().into_encoded_bytes())
            }
            Ok(_) => fs::read(&place),
            Err(error) => Err(error),
        };
        let content = content.with_context(|| format!("cannot read {}", place.display()))?;
        files.insert(path, content);
    }
    Ok(())
}

fn names(folder: &Path) -> Result<Vec<PathBuf>> {
    fs::read_dir(folder)
        .and_then(|entries| entries.map(|entry| Ok(entry?.file_name().into())).collect())
        .with_context(|| format!("cannot list {}", folder.display()))
}
