//! The folder that receives a result.

use std::fs;
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use tempfile::NamedTempFile;

use crate::failure::Failure;

/// A folder that could be written to when it was prepared.
///
/// When it is dropped and still empty, it goes again if it was made for this.
#[derive(Debug)]
pub(crate) struct Folder {
    path: PathBuf,
    /// The folders that did not exist before, the innermost first.
    made: Vec<PathBuf>,
}

impl Folder {
    /// Makes the folder and really writes a file, since permissions do not tell
    /// about read-only and full disks, or about root.
    pub(crate) fn prepare(path: &Path) -> Result<Self, Failure> {
        let made = path
            .ancestors()
            .take_while(|folder| !folder.as_os_str().is_empty() && !folder.exists())
            .map(Path::to_owned)
            .collect();
        let folder = Self {
            path: path.to_owned(),
            made,
        };
        folder.probe().map_err(|fault| {
            Failure::new(format!("cannot write to {}: {fault}", path.display())).advise(
                "Nothing was submitted. Choose another folder with --out, or make sure that this \
                 one can be made and written to.",
            )
        })?;
        Ok(folder)
    }

    fn probe(&self) -> io::Result<()> {
        if self.path.is_file() {
            return Err(io::Error::other("it is a file, not a folder"));
        }
        fs::create_dir_all(&self.path)?;
        let mut file = self.temporary()?;
        file.write_all(b"Whether this folder can be written to.\n")?;
        file.close()
    }

    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    /// Writes a file that is never there in part.
    pub(crate) fn write(&self, name: &str, content: &[u8]) -> Result<(), Failure> {
        let path = self.path.join(name);
        let written = self.temporary().and_then(|mut file| {
            file.write_all(content)?;
            file.as_file().sync_all()?;
            file.persist(&path)?;
            Ok(())
        });
        written.map_err(|fault| Failure::new(format!("cannot write {}: {fault}", path.display())))
    }

    /// A JSON file of before, if there is one.
    pub(crate) fn read_json(&self, name: &str) -> Option<serde_json::Value> {
        serde_json::from_slice(&fs::read(self.path.join(name)).ok()?).ok()
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

    /// Hidden, and gone when dropped.
    fn temporary(&self) -> io::Result<NamedTempFile> {
        let mut builder = tempfile::Builder::new();
        builder.prefix(".useapi-seed-").suffix(".part");
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt;
            // As any other new file, once the umask has been taken off.
            builder.permissions(fs::Permissions::from_mode(0o666));
        }
        builder.tempfile_in(&self.path)
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        for folder in &self.made {
            // Fails when there is something in it, which is meant.
            if fs::remove_dir(folder).is_err() {
                break;
            }
        }
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
        let folder = Folder::prepare(&path).unwrap();
        assert!(path.is_dir());
        assert_eq!(fs::read_dir(&path).unwrap().count(), 0);
        drop(folder);
        assert!(!root.path().join("a").exists());

        let folder = Folder::prepare(&path).unwrap();
        folder.write("job.json", b"{}").unwrap();
        drop(folder);
        assert_eq!(fs::read(path.join("job.json")).unwrap(), b"{}");

        let empty = root.path().join("empty");
        fs::create_dir(&empty).unwrap();
        drop(Folder::prepare(&empty).unwrap());
        assert!(empty.is_dir());
    }

    #[test]
    fn pictures_of_before_are_found() {
        let root = tempfile::tempdir().unwrap();
        for name in ["image-2.png", "image-1.webp", "image-1.png", "image-x.png"] {
            fs::write(root.path().join(name), name).unwrap();
        }
        let folder = Folder::prepare(root.path()).unwrap();
        assert_eq!(
            folder.other_pictures(&["image-1.png"]),
            ["image-1.webp", "image-2.png"]
        );
    }
}
