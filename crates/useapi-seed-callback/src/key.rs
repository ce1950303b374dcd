//! Keys that addresses are signed with.

use std::fmt;
use std::fs::File;
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};

use data_encoding::HEXLOWER_PERMISSIVE as HEX;

const BYTES: usize = 32;
/// More than a key and the space around it.
const LIMIT: u64 = 1024;

/// A secret of 32 bytes. Who knows it can make addresses that are believed.
///
/// ```
/// # fn main() -> Result<(), useapi_seed_callback::KeyError> {
/// # let folder = tempfile::tempdir().unwrap();
/// # let path = folder.path().join("callback.key");
/// use useapi_seed_callback::Key;
///
/// let key = Key::from_file(&path)?; // made at the first call
/// assert_eq!(Key::from_file(&path)?, key);
/// # Ok(())
/// # }
/// ```
#[derive(Clone, PartialEq, Eq)]
pub struct Key([u8; BYTES]);

impl Key {
    /// The key with these bytes, which have to come from a good source of chance.
    ///
    /// ```
    /// let key = useapi_seed_callback::Key::new([7; 32]);
    /// assert_eq!(format!("{key:?}"), "Key(***)");
    /// ```
    #[must_use]
    pub fn new(bytes: [u8; BYTES]) -> Self {
        Self(bytes)
    }

    /// A new key, from the system's source of chance. The addresses made with it
    /// are worth nothing once it is gone: [`from_file`](Self::from_file) keeps one.
    ///
    /// # Errors
    ///
    /// When the system has no such source.
    ///
    /// ```
    /// use useapi_seed_callback::Key;
    ///
    /// assert_ne!(Key::random()?, Key::random()?);
    /// # Ok::<(), useapi_seed_callback::KeyError>(())
    /// ```
    pub fn random() -> Result<Self, KeyError> {
        let mut bytes = [0; BYTES];
        getrandom::fill(&mut bytes)
            .map_err(|fault| KeyError::Chance(io::Error::other(fault.to_string())))?;
        Ok(Self(bytes))
    }

    /// The key in a file, as 64 hexadecimal digits. When there is no such file it
    /// is made, with a new key, for its owner only (mode 0600).
    ///
    /// # Errors
    ///
    /// When the file cannot be read or made, holds no key, may be read by others
    /// than its owner, or belongs to another user than this one or root.
    pub fn from_file(path: impl AsRef<Path>) -> Result<Self, KeyError> {
        let path = path.as_ref();
        match Self::read(path) {
            Err(KeyError::File { source, .. }) if source.kind() == io::ErrorKind::NotFound => {
                Self::make(path)
            }
            outcome => outcome,
        }
    }

    pub(crate) fn bytes(&self) -> &[u8] {
        &self.0
    }

    fn read(path: &Path) -> Result<Self, KeyError> {
        #[cfg(unix)]
        let user = rustix::process::geteuid().as_raw();
        #[cfg(not(unix))]
        let user = 0;
        Self::read_as(user, path)
    }

    /// Reads it as this user would, whose own it has to be, or root's.
    #[cfg_attr(
        not(unix),
        allow(unused_variables, reason = "files have no such owners there")
    )]
    fn read_as(user: u32, path: &Path) -> Result<Self, KeyError> {
        let of_file = |source| KeyError::file(path, source);
        let mut options = File::options();
        #[cfg(unix)]
        {
            use rustix::fs::OFlags;
            use std::os::unix::fs::OpenOptionsExt;

            // A FIFO would block.
            options.custom_flags(OFlags::NONBLOCK.bits().cast_signed());
        }
        let file = options.read(true).open(path).map_err(of_file)?;
        let metadata = file.metadata().map_err(of_file)?;
        if !metadata.is_file() {
            let message = "it is not a regular file";
            return Err(of_file(io::Error::new(
                io::ErrorKind::InvalidInput,
                message,
            )));
        }
        #[cfg(unix)]
        {
            use std::os::unix::fs::MetadataExt;

            if ![0, user].contains(&metadata.uid()) {
                return Err(KeyError::NotOwned(path.to_owned()));
            }
            if metadata.mode() & 0o077 != 0 {
                return Err(KeyError::TooOpen(path.to_owned()));
            }
        }
        let mut text = String::new();
        file.take(LIMIT)
            .read_to_string(&mut text)
            .map_err(of_file)?;
        let bytes = HEX.decode(text.trim().as_bytes()).ok();
        bytes
            .and_then(|bytes| bytes.try_into().ok())
            .map(Self)
            .ok_or_else(|| KeyError::NoKey(path.to_owned()))
    }

    fn make(path: &Path) -> Result<Self, KeyError> {
        let of_file = |source| KeyError::file(path, source);
        let key = Self::random()?;
        let folder = match path.parent() {
            Some(folder) if !folder.as_os_str().is_empty() => folder,
            _ => Path::new("."),
        };
        // For its owner only, unless told otherwise.
        let mut file = tempfile::NamedTempFile::new_in(folder).map_err(of_file)?;
        writeln!(file, "{}", HEX.encode(&key.0)).map_err(of_file)?;
        file.as_file().sync_all().map_err(of_file)?;
        match file.persist_noclobber(path) {
            Ok(_) => Ok(key),
            // Another process has made it meanwhile.
            Err(fault) if fault.error.kind() == io::ErrorKind::AlreadyExists => Self::read(path),
            Err(fault) => Err(of_file(fault.error)),
        }
    }
}

