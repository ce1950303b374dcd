//! Files that are never there in part.

use std::fs;
use std::io::{self, Write};
use std::path::Path;

use tempfile::NamedTempFile;

/// How the names of files begin and end that are not whole yet.
pub(crate) const START: &str = ".useapi-seed-";
pub(crate) const END: &str = ".part";

/// Writes a file that is there whole or not at all, and stays there: its folder is
/// forced to the disk, too.
pub(crate) fn write(path: &Path, content: &[u8]) -> io::Result<()> {
    let folder = path.parent().unwrap_or(Path::new(""));
    let mut file = temporary(folder)?;
    file.write_all(content)?;
    file.as_file().sync_all()?;
    file.persist(path)?;
    sync(folder)
}

/// Hidden, and gone when dropped.
pub(crate) fn temporary(folder: &Path) -> io::Result<NamedTempFile> {
    let mut builder = tempfile::Builder::new();
    builder.prefix(START).suffix(END);
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        // As any other new file, once the umask has been taken off.
        builder.permissions(fs::Permissions::from_mode(0o666));
    }
    builder.tempfile_in(here(folder))
}

/// Forces the names in a folder to the disk, where the file system can.
#[cfg(unix)]
pub(crate) fn sync(folder: &Path) -> io::Result<()> {
    use std::io::ErrorKind::{InvalidInput, PermissionDenied, Unsupported};

    match fs::File::open(here(folder)).and_then(|folder| folder.sync_all()) {
        Err(fault) if [InvalidInput, PermissionDenied, Unsupported].contains(&fault.kind()) => {
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
pub(crate) fn here(folder: &Path) -> &Path {
    if folder.as_os_str().is_empty() {
        Path::new(".")
    } else {
        folder
    }
}

/// The size of a file; none of what is no file, or leads to one elsewhere.
pub(crate) fn size(path: &Path) -> Option<u64> {
    let data = fs::symlink_metadata(path).ok()?;
    data.is_file().then_some(data.len())
}
