//! Fetching and saving images.
//!
//! Images come from another host than the API. They are fetched with a client
//! of their own, which has never seen the token, and they are saved under names
//! of this crate's making: what the service calls a file never becomes a path.

mod address;
mod attempts;
mod completeness;
mod fault;
mod host;
mod limits;
mod part;
mod picture;
mod present;
mod renewal;
mod resolver;
mod rest;
mod save_images;
mod structure;
#[cfg(test)]
mod tests;
mod transfer;

use std::path::{Path, PathBuf};
use std::time::Duration;

use serde::Serialize;
use tokio::time::{Instant, timeout_at};
use tracing::{Instrument, Span, field, info_span};
use url::Url;

pub use fault::{Difference, ImageFault};
pub use save_images::SaveImages;

use crate::client::Client;
use crate::error::{Delivery, Error};
use crate::retrieval::{Image, Retrieval};
use attempts::Attempts;
use fault::image_error;
use host::Host;
pub(crate) use limits::Limits;
use part::Part;
use renewal::Renewal;
use transfer::Transfer;

/// Some hosts serve one connection at a time: an idle one must not hold up the
/// others.
const IDLE_TIMEOUT: Duration = Duration::from_millis(250);

/// Fetches images.
#[derive(Clone)]
pub(crate) struct Downloader {
    host: Host,
    pub(crate) limits: Limits,
}

/// An image on disk, whole.
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
    /// Its place among the images, from 1.
    pub number: usize,
    /// The file: `image-N` with the extension of what it really is.
    pub path: PathBuf,
    /// Its size in bytes.
    pub size: u64,
    /// Its media type, by its content.
    pub media_type: &'static str,
    /// Width and height in pixels, by its content.
    pub dimensions: Option<(u64, u64)>,
    /// Where it differs from what the answer announced.
    pub differences: Vec<Difference>,
    /// Whether the folder had it already, so that nothing was fetched.
    pub was_there: bool,
}

impl Client {
    /// Saves all images of a result into a folder, four at once, as
    /// `image-1.png` and so on. The folder is made when it does not exist; files
    /// of the same name are replaced.
    ///
    /// An image that the folder has already, whole and of the announced size, is
    /// not fetched again ([`SavedImage::was_there`]); nor must it differ from
    /// anything else that the answer announced. So a call that went wrong can be
    /// repeated, and another process may save into the same folder meanwhile.
    ///
    /// When the host calls a link expired, the job is asked for once, and its
    /// fresh links are tried.
    ///
    /// `.await` it as it is, or set options first. There is one outcome for each
    /// image, in order: an image that fails keeps none of the others back. Of more
    /// than [`max_images`](crate::ClientBuilder::max_images) the first are saved.
    pub fn save_images<'a>(
        &'a self,
        retrieval: &'a Retrieval,
        folder: impl AsRef<Path>,
    ) -> SaveImages<'a> {
        SaveImages::new(self, retrieval, folder.as_ref().to_owned())
    }

    /// Saves one image into a folder, as [`save_images`](Self::save_images)
    /// does. But a link that has expired stays so: this does not know the job
    /// that has a fresh one.
    ///
    /// The file is written under a temporary name in the same folder, and gets
    /// its own when it is complete. A failed attempt is retried with backoff for
    /// 30 seconds ([`image_retry_timeout`](crate::ClientBuilder::image_retry_timeout));
    /// an interrupted one is resumed when the host proves that both parts are of
    /// the same version. When [`Image::url`] fails or cannot be used,
    /// [`Image::proxy_url`] is tried.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Image`](crate::ErrorKind::Image) when the image cannot be
    /// had within the limits of time and size, or is not whole;
    /// [`ErrorKind::File`](crate::ErrorKind::File) when it cannot be written.
    /// Under the image's name there is then what was there before, or the whole
    /// image, when only writing the folder down failed.
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
        let deadline = self.shared.downloader.deadline();
        self.shared
            .downloader
            .save(image, folder.as_ref(), deadline)
            .await
    }
}

impl Downloader {
    pub(crate) fn new(
        api_is_loopback: bool,
        limits: Limits,
        configure: impl FnOnce(reqwest::ClientBuilder) -> reqwest::ClientBuilder,
    ) -> Result<Self, Error> {
        Ok(Self {
            host: Host::new(api_is_loopback, |http| {
                configure(http.pool_idle_timeout(IDLE_TIMEOUT))
            })?,
            limits,
        })
    }

