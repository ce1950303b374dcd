//! A complete image.

use std::fs::File;
use std::io::{self, Read, Seek};

use bytes::{Bytes, BytesMut};
use futures_util::{Stream, TryFutureExt, stream};
use infer::Type;
use tokio::io::AsyncReadExt;

use crate::mismatch::Mismatch;
use crate::spool::{Spool, blocking};

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
    pub(crate) size: u64,
    pub(crate) kind: Type,
    pub(crate) dimensions: Option<(u64, u64)>,
    pub(crate) mismatches: Vec<Mismatch>,
}

impl VerifiedImage {
    /// Its size in bytes.
    #[must_use]
    pub fn size(&self) -> u64 {
        self.size
    }

    /// Its media type, by its content: `image/png`.
    #[must_use]
    pub fn media_type(&self) -> &'static str {
        self.kind.mime_type()
    }

    /// The usual extension of its format, without a dot: `png`.
    #[must_use]
    pub fn extension(&self) -> &'static str {
        self.kind.extension()
    }

    /// Width and height in pixels, by its content.
    #[must_use]
    pub fn dimensions(&self) -> Option<(u64, u64)> {
        self.dimensions
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
        let mut file = self.file()?;
        blocking(move || {
            let mut bytes = Vec::new();
            file.rewind()?;
            file.read_to_end(&mut bytes)?;
            Ok(bytes.into())
        })
        .await
    }

    /// Its bytes in chunks, of which one is in memory at a time. An error when the
    /// temporary file cannot be read.
    pub fn into_stream(self) -> impl Stream<Item = io::Result<Bytes>> + Send + use<> {
        let start = async move {
            let mut file = self.file()?;
            let file = blocking(move || file.rewind().map(|()| file)).await?;
            // With the image, whose temporary file must stay.
            Ok((self, tokio::fs::File::from_std(file)))
        };
        let chunks = |(image, mut file): (Self, tokio::fs::File)| async move {
            let mut chunk = BytesMut::with_capacity(CHUNK_SIZE);
            let read = file.read_buf(&mut chunk).await?;
            Ok((read > 0).then(|| (chunk.freeze(), (image, file))))
        };
        start
            .map_ok(move |state| stream::try_unfold(state, chunks))
            .try_flatten_stream()
    }

    fn file(&self) -> io::Result<File> {
        self.spool.file().try_clone()
    }
}
