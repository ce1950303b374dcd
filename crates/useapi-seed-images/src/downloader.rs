//! The downloader and its settings.

use std::fmt;
use std::path::Path;
use std::time::Duration;

use tokio::time::{Instant, timeout};
use tracing::{Instrument, Span, field, info_span};
use url::Url;

use crate::attempts::Attempts;
use crate::error::{ImageError, Result};
use crate::http::ImageClient;
use crate::limits::Limits;
use crate::mismatch::mismatches;
use crate::partial_file::PartialFile;
use crate::saved::{SavedImage, find};
use crate::sink::Sink;
use crate::source::ImageSource;
use crate::spool::{Spool, blocking};
use crate::transfer::Transfer;
use crate::verified::VerifiedImage;

/// Downloads images.
///
/// Cheap to clone; clones share their connections.
#[derive(Clone)]
pub struct Downloader {
    http: ImageClient,
    limits: Limits,
}

impl Downloader {
    /// A downloader to configure.
    #[must_use]
    pub fn builder() -> DownloaderBuilder {
        DownloaderBuilder {
            allow_local: false,
            limits: Limits::default(),
            http: Box::new(|http| http),
        }
    }

    /// A clone with another [`timeout`](DownloaderBuilder::timeout).
    #[must_use]
    pub fn with_timeout(&self, timeout: Duration) -> Self {
        let mut clone = self.clone();
        clone.limits.time = timeout;
        clone
    }

    /// The time limit of a download, with all attempts.
    #[must_use]
    pub fn timeout(&self) -> Duration {
        self.limits.time
    }

    /// Downloads an image into a temporary file, and returns it when it is complete.
    ///
    /// A failed attempt is retried with backoff; an interrupted one is resumed where
    /// the host proves that both parts are of the same version.
    ///
    /// # Errors
    ///
    /// When the image cannot be downloaded within the limits, or is not complete.
    pub async fn download(&self, source: &ImageSource) -> Result<VerifiedImage> {
        traced(source, self.fetch(source, None)).await
    }

    /// Downloads an image into a sink, unless the sink has it already.
    ///
    /// # Errors
    ///
    /// As [`download`](Self::download); and when the sink cannot store the image, or
    /// has another one of that name and does not replace it
    /// ([`is_already_exists`](crate::DownloadError::is_already_exists)).
    pub async fn save(&self, source: &ImageSource, sink: &dyn Sink) -> Result<SavedImage> {
        let storing = async {
            let saved = self.store(source, sink).await?;
            Span::current().record("useapi.image.size", saved.size);
            Span::current().record("useapi.image.reused", saved.reused);
            Ok(saved)
        };
        traced(source, storing).await
    }

    async fn store(&self, source: &ImageSource, sink: &dyn Sink) -> Result<SavedImage> {
        if let Some(saved) = find(source, sink).await? {
            return Ok(saved);
        }
        let image = self.fetch(source, sink.directory()).await?;
        let mut saved = SavedImage::new(source, String::new(), &image.image, false);
        match sink.put_image(&source.stem(), image).await {
            Ok(name) => {
                saved.name = name;
                Ok(saved)
            }
            // By another process, or by a put whose response was lost.
            Err(err) if err.is_already_exists() => {
                find(source, sink).await?.ok_or_else(|| err.into())
            }
            Err(err) => Err(err.into()),
        }
    }

    async fn fetch(&self, source: &ImageSource, directory: Option<&Path>) -> Result<VerifiedImage> {
        let (urls, limits) = (self.urls(source)?, self.limits);
        if limits.time.is_zero() {
            // The timer itself would let a millisecond pass.
            return Err(ImageError::Timeout(0).into());
        }
        let directory = directory.map(Path::to_owned);
        let spool = blocking(move || Spool::new(directory.as_deref())).await?;
        let file = PartialFile::new(spool)?;
        let mut transfer = Transfer::new(&self.http, source.size, file, &limits);
        let attempts = Attempts::new(urls, limits, Instant::now());
        let image = match timeout(limits.time, transfer.run(attempts)).await {
            Ok(outcome) => outcome?,
            Err(_) => return Err(ImageError::Timeout(transfer.file.size).into()),
        };
        Span::current().record("useapi.image.size", image.size);
        Ok(VerifiedImage {
            mismatches: mismatches(source, &image),
            spool: transfer.file.spool,
            image,
        })
    }

