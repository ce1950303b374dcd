//! Saves the images of a result.
//!
//! The crate `useapi-seed-images` downloads them; this adds what needs the API and its
//! result.

use std::collections::BTreeSet;
use std::fmt;
use std::future::{Future, IntoFuture};
use std::path::Path;
use std::pin::Pin;
use std::sync::Arc;

use futures_util::stream::{self, Stream, StreamExt};
use tokio::sync::OnceCell;
use tokio::time::Instant;
use tracing::{Instrument, info_span};
use useapi_seed_images::{
    Directory, DownloadError, ImageError, ImageSource, PutMode, SavedImage, Sink,
};

use crate::attempts::Attempts;
use crate::client::Client;
use crate::error::{Error, ErrorKind, RequestStatus};
use crate::job::PollResult;
use crate::result::{Image, SeedResult};
use crate::warning::Warning;

/// As many images as a result usually has.
const CONCURRENCY: usize = 4;

/// The document that marks a complete job.
const JOB_DOCUMENT: &str = "job.json";

/// Saves the images of a result. Made by [`Client::save_images`] and
/// [`Client::save_images_to`]; `.await` it for all outcomes, or read each when it
/// is known.
///
/// ```
/// # mod docs { include!(concat!(env!("CARGO_MANIFEST_DIR"), "/docs/harness.rs")); }
/// # docs::example(async |client, job_id| {
/// # let result = client.retrieve(job_id).await?;
/// # let directory = tempfile::tempdir()?;
/// use futures_util::StreamExt;
///
/// let saving = client.save_images(&result, &directory);
/// if let Some(warning) = saving.warning() {
///     eprintln!("{warning}");
/// }
/// let mut outcomes = saving.into_stream();
/// while let Some(outcome) = outcomes.next().await {
///     let saved = outcome?;
///     println!("{}: {} bytes of {}", saved.name, saved.size, saved.media_type);
/// }
/// # Ok(())
/// # });
/// ```
#[must_use = "nothing is saved unless it is awaited"]
pub struct SaveImages<'a> {
    client: &'a Client,
    result: &'a SeedResult,
    sink: Target<'a>,
    /// None for all images.
    numbers: Option<BTreeSet<usize>>,
    /// The result with renewed URLs, polled when the first one has expired, and once
    /// only: one response has the URLs of all images.
    renewed: OnceCell<Option<SeedResult>>,
}

enum Target<'a> {
    Directory(Directory),
    Sink(&'a dyn Sink),
}

impl Target<'_> {
    fn sink(&self) -> &dyn Sink {
        match self {
            Self::Directory(directory) => directory,
            Self::Sink(sink) => *sink,
        }
    }
}

