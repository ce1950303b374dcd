//! Local files that exist completely or not at all, also after a loss of power.
//!
//! A [`Directory`](crate::Directory) stores its files so; these functions are for what
//! else a program writes. A file is written under a hidden name
//! (`.useapi-seed-*.part`), synced, and renamed. It is locked until then, so that
//! [`remove_abandoned`] deletes only what killed processes have left.
//!
//! ```
//! use std::io::Write;
//! use useapi_seed_images::atomic_file;
//!
//! # fn main() -> std::io::Result<()> {
//! # let directory = tempfile::tempdir()?;
//! # let directory = directory.path();
//! atomic_file::remove_abandoned(directory);
//! atomic_file::write(&directory.join("notes.txt"), b"text")?;
//!
//! // The same in steps, for a file that only its owner can read.
//! let mut file = atomic_file::create_private(directory)?;
//! file.write_all(b"secret")?;
//! file.as_file().sync_all()?;
//! file.persist_noclobber(directory.join("key"))?;
//! atomic_file::sync_directory(directory)?;
//!
//! let taken = atomic_file::rename_new(&directory.join("key"), &directory.join("notes.txt"));
//! assert!(taken.is_err());
//! # Ok(())
//! # }
//! ```

use std::fs::{self, File, OpenOptions};
use std::io::{self, ErrorKind, Write};
use std::path::Path;
use std::time::Duration;

use fs4::{FileExt, TryLockError};
use tempfile::{NamedTempFile, PathPersistError, TempPath};

const PREFIX: &str = ".useapi-seed-";
const SUFFIX: &str = ".part";
/// Where files cannot be locked, a file that was not written for so long is
/// abandoned.
const ABANDONED_AFTER: Duration = Duration::from_secs(24 * 60 * 60);

/// Writes a file, and replaces one that exists.
///
/// # Errors
///
/// When it cannot be written; then a file that exists is unchanged.
pub fn write(path: &Path, content: &[u8]) -> io::Result<()> {
    let directory = path.parent().unwrap_or(Path::new(""));
    let mut file = create_temporary(directory)?;
    file.write_all(content)?;
    file.as_file().sync_all()?;
    file.persist(path)?;
    sync_directory(directory)
}

/// Creates a hidden file, which is deleted when it is dropped. Its permissions are those
/// of any new file.
///
/// # Errors
///
/// When it cannot be created.
pub fn create_temporary(directory: &Path) -> io::Result<NamedTempFile> {
    create(directory, 0o666)
}

/// As [`create_temporary`], for its owner only (mode 0600).
///
/// # Errors
///
/// When it cannot be created.
pub fn create_private(directory: &Path) -> io::Result<NamedTempFile> {
    create(directory, 0o600)
}

#[cfg_attr(not(unix), allow(unused_variables, reason = "files have no mode"))]
fn create(directory: &Path, mode: u32) -> io::Result<NamedTempFile> {
    // Its name is random, so that other processes can write to the same directory.
    let mut builder = tempfile::Builder::new();
    builder.prefix(PREFIX).suffix(SUFFIX);
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        // Before the umask.
        builder.permissions(fs::Permissions::from_mode(mode));
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

/// Renames a file, unless the new name exists.
///
/// # Errors
///
/// When it cannot be renamed; [`ErrorKind::AlreadyExists`] when the name exists.
pub fn rename_new(from: &Path, to: &Path) -> io::Result<()> {
    let renamed = TempPath::try_from_path(from)?.persist_noclobber(to);
    renamed.map_err(|PathPersistError { error, path }| {
        // It would be deleted.
        let _ = path.keep();
        error
    })
}

/// Deletes the hidden files in a directory that no living process has open.
pub fn remove_abandoned(directory: &Path) {
    // An empty path is the current directory, but not to this function.
    let entries = fs::read_dir(directory.join(".")).into_iter();
    for entry in entries.flatten().flatten() {
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

/// Syncs the names in a directory. One that can be written to need not be readable, and
/// some systems cannot sync one; both are ignored.
///
/// # Errors
///
/// When the disk fails.
pub fn sync_directory(directory: &Path) -> io::Result<()> {
    use ErrorKind::{InvalidInput, PermissionDenied, Unsupported};

    match File::open(directory.join(".")).and_then(|directory| directory.sync_all()) {
        Err(err) if matches!(err.kind(), InvalidInput | PermissionDenied | Unsupported) => Ok(()),
        outcome => outcome,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_abandoned_files_are_removed() {
        let root = tempfile::tempdir().unwrap();
        let path = |name: &str| root.path().join(name);
        let abandoned = [".useapi-seed-1.part", ".useapi-seed-image-1.part"];
        let others = [".useapi-seed-1", ".image-1.part", "image-1.png"];
        for name in others.into_iter().chain(abandoned) {
            fs::write(path(name), "").unwrap();
        }
        let used = create_temporary(root.path()).unwrap();
        remove_abandoned(root.path());
        assert!(!abandoned.iter().any(|name| path(name).exists()));
        assert!(others.iter().all(|name| path(name).exists()));
        assert_eq!(fs::read_dir(root.path()).unwrap().count(), others.len() + 1);
        drop(used);
        assert_eq!(fs::read_dir(root.path()).unwrap().count(), others.len());
    }

    #[test]
    fn written_file_replaces_another() {
        let root = tempfile::tempdir().unwrap();
        let path = root.path().join("file");
        for content in ["one", "other"] {
            write(&path, content.as_bytes()).unwrap();
            assert_eq!(fs::read_to_string(&path).unwrap(), content);
        }
        assert_eq!(fs::read_dir(root.path()).unwrap().count(), 1);
        assert!(write(&root.path().join("none/file"), b"").is_err());
    }

    #[test]
    fn renaming_replaces_no_file() {
        let root = tempfile::tempdir().unwrap();
        let path = |name: &str| root.path().join(name);
        for name in ["a", "b"] {
            fs::write(path(name), name).unwrap();
        }
        let error = rename_new(&path("a"), &path("b")).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::AlreadyExists);
        rename_new(&path("a"), &path("c")).unwrap();
        for (name, content) in [("b", "b"), ("c", "a")] {
            assert_eq!(fs::read_to_string(path(name)).unwrap(), content);
        }
        let error = rename_new(&path("a"), &path("d")).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::NotFound);
    }

    #[cfg(unix)]
    #[test]
    fn permissions_are_as_documented() {
        use std::os::unix::fs::PermissionsExt;

        let root = tempfile::tempdir().unwrap();
        let mode = |file: &File| file.metadata().unwrap().permissions().mode() & 0o777;
        let private = create_private(root.path()).unwrap();
        assert_eq!(mode(private.as_file()), 0o600);
        let temporary = create_temporary(root.path()).unwrap();
        let plain = File::create(root.path().join("plain")).unwrap();
        assert_eq!(mode(temporary.as_file()), mode(&plain));
    }
}
