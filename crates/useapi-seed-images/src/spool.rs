//! Temporary files for downloads.

use std::fs::{self, File, OpenOptions};
use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;

use fs4::{FileExt, TryLockError};
use tempfile::NamedTempFile;

const PREFIX: &str = ".useapi-seed-image-";
const SUFFIX: &str = ".part";
/// Where files cannot be locked, a file that was not written for so long is
/// abandoned.
const ABANDONED_AFTER: Duration = Duration::from_secs(24 * 60 * 60);

/// The temporary file of a download. It is deleted when it is dropped.
///
/// ```
/// use useapi_seed_images::{Sink, Spool};
///
/// # async fn example(sink: &dyn Sink) -> Result<(), Box<dyn std::error::Error>> {
/// let here = sink.spool().await?;
/// let elsewhere = Spool::temporary().await?;
/// # Ok(())
/// # }
/// ```
#[derive(Debug)]
pub struct Spool(Kind);

#[derive(Debug)]
enum Kind {
    /// Without a name: it is gone when the process ends, however that ends.
    Unnamed(File),
    /// Locked as long as it is open, so that only abandoned ones are deleted.
    Hidden {
        file: NamedTempFile,
        directory: PathBuf,
    },
}

impl Spool {
    /// A file in the system's directory for temporary files, that nothing is left of
    /// when the process is killed.
    ///
    /// # Errors
    ///
    /// When it cannot be created.
    pub async fn temporary() -> io::Result<Self> {
        blocking(|| tempfile::tempfile().map(|file| Self(Kind::Unnamed(file)))).await
    }

    /// A hidden file in a directory, which is created if need be.
    pub(crate) fn hidden_in(directory: &Path) -> io::Result<Self> {
        fs::create_dir_all(directory)?;
        Ok(Self(Kind::Hidden {
            file: create_locked(directory)?,
            directory: directory.to_owned(),
        }))
    }

    pub(crate) fn file(&self) -> &File {
        match &self.0 {
            Kind::Unnamed(file) => file,
            Kind::Hidden { file, .. } => file.as_file(),
        }
    }

    /// The file to rename, when it is hidden in this directory.
    pub(crate) fn into_hidden_in(self, directory: &Path) -> Result<NamedTempFile, Self> {
        match self.0 {
            Kind::Hidden {
                file,
                directory: its,
            } if its == directory => Ok(file),
            kind => Err(Self(kind)),
        }
    }
}

/// Its name is random, so that other processes can save into the same directory.
fn create_locked(directory: &Path) -> io::Result<NamedTempFile> {
    let mut builder = tempfile::Builder::new();
    builder.prefix(PREFIX).suffix(SUFFIX);
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        // As of any new file, before the umask.
        builder.permissions(fs::Permissions::from_mode(0o666));
    }
    loop {
        let file = builder.tempfile_in(directory)?;
        let is_locked = FileExt::try_lock(file.as_file());
        // Another process may take it for abandoned before it is locked.
        if !matches!(is_locked, Err(TryLockError::WouldBlock)) && file.path().exists() {
            return Ok(file);
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
        {
            remove_if_abandoned(&entry.path());
        }
    }
}

fn remove_if_abandoned(path: &Path) {
    let Ok(file) = OpenOptions::new().write(true).open(path) else {
        return;
    };
    let is_abandoned = match FileExt::try_lock(&file) {
        Ok(()) => true,
        Err(TryLockError::WouldBlock) => false,
        Err(TryLockError::Error(_)) => {
            let modified = file.metadata().and_then(|data| data.modified());
            let age = modified.ok().and_then(|modified| modified.elapsed().ok());
            age.is_some_and(|age| age > ABANDONED_AFTER)
        }
    };
    if is_abandoned {
        // While it is locked, so that its name cannot get another owner.
        let _ = fs::remove_file(path);
    }
}

/// Runs blocking work where it does not delay other tasks.
pub(crate) async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> io::Result<T> + Send + 'static,
) -> io::Result<T> {
    tokio::task::spawn_blocking(work)
        .await
        .map_err(io::Error::other)?
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
        let used = Spool::hidden_in(root.path()).unwrap();
        remove_abandoned(root.path());
        assert!(!path(abandoned).exists());
        assert!(others.iter().all(|name| path(name).exists()));
        let file = used.into_hidden_in(root.path()).unwrap();
        assert!(file.path().exists());
        drop(file);
        assert_eq!(fs::read_dir(root.path()).unwrap().count(), others.len());
    }

    #[cfg(unix)]
    #[test]
    fn temporary_file_has_no_name() {
        use std::os::unix::fs::MetadataExt;

        let spool = tokio::runtime::Runtime::new()
            .unwrap()
            .block_on(Spool::temporary())
            .unwrap();
        assert_eq!(spool.file().metadata().unwrap().nlink(), 0);
    }
}