    /// None when there is no such time.
    fn deadline(&self) -> Option<Instant> {
        Instant::now().checked_add(self.limits.time)
    }

    /// With a fresh link when the answer's own has expired.
    async fn save_renewed(
        &self,
        image: &Image,
        folder: &Path,
        renewal: &Renewal<'_>,
    ) -> Result<SavedImage, Error> {
        let deadline = self.deadline();
        let outcome = self.save(image, folder, deadline).await;
        match outcome {
            Err(error) if renewal::is_due(&error) => match renewal.of(image).await {
                Some(fresh) => self.save(&fresh, folder, deadline).await,
                None => Err(error),
            },
            outcome => outcome,
        }
    }

    async fn save(
        &self,
        image: &Image,
        folder: &Path,
        deadline: Option<Instant>,
    ) -> Result<SavedImage, Error> {
        let span = download_span(image);
        let saving = self.saved(image, folder, deadline);
        let outcome = saving.instrument(span.clone()).await;
        match &outcome {
            Ok(saved) => {
                span.record("useapi.image.size", saved.size);
                span.record("useapi.image.was_there", saved.was_there);
                span.record("useapi.delivery", Delivery::Answered.as_str());
            }
            Err(error) => {
                span.record("otel.status_code", "ERROR");
                span.record("error.type", error.type_name());
                span.record("useapi.delivery", error.delivery().as_str());
            }
        }
        outcome.map_err(|error| error.of_image(image.number, folder))
    }

    /// Where the image may be downloaded, in the order of preference.
    fn urls(&self, image: &Image) -> Result<Vec<Url>, Error> {
        let (mut urls, mut error) = (Vec::new(), None);
        for link in [&image.url, &image.proxy_url].into_iter().flatten() {
            match self.host.address_of(link) {
                Ok(url) if urls.contains(&url) => {}
                Ok(url) => urls.push(url),
                Err(rejected) => error = error.or(Some(rejected)),
            }
        }
        if urls.is_empty() {
            return Err(error.unwrap_or_else(|| image_error(ImageFault::NoLink)));
        }
        Ok(urls)
    }

    async fn saved(
        &self,
        image: &Image,
        folder: &Path,
        deadline: Option<Instant>,
    ) -> Result<SavedImage, Error> {
        if let Some(saved) = present::find(image, folder).await {
            return Ok(saved);
        }
        let urls = self.urls(image)?;
        let part = Part::in_folder(folder).await.map_err(Error::file)?;
        let mut transfer = Transfer::new(&self.host, image.size, part, &self.limits);
        let attempts = Attempts::new(urls, self.limits, deadline, Instant::now());
        let outcome = match deadline {
            Some(deadline) => timeout_at(deadline, transfer.run(attempts)).await,
            None => Ok(transfer.run(attempts).await),
        };
        match outcome {
            Ok(outcome) => outcome?,
            Err(_) => return Err(image_error(ImageFault::TooSlow(transfer.size()))),
        }
        let mut part = transfer.into_part();

        let (size, kind) = (part.size(), part.finish().await?);
        let dimensions = dimensions(part.path().to_owned()).await;
        let path = folder.join(format!("image-{}.{}", image.number, kind.extension()));
        part.keep(path.clone()).await.map_err(Error::file)?;
        let saved = SavedImage {
            number: image.number,
            path,
            size,
            media_type: kind.mime_type(),
            dimensions,
            differences: Vec::new(),
            was_there: false,
        };
        Ok(SavedImage {
            differences: fault::differences(image, &saved),
            ..saved
        })
    }
}

/// Of a URL only the host is recorded: the rest is a key to the image.
fn download_span(image: &Image) -> Span {
    info_span!(
        "useapi_seed.download",
        otel.kind = "client",
        otel.status_code = field::Empty,
        error.type = field::Empty,
        http.request.method = "GET",
        http.response.status_code = field::Empty,
        useapi.attempt = field::Empty,
        useapi.delivery = field::Empty,
        server.address = field::Empty,
        server.port = field::Empty,
        useapi.image.number = image.number,
        useapi.image.size = field::Empty,
        useapi.image.was_there = field::Empty,
    )
}

async fn dimensions(path: PathBuf) -> Option<(u64, u64)> {
    tokio::task::spawn_blocking(move || dimensions_of(&path))
        .await
        .ok()?
}

fn dimensions_of(path: &Path) -> Option<(u64, u64)> {
    let size = imagesize::size(path).ok()?;
    Some((size.width.try_into().ok()?, size.height.try_into().ok()?))
}
