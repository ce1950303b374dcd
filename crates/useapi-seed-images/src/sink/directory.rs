//! Storing in a local directory.

use std::fs::{self, File};
use std::io::{self, ErrorKind, Seek, Write};
use std::path::{Path, PathBuf};

use bytes::Bytes;
use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use tempfile::NamedTempFile;

use super::{Candidate, PutMode, Sink, SinkError, check_name};
use crate::spool::{Spool, blocking, remove_abandoned};
use crate::verified::VerifiedImage;

/// A local directory, which is created when it does not exist.
///
/// Files are written under hidden names in the same directory, synced and renamed, so
/// that there is never an incomplete file under its final name, also after a loss of
/// power. What a killed process leaves is deleted by the next one; several processes
/// can save into the same directory.
///
/// ```
/// use useapi_seed_images::{Directory, PutMode};
///
/// let sink = Directory::new("images").with_mode(PutMode::Overwrite);
/// assert_eq!(sink.path(), "images");
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

    /// The directory.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    async fn run<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Path) -> Result<T, SinkError> + Send + 'static,
    ) -> Result<T, SinkError> {
        let path = self.path.clone();
        blocking(move || Ok(work(&path))).await?
    }
}

impl Sink for Directory {
    fn spool(&self) -> BoxFuture<'_, Result<Spool, SinkError>> {
        self.run(|directory| {
            remove_abandoned(directory);
            Ok(Spool::hidden_in(directory)?)
        })
        .boxed()
    }

    fn candidates<'a>(
        &'a self,
        stem: &'a str,
        size: u64,
    ) -> BoxFuture<'a, Result<Vec<Candidate>, SinkError>> {
        let start = format!("{stem}.");
        self.run(move |directory| {
            remove_abandoned(directory);
            Ok(scan(directory, &start, size))
        })
        .boxed()
    }

    fn put_image<'a>(
        &'a self,
        stem: &'a str,
        image: VerifiedImage,
    ) -> BoxFuture<'a, Result<String, SinkError>> {
        let (name, mode) = (format!("{stem}.{}", image.extension()), self.mode);
        self.run(move |directory| {
            check_name(&name)?;
            let file = match image.spool.into_hidden_in(directory) {
                Ok(file) => file,
                Err(elsewhere) => copy(elsewhere.file(), directory)?,
            };
            persist(file, directory, &name, mode)?;
            Ok(name)
        })
        .boxed()
    }

    fn put_document<'a>(
        &'a self,
        name: &'a str,
        content: Bytes,
        mode: PutMode,
    ) -> BoxFuture<'a, Result<(), SinkError>> {
        let name = name.to_owned();
        self.run(move |directory| {
            check_name(&name)?;
            let mut file = hidden(directory)?;
            file.write_all(&content)?;
            persist(file, directory, &name, mode)
        })
        .boxed()
    }
}

fn scan(directory: &Path, start: &str, size: u64) -> Vec<Candidate> {
    let entries = fs::read_dir(directory).into_iter().flatten().flatten();
    entries
        .filter_map(|entry| {
            let name = entry.file_name().into_string().ok()?;
            // Only files: a pipe would block, a link lead elsewhere.
            let is_candidate = name.starts_with(start)
                && entry.file_type().ok()?.is_file()
                && entry.metadata().ok()?.len() == size;
            let file = is_candidate.then(|| File::open(entry.path()))?.ok()?;
            Some(Candidate { name, file })
        })
        .collect()
}

fn hidden(directory: &Path) -> io::Result<NamedTempFile> {
    let spool = Spool::hidden_in(directory)?;
    spool
        .into_hidden_in(directory)
        .map_err(|_| io::Error::other("the temporary file is elsewhere"))
}

fn copy(mut from: &File, directory: &Path) -> io::Result<NamedTempFile> {
    let mut file = hidden(directory)?;
    from.rewind()?;
    io::copy(&mut from, &mut file)?;
    Ok(file)
}

/// Gives a file its final name, so that it outlives a loss of power.
fn persist(
    file: NamedTempFile,
    directory: &Path,
    name: &str,
    mode: PutMode,
) -> Result<(), SinkError> {
    file.as_file().sync_all()?;
    let path = directory.join(name);
    let persisted = match mode {
        PutMode::Create => file.persist_noclobber(path),
        PutMode::Overwrite => file.persist(path),
    };
    match persisted {
        Ok(_) => Ok(sync(directory)?),
        Err(err) if mode == PutMode::Create && err.error.kind() == ErrorKind::AlreadyExists => {
            Err(SinkError::AlreadyExists(name.to_owned()))
        }
        Err(err) => Err(err.error.into()),
    }
}

/// Syncs the names in a directory.
#[cfg(unix)]
fn sync(directory: &Path) -> io::Result<()> {
    let directory = match directory {
        path if path.as_os_str().is_empty() => Path::new("."),
        path => path,
    };
    // A directory that can be written to need not be readable, and some file systems
    // cannot sync one: the file is there nevertheless.
    match File::open(directory).and_then(|directory| directory.sync_all()) {
        Err(err)
            if matches!(
                err.kind(),
                ErrorKind::PermissionDenied | ErrorKind::InvalidInput | ErrorKind::Unsupported
            ) =>
        {
            Ok(())
        }
        outcome => outcome,
    }
}

/// Elsewhere a directory cannot be opened as a file is.
#[cfg(not(unix))]
#[allow(clippy::unnecessary_wraps, reason = "as on Unix")]
fn sync(_: &Path) -> io::Result<()> {
    Ok(())
}