impl fmt::Debug for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Key(***)")
    }
}

/// Why there is no [`Key`].
///
/// ```
/// use useapi_seed_callback::{Key, KeyError};
///
/// let error = Key::from_file("/no such folder/callback.key").unwrap_err();
/// assert!(matches!(error, KeyError::File { .. }));
/// ```
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum KeyError {
    /// The file cannot be read or made.
    #[error("cannot use the key file {}", path.display())]
    #[non_exhaustive]
    File {
        /// The file.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// Others than its owner may read the file.
    #[error(
        "others may read the key file {path}: run `chmod 600 {path}`, or remove it if they may have \
         read it, and a new one is made",
        path = .0.display()
    )]
    TooOpen(PathBuf),
    /// The file belongs to another user than this one or root.
    #[error(
        "the key file {} belongs to another user: choose a file of your own, or remove it, and a \
         new one is made",
        .0.display()
    )]
    NotOwned(PathBuf),
    /// The file holds something else.
    #[error("the file {} holds no key: it would have 64 hexadecimal digits", .0.display())]
    NoKey(PathBuf),
    /// The system's source of chance fails.
    #[error("the system gives no random bytes")]
    Chance(#[source] io::Error),
}

impl KeyError {
    fn file(path: &Path, source: io::Error) -> Self {
        Self::File {
            path: path.to_owned(),
            source,
        }
    }
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    #[test]
    #[cfg(unix)]
    fn key_file_of_another_user_is_rejected() {
        use std::os::unix::fs::{MetadataExt, chown};

        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("key");
        Key::from_file(&path).unwrap();
        // Root's own would be accepted by every user.
        if rustix::process::geteuid().is_root() {
            chown(&path, Some(65534), None).unwrap();
        }
        let owner = fs::metadata(&path).unwrap().uid();
        Key::read_as(owner, &path).unwrap();
        let error = Key::read_as(owner + 1, &path).unwrap_err();
        assert!(matches!(error, KeyError::NotOwned(_)), "{error}");
    }

    #[test]
    #[cfg(unix)]
    fn key_file_without_an_end_is_rejected() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("fifo");
        let status = std::process::Command::new("mkfifo").arg(&path).status();
        assert!(status.unwrap().success(), "this test needs mkfifo");
        for path in [path.as_path(), Path::new("/dev/zero"), folder.path()] {
            let error = Key::from_file(path).unwrap_err();
            assert!(matches!(error, KeyError::File { .. }), "{error}");
        }
        let path = folder.path().join("long");
        fs::write(&path, "0".repeat(100_000)).unwrap();
        let private = std::os::unix::fs::PermissionsExt::from_mode(0o600);
        fs::set_permissions(&path, private).unwrap();
        let error = Key::from_file(&path).unwrap_err();
        assert!(matches!(error, KeyError::NoKey(_)), "{error}");
    }

    #[test]
    #[cfg(unix)]
    fn a_file_is_made_once_and_for_its_owner() {
        use std::os::unix::fs::PermissionsExt;

        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("key");
        let key = Key::from_file(&path).unwrap();
        let mode = || fs::metadata(&path).unwrap().permissions().mode() & 0o777;
        assert_eq!(mode(), 0o600);
        assert_eq!(Key::from_file(&path).unwrap(), key);
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);

        for mode in [0o640, 0o604, 0o660] {
            fs::set_permissions(&path, fs::Permissions::from_mode(mode)).unwrap();
            let error = Key::from_file(&path).unwrap_err();
            assert!(matches!(error, KeyError::TooOpen(_)), "{mode:o}");
            assert!(error.to_string().contains("chmod 600"), "{error}");
        }
        fs::set_permissions(&path, fs::Permissions::from_mode(0o600)).unwrap();
        for text in ["", "abc", "zz", &"0".repeat(62), &"0".repeat(66)] {
            fs::write(&path, text).unwrap();
            let error = Key::from_file(&path).unwrap_err();
            assert!(matches!(error, KeyError::NoKey(_)), "{text:?}");
        }
    }
}
