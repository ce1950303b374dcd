//! Saving the images of a result.
//!
//! The crate `useapi-seed-images` downloads them; here is what needs the API and its
//! result.

mod refresh_urls;

use std::fmt;
use std::future::{Future, IntoFuture};
use std::path::{Path, PathBuf};
use std::pin::Pin;

use futures_util::{StreamExt, stream};
use serde::Serialize;
use tokio::time::Instant;
use tracing::{Instrument, info_span};
use useapi_seed_images::{
    self as images, Directory, DownloadError, ImageError, ImageSource, Mismatch, PutMode,
    RequestStatus,
};

use crate::client::Client;
use crate::error::{Delivery, Error, ErrorKind};
use crate::note::Note;
use crate::retrieval::{Image, Retrieval};
use crate::retry::Tried;
use refresh_urls::UrlRefresher;

/// As many images as a result has.
const CONCURRENCY: usize = 4;

type OnEach<'a> = Box<dyn FnMut(&Result<SavedImage, Error>) + Send + 'a>;

/// A complete image in a directory.
///
/// ```
/// # use useapi_seed_emulator::Emulator;
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # let emulator = Emulator::builder().speed(600.0).start().await?;
/// # let client = useapi_seed::Client::builder(emulator.token()).base_url(emulator.base_url()).build()?;
/// # let jobid = emulator.jobs().imagine.as_str();
/// # let retrieval = client.retrieve(jobid).interval(std::time::Duration::from_millis(20)).await?;
/// # let folder = tempfile::tempdir()?;
/// use useapi_seed::SavedImage;
///
/// fn line(saved: &SavedImage) -> String {
///     format!("{}: {} bytes of {}", saved.path.display(), saved.size, saved.media_type)
/// }
///
/// for saved in client.save_images(&retrieval, &folder).await {
///     println!("{}", line(&saved?));
/// }
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug, Serialize)]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema))]
#[non_exhaustive]
pub struct SavedImage {
    /// Its position among the images, from 1.
    pub number: usize,
    /// The file: `image-1` and the extension of its format.
    pub path: PathBuf,
    /// Its size in bytes.
    pub size: u64,
    /// Its media type, by its content.
    pub media_type: String,
    /// Width and height in pixels, by its content.
    pub dimensions: Option<(u64, u64)>,
    /// How it differs from what the response announced.
    pub mismatches: Vec<Mismatch>,
    /// Whether the directory had it already, so that nothing was downloaded.
    pub reused: bool,
}

impl Client {
    /// Saves all images of a result into a directory, up to four concurrently, as
    /// `image-1.png` and so on. The directory is created if need be; files of the
    /// same name are replaced.
    ///
    /// An image that the directory has already, complete and with all announced
    /// values, is not downloaded again ([`SavedImage::reused`]). So a failed call can
    /// be repeated, and another process may save into the same directory.
    ///
    /// When URLs have expired, the job is polled once and its renewed URLs are used.
    ///
    /// `.await` it as it is, or set options first. There is one outcome for each
    /// image, in order; the images do not depend on each other. Of more than
    /// [`max_images`](crate::ClientBuilder::max_images) the first are saved.
    pub fn save_images<'a>(
        &'a self,
        retrieval: &'a Retrieval,
        folder: impl AsRef<Path>,
    ) -> SaveImages<'a> {
        SaveImages::new(self, retrieval, folder.as_ref().to_owned())
    }

    /// Saves one image into a directory, as [`save_images`](Self::save_images) does,
    /// but without renewing an expired URL: the image does not know its job.
    ///
    /// The file is written under a hidden name in the same directory, and renamed
    /// when it is complete. A failed attempt is retried with backoff for
    /// 30 seconds ([`image_retry_timeout`](crate::ClientBuilder::image_retry_timeout));
    /// an interrupted one is resumed when the host proves that both parts are of
    /// the same version. When [`Image::url`] fails or cannot be used,
    /// [`Image::proxy_url`] is tried.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Image`](crate::ErrorKind::Image) when the image cannot be
    /// downloaded within the limits, or is not complete;
    /// [`ErrorKind::File`](crate::ErrorKind::File) when it cannot be written. A file
    /// of the same name is then as it was, or the complete image when only syncing
    /// the directory failed.
    ///
    /// ```
    /// # use useapi_seed_emulator::Emulator;
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let emulator = Emulator::builder().speed(600.0).start().await?;
    /// # let client = useapi_seed::Client::builder(emulator.token()).base_url(emulator.base_url()).build()?;
    /// # let jobid = emulator.jobs().imagine.as_str();
    /// # let retrieval = client.retrieve(jobid).interval(std::time::Duration::from_millis(20)).await?;
    /// # let folder = tempfile::tempdir()?;
    /// if let Some(image) = retrieval.images().first() {
    ///     let saved = client.save_image(image, &folder).await?;
    ///     println!("{:?}", saved.dimensions);
    /// }
    /// # Ok(())
    /// # }
    /// ```
    pub async fn save_image(
        &self,
        image: &Image,
        folder: impl AsRef<Path>,
    ) -> Result<SavedImage, Error> {
        let (downloader, folder) = (&self.shared.downloader, folder.as_ref());
        let outcome = downloader.save(&source(image), &sink(folder)).await;
        finish(outcome, image.number, folder)
    }
}

