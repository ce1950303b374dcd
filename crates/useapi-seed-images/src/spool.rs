//! Temporary files for downloads.

use std::fs::{self, File, OpenOptions};
use std::io::{self, ErrorKind};
use std::path::{self, Path};
use std::time::Duration;

use fs4::{FileExt, TryLockError};
use tempfile::TempPath;

const PREFIX: &str = ".useapi-seed-image-";
const SUFFIX: &str = ".part";
/// Where files cannot be locked, a file that was not written for so long is
/// abandoned.
const ABANDONED_AFTER: Duration = Duration::from_secs(24 * 60 * 60);

/// The temporary file of a download. It is deleted when it is dropped.
#[derive(Debug)]
pub(crate) struct Spool {
    /// None for a file without a name, which is gone when the process ends, however
    /// that ends.
    path: Option<TempPath>,
    /// Locked as long as it is open, if it has a name: only abandoned ones are deleted.
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
        remove_abandoned(directory);
        // Its name is random, so that other processes can save into the same directory.
        let mut builder = tempfile::Builder::new();
        builder.prefix(PREFIX).suffix(SUFFIX);
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt;
            // As of any new file, before the umask.
            builder.permissions(fs::Permissions::from_mode(0o666));
        }
        loop {
            let (file, path) = builder.tempfile_in(directory)?.into_parts();
            let is_locked = FileExt::try_lock(&file);
            // Another process may take it for abandoned before it is locked.
            if !matches!(is_locked, Err(TryLockError::WouldBlock)) && path.exists() {
                let path = Some(path);
                return Ok(Self { path, file });
            }
        }
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

/// Deletes the hidden files in a directory that no living process has open.
pub(crate) fn remove_abandoned(directory: &Path) {
    for entry in fs::read_dir(directory).into_iter().flatten().flatten() {
        let name = entry.file_name();
        let name = name.to_str().unwrap_or_default();
        if name.starts_with(PREFIX)
            && name.ends_with(SUFFIX)
            // A pipe would block, a link lead elsewhere.
            && entry.file_type().is_ok_and(|kind| kind.is_file())
            && let Ok(file) = OpenOptions::new().write(true).open(entry.path())
            && is_abandoned(&file)
        {
            // While it is locked, so that its name cannot get another owner.
            let _ = fs::remove_file(entry.path());
        }
    }
}

/// Locks a file that is.
fn is_abandoned(file: &File) -> bool {
    match FileExt::try_lock(file) {
        Ok(()) => true,
        Err(TryLockError::WouldBlock) => false,
        Err(TryLockError::Error(_)) => {
            let modified = file.metadata().and_then(|data| data.modified());
            let age = modified.ok().and_then(|modified| modified.elapsed().ok());
            age.is_some_and(|age| age > ABANDONED_AFTER)
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
    fn only_abandoned_files_are_removed() {
        let root = tempfile::tempdir().unwrap();
        let path = |name: &str| root.path().join(name);
        let abandoned = ".useapi-seed-image-1.part";
        let others = [".useapi-seed-image-1", ".image-1.part", "image-1.png"];
        for name in others.into_iter().chain([abandoned]) {
            fs::write(path(name), "").unwrap();
        }
        let used = Spool::new(Some(root.path())).unwrap();
        remove_abandoned(root.path());
        assert!(!path(abandoned).exists());
        assert!(others.iter().all(|name| path(name).exists()));
        assert!(used.is_in(root.path()));
        assert_eq!(fs::read_dir(root.path()).unwrap().count(), others.len() + 1);
        drop(used);
        assert_eq!(fs::read_dir(root.path()).unwrap().count(), others.len());
    }

    #[cfg(unix)]
    #[test]
    fn temporary_file_has_no_name() {
        use std::os::unix::fs::MetadataExt;

        let spool = Spool::new(None).unwrap();
        assert_eq!(spool.file.metadata().unwrap().nlink(), 0);
    }
}
