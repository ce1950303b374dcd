//! Whose files the pages are about.

use std::fs::{self, Metadata};
use std::path::{Component, Path, PathBuf};

use crate::atomic_file;

/// The owner of the files that this process creates in a directory: on a network share
/// that need not be the process's own user. Files of others are not shown, and neither
/// is what a link leads to.
#[derive(Clone, Copy, Debug)]
pub(super) struct Owner(Option<u32>);

impl Owner {
    pub(super) fn of_new_files(dir: &Path) -> Self {
        // Where nothing can be created, the directory itself tells.
        let created = atomic_file::temporary(dir).and_then(|file| file.as_file().metadata());
        Self(
            created
                .or_else(|_| fs::metadata(atomic_file::or_current_dir(dir)))
                .ok()
                .and_then(|data| user(&data)),
        )
    }

    pub(super) fn has(self, data: &Metadata) -> bool {
        user(data) == self.0
    }

    /// Whether a path is a directory of this owner, and not a link to one.
    pub(super) fn is_dir(self, path: &Path) -> bool {
        self.data(path).is_some_and(|data| data.is_dir())
    }

    /// The path and the size of a file below a directory, when it and the directories
    /// between are this owner's, and none of them is a link.
    pub(super) fn file(self, dir: &Path, name: &str) -> Option<(PathBuf, u64)> {
        let name = Path::new(name);
        let is_normal = |component| matches!(component, Component::Normal(_));
        if !name.components().all(is_normal) {
            return None;
        }
        // The name itself is first, and the last one is empty: the directory.
        let mut parents = name
            .ancestors()
            .skip(1)
            .filter(|path| !path.as_os_str().is_empty());
        if !parents.all(|parent| self.is_dir(&dir.join(parent))) {
            return None;
        }
        let path = dir.join(name);
        let size = self.data(&path).filter(Metadata::is_file)?.len();
        Some((path, size))
    }

    fn data(self, path: &Path) -> Option<Metadata> {
        let data = fs::symlink_metadata(path).ok()?;
        self.has(&data).then_some(data)
    }
}

#[cfg(all(test, unix))]
impl Owner {
    pub(super) fn another(self) -> Self {
        Self(self.0.map(|user| user ^ 1))
    }
}

#[cfg(unix)]
#[allow(clippy::unnecessary_wraps, reason = "as where files have none")]
fn user(data: &Metadata) -> Option<u32> {
    use std::os::unix::fs::MetadataExt;

    Some(data.uid())
}

#[cfg(not(unix))]
fn user(_: &Metadata) -> Option<u32> {
    None
}
