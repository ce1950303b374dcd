//! A file that is being written: under a name of its own until it is whole.

use std::io;
use std::path::{Path, PathBuf};

use infer::Type;
use tempfile::NamedTempFile;
use tokio::fs::File;
use tokio::io::{AsyncSeekExt, AsyncWriteExt};

use super::completeness::{Framing, is_complete};
use super::fault::image_error;
use super::picture::Inspection;
use super::structure;
use crate::error::Error;

/// Gone when dropped before it is [kept](Self::keep).
pub(super) struct Part {
    temporary: NamedTempFile,
    file: File,
    inspection: Inspection,
}

impl Part {
    /// Makes the folder when there is none.
    pub(super) async fn in_folder(folder: &Path) -> io::Result<Self> {
        tokio::fs::create_dir_all(folder).await?;
        let folder = folder.to_owned();
        let temporary = aside(move || temporary_file(&folder)).await?;
        let file = File::from_std(temporary.reopen()?);
        Ok(Self {
            temporary,
            file,
            inspection: Inspection::default(),
        })
    }

    pub(super) fn size(&self) -> u64 {
        self.inspection.size()
    }

    /// Takes the next bytes, unless they are not a picture's.
    pub(super) async fn take(&mut self, chunk: &[u8]) -> Result<(), Error> {
        self.inspection.take(chunk).map_err(image_error)?;
        self.file.write_all(chunk).await.map_err(Error::file)
    }

    /// Forgets what came so far.
    pub(super) async fn clear(&mut self) -> io::Result<()> {
        self.inspection = Inspection::default();
        self.file.flush().await?;
        self.file.set_len(0).await?;
        self.file.rewind().await.map(drop)
    }

    /// Whether all of it has come. An error when it is not an image.
    pub(super) async fn is_complete(
        &mut self,
        framing: Framing,
        announced: Option<u64>,
    ) -> Result<bool, Error> {
        let kind = self.inspection.kind().map_err(image_error)?;
        self.file.flush().await.map_err(Error::file)?;
        let file = self.temporary.reopen().map_err(Error::file)?;
        let structure = aside(move || structure::of(kind.mime_type(), file))
            .await
            .map_err(Error::file)?;
        Ok(is_complete(framing, announced, self.size(), structure))
    }

    /// What kind of image it is. It is then on the disk, so that its name never
    /// comes before its content.
    pub(super) async fn finish(&mut self) -> Result<Type, Error> {
        let kind = self.inspection.kind().map_err(image_error)?;
        // `sync_all` alone forgets the fault of a write that is still under way.
        self.file.flush().await.map_err(Error::file)?;
        self.file.sync_all().await.map_err(Error::file)?;
        Ok(kind)
    }

    pub(super) fn path(&self) -> &Path {
        self.temporary.path()
    }

    /// Gives the file its own name, in a way that outlives a loss of power.
    pub(super) async fn keep(self, path: PathBuf) -> io::Result<()> {
        let Self {
            temporary, file, ..
        } = self;
        // Not everywhere can a file be renamed while it is open.
        drop(file);
        aside(move || {
            temporary.persist(&path).map_err(|fault| fault.error)?;
            sync_folder(&path)
        })
        .await
    }
}

/// Hidden, and gone when dropped. The name is random, so that others who save
/// into the same folder are not met.
fn temporary_file(folder: &Path) -> io::Result<NamedTempFile> {
    let mut builder = tempfile::Builder::new();
    builder.prefix(".image-").suffix(".part");
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        // As any other new file, once the umask has been taken off.
        builder.permissions(std::fs::Permissions::from_mode(0o666));
    }
    builder.tempfile_in(folder)
}

/// A new name is the folder's content.
#[cfg(unix)]
fn sync_folder(file: &Path) -> io::Result<()> {
    let folder = match file.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => folder,
        _ => Path::new("."),
    };
    // A folder that may be written to need not be readable, and some file
    // systems know no such thing as to sync one: the file is there all the same.
    match std::fs::File::open(folder).and_then(|folder| folder.sync_all()) {
        Err(fault)
            if matches!(
                fault.kind(),
                io::ErrorKind::PermissionDenied
                    | io::ErrorKind::InvalidInput
                    | io::ErrorKind::Unsupported
            ) =>
        {
            Ok(())
        }
        outcome => outcome,
    }
}

/// Elsewhere a folder cannot be opened as a file is.
#[cfg(not(unix))]
fn sync_folder(_: &Path) -> io::Result<()> {
    Ok(())
}

/// Works where no connection has to wait for it.
async fn aside<T: Send + 'static>(
    work: impl FnOnce() -> io::Result<T> + Send + 'static,
) -> io::Result<T> {
    tokio::task::spawn_blocking(work)
        .await
        .map_err(io::Error::other)?
}
