//! Keys that sign callback URLs.

use std::fmt;
use std::fs::File;
use std::io::{self, ErrorKind, Read, Write};
use std::path::{Path, PathBuf};

use data_encoding::HEXLOWER_PERMISSIVE as HEX;

const BYTES: usize = 32;
/// More than a key and the space around it.
const MAX_FILE: u64 = 1024;

/// A secret of 32 bytes. Anyone who has it can make URLs that the receiver accepts.
///
/// ```
/// # fn main() -> Result<(), useapi_seed_callback::KeyError> {
/// # let directory = tempfile::tempdir().unwrap();
/// # let path = directory.path().join("callback.key");
/// use useapi_seed_callback::Key;
///
/// let key = Key::from_file(&path)?; // created by the first call
/// assert_eq!(Key::from_file(&path)?, key);
/// # Ok(())
/// # }
/// ```
#[derive(Clone, PartialEq, Eq)]
pub struct Key([u8; BYTES]);

impl Key {
    /// The key with these bytes, which must come from a secure random number
    /// generator.
    ///
    /// ```
    /// let key = useapi_seed_callback::Key::new([7; 32]);
    /// assert_eq!(format!("{key:?}"), "Key(***)");
    /// ```
    #[must_use]
    pub fn new(bytes: [u8; BYTES]) -> Self {
        Self(bytes)
    }

    /// A new key from the system's random number generator. Its URLs are rejected once
    /// it is lost: [`from_file`](Self::from_file) stores one.
    ///
    /// # Errors
    ///
    /// When the random number generator fails.
    ///
    /// ```
    /// use useapi_seed_callback::Key;
    ///
    /// assert_ne!(Key::random()?, Key::random()?);
    /// # Ok::<(), useapi_seed_callback::KeyError>(())
    /// ```
    pub fn random() -> Result<Self, KeyError> {
        let mut bytes = [0; BYTES];
        getrandom::fill(&mut bytes).map_err(|error| KeyError::Rng(error.into()))?;
        Ok(Self(bytes))
    }

    /// The key in a file, as 64 hexadecimal digits. A file that does not exist is
    /// created with a new key, for its owner only (mode 0600).
    ///
    /// # Errors
    ///
    /// When the file cannot be read or created, does not contain a key, or is not
    /// private: it must belong to this user or root, and no other user may access it.
    pub fn from_file(path: impl AsRef<Path>) -> Result<Self, KeyError> {
        let path = path.as_ref();
        let mut file = read_private(path);
        if let Err(error) = &file
            && error.kind() == ErrorKind::NotFound
        {
            let created = Self::random()?.create_file(path);
            // Another process may have created it meanwhile.
            file = read_private(path).or_else(|error| created.and(Err(error)));
        }
        match file {
            Ok(Some(text)) => {
                let bytes = HEX.decode(text.trim().as_bytes()).unwrap_or_default();
                let bytes = bytes.try_into();
                bytes.map_or_else(
                    |_| Err(KeyError::InvalidKey(path.to_owned())),
                    |bytes| Ok(Self(bytes)),
                )
            }
            Ok(None) => Err(KeyError::InsecurePermissions(path.to_owned())),
            Err(source) => Err(KeyError::File {
                path: path.to_owned(),
                source,
            }),
        }
    }

    pub(crate) fn bytes(&self) -> &[u8] {
        &self.0
    }

    /// Writes the key to a temporary file, which is for its owner only, and renames it.
    fn create_file(&self, path: &Path) -> io::Result<()> {
        let directory = path.parent().unwrap_or(path);
        let mut file = tempfile::NamedTempFile::new_in(directory)?;
        writeln!(file, "{}", HEX.encode(&self.0))?;
        file.as_file().sync_all()?;
        file.persist_noclobber(path)?;
        Ok(())
    }
}

/// The text of a regular file; none when it is not private.
fn read_private(path: &Path) -> io::Result<Option<String>> {
    let mut options = File::options();
    // To open a FIFO would block.
    #[cfg(unix)]
    {
        use std::os::unix::fs::OpenOptionsExt;
        options.custom_flags(rustix::fs::OFlags::NONBLOCK.bits().cast_signed());
    }
    let file = options.read(true).open(path)?;
    let metadata = file.metadata()?;
    if !metadata.is_file() {
        return Err(io::Error::other("it is not a regular file"));
    }
    #[cfg(unix)]
    if !is_private(&metadata, rustix::process::geteuid().as_raw()) {
        return Ok(None);
    }
    let mut text = String::new();
    file.take(MAX_FILE).read_to_string(&mut text)?;
    Ok(Some(text))
}

