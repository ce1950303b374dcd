//! One process at a time.

use std::fs::{self, File, OpenOptions};
use std::io;
use std::path::{Path, PathBuf};

use fs4::{FileExt, TryLockError};
use same_file::Handle;

const ATTEMPTS: u32 = 100;

/// What no other process has. The system gives it free when the process ends,
/// however it ends.
#[derive(Debug)]
pub(crate) struct Lock {
    path: PathBuf,
    was_left: bool,
    stays: bool,
    /// Holds the lock while it is open.
    _file: File,
}

impl Lock {
    /// Takes it, by a file that is there as long, in a folder that is made if need
    /// be; none when another process has it.
    pub(crate) fn try_take(path: &Path) -> io::Result<Option<Self>> {
        let folder = path.parent().unwrap_or(Path::new(""));
        // Whoever has it may just be removing file and folder: then once more.
        for _ in 0..ATTEMPTS {
            if !folder.as_os_str().is_empty() {
                match fs::create_dir_all(folder) {
                    Err(fault) if fault.kind() == io::ErrorKind::NotFound => continue,
                    made => made?,
                }
            }
            let was_left = path.exists();
            let mut options = OpenOptions::new();
            let file = match options.create(true).write(true).truncate(false).open(path) {
                Ok(file) => file,
                Err(fault) if fault.kind() == io::ErrorKind::NotFound => continue,
                Err(fault) => return Err(fault),
            };
            match FileExt::try_lock(&file) {
                Err(TryLockError::WouldBlock) => return Ok(None),
                // Some file systems have no locks, such as some of the network's: no
                // reason not to work there.
                Ok(()) | Err(TryLockError::Error(_)) => {}
            }
            // The file may have been removed between being opened and locked.
            let here = Handle::from_file(file.try_clone()?)?;
            let is_still_there = Handle::from_path(path).is_ok_and(|there| there == here);
            if is_still_there {
                return Ok(Some(Self {
                    path: path.to_owned(),
                    was_left,
                    stays: false,
                    _file: file,
                }));
            }
        }
        Err(io::Error::other("its lock comes and goes"))
    }

    /// Whether a process had it that did not give it back.
    pub(crate) fn was_left(&self) -> bool {
        self.was_left
    }

    /// Lets the next process know that this one has left something undone.
    pub(crate) fn stay(&mut self, stays: bool) {
        self.stays = stays;
    }
}

impl Drop for Lock {
    fn drop(&mut self) {
        if !self.stays {
            let _ = fs::remove_file(&self.path);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_has_it_and_leaves_nothing_behind() {
        let root = tempfile::tempdir().unwrap();
        let folder = root.path().join("a/b");
        let file = folder.join("lock");
        let lock = Lock::try_take(&file).unwrap().unwrap();
        assert!(Lock::try_take(&file).unwrap().is_none());
        drop(lock);
        assert_eq!(fs::read_dir(&folder).unwrap().count(), 0);
        assert!(Lock::try_take(&file).unwrap().is_some());
    }

    /// Sixteen threads take turns; no two are ever inside.
    #[test]
    fn many_take_turns() {
        use std::sync::atomic::{AtomicUsize, Ordering};

        let root = tempfile::tempdir().unwrap();
        let (inside, turns) = (AtomicUsize::new(0), AtomicUsize::new(0));
        std::thread::scope(|scope| {
            for _ in 0..16 {
                scope.spawn(|| {
                    let file = root.path().join("folder/lock");
                    while turns.load(Ordering::SeqCst) < 500 {
                        let Some(lock) = Lock::try_take(&file).unwrap() else {
                            std::thread::yield_now();
                            continue;
                        };
                        assert_eq!(inside.fetch_add(1, Ordering::SeqCst), 0);
                        turns.fetch_add(1, Ordering::SeqCst);
                        assert_eq!(inside.fetch_sub(1, Ordering::SeqCst), 1);
                        drop(lock);
                    }
                });
            }
        });
    }
}
