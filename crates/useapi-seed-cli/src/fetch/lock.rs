//! One process at a time.

use std::fs::{self, File};
use std::io::{self, ErrorKind, Seek, Write};
use std::path::{Path, PathBuf};

use fs4::{FileExt, TryLockError};
use same_file::Handle;

use crate::atomic_file;
use crate::local_file::{self, Links};

const ATTEMPTS: u32 = 100;
const NOTE_LIMIT: u64 = 64 * 1024;

/// A lock that no other process has. The system releases it when the process ends,
/// however it ends; its file is removed unless it has a note.
#[derive(Debug)]
pub(crate) struct Lock {
    path: PathBuf,
    /// What the file holds: a note for the next process.
    note: Vec<u8>,
    /// Holds the lock while it is open.
    file: File,
}

impl Lock {
    /// Locks a file, which is created with its directory if need be; none when another
    /// process has the lock.
    ///
    /// Where the file system has no locks, the error is [`ErrorKind::Unsupported`].
    pub(crate) fn try_take(path: &Path) -> io::Result<Option<Self>> {
        Self::try_take_by(path, FileExt::try_lock)
    }

    fn try_take_by(
        path: &Path,
        try_lock: impl Fn(&File) -> Result<(), TryLockError>,
    ) -> io::Result<Option<Self>> {
        let mut cause = None;
        for _ in 0..ATTEMPTS {
            match Self::attempt(path, &try_lock) {
                // Another process may just be removing file and directory: then try again.
                Err(error)
                    if matches!(error.kind(), ErrorKind::NotFound | ErrorKind::AlreadyExists) =>
                {
                    cause = Some(error);
                }
                Err(error) => return Err(explain(path, &error)),
                Ok(Attempt::Taken(lock)) => return Ok(Some(lock)),
                Ok(Attempt::Busy) => return Ok(None),
                Ok(Attempt::Replaced) => cause = None,
            }
        }
        let cause = cause.unwrap_or_else(|| io::Error::other("it is replaced again and again"));
        Err(explain(path, &cause))
    }

    fn attempt(
        path: &Path,
        try_lock: impl Fn(&File) -> Result<(), TryLockError>,
    ) -> io::Result<Attempt> {
        if let Some(dir) = path.parent().filter(|path| !path.as_os_str().is_empty()) {
            fs::create_dir_all(dir)?;
        }
        let was_left = path.symlink_metadata().is_ok();
        let mut options = File::options();
        options.create(true).read(true).write(true).truncate(false);
        let file = local_file::open(path, Links::Reject, &mut options)?;
        match try_lock(&file) {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => return Ok(Attempt::Busy),
            Err(TryLockError::Error(error)) => {
                if !was_left {
                    let _ = fs::remove_file(path);
                }
                let message = format!("the file system does not support locks: {error}");
                return Err(io::Error::new(ErrorKind::Unsupported, message));
            }
        }
        // The file may have been removed between being opened and locked.
        let present = local_file::open(path, Links::Reject, File::options().read(true))?;
        if Handle::from_file(present)? != Handle::from_file(file.try_clone()?)? {
            return Ok(Attempt::Replaced);
        }
        Ok(Attempt::Taken(Self {
            path: path.to_owned(),
            note: local_file::read_up_to(&file, NOTE_LIMIT)?,
            file,
        }))
    }

    /// What the last process has noted, and has not cleared.
    pub(crate) fn note(&self) -> &[u8] {
        &self.note
    }

    /// Notes something for the next process, even after a power loss.
    pub(crate) fn set_note(&mut self, note: Vec<u8>) -> io::Result<()> {
        // Never empty: a part of a note is a note, too.
        self.file.rewind()?;
        self.file.write_all(&note)?;
        self.file
            .set_len(note.len().try_into().unwrap_or(u64::MAX))?;
        self.file.sync_data()?;
        if self.note.is_empty() {
            atomic_file::sync(self.path.parent().unwrap_or(Path::new("")))?;
        }
        self.note = note;
        Ok(())
    }

    /// Removes the note, and the file when the lock is released.
    pub(crate) fn clear_note(&mut self) {
        self.note.clear();
    }
}

impl Drop for Lock {
    fn drop(&mut self) {
        if self.note.is_empty() {
            let _ = fs::remove_file(&self.path);
        }
    }
}

/// What came of one attempt.
enum Attempt {
    Taken(Lock),
    /// Another process has it.
    Busy,
    /// The locked file is no longer the one of that name.
    Replaced,
}

fn explain(path: &Path, error: &io::Error) -> io::Error {
    let message = format!("cannot lock {}: {error}", path.display());
    io::Error::new(error.kind(), message)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_has_it_and_leaves_nothing_behind() {
        let root = tempfile::tempdir().unwrap();
        let dir = root.path().join("a/b");
        let file = dir.join("lock");
        let lock = Lock::try_take(&file).unwrap().unwrap();
        assert!(Lock::try_take(&file).unwrap().is_none());
        drop(lock);
        assert_eq!(fs::read_dir(&dir).unwrap().count(), 0);
        assert!(Lock::try_take(&file).unwrap().is_some());
    }

    #[test]
    fn a_note_stays_until_it_is_cleared() {
        let root = tempfile::tempdir().unwrap();
        let file = root.path().join("lock");
        let mut lock = Lock::try_take(&file).unwrap().unwrap();
        lock.set_note(b"a long note".to_vec()).unwrap();
        lock.set_note(b"note".to_vec()).unwrap();
        drop(lock);
        let mut lock = Lock::try_take(&file).unwrap().unwrap();
        assert_eq!(lock.note(), b"note");
        lock.clear_note();
        drop(lock);
        assert!(!file.exists());
    }

    #[test]
    fn a_file_system_without_locks_is_an_error() {
        let root = tempfile::tempdir().unwrap();
        let file = root.path().join("lock");
        let unsupported = |_: &File| Err(TryLockError::Error(io::Error::other("no locks here")));
        let error = Lock::try_take_by(&file, unsupported).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Unsupported);
        assert!(error.to_string().ends_with(": no locks here"), "{error}");
        assert!(!file.exists());
    }

    #[test]
    fn a_lock_that_is_always_replaced_says_so() {
        let root = tempfile::tempdir().unwrap();
        let path = root.path().join("lock");
        let replaced = |_: &File| {
            fs::write(root.path().join("other"), "").unwrap();
            fs::rename(root.path().join("other"), &path).unwrap();
            Ok(())
        };
        let error = Lock::try_take_by(&path, replaced).unwrap_err();
        assert!(error.to_string().ends_with("again and again"), "{error}");
        let removed = |_: &File| fs::remove_file(&path).map_err(TryLockError::Error);
        let error = Lock::try_take_by(&path, removed).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::NotFound);
    }

    #[cfg(unix)]
    #[test]
    fn only_a_regular_file_is_locked() {
        use nix::sys::stat::Mode;

        let root = tempfile::tempdir().unwrap();
        let path = |name: &str| root.path().join(name);
        nix::unistd::mkfifo(&path("fifo"), Mode::S_IRWXU).unwrap();
        std::os::unix::fs::symlink("none", path("link")).unwrap();
        fs::create_dir(path("directory")).unwrap();
        for (name, cause) in [
            ("fifo", "it is not a regular file"),
            ("directory", "it is not a regular file"),
            ("link", "it is a symbolic link"),
        ] {
            let error = Lock::try_take(&path(name)).unwrap_err().to_string();
            assert!(error.ends_with(cause), "{error}");
        }
        assert!(!path("none").exists());
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
                    let file = root.path().join("directory/lock");
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
