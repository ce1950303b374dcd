//! Whose files the pages are about.

use std::fs::{self, Metadata};
use std::path::{Component, Path};

use crate::atomic_file;
use crate::error::CliError;

/// The owner of the files that this process creates in a directory: on a network share
/// that need not be the process's own user. Files of others are not shown, and neither
/// is what a link leads to.
#[derive(Clone, Copy, Debug)]
pub(super) struct Owner(u32);

impl Owner {
    pub(super) fn of_new_files(dir: &Path) -> Result<Self, CliError> {
        let created = atomic_file::temporary(dir).and_then(|file| file.as_file().metadata());
        created.map(|data| Self(user(&data))).map_err(|error| {
            let dir = atomic_file::or_current_dir(dir).display();
            CliError::file(format!("cannot write to {dir}: {error}"))
        })
    }

    /// The metadata of what is at a path, when it is this owner's. Of a link it is the
    /// link's own.
    pub(super) fn metadata(self, path: &Path) -> Option<Metadata> {
        let data = fs::symlink_metadata(path).ok()?;
        (user(&data) == self.0).then_some(data)
    }

    pub(super) fn has_dir(self, path: &Path) -> bool {
        self.metadata(path).is_some_and(|data| data.is_dir())
    }

    /// The size of a file below a directory, when it and the directories between are
    /// this owner's, and none of them is a link.
    pub(super) fn size(self, dir: &Path, name: &str) -> Option<u64> {
        let mut path = dir.to_owned();
        let mut is_below = true;
        for component in Path::new(name).components() {
            is_below &=
                matches!(component, Component::Normal(_)) && (path == dir || self.has_dir(&path));
            path.push(component);
        }
        let data = self.metadata(&path).filter(Metadata::is_file)?;
        is_below.then_some(data.len())
    }
}

#[cfg(all(test, unix))]
impl Owner {
    pub(super) fn another(self) -> Self {
        Self(self.0 ^ 1)
    }
}

#[cfg(unix)]
fn user(data: &Metadata) -> u32 {
    std::os::unix::fs::MetadataExt::uid(data)
}

/// Where files have none.
#[cfg(not(unix))]
fn user(_: &Metadata) -> u32 {
    0
}