/// Saves all images of a result. Made by [`Client::save_images`].
///
/// ```
/// # use useapi_seed_emulator::Emulator;
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # let emulator = Emulator::builder().speed(600.0).start().await?;
/// # let client = useapi_seed::Client::builder(emulator.token()).base_url(emulator.base_url()).build()?;
/// # let jobid = emulator.jobs().imagine.as_str();
/// # let retrieval = client.retrieve(jobid).interval(std::time::Duration::from_millis(20)).await?;
/// # let folder = tempfile::tempdir()?;
/// let mut bytes = 0;
/// let outcomes = client
///     .save_images(&retrieval, &folder)
///     .on_each(|outcome| bytes += outcome.as_ref().map_or(0, |saved| saved.size))
///     .await;
/// println!("{} images of {bytes} bytes", outcomes.len());
/// # assert!(bytes > 0);
/// # Ok(())
/// # }
/// ```
#[must_use = "nothing is saved before it is awaited"]
pub struct SaveImages<'a> {
    client: &'a Client,
    retrieval: &'a Retrieval,
    folder: PathBuf,
    on_each: OnEach<'a>,
}

impl<'a> SaveImages<'a> {
    pub(crate) fn new(client: &'a Client, retrieval: &'a Retrieval, folder: PathBuf) -> Self {
        Self {
            client,
            retrieval,
            folder,
            on_each: Box::new(|_| {}),
        }
    }

    /// Called with each outcome as it comes, in the order of the images.
    pub fn on_each(mut self, on_each: impl FnMut(&Result<SavedImage, Error>) + Send + 'a) -> Self {
        self.on_each = Box::new(on_each);
        self
    }

    /// The warning that not all images will be saved.
    ///
    /// ```
    /// # use useapi_seed_emulator::Emulator;
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let emulator = Emulator::builder().speed(600.0).start().await?;
    /// # let client = useapi_seed::Client::builder(emulator.token()).base_url(emulator.base_url()).build()?;
    /// # let jobid = emulator.jobs().imagine.as_str();
    /// # let retrieval = client.retrieve(jobid).interval(std::time::Duration::from_millis(20)).await?;
    /// # let folder = tempfile::tempdir()?;
    /// let saving = client.save_images(&retrieval, &folder);
    /// if let Some(note) = saving.note() {
    ///     eprintln!("{note}");
    /// }
    /// let outcomes = saving.await;
    /// # assert_eq!(outcomes.len(), 4);
    /// # Ok(())
    /// # }
    /// ```
    #[must_use]
    pub fn note(&self) -> Option<Note> {
        let (listed, limit) = (self.retrieval.images().len(), self.limit());
        (listed > limit).then_some(Note::ImageLimit { listed, limit })
    }

