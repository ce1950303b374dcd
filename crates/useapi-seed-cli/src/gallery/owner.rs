//! Whose files the pages are about.

use std::fs::{self, Metadata};
use std::path::Path;

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

    /// A file or directory of this owner, and not a link to one.
    pub(super) fn data(self, path: &Path) -> Option<Metadata> {
        fs::symlink_metadata(path)
            .ok()
            .filter(|data| self.has(data))
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
