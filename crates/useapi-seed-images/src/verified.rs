//! A complete image.

use std::future::ready;
use std::io::{self, Seek};

use bytes::Bytes;
use futures_util::{Stream, TryFutureExt};
use tokio::fs::File;
use tokio::io::AsyncReadExt;
use tokio_util::io::ReaderStream;

use crate::inspection::Inspection;
use crate::mismatch::Mismatch;
use crate::spool::Spool;

const CHUNK_SIZE: usize = 64 * 1024;

/// A complete image, in a temporary file that is deleted when this is dropped.
///
/// ```
/// use std::pin::pin;
///
/// use futures_util::TryStreamExt;
/// use useapi_seed_images::{Downloader, ImageSource, VerifiedImage};
///
/// # async fn example(downloader: Downloader, source: ImageSource)
/// #     -> Result<(), Box<dyn std::error::Error>> {
/// let image: VerifiedImage = downloader.download(&source).await?;
/// println!("image.{}: {}, {} bytes", image.extension(), image.media_type(), image.size());
/// println!("{:?} pixels, {:?}", image.dimensions(), image.mismatches());
/// let all = image.bytes().await?;
/// let mut chunks = pin!(image.into_stream());
/// while let Some(chunk) = chunks.try_next().await? {
///     println!("{} of {} bytes", chunk.len(), all.len());
/// }
/// # Ok(())
/// # }
/// ```
#[derive(Debug)]
pub struct VerifiedImage {
    pub(crate) spool: Spool,
    pub(crate) image: Inspection,
    pub(crate) mismatches: Vec<Mismatch>,
}

impl VerifiedImage {
    /// Its size in bytes.
    #[must_use]
    pub fn size(&self) -> u64 {
        self.image.size
    }

    /// Its media type, by its content: `image/png`.
    #[must_use]
    pub fn media_type(&self) -> &'static str {
        self.image.kind.mime_type()
    }

    /// The usual extension of its format, without a dot: `png`.
    #[must_use]
    pub fn extension(&self) -> &'static str {
        self.image.kind.extension()
    }

    /// Width and height in pixels, by its content.
    #[must_use]
    pub fn dimensions(&self) -> Option<(u64, u64)> {
        self.image.dimensions
    }

    /// How it differs from what was announced.
    #[must_use]
    pub fn mismatches(&self) -> &[Mismatch] {
        &self.mismatches
    }

    /// All its bytes, in memory.
    ///
    /// # Errors
    ///
    /// When the temporary file cannot be read.
    pub async fn bytes(&self) -> io::Result<Bytes> {
        let mut bytes = Vec::new();
        self.file()?.read_to_end(&mut bytes).await?;
        Ok(bytes.into())
    }

    /// Its bytes in chunks, of which one is in memory at a time. An error when the
    /// temporary file cannot be read.
    pub fn into_stream(self) -> impl Stream<Item = io::Result<Bytes>> + Send + use<> {
        // It can be read as long as it is open, also when its name is gone.
        let file = self.file();
        ready(file.map(|file| ReaderStream::with_capacity(file, CHUNK_SIZE))).try_flatten_stream()
    }

    /// The temporary file, at its start.
    fn file(&self) -> io::Result<File> {
        let mut file = self.spool.file.try_clone()?;
        file.rewind()?;
        Ok(File::from_std(file))
    }
}
