//! Files that are never there in part; the library writes them.

use std::fs;
use std::io::{self, Write};
use std::path::Path;

use useapi_seed::images::atomic_file::create_private;

pub(crate) use useapi_seed::images::atomic_file::{
    create_temporary as temporary, remove_abandoned, rename_new, sync_directory as sync, write,
};

/// As `write`, for this user only.
pub(crate) fn write_private(path: &Path, content: &[u8]) -> io::Result<()> {
    let dir = or_current_dir(path.parent().unwrap_or(path));
    let mut file = create_private(dir)?;
    file.write_all(content)?;
    file.as_file().sync_all()?;
    file.persist(path)?;
    sync(dir)
}

/// The directory of a file that is named alone is the current one.
pub(crate) fn or_current_dir(dir: &Path) -> &Path {
    if dir.as_os_str().is_empty() {
        Path::new(".")
    } else {
        dir
    }
}

/// The size of a regular file; none of anything else, such as a link to one.
pub(crate) fn size(path: &Path) -> Option<u64> {
    let data = fs::symlink_metadata(path).ok()?;
    data.is_file().then_some(data.len())
}
