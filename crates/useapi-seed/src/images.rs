//! Fetching and saving images.
//!
//! Images come from another host than the API. They are fetched with a client
//! of their own, which has never seen the token, and they are saved under names
//! of this crate's making: what the service calls a file never becomes a path.

mod address;
mod fault;
mod picture;
mod resolver;

use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;

use futures_util::{StreamExt, stream};
use reqwest::header::{ACCEPT, HeaderValue};
use serde::Serialize;
use tempfile::NamedTempFile;
use tokio::io::AsyncWriteExt;
use url::Url;

pub use fault::{Difference, ImageFault};

use crate::client::Client;
use crate::error::{Delivery, Error, ErrorKind};
use crate::retrieval::{Image, Retrieval};
use address::Addresses;
use picture::Inspection;
use resolver::Resolver;

/// As many as there should be; an answer may list any number.
const AT_ONCE: usize = 4;
/// A body without an end must not fill the disk: 256 MiB.
const SIZE_LIMIT: u64 = 256 * 1024 * 1024;
/// Nor must a slow one go on for ever.
const TIMEOUT: Duration = Duration::from_secs(10 * 60);
/// How much of a refusal's body an error shows.
const EXCERPT_BYTES: usize = 200;

/// Fetches images; knows nothing of the API but whether it is local.
#[derive(Clone)]
pub(crate) struct Downloader {
    http: reqwest::Client,
    addresses: Addresses,
}

/// An image on disk, whole.
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
}

impl Client {
    /// Saves all images of a result into a folder, four at once, as
    /// `image-1.png` and so on. The folder is made when it does not exist; files of the same
    /// name are replaced.
    ///
    /// One outcome for each image, in order: an image that fails keeps none of
    /// the others back.
    pub async fn save_images(
        &self,
        retrieval: &Retrieval,
        folder: impl AsRef<Path>,
    ) -> Vec<Result<SavedImage, Error>> {
        let folder = folder.as_ref();
        let images = retrieval.images().iter();
        let outcomes: Vec<_> = images.map(|image| self.save_image(image, folder)).collect();
        let job_id = Some(retrieval.job_id());
        stream::iter(outcomes)
            .buffered(AT_ONCE)
            .map(|outcome| outcome.map_err(|error| error.with_job_id(job_id)))
            .collect()
            .await
    }

    /// Saves one image into a folder, as [`save_images`](Self::save_images)
    /// does.
    ///
    /// The file is written under a temporary name in the same folder, and gets
    /// its own when it is whole.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Image`] when the image cannot be had within ten minutes, is
    /// over 256 MiB or is not whole, [`ErrorKind::File`] when it cannot be
    /// written. No file is left.
    pub async fn save_image(
        &self,
        image: &Image,
        folder: impl AsRef<Path>,
    ) -> Result<SavedImage, Error> {
        self.downloader.save(image, folder.as_ref()).await
    }
}

impl Downloader {
    pub(crate) fn new(
        api_is_loopback: bool,
        configure: impl FnOnce(reqwest::ClientBuilder) -> reqwest::ClientBuilder,
    ) -> Result<Self, Error> {
        let addresses = Addresses::for_api(api_is_loopback);
        let mut http = reqwest::Client::builder().timeout(TIMEOUT);
        if api_is_loopback {
            // Nor does a proxy lead to images on this machine.
            http = http.no_proxy();
        }
        let http = configure(http)
            .redirect(addresses.redirects())
            .referer(false)
            .dns_resolver(Resolver::new(addresses))
            .build()
            .map_err(|fault| {
                Error::invalid_input("HTTP settings", "cannot be applied").with_source(fault)
            })?;
        Ok(Self { http, addresses })
    }