#[cfg(unix)]
fn is_private(metadata: &std::fs::Metadata, user: u32) -> bool {
    use std::os::unix::fs::MetadataExt;

    let is_shared = metadata.mode() & 0o077 != 0;
    [0, user].contains(&metadata.uid()) && !is_shared
}

impl fmt::Debug for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Key(***)")
    }
}

/// Why a [`Key`] could not be read or created.
///
/// ```
/// use useapi_seed_callback::{Key, KeyError};
///
/// let error = Key::from_file("/no such directory/callback.key").unwrap_err();
/// assert!(matches!(error, KeyError::File { .. }));
/// ```
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum KeyError {
    /// The file cannot be read or created.
    #[error("cannot use the key file {}", path.display())]
    #[non_exhaustive]
    File {
        /// The file.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// The file is not private to this user or root.
    #[error(
        "other users can access the key file {path}: make it yours and run `chmod 600 {path}`, or \
         if they may have read it, delete it to get a new key",
        path = .0.display()
    )]
    InsecurePermissions(PathBuf),
    /// The file does not contain a key.
    #[error("the key file {} does not contain 64 hexadecimal digits", .0.display())]
    InvalidKey(PathBuf),
    /// The system's random number generator failed.
    #[error("the system's random number generator failed")]
    Rng(#[source] io::Error),
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    #[test]
    #[cfg(unix)]
    fn key_file_of_another_user_is_not_private() {
        use std::os::unix::fs::MetadataExt;

        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("key");
        Key::from_file(&path).unwrap();
        // Root's own would be private to every user.
        if rustix::process::geteuid().is_root() {
            std::os::unix::fs::chown(&path, Some(65534), None).unwrap();
        }
        let metadata = fs::metadata(&path).unwrap();
        assert!(is_private(&metadata, metadata.uid()));
        assert!(!is_private(&metadata, metadata.uid() + 1));
    }

    #[test]
    #[cfg(unix)]
    fn key_file_without_an_end_is_rejected() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("fifo");
        let status = std::process::Command::new("mkfifo").arg(&path).status();
        assert!(status.unwrap().success(), "this test needs mkfifo");
        for path in [path.as_path(), Path::new("/dev/zero"), directory.path()] {
            let error = Key::from_file(path).unwrap_err();
            assert!(matches!(error, KeyError::File { .. }), "{error}");
        }
        let path = directory.path().join("long");
        fs::write(&path, "0".repeat(100_000)).unwrap();
        let private = std::os::unix::fs::PermissionsExt::from_mode(0o600);
        fs::set_permissions(&path, private).unwrap();
        let error = Key::from_file(&path).unwrap_err();
        assert!(matches!(error, KeyError::InvalidKey(_)), "{error}");
    }

    #[test]
    #[cfg(unix)]
    fn key_file_is_created_for_its_owner_only() {
        use std::os::unix::fs::PermissionsExt;

        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("key");
        let key = Key::from_file(&path).unwrap();
        let mode = fs::metadata(&path).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
        assert_eq!(Key::from_file(&path).unwrap(), key);
        assert_eq!(fs::read_dir(directory.path()).unwrap().count(), 1);
        // As when another process has created it meanwhile.
        let error = Key::new([1; 32]).create_file(&path).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::AlreadyExists);
        assert_eq!(Key::from_file(&path).unwrap(), key);

        for mode in [0o640, 0o604, 0o610, 0o660] {
            fs::set_permissions(&path, fs::Permissions::from_mode(mode)).unwrap();
            let error = Key::from_file(&path).unwrap_err();
            assert!(
                matches!(error, KeyError::InsecurePermissions(_)),
                "{mode:o}"
            );
            assert!(error.to_string().contains("chmod 600"), "{error}");
        }
    }

    #[test]
    fn key_file_without_a_key_is_rejected() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("key");
        let key = Key::from_file(&path).unwrap();
        for text in ["", "abc", "zz", &"0".repeat(62), &"0".repeat(66)] {
            fs::write(&path, text).unwrap();
            let error = Key::from_file(&path).unwrap_err();
            assert!(matches!(error, KeyError::InvalidKey(_)), "{text:?}");
        }
        fs::write(&path, format!(" {}\r\n", HEX.encode(&key.0).to_uppercase())).unwrap();
        assert_eq!(Key::from_file(&path).unwrap(), key);
    }

    #[test]
    #[cfg(unix)]
    fn key_file_behind_a_broken_link_is_rejected() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("key");
        std::os::unix::fs::symlink("no-such-directory/key", &path).unwrap();
        let error = Key::from_file(&path).unwrap_err();
        let KeyError::File { source, .. } = error else {
            panic!("{error}");
        };
        assert_eq!(source.kind(), ErrorKind::AlreadyExists);
    }
}
