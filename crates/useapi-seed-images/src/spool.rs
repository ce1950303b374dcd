//! Temporary files for downloads.

use std::fs::{self, File};
use std::io::{self, ErrorKind};
use std::path::{self, Path};

use tempfile::TempPath;

use crate::atomic_file;

/// The temporary file of a download. It is deleted when it is dropped.
#[derive(Debug)]
pub(crate) struct Spool {
    /// None for a file without a name, which is gone when the process ends, however
    /// that ends.
    path: Option<TempPath>,
    pub(crate) file: File,
}

impl Spool {
    /// A hidden file in a directory, which is created if need be, or else one in the
    /// system's directory for temporary files.
    pub(crate) fn new(directory: Option<&Path>) -> io::Result<Self> {
        let Some(directory) = directory else {
            return tempfile::tempfile().map(|file| Self { path: None, file });
        };
        fs::create_dir_all(directory)?;
        atomic_file::remove_abandoned(directory);
        let (file, path) = atomic_file::create_temporary(directory)?.into_parts();
        let path = Some(path);
        Ok(Self { path, file })
    }

    /// Whether it is hidden in this directory, and can be persisted there.
    pub(crate) fn is_in(&self, directory: &Path) -> bool {
        let parent = self.path.as_deref().and_then(Path::parent);
        // An empty path is the current directory, but not to this function.
        let directory = path::absolute(directory.join("."));
        directory.is_ok_and(|directory| parent == Some(&*directory))
    }

    /// Renames a hidden file. False when the name exists and is not replaced.
    pub(crate) fn persist(self, target: &Path, replace: bool) -> io::Result<bool> {
        let path = self.path.ok_or(ErrorKind::NotFound)?;
        if replace {
            path.persist(target)?;
            return Ok(true);
        }
        match path.persist_noclobber(target) {
            Ok(()) => Ok(true),
            Err(err) if err.error.kind() == ErrorKind::AlreadyExists => Ok(false),
            Err(err) => Err(err.error),
        }
    }
}

/// Runs blocking work where it does not delay other tasks.
pub(crate) async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> io::Result<T> + Send + 'static,
) -> io::Result<T> {
    let finished = tokio::task::spawn_blocking(work).await;
    finished.map_err(io::Error::other)?
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn temporary_file_is_in_its_directory() {
        let root = tempfile::tempdir().unwrap();
        let spool = Spool::new(Some(root.path())).unwrap();
        assert!(spool.is_in(root.path()));
        assert!(!spool.is_in(&root.path().join("other")));
    }

    #[cfg(unix)]
    #[test]
    fn temporary_file_has_no_name() {
        use std::os::unix::fs::MetadataExt;

        let spool = Spool::new(None).unwrap();
        assert_eq!(spool.file.metadata().unwrap().nlink(), 0);
    }
}
