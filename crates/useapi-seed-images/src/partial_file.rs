//! A download in progress.

use std::io;

use tokio::fs::File;
use tokio::io::{AsyncSeekExt, AsyncWriteExt};

use crate::error::Result;
use crate::inspection::{Inspection, StartCheck};
use crate::spool::{Spool, blocking};

/// The bytes received so far.
pub(crate) struct PartialFile {
    pub(crate) spool: Spool,
    pub(crate) size: u64,
    file: File,
    start: StartCheck,
}

impl PartialFile {
    pub(crate) fn new(spool: Spool) -> io::Result<Self> {
        Ok(Self {
            file: File::from_std(spool.file.try_clone()?),
            spool,
            size: 0,
            start: StartCheck::default(),
        })
    }

    /// Writes the next bytes, unless they are not those of an image.
    pub(crate) async fn write(&mut self, chunk: &[u8]) -> Result<()> {
        self.start.update(chunk)?;
        self.size += chunk.len() as u64;
        Ok(self.file.write_all(chunk).await?)
    }

    pub(crate) async fn clear(&mut self) -> io::Result<()> {
        self.start = StartCheck::default();
        self.size = 0;
        self.file.flush().await?;
        self.file.rewind().await?;
        self.file.set_len(0).await
    }

    /// What it contains. An error when it is not an image.
    pub(crate) async fn inspect(&mut self) -> Result<Inspection> {
        // Reports the error of a write that is still under way.
        self.file.flush().await?;
        // It shares its position with the file that is written to.
        let file = self.spool.file.try_clone()?;
        blocking(move || Ok(Inspection::of(&file))).await?
    }
}
