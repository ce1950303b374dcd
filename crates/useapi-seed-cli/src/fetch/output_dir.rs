//! The directory that receives a result.

use std::fs;
use std::io::{self, ErrorKind, Write};
use std::path::{Path, PathBuf};

use serde::Serialize;
use serde::de::DeserializeOwned;

use super::lock::Lock;
use crate::atomic_file;
use crate::error::CliError;
use crate::local_file;

/// The file that shows that a process uses the directory.
pub(super) const LOCK: &str = ".useapi-seed.lock";

/// A directory that was writable when it was prepared, and that no other process uses.
///
/// When it is dropped while still empty, it is removed if it was created for this.
#[derive(Debug)]
pub(crate) struct OutputDir {
    path: PathBuf,
    /// The directories that did not exist before, innermost first.
    created: Vec<PathBuf>,
    /// None once it is dropped, and where the file system has no locks.
    lock: Option<Lock>,
}

impl OutputDir {
    /// Creates the directory and really writes a file, since permissions show neither
    /// read-only nor full disks, nor what root may do. None when another process uses it.
    pub(crate) fn prepare(path: &Path) -> Result<Option<Self>, CliError> {
        let created = path
            .ancestors()
            .take_while(|dir| !dir.as_os_str().is_empty() && !dir.exists())
            .map(Path::to_owned)
            .collect();
        let mut dir = Self {
            path: path.to_owned(),
            created,
            lock: None,
        };
        match dir.lock() {
            Ok(true) => Ok(Some(dir)),
            Ok(false) => Ok(None),
            Err(error) => {
                let message = format!("cannot write to {}: {error}", path.display());
                Err(CliError::file(message)
                    .hint("Check its permissions, or use another directory.")
                    .permanent())
            }
        }
    }

    fn lock(&mut self) -> io::Result<bool> {
        if self.path.is_file() {
            return Err(io::Error::other("it is a file, not a directory"));
        }
        match Lock::try_take(&self.path.join(LOCK)) {
            Ok(None) => return Ok(false),
            // The lock on the job must suffice.
            Err(error) if error.kind() == ErrorKind::Unsupported => {}
            taken => self.lock = taken?,
        }
        // A directory that was just created must survive a power loss, too.
        for created in &self.created {
            atomic_file::sync(created.parent().unwrap_or(Path::new("")))?;
        }
        atomic_file::remove_abandoned(&self.path);
        let mut file = atomic_file::temporary(&self.path)?;
        file.write_all(b"Write test.\n")?;
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

    /// Writes a file atomically and durably.
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

    /// Removes a file, if it exists.
    pub(crate) fn remove(&self, name: &str) -> Result<(), CliError> {
        let path = self.path.join(name);
        match fs::remove_file(&path) {
            Err(error) if error.kind() != ErrorKind::NotFound => Err(CliError::file(format!(
                "cannot remove {}: {error}",
                path.display()
            ))),
            _ => Ok(()),
        }
    }

    /// A JSON file of an earlier run, if there is one that can be parsed.
    pub(crate) fn read_json<T: DeserializeOwned>(&self, name: &str) -> Result<Option<T>, CliError> {
        read_json(&self.path.join(name))
    }

    /// Images in the directory other than the given files, sorted.
    pub(crate) fn other_images(&self, files: &[&str]) -> Vec<String> {
        let mut others: Vec<String> = fs::read_dir(&self.path)
            .into_iter()
            .flatten()
            .filter_map(|entry| entry.ok()?.file_name().into_string().ok())
            .filter(|name| is_image(name) && !files.contains(&name.as_str()))
            .collect();
        others.sort();
        others
    }
}

impl Drop for OutputDir {
    fn drop(&mut self) {
        // Its file must go before the directory can.
        drop(self.lock.take());
        for dir in &self.created {
            // Fails when there is something in it, as intended.
            if fs::remove_dir(dir).is_err() {
                break;
            }
        }
    }
}

/// In the output directory: the state of the jobs whose images are named by a template.
pub(crate) const STATE_DIR: &str = ".useapi-seed";

/// The directory that the names in a job's `seed.json` are relative to.
pub(crate) fn images_base(job_dir: &Path) -> &Path {
    let state_dir = job_dir.parent().filter(|dir| dir.ends_with(STATE_DIR));
    state_dir.and_then(Path::parent).unwrap_or(job_dir)
}

/// A JSON file, if there is one that can be parsed.
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
fn is_image(name: &str) -> bool {
    name.strip_prefix("image-")
        .and_then(|rest| rest.split_once('.'))
        .is_some_and(|(number, _)| number.parse::<usize>().is_ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn base_of_a_state_directory_is_its_output() {
        for (dir, base) in [
            ("a/.useapi-seed/5", "a"),
            (".useapi-seed/5", ""),
            ("/a/.useapi-seed/5", "/a"),
            ("a/5", "a/5"),
            ("a/.useapi-seed/5/6", "a/.useapi-seed/5/6"),
            ("a/.useapi-seed", "a/.useapi-seed"),
            ("", ""),
        ] {
            assert_eq!(images_base(Path::new(dir)), Path::new(base), "{dir}");
        }
    }

    #[test]
    fn created_directory_is_removed_if_empty() {
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
    fn images_of_earlier_runs_are_found() {
        let root = tempfile::tempdir().unwrap();
        for name in ["image-2.png", "image-1.webp", "image-1.png", "image-x.png"] {
            fs::write(root.path().join(name), name).unwrap();
        }
        let dir = OutputDir::prepare(root.path()).unwrap().unwrap();
        assert_eq!(
            dir.other_images(&["image-1.png"]),
            ["image-1.webp", "image-2.png"]
        );
    }
}