    /// The usable URLs in order of preference.
    fn urls(&self, source: &ImageSource) -> Result<Vec<Url>, ImageError> {
        let (mut urls, mut error) = (Vec::new(), None);
        for url in [&source.url, &source.fallback_url].into_iter().flatten() {
            match self.http.url_of(url) {
                Ok(url) if urls.contains(&url) => {}
                Ok(url) => urls.push(url),
                Err(rejected) => error = error.or(Some(rejected)),
            }
        }
        if urls.is_empty() {
            return Err(error.unwrap_or(ImageError::MissingUrl));
        }
        Ok(urls)
    }
}

/// Of a URL only the host is recorded: the rest is a key to the image.
async fn traced<T>(source: &ImageSource, work: impl Future<Output = Result<T>>) -> Result<T> {
    let span = info_span!(
        "useapi_seed.download",
        otel.kind = "client",
        otel.status_code = field::Empty,
        error.type = field::Empty,
        http.request.method = "GET",
        http.response.status_code = field::Empty,
        useapi.attempt = field::Empty,
        useapi.request.status = "not_sent",
        server.address = field::Empty,
        server.port = field::Empty,
        useapi.image.number = source.number,
        useapi.image.size = field::Empty,
        useapi.image.reused = field::Empty,
    );
    let outcome = work.instrument(span.clone()).await;
    if let Err(error) = &outcome {
        let is_storage = *error.reason() == ImageError::Storage;
        span.record("otel.status_code", "ERROR");
        span.record("error.type", if is_storage { "file" } else { "image" });
    }
    outcome
}

impl fmt::Debug for Downloader {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Downloader")
            .field("limits", &self.limits)
            .finish_non_exhaustive()
    }
}

type Configure = Box<dyn FnOnce(reqwest::ClientBuilder) -> reqwest::ClientBuilder + Send>;

/// Settings of a [`Downloader`].
///
/// ```
/// use std::time::Duration;
/// use useapi_seed_images::Downloader;
///
/// let downloader = Downloader::builder()
///     .timeout(Duration::from_secs(120))
///     .retry_timeout(Duration::from_secs(20))
///     .size_limit(64 * 1024 * 1024)
///     .allow_local_addresses(false)
///     .http_client(|http| http.user_agent("my-service/1.0"))
///     .build()?;
/// let patient = downloader.with_timeout(2 * downloader.timeout());
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub struct DownloaderBuilder {
    allow_local: bool,
    limits: Limits,
    http: Configure,
}

impl DownloaderBuilder {
    /// The time limit of one download, with all attempts; defaults to 10 minutes.
    #[must_use]
    pub fn timeout(mut self, timeout: Duration) -> Self {
        self.limits.time = timeout;
        self
    }

    /// How long consecutive failed attempts are retried, at least three in any case;
    /// defaults to 30 seconds. A permanent error, such as 404, is not retried.
    #[must_use]
    pub fn retry_timeout(mut self, timeout: Duration) -> Self {
        self.limits.retry_timeout = timeout;
        self
    }

    /// The maximum size of an image in bytes; defaults to 256 MiB.
    #[must_use]
    pub fn size_limit(mut self, bytes: u64) -> Self {
        self.limits.size = bytes;
        self
    }

    /// Whether loopback addresses and private networks are allowed, and proxies of
    /// the environment ignored; defaults to false. For tests and local servers.
    ///
    /// Without it a URL, or a redirect, is rejected when its name or address is not
    /// public, or when its name has an address that is not; and in any case a redirect
    /// from `https` to `http`. A proxy may be anywhere, but no URL may lead to it. It
    /// resolves names itself: what only the proxy can resolve, or resolves to another
    /// address, is for its own rules to reject.
    #[must_use]
    pub fn allow_local_addresses(mut self, allow: bool) -> Self {
        self.allow_local = allow;
        self
    }

    /// Further settings of the HTTP client, which are applied last; but redirects,
    /// compression and name resolution stay as this crate needs them.
    #[must_use]
    pub fn http_client(
        mut self,
        configure: impl FnOnce(reqwest::ClientBuilder) -> reqwest::ClientBuilder + Send + 'static,
    ) -> Self {
        self.http = Box::new(configure);
        self
    }

    /// Builds the downloader.
    ///
    /// # Errors
    ///
    /// When the settings of the HTTP client cannot be applied.
    pub fn build(self) -> reqwest::Result<Downloader> {
        Ok(Downloader {
            http: ImageClient::new(self.allow_local, self.http)?,
            limits: self.limits,
        })
    }

    #[cfg(test)]
    pub(crate) fn limits(mut self, limits: Limits) -> Self {
        self.limits = limits;
        self
    }
}

impl fmt::Debug for DownloaderBuilder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("DownloaderBuilder")
            .field("allow_local", &self.allow_local)
            .field("limits", &self.limits)
            .finish_non_exhaustive()
    }
}
