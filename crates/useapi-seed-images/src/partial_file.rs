//! A download in progress.

use std::io::{self, BufReader, Seek, SeekFrom};

use tokio::fs::File;
use tokio::io::{AsyncSeekExt, AsyncWriteExt};

use crate::completeness::{Framing, is_complete};
use crate::error::DownloadError;
use crate::image_check::ImageCheck;
use crate::mismatch::mismatches;
use crate::source::ImageSource;
use crate::spool::{Spool, blocking};
use crate::structure;
use crate::verified::VerifiedImage;

/// The bytes received so far.
pub(crate) struct PartialFile {
    spool: Spool,
    file: File,
    check: ImageCheck,
}

impl PartialFile {
    pub(crate) fn new(spool: Spool) -> io::Result<Self> {
        let file = File::from_std(spool.file.try_clone()?);
        Ok(Self {
            spool,
            file,
            check: ImageCheck::default(),
        })
    }

    pub(crate) fn size(&self) -> u64 {
        self.check.size()
    }

    /// Writes the next bytes, unless they are not those of an image.
    pub(crate) async fn write(&mut self, chunk: &[u8]) -> Result<(), DownloadError> {
        self.check.update(chunk)?;
        Ok(self.file.write_all(chunk).await?)
    }

    pub(crate) async fn clear(&mut self) -> io::Result<()> {
        self.check = ImageCheck::default();
        self.file.flush().await?;
        self.file.rewind().await?;
        self.file.set_len(0).await
    }

    /// Whether the image is complete. An error when it is not an image.
    pub(crate) async fn is_complete(
        &mut self,
        framing: Framing,
        announced: Option<u64>,
    ) -> Result<bool, DownloadError> {
        let kind = self.check.finish()?;
        self.file.flush().await?;
        // It shares its position with the file that is written to.
        let mut file = self.spool.file.try_clone()?;
        let structure = blocking(move || {
            let structure = structure::of(kind.mime_type(), &file)?;
            file.seek(SeekFrom::End(0))?;
            Ok(structure)
        })
        .await?;
        Ok(is_complete(framing, announced, self.size(), structure))
    }

    /// The image, for a file that is complete.
    pub(crate) async fn verify(
        mut self,
        source: &ImageSource,
    ) -> Result<VerifiedImage, DownloadError> {
        let kind = self.check.finish()?;
        // Reports the error of a write that is still under way.
        self.file.flush().await?;
        let file = self.spool.file.try_clone()?;
        let dimensions = blocking(move || Ok(dimensions(&file))).await?;
        let size = self.size();
        Ok(VerifiedImage {
            spool: self.spool,
            size,
            kind,
            dimensions,
            mismatches: mismatches(source, size, kind.mime_type(), dimensions),
        })
    }
}

/// Width and height in pixels, where the format is known.
pub(crate) fn dimensions(mut file: &std::fs::File) -> Option<(u64, u64)> {
    file.rewind().ok()?;
    let size = imagesize::reader_size(BufReader::new(file)).ok()?;
    Some((size.width.try_into().ok()?, size.height.try_into().ok()?))
}
