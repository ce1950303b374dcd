//! Files that are never there in part.

use std::fs::{self, File};
use std::io::{self, Write};
use std::path::Path;

use fs4::FileExt;
use tempfile::NamedTempFile;

use crate::local_file::{self, Links};

/// How the names of files begin and end that are not whole yet.
const TEMP_PREFIX: &str = ".useapi-seed-";
const TEMP_SUFFIX: &str = ".part";

/// Writes a file that exists completely or not at all, even after a power failure.
pub(crate) fn write(path: &Path, content: &[u8]) -> io::Result<()> {
    persist(temporary(parent(path))?, path, content)
}

/// As [`write`], for this user only.
pub(crate) fn write_private(path: &Path, content: &[u8]) -> io::Result<()> {
    persist(builder().tempfile_in(parent(path))?, path, content)
}

fn persist(mut file: NamedTempFile, path: &Path, content: &[u8]) -> io::Result<()> {
    file.write_all(content)?;
    file.as_file().sync_all()?;
    file.persist(path)?;
    sync(parent(path))
}

/// Hidden, and gone when dropped.
pub(crate) fn temporary(dir: &Path) -> io::Result<NamedTempFile> {
    let mut builder = builder();
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        // As any other new file, before the umask.
        builder.permissions(fs::Permissions::from_mode(0o666));
    }
    let file = builder.tempfile_in(or_current_dir(dir))?;
    // Until it is closed: see `remove_abandoned`.
    let _ = FileExt::try_lock(file.as_file());
    Ok(file)
}

fn builder() -> tempfile::Builder<'static, 'static> {
    let mut builder = tempfile::Builder::new();
    builder.prefix(TEMP_PREFIX).suffix(TEMP_SUFFIX);
    builder
}

fn parent(path: &Path) -> &Path {
    or_current_dir(path.parent().unwrap_or(path))
}

/// Removes the temporary files that killed processes have left in a folder, those of
/// images too: those that no process has locked.
pub(crate) fn remove_abandoned(dir: &Path) {
    for entry in fs::read_dir(or_current_dir(dir))
        .into_iter()
        .flatten()
        .flatten()
    {
        let name = entry.file_name();
        let name = name.to_str().unwrap_or_default();
        if !(name.starts_with(TEMP_PREFIX) && name.ends_with(TEMP_SUFFIX)) {
            continue;
        }
        let path = entry.path();
        let file = local_file::open(&path, Links::Reject, File::options().write(true));
        // Locked until it is removed: a process that just creates it notices that.
        if let Ok(file) = file
            && FileExt::try_lock(&file).is_ok()
        {
            let _ = fs::remove_file(&path);
        }
    }
}

/// Forces the names in a folder to the disk, where the file system can.
#[cfg(unix)]
pub(crate) fn sync(dir: &Path) -> io::Result<()> {
    use std::io::ErrorKind::{InvalidInput, PermissionDenied, Unsupported};

    match fs::File::open(or_current_dir(dir)).and_then(|dir| dir.sync_all()) {
        Err(error) if [InvalidInput, PermissionDenied, Unsupported].contains(&error.kind()) => {
            Ok(())
        }
        outcome => outcome,
    }
}

#[cfg(not(unix))]
#[allow(clippy::unnecessary_wraps, reason = "as where folders open")]
pub(crate) fn sync(_: &Path) -> io::Result<()> {
    Ok(())
}

/// The folder of a file that is named alone is the current one.
pub(crate) fn or_current_dir(dir: &Path) -> &Path {
    if dir.as_os_str().is_empty() {
        Path::new(".")
    } else {
        dir
    }
}

/// The size of a file; none of what is no file, or leads to one elsewhere.
pub(crate) fn size(path: &Path) -> Option<u64> {
    let data = fs::symlink_metadata(path).ok()?;
    data.is_file().then_some(data.len())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_abandoned_temporary_files_are_removed() {
        let root = tempfile::tempdir().unwrap();
        let path = |name: &str| root.path().join(name);
        for name in [".useapi-seed-1.part", ".useapi-seed-1", ".mine.part"] {
            fs::write(path(name), "").unwrap();
        }
        let mut used = temporary(root.path()).unwrap();
        remove_abandoned(root.path());
        assert!(!path(".useapi-seed-1.part").exists());
        assert_eq!(fs::read_dir(root.path()).unwrap().count(), 3);

        used.write_all(b"text").unwrap();
        used.persist(path("file")).unwrap();
        assert_eq!(fs::read(path("file")).unwrap(), b"text");
    }
}
