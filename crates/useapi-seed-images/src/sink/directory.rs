//! Storing in a local directory.

use std::fs::{self, File};
use std::io::{self, Seek, Write};
use std::path::{Path, PathBuf};

use async_trait::async_trait;
use bytes::Bytes;

use super::{PutMode, Result, Sink, SinkError, check_name};
use crate::atomic_file::{remove_abandoned, sync_directory};
use crate::spool::{Spool, blocking};
use crate::verified::VerifiedImage;

/// A local directory, which is created when it does not exist.
///
/// Files are written under hidden names in the same directory, synced and renamed, so
/// that there is never an incomplete file under its final name, also after a loss of
/// power. What a killed process leaves is deleted by the next one; several processes
/// can save into the same directory.
///
/// ```
/// use std::path::Path;
/// use useapi_seed_images::{Directory, PutMode, Sink};
///
/// let sink = Directory::new("images").with_mode(PutMode::Overwrite);
/// assert_eq!(sink.directory(), Some(Path::new("images")));
/// ```
#[derive(Clone, Debug)]
pub struct Directory {
    path: PathBuf,
    mode: PutMode,
}

impl Directory {
    /// Nothing is created before the first file is stored.
    #[must_use]
    pub fn new(path: impl Into<PathBuf>) -> Self {
        Self {
            path: path.into(),
            mode: PutMode::Create,
        }
    }

    /// Whether an image replaces a file of the same name; defaults to
    /// [`PutMode::Create`].
    #[must_use]
    pub fn with_mode(mut self, mode: PutMode) -> Self {
        self.mode = mode;
        self
    }

    /// Writes a hidden file and gives it its final name, so that it outlives a loss of
    /// power.
    async fn put(
        &self,
        name: &str,
        mode: PutMode,
        write: impl FnOnce(&Path) -> io::Result<Spool> + Send + 'static,
    ) -> Result<()> {
        let (directory, target) = (self.path.clone(), self.path.join(check_name(name)?));
        let is_stored = blocking(move || {
            let spool = write(&directory)?;
            spool.file.sync_all()?;
            let is_stored = spool.persist(&target, mode == PutMode::Overwrite)?;
            sync_directory(&directory).map(|()| is_stored)
        });
        if is_stored.await? {
            Ok(())
        } else {
            Err(SinkError::AlreadyExists(name.to_owned()))
        }
    }
}

#[async_trait]
impl Sink for Directory {
    fn directory(&self) -> Option<&Path> {
        Some(&self.path)
    }

    async fn candidates(&self, stem: &str, size: u64) -> Result<Vec<(String, File)>> {
        let (directory, start) = (self.path.clone(), format!("{stem}."));
        let found = blocking(move || {
            remove_abandoned(&directory);
            Ok(scan(&directory, &start, size))
        });
        Ok(found.await?)
    }

    async fn put_image(&self, stem: &str, image: VerifiedImage) -> Result<String> {
        let name = format!("{stem}.{}", image.extension());
        let write = |directory: &Path| match image.spool {
            spool if spool.is_in(directory) => Ok(spool),
            mut elsewhere => {
                let mut spool = Spool::new(Some(directory))?;
                elsewhere.file.rewind()?;
                io::copy(&mut elsewhere.file, &mut spool.file)?;
                Ok(spool)
            }
        };
        self.put(&name, self.mode, write).await?;
        Ok(name)
    }

    async fn put_document(&self, name: &str, content: Bytes, mode: PutMode) -> Result<()> {
        let write = move |directory: &Path| {
            let mut spool = Spool::new(Some(directory))?;
            spool.file.write_all(&content)?;
            Ok(spool)
        };
        self.put(name, mode, write).await
    }
}

fn scan(directory: &Path, start: &str, size: u64) -> Vec<(String, File)> {
    let entries = fs::read_dir(directory).into_iter().flatten().flatten();
    entries
        .filter_map(|entry| {
            let name = entry.file_name().into_string().ok()?;
            // Only files: a pipe would block, a link lead elsewhere.
            let is_candidate = name.starts_with(start)
                && entry.file_type().ok()?.is_file()
                && entry.metadata().ok()?.len() == size;
            let file = is_candidate.then(|| File::open(entry.path()))?.ok()?;
            Some((name, file))
        })
        .collect()
}