impl Client {
    /// Saves the images of a result into a directory, four concurrently, as
    /// `image-1.png` and so on. The directory is created if need be; files of the same
    /// name are replaced.
    ///
    /// An image that the directory already has, complete and with all announced values,
    /// is not downloaded again ([`SavedImage::reused`]). So a failed call can be
    /// repeated, and another process may save into the same directory. A file gets its
    /// name when it is complete.
    ///
    /// A failed attempt is retried with backoff for 30 s
    /// ([`image_retry_timeout`](crate::ClientBuilder::image_retry_timeout)); an
    /// interrupted one is resumed when the host proves that both parts are of the same
    /// version. When [`Image::url`] cannot be used, [`Image::proxy_url`] is tried. When
    /// URLs have expired, the job is polled once and its renewed URLs are used.
    ///
    /// There is one outcome per image, in order: an [`ErrorKind::Image`] or
    /// [`ErrorKind::Io`] does not affect the other images. Of more than
    /// [`max_images`](crate::ClientBuilder::max_images) the first are saved.
    pub fn save_images<'a>(
        &'a self,
        result: &'a SeedResult,
        directory: impl AsRef<Path>,
    ) -> SaveImages<'a> {
        let directory = Directory::new(directory.as_ref()).with_mode(PutMode::Overwrite);
        SaveImages::new(self, result, Target::Directory(directory))
    }

    /// As [`save_images`](Self::save_images), into any [`Sink`], such as an object
    /// store.
    ///
    /// ```
    /// # mod docs { include!(concat!(env!("CARGO_MANIFEST_DIR"), "/docs/harness.rs")); }
    /// # docs::example(async |client, job_id| {
    /// # let result = client.retrieve(job_id).await?;
    /// # let directory = tempfile::tempdir()?;
    /// use useapi_seed::images::Directory;
    ///
    /// // Existing files are not replaced.
    /// let sink = Directory::new(directory.path());
    /// for outcome in client.save_images_to(&result, &sink).await {
    ///     println!("{}", outcome?.name);
    /// }
    /// # Ok(())
    /// # });
    /// ```
    pub fn save_images_to<'a>(
        &'a self,
        result: &'a SeedResult,
        sink: &'a dyn Sink,
    ) -> SaveImages<'a> {
        SaveImages::new(self, result, Target::Sink(sink))
    }

    /// Saves the images of a result into a [`Sink`], and then `job.json`: its presence
    /// marks a complete job. It contains the result as JSON; one that exists is kept.
    ///
    /// # Errors
    ///
    /// The first image's error; then there is no `job.json`, and the call can be
    /// repeated. [`ErrorKind::InvalidInput`] when the result has more images than
    /// [`max_images`](crate::ClientBuilder::max_images).
    ///
    /// ```
    /// # mod docs { include!(concat!(env!("CARGO_MANIFEST_DIR"), "/docs/harness.rs")); }
    /// # docs::example(async |client, job_id| {
    /// # let result = client.retrieve(job_id).await?;
    /// # let directory = tempfile::tempdir()?;
    /// use useapi_seed::images::Directory;
    ///
    /// let sink = Directory::new(directory.path());
    /// let saved = client.save_result(&result, &sink).await?;
    /// assert_eq!(saved.len(), result.images().len());
    /// let document = std::fs::read(directory.path().join("job.json"))?;
    /// let restored: useapi_seed::SeedResult = serde_json::from_slice(&document)?;
    /// assert_eq!(restored.seed(), result.seed());
    /// # Ok(())
    /// # });
    /// ```
    pub async fn save_result(
        &self,
        result: &SeedResult,
        sink: &dyn Sink,
    ) -> Result<Vec<SavedImage>, Error> {
        let saving = self.save_images_to(result, sink);
        if let Some(warning) = saving.warning() {
            let reason = format!("is too small: {warning}");
            return Err(Error::invalid_input("max_images", reason));
        }
        let saved = saving.await.into_iter().collect::<Result<_, _>>()?;
        let job_id = Some(result.job_id());
        let document = serde_json::to_vec(result)
            .map_err(|error| io_error(error.into()).with_job_id(job_id))?;
        match sink
            .put_document(JOB_DOCUMENT, document.into(), PutMode::Create)
            .await
        {
            Err(error) if !error.is_already_exists() => {
                Err(io_error(error.into()).with_job_id(job_id))
            }
            _ => Ok(saved),
        }
    }
}

impl<'a> SaveImages<'a> {
    fn new(client: &'a Client, result: &'a SeedResult, sink: Target<'a>) -> Self {
        Self {
            client,
            result,
            sink,
            numbers: None,
            renewed: OnceCell::new(),
        }
    }

    /// Saves only the images with these numbers (from 1), in the order of the result.
    /// Numbers that the result does not have are ignored;
    /// [`max_images`](crate::ClientBuilder::max_images) limits the rest.
    ///
    /// ```
    /// # mod docs { include!(concat!(env!("CARGO_MANIFEST_DIR"), "/docs/harness.rs")); }
    /// # docs::example(async |client, job_id| {
    /// # let result = client.retrieve(job_id).await?;
    /// # let directory = tempfile::tempdir()?;
    /// let outcomes = client.save_images(&result, &directory).with_numbers([2, 4]).await;
    /// let mut names = Vec::new();
    /// for outcome in outcomes {
    ///     names.push(outcome?.name);
    /// }
    /// assert_eq!(names, ["image-2.png", "image-4.png"]);
    /// # Ok(())
    /// # });
    /// ```
    pub fn with_numbers(mut self, numbers: impl IntoIterator<Item = usize>) -> Self {
        self.numbers = Some(numbers.into_iter().collect());
        self
    }

    fn images(&self) -> impl Iterator<Item = &'a Image> + use<'a> {
        let numbers = self.numbers.clone();
        let is_selected = move |image: &&Image| {
            numbers
                .as_ref()
                .is_none_or(|numbers| numbers.contains(&image.number))
        };
        self.result.images().iter().filter(is_selected)
    }

