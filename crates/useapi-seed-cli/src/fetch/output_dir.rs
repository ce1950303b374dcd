//! The folder that receives a result.

use std::fs;
use std::io::{self, ErrorKind, Write};
use std::path::{Path, PathBuf};

use super::lock::Lock;
use crate::atomic_file;
use crate::error::CliError;
use crate::local_file;
use serde::Serialize;
use serde::de::DeserializeOwned;

/// The file that says that a process works here.
pub(super) const LOCK: &str = ".useapi-seed.lock";

/// A folder that could be written to when it was prepared, and that no other
/// process works in.
///
/// When it is dropped and still empty, it goes again if it was made for this.
#[derive(Debug)]
pub(crate) struct OutputDir {
    path: PathBuf,
    /// The folders that did not exist before, the innermost first.
    made: Vec<PathBuf>,
    /// None once it is dropped, and where the file system has no locks.
    lock: Option<Lock>,
}

impl OutputDir {
    /// Makes the folder and really writes a file, since permissions do not tell
    /// about read-only and full disks, or about root. None when another process
    /// works in it.
    pub(crate) fn prepare(path: &Path) -> Result<Option<Self>, CliError> {
        let made = path
            .ancestors()
            .take_while(|dir| !dir.as_os_str().is_empty() && !dir.exists())
            .map(Path::to_owned)
            .collect();
        let mut dir = Self {
            path: path.to_owned(),
            made,
            lock: None,
        };
        match dir.take() {
            Ok(true) => Ok(Some(dir)),
            Ok(false) => Ok(None),
            Err(error) => {
                let message = format!("cannot write to {}: {error}", path.display());
                Err(CliError::file(message)
                    .hint("Choose another folder, or make sure that this one can be made and written to.")
                    .permanent())
            }
        }
    }

    fn take(&mut self) -> io::Result<bool> {
        if self.path.is_file() {
            return Err(io::Error::other("it is a file, not a folder"));
        }
        match Lock::try_take(&self.path.join(LOCK)) {
            Ok(None) => return Ok(false),
            // The lock on the job has to do.
            Err(error) if error.kind() == ErrorKind::Unsupported => {}
            taken => self.lock = taken?,
        }
        // A folder that was just made is to be there after a power cut, too.
        for made in &self.made {
            atomic_file::sync(made.parent().unwrap_or(Path::new("")))?;
        }
        atomic_file::remove_abandoned(&self.path);
        let mut file = atomic_file::temporary(&self.path)?;
        file.write_all(b"Whether this folder can be written to.\n")?;
        file.close()?;
        Ok(true)
    }

    /// Whether no other process can prepare it meanwhile.
    pub(crate) fn is_locked(&self) -> bool {
        self.lock.is_some()
    }

    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    /// Writes a file that is never there in part, and stays there.
    pub(crate) fn write(&self, name: &str, content: &[u8]) -> Result<(), CliError> {
        let path = self.path.join(name);
        atomic_file::write(&path, content)
            .map_err(|error| CliError::file(format!("cannot write {}: {error}", path.display())))
    }

    pub(crate) fn write_json(&self, name: &str, content: &impl Serialize) -> Result<(), CliError> {
        match serde_json::to_vec_pretty(content) {
            Ok(mut json) => {
                json.push(b'\n');
                self.write(name, &json)
            }
            Err(error) => Err(CliError::file(format!("cannot write {name}: {error}"))),
        }
    }

    /// Removes a file, if it is there.
    pub(crate) fn remove(&self, name: &str) -> Result<(), CliError> {
        let path = self.path.join(name);
        match fs::remove_file(&path) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => Err(CliError::file(format!(
                "cannot remove {}: {error}",
                path.display()
            ))),
            _ => Ok(()),
        }
    }

    /// The size of a file, if it is there.
    pub(crate) fn size(&self, name: &str) -> Option<u64> {
        atomic_file::size(&self.path.join(name))
    }

    /// A JSON file of before, if there is one that can be understood.
    pub(crate) fn read_json<T: DeserializeOwned>(&self, name: &str) -> Result<Option<T>, CliError> {
        read_json(&self.path.join(name))
    }

    /// Pictures in the folder other than the given files, sorted.
    pub(crate) fn other_pictures(&self, files: &[&str]) -> Vec<String> {
        let mut others: Vec<String> = fs::read_dir(&self.path)
            .into_iter()
            .flatten()
            .filter_map(|entry| entry.ok()?.file_name().into_string().ok())
            .filter(|name| is_picture(name) && !files.contains(&name.as_str()))
            .collect();
        others.sort();
        others
    }
}

impl Drop for OutputDir {
    fn drop(&mut self) {
        // Its file has to go before the folder can.
        drop(self.lock.take());
        for dir in &self.made {
            // Fails when there is something in it, which is meant.
            if fs::remove_dir(dir).is_err() {
                break;
            }
        }
    }
}

/// A JSON file, if there is one that can be understood.
pub(super) fn read_json<T: DeserializeOwned>(path: &Path) -> Result<Option<T>, CliError> {
    match local_file::read(path, local_file::OUTPUT_LIMIT) {
        Ok(text) => Ok(serde_json::from_slice(&text).ok()),
        Err(error) if error.kind() == ErrorKind::NotADirectory => Ok(None),
        // Neither a file nor anything that a link leads to.
        Err(_) if matches!(path.try_exists(), Ok(false)) => Ok(None),
        Err(error) => Err(CliError::file(format!(
            "cannot read {}: {error}",
            path.display()
        ))),
    }
}

/// Whether a name is of the form `image-N.extension`.
fn is_picture(name: &str) -> bool {
    name.strip_prefix("image-")
        .and_then(|rest| rest.split_once('.'))
        .is_some_and(|(number, _)| number.parse::<usize>().is_ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_made_goes_when_it_stays_empty() {
        let root = tempfile::tempdir().unwrap();
        let path = root.path().join("a/b");
        let dir = OutputDir::prepare(&path).unwrap().unwrap();
        assert!(path.is_dir());
        assert!(OutputDir::prepare(&path).unwrap().is_none());
        drop(dir);
        assert!(!root.path().join("a").exists());

        let dir = OutputDir::prepare(&path).unwrap().unwrap();
        dir.write("job.json", b"{}").unwrap();
        drop(dir);
        assert_eq!(fs::read(path.join("job.json")).unwrap(), b"{}");

        let empty = root.path().join("empty");
        fs::create_dir(&empty).unwrap();
        drop(OutputDir::prepare(&empty).unwrap().unwrap());
        assert!(empty.is_dir());
    }

    #[test]
    fn pictures_of_before_are_found() {
        let root = tempfile::tempdir().unwrap();
        for name in ["image-2.png", "image-1.webp", "image-1.png", "image-x.png"] {
            fs::write(root.path().join(name), name).unwrap();
        }
        let dir = OutputDir::prepare(root.path()).unwrap().unwrap();
        assert_eq!(
            dir.other_pictures(&["image-1.png"]),
            ["image-1.webp", "image-2.png"]
        );
    }
}
