//! Local files, opened so that whatever has their name can neither redirect the
//! command nor block it, and read up to a limit.

use std::fs::{self, File, Metadata, OpenOptions};
use std::io::{self, ErrorKind, Read};
use std::path::Path;

use serde::de::DeserializeOwned;

use crate::error::CliError;

/// The limit for what this command writes into an output directory. A response has
/// at most half of it.
pub(crate) const OUTPUT_LIMIT: u64 = 16 * 1024 * 1024;
/// The limit for settings, notes and scenarios.
pub(crate) const SETTINGS_LIMIT: u64 = 1024 * 1024;

/// What to do about a symbolic link at the end of a path.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Links {
    /// For files that the user names: a secret or a setting is often a link.
    Follow,
    /// For files of this command.
    Reject,
}

/// Opens a regular file. A FIFO would block, and a device may never end.
pub(crate) fn open(path: &Path, links: Links, options: &mut OpenOptions) -> io::Result<File> {
    let present = match links {
        Links::Follow => fs::metadata(path),
        Links::Reject => fs::symlink_metadata(path),
    };
    // Whatever is wrong with the path, opening it says so.
    present.map_or(Ok(()), |metadata| check_kind(&metadata))?;
    #[cfg(unix)]
    {
        use rustix::fs::OFlags;
        use std::os::unix::fs::OpenOptionsExt;

        let mut flags = OFlags::NONBLOCK;
        flags.set(OFlags::NOFOLLOW, links == Links::Reject);
        options.custom_flags(flags.bits().cast_signed());
    }
    let file = options.open(path)?;
    // Another file may have taken its name.
    check_kind(&file.metadata()?)?;
    Ok(file)
}

fn check_kind(metadata: &Metadata) -> io::Result<()> {
    let problem = match metadata.file_type() {
        kind if kind.is_file() => return Ok(()),
        kind if kind.is_symlink() => "it is a symbolic link",
        _ => "it is not a regular file",
    };
    Err(io::Error::new(ErrorKind::InvalidInput, problem))
}

/// The content of one of this command's own files.
pub(crate) fn read(path: &Path, limit: u64) -> io::Result<Vec<u8>> {
    let file = open(path, Links::Reject, File::options().read(true))?;
    read_up_to(file, limit)
}

/// Reads to the end; more than `limit` bytes are an error.
pub(crate) fn read_up_to(source: impl Read, limit: u64) -> io::Result<Vec<u8>> {
    let mut content = Vec::new();
    source.take(limit + 1).read_to_end(&mut content)?;
    if content.len() as u64 > limit {
        let message = format!("it is larger than {limit} bytes");
        return Err(io::Error::new(ErrorKind::FileTooLarge, message));
    }
    Ok(content)
}

/// Reads text to the end; more than `limit` bytes are an error.
pub(crate) fn read_text_up_to(source: impl Read, limit: u64) -> io::Result<String> {
    String::from_utf8(read_up_to(source, limit)?)
        .map_err(|_| io::Error::new(ErrorKind::InvalidData, "it is not UTF-8 text"))
}

/// The content of a JSON file; none if it cannot be read or parsed, since any directory
/// may have a file of that name.
pub(crate) fn read_json<T: DeserializeOwned>(path: &Path) -> Option<T> {
    serde_json::from_slice(&read(path, OUTPUT_LIMIT).ok()?).ok()
}

/// Whether a file exists. One that has content and does not begin with `start` is of
/// another program: an error, as it must not be replaced.
pub(crate) fn own_file_exists(path: &Path, start: impl AsRef<[u8]>) -> Result<bool, CliError> {
    let start = start.as_ref();
    let mut begin = Vec::new();
    let file = open(path, Links::Reject, File::options().read(true));
    let begin = file
        .and_then(|file| file.take(start.len() as u64).read_to_end(&mut begin))
        .map(|_| begin);
    let path = path.display();
    match begin {
        Ok(begin) if begin.is_empty() || begin == start => Ok(true),
        Ok(_) => Err(CliError::file(format!(
            "{path} was not created by useapi-seed; left unchanged"
        ))),
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(false),
        Err(error) => Err(CliError::file(format!("cannot read {path}: {error}"))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn content_larger_than_the_limit_is_an_error() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("file");
        fs::write(&path, "1234").unwrap();
        assert_eq!(read(&path, 4).unwrap(), b"1234");
        let error = read(&path, 3).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::FileTooLarge);
    }

    #[cfg(unix)]
    #[test]
    fn only_regular_files_are_opened() {
        use nix::sys::stat::Mode;

        let directory = tempfile::tempdir().unwrap();
        let path = |name: &str| directory.path().join(name);
        fs::write(path("file"), "text").unwrap();
        std::os::unix::fs::symlink("file", path("link")).unwrap();
        nix::unistd::mkfifo(&path("fifo"), Mode::S_IRWXU).unwrap();
        drop(std::os::unix::net::UnixListener::bind(path("socket")).unwrap());

        let message = |path: &Path| read(path, 100).unwrap_err().to_string();
        assert_eq!(message(&path("link")), "it is a symbolic link");
        for other in [path("fifo"), path("socket"), path(""), "/dev/zero".into()] {
            assert_eq!(message(&other), "it is not a regular file", "{other:?}");
        }
        let followed = open(&path("link"), Links::Follow, File::options().read(true));
        assert_eq!(read_text_up_to(followed.unwrap(), 100).unwrap(), "text");
        let error = open(&path("fifo"), Links::Follow, File::options().read(true));
        assert_eq!(error.unwrap_err().to_string(), "it is not a regular file");
    }
}