    async fn save(&self, image: &Image, folder: &Path) -> Result<SavedImage, Error> {
        let mut response = self.request(image).await?;
        tokio::fs::create_dir_all(folder)
            .await
            .map_err(Error::file)?;
        let temporary = temporary_file(folder).map_err(Error::file)?;
        let mut file = tokio::fs::File::from_std(temporary.reopen().map_err(Error::file)?);
        let mut inspection = Inspection::default();
        loop {
            match response.chunk().await {
                Ok(Some(chunk)) => {
                    inspection.take(&chunk).map_err(image_error)?;
                    if inspection.size() > SIZE_LIMIT {
                        return Err(image_error(ImageFault::TooLarge(SIZE_LIMIT)));
                    }
                    file.write_all(&chunk).await.map_err(Error::file)?;
                }
                Ok(None) => break,
                Err(fault) => {
                    let size = inspection.size();
                    return Err(image_error(ImageFault::Cut(size)).with_source(without_link(fault)));
                }
            }
        }
        let kind = inspection.finish().map_err(image_error)?;
        // `sync_all` alone forgets the fault of a write that is still under way.
        file.flush().await.map_err(Error::file)?;
        file.sync_all().await.map_err(Error::file)?;
        drop(file);

        let path = folder.join(format!("image-{}.{}", image.number, kind.extension()));
        let dimensions = dimensions(temporary.path().to_owned()).await;
        persist(temporary, path.clone())
            .await
            .map_err(Error::file)?;
        let saved = SavedImage {
            number: image.number,
            path,
            size: inspection.size(),
            media_type: kind.mime_type(),
            dimensions,
            differences: Vec::new(),
        };
        Ok(SavedImage {
            differences: fault::differences(image, &saved),
            ..saved
        })
    }

    /// The host's answer, when it is a success.
    async fn request(&self, image: &Image) -> Result<reqwest::Response, Error> {
        let link = image
            .url
            .as_deref()
            .ok_or_else(|| image_error(ImageFault::NoLink))?;
        let url = Url::parse(link)
            .map_err(|fault| image_error(ImageFault::BadLink(format!("is no address: {fault}"))))?;
        self.addresses
            .check(&url)
            .map_err(|fault| image_error(ImageFault::BadLink(fault)))?;
        let response = self
            .http
            .get(url)
            .header(ACCEPT, HeaderValue::from_static("image/*"))
            .send()
            .await
            .map_err(no_answer)?;
        if response.status().is_success() {
            return Ok(response);
        }
        let status = response.status();
        let body = excerpt(response).await;
        // After a link has expired the content network answers 404.
        Err(image_error(match status.as_u16() {
            403 | 404 | 410 => ImageFault::Gone { status, body },
            _ => ImageFault::Refused { status, body },
        }))
    }
}

fn no_answer(fault: reqwest::Error) -> Error {
    let delivery = if fault.is_connect() {
        Delivery::NotSent
    } else {
        Delivery::MayHaveBeenSent
    };
    Error::new(ErrorKind::Image(ImageFault::NoAnswer), delivery).with_source(without_link(fault))
}

fn image_error(fault: ImageFault) -> Error {
    let delivery = match fault {
        ImageFault::NoLink | ImageFault::BadLink(_) => Delivery::NotSent,
        _ => Delivery::Answered,
    };
    Error::new(ErrorKind::Image(fault), delivery)
}

/// A link is a key to the picture; it stays out of errors.
fn without_link(fault: reqwest::Error) -> reqwest::Error {
    fault.without_url()
}

async fn excerpt(mut response: reqwest::Response) -> String {
    let mut body = Vec::new();
    while body.len() < EXCERPT_BYTES {
        match response.chunk().await {
            Ok(Some(chunk)) => body.extend_from_slice(&chunk),
            _ => break,
        }
    }
    body.truncate(EXCERPT_BYTES);
    String::from_utf8_lossy(&body).escape_debug().to_string()
}

/// Hidden, and gone when dropped.
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

async fn dimensions(path: PathBuf) -> Option<(u64, u64)> {
    let size = tokio::task::spawn_blocking(move || imagesize::size(path).ok())
        .await
        .ok()??;
    Some((size.width.try_into().ok()?, size.height.try_into().ok()?))
}

async fn persist(temporary: NamedTempFile, path: PathBuf) -> io::Result<()> {
    tokio::task::spawn_blocking(move || temporary.persist(path).map(drop))
        .await
        .map_err(io::Error::other)?
        .map_err(|fault| fault.error)
}