    fn limit(&self) -> usize {
        self.client.shared.max_images
    }

    async fn run(mut self) -> Vec<Result<SavedImage, Error>> {
        let refresher = &UrlRefresher::new(self.client, self.retrieval);
        let images = self.retrieval.images().iter().take(self.limit());
        let saves: Vec<_> = images
            .map(|image| save_refreshed(self.client, image, &self.folder, refresher))
            .collect();
        let job_id = self.retrieval.job_id();
        let on_each = &mut self.on_each;
        stream::iter(saves)
            .buffered(CONCURRENCY)
            .map(|outcome| outcome.map_err(|error| error.with_job_id(Some(job_id))))
            .inspect(on_each)
            .collect()
            .instrument(info_span!(
                "useapi_seed.save_images",
                useapi.job.id = job_id
            ))
            .await
    }
}

impl<'a> IntoFuture for SaveImages<'a> {
    type Output = Vec<Result<SavedImage, Error>>;
    type IntoFuture = Pin<Box<dyn Future<Output = Self::Output> + Send + 'a>>;

    fn into_future(self) -> Self::IntoFuture {
        Box::pin(self.run())
    }
}

impl fmt::Debug for SaveImages<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SaveImages")
            .field("job_id", &self.retrieval.job_id())
            .field("folder", &self.folder)
            .finish_non_exhaustive()
    }
}

/// With a renewed URL when the response's own has expired, within the same time limit.
async fn save_refreshed(
    client: &Client,
    image: &Image,
    folder: &Path,
    refresher: &UrlRefresher<'_>,
) -> Result<SavedImage, Error> {
    let (downloader, sink) = (&client.shared.downloader, sink(folder));
    let started = Instant::now();
    let mut outcome = downloader.save(&source(image), &sink).await;
    if outcome.as_ref().is_err_and(DownloadError::is_expired)
        && let Some(renewed) = refresher.refreshed(image).await
    {
        let left = downloader.timeout().saturating_sub(started.elapsed());
        let downloader = downloader.with_timeout(left);
        outcome = downloader.save(&source(&renewed), &sink).await;
    }
    finish(outcome, image.number, folder)
}

fn sink(folder: &Path) -> Directory {
    Directory::new(folder).with_mode(PutMode::Overwrite)
}

fn source(image: &Image) -> ImageSource {
    let mut source = ImageSource::new(image.number, "");
    source.url.clone_from(&image.url);
    source.fallback_url.clone_from(&image.proxy_url);
    source.size = image.size;
    source.content_type.clone_from(&image.content_type);
    source.width = image.width;
    source.height = image.height;
    source
}

fn finish(
    outcome: Result<images::SavedImage, DownloadError>,
    number: usize,
    folder: &Path,
) -> Result<SavedImage, Error> {
    match outcome {
        Ok(saved) => Ok(SavedImage {
            number: saved.number,
            path: folder.join(saved.name),
            size: saved.size,
            media_type: saved.media_type,
            dimensions: saved.dimensions,
            mismatches: saved.mismatches,
            reused: saved.reused,
        }),
        Err(error) => Err(into_error(error).of_image(number, folder)),
    }
}

fn into_error(error: DownloadError) -> Error {
    let delivery = match error.request_status() {
        RequestStatus::NotSent => Delivery::NotSent,
        RequestStatus::MayHaveBeenSent => Delivery::MayHaveBeenSent,
        RequestStatus::ResponseReceived => Delivery::Answered,
    };
    let tried = Tried {
        attempts: error.attempts(),
        elapsed: error.elapsed(),
    };
    let (reason, source) = error.into_parts();
    let kind = match reason {
        ImageError::Storage => ErrorKind::File,
        reason => ErrorKind::Image(reason),
    };
    let error = Error::new(kind, delivery).with_tried(tried);
    match source {
        Some(source) => error.with_source(source),
        None => error,
    }
}