    /// The warning that not all selected images will be saved.
    #[must_use]
    pub fn warning(&self) -> Option<Warning> {
        let (listed, limit) = (self.images().count(), self.client.shared.max_images);
        (listed > limit).then_some(Warning::ImageLimit { listed, limit })
    }

    /// The outcomes in the order of the images, each as soon as it and those before it
    /// are known.
    pub fn into_stream(
        self,
    ) -> impl Stream<Item = Result<SavedImage, Error>> + Send + Unpin + use<'a> {
        let (job_id, limit) = (self.result.job_id(), self.client.shared.max_images);
        let span = info_span!("useapi_seed.save_images", useapi.job.id = job_id);
        let images = self.images().take(limit);
        let saving = Arc::new(self);
        stream::iter(images)
            .map(move |image| {
                let saving = Arc::clone(&saving);
                async move { saving.save(image).await }.instrument(span.clone())
            })
            .buffered(CONCURRENCY)
            .boxed()
    }

    /// With a renewed URL when the result's has expired, within the same time limit.
    async fn save(&self, image: &Image) -> Result<SavedImage, Error> {
        let (downloader, sink) = (&self.client.shared.downloader, self.sink.sink());
        let started = Instant::now();
        let mut outcome = downloader.save(&source(image), sink).await;
        if let Err(error) = &outcome
            && error.reason().is_expired()
            && let Some(renewed) = self.renewed(image).await
        {
            let left = downloader.timeout().saturating_sub(started.elapsed());
            let downloader = downloader.with_timeout(left);
            outcome = downloader.save(&source(renewed), sink).await;
        }
        outcome.map_err(|error| {
            let error = into_error(error).for_image(image.number, sink.directory());
            error.with_job_id(Some(self.result.job_id()))
        })
    }

    /// The image with other URLs; none when a new response has none, or when the poll
    /// fails: then the error of the image's host stands.
    async fn renewed(&self, image: &Image) -> Option<&Image> {
        let poll = || async {
            match self.client.job(self.result.job_id()).poll().await {
                Ok(PollResult::Completed(new)) if new.seed() == self.result.seed() => Some(new),
                _ => None,
            }
        };
        let renewed = self.renewed.get_or_init(poll).await.as_ref()?;
        let mut images = renewed.images().iter();
        images
            .find(|other| other.number == image.number)
            .filter(|other| (&other.url, &other.proxy_url) != (&image.url, &image.proxy_url))
    }
}

impl<'a> IntoFuture for SaveImages<'a> {
    type Output = Vec<Result<SavedImage, Error>>;
    type IntoFuture = Pin<Box<dyn Future<Output = Self::Output> + Send + 'a>>;

    fn into_future(self) -> Self::IntoFuture {
        Box::pin(self.into_stream().collect())
    }
}

impl fmt::Debug for SaveImages<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SaveImages")
            .field("job_id", &self.result.job_id())
            .field("directory", &self.sink.sink().directory())
            .finish_non_exhaustive()
    }
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

fn io_error(source: Box<dyn std::error::Error + Send + Sync>) -> Error {
    Error::new(ErrorKind::Io, RequestStatus::ResponseReceived).with_source(source)
}

fn into_error(error: DownloadError) -> Error {
    let attempts = Attempts {
        count: error.attempts(),
        elapsed: error.elapsed(),
    };
    let (reason, source) = error.into_parts();
    let is_unsent = |source: &reqwest::Error| source.is_connect();
    let request_status = match (&reason, &source) {
        (ImageError::MissingUrl | ImageError::InvalidUrl(_), _) => RequestStatus::NotSent,
        (ImageError::Unreachable, Some(source)) if source.downcast_ref().is_some_and(is_unsent) => {
            RequestStatus::NotSent
        }
        (ImageError::Unreachable, _) => RequestStatus::MayHaveBeenSent,
        _ => RequestStatus::ResponseReceived,
    };
    let kind = match reason {
        ImageError::Storage => ErrorKind::Io,
        reason => ErrorKind::Image(reason),
    };
    let error = Error::new(kind, request_status).with_attempts(attempts);
    match source {
        Some(source) => error.with_source(source),
        None => error,
    }
}
