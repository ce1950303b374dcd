//! How a client is configured.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use secrecy::{ExposeSecret, SecretString};
use url::Url;
#[cfg(feature = "images")]
use useapi_seed_images::{Downloader, DownloaderBuilder};
use useapi_seed_raw::{self as raw, BuildError};

use crate::client::{Client, Shared};
use crate::error::Error;
use crate::retry_policy::RetryPolicy;
use crate::transport::Transport;
use crate::wait_options::WaitOptions;

const TOKEN_VARIABLE: &str = "USEAPI_TOKEN";
const BASE_URL_VARIABLE: &str = "USEAPI_BASE_URL";

#[cfg(feature = "images")]
const MAX_IMAGES: usize = 16;
#[cfg(feature = "images")]
const MAX_READ_TIMEOUT: Duration = Duration::from_secs(24 * 60 * 60);

const SETTLE_MARGIN: Duration = Duration::from_secs(30);

const USER_AGENT: &str = concat!("useapi-seed/", env!("CARGO_PKG_VERSION"));

impl Client {
    /// A client with the API token in the environment variable `USEAPI_TOKEN`, and
    /// the base URL in `USEAPI_BASE_URL` if that is set.
    ///
    /// # Errors
    ///
    /// When the token is not set, or [`ClientBuilder::build`] rejects a value. The
    /// error names the variable.
    pub fn from_env() -> Result<Self, Error> {
        let read = |name| match std::env::var(name) {
            Ok(value) => Ok(Some(value)),
            Err(std::env::VarError::NotPresent) => Ok(None),
            Err(_) => Err(Error::invalid_input(name, "is not valid UTF-8")),
        };
        let token = read(TOKEN_VARIABLE)?.ok_or_else(|| {
            Error::invalid_input(
                TOKEN_VARIABLE,
                "is not set in the environment: it takes the API token of a useapi.net account",
            )
        })?;
        let mut builder = Self::builder(token);
        if let Some(base_url) = read(BASE_URL_VARIABLE)? {
            builder = builder.base_url(base_url);
        }
        builder.build_named(TOKEN_VARIABLE, BASE_URL_VARIABLE)
    }

    /// Configures a client with an API token.
    #[must_use]
    pub fn builder(token: impl Into<SecretString>) -> ClientBuilder {
        ClientBuilder {
            token: token.into(),
            base_url: raw::DEFAULT_BASE_URL.to_owned(),
            retry: RetryPolicy::default(),
            request_timeout: raw::DEFAULT_TIMEOUT,
            settle_margin: SETTLE_MARGIN,
            wait: WaitOptions::default(),
            connect_timeout: raw::DEFAULT_CONNECT_TIMEOUT,
            api_http: Box::new(|http| http),
            #[cfg(feature = "images")]
            image_http: Box::new(|http| http),
            #[cfg(feature = "images")]
            downloader: Downloader::builder(),
            #[cfg(feature = "images")]
            max_images: MAX_IMAGES,
        }
    }
}

type Configure = Box<dyn FnOnce(reqwest::ClientBuilder) -> reqwest::ClientBuilder + Send>;

/// Settings of a [`Client`].
///
/// ```
/// # fn main() -> Result<(), useapi_seed::Error> {
/// use std::time::Duration;
/// use useapi_seed::{Client, RetryPolicy, WaitOptions};
///
/// let client = Client::builder("a-token")
///     .base_url("https://api.useapi.net/v2") // the default
///     .retry(RetryPolicy::default().max_attempts(6))
///     .wait_options(WaitOptions::default().poll_interval(Duration::from_secs(20)))
///     .connect_timeout(Duration::from_secs(5))
///     .request_timeout(Duration::from_secs(30))
///     .settle_margin(Duration::from_secs(60))
///     .image_timeout(Duration::from_secs(120))
///     .image_retry_timeout(Duration::from_secs(20))
///     .max_images(8)
///     .image_size_limit(64 * 1024 * 1024)
///     .http_client(|http| http.user_agent("my-service/1.0"))
///     .image_http_client(|http| http.pool_max_idle_per_host(4))
///     .build()?;
/// # Ok(())
/// # }
/// ```
pub struct ClientBuilder {
    token: SecretString,
    base_url: String,
    retry: RetryPolicy,
    request_timeout: Duration,
    settle_margin: Duration,
    wait: WaitOptions,
    connect_timeout: Duration,
    api_http: Configure,
    #[cfg(feature = "images")]
    image_http: Configure,
    #[cfg(feature = "images")]
    downloader: DownloaderBuilder,
    #[cfg(feature = "images")]
    max_images: usize,
}

impl ClientBuilder {
    /// The base URL; defaults to `https://api.useapi.net/v2`. A server on loopback
    /// is reached without the environment's proxies. Plain `http` to any other
    /// server logs a warning, since it sends the token unencrypted.
    #[must_use]
    pub fn base_url(mut self, base_url: impl Into<String>) -> Self {
        self.base_url = base_url.into();
        self
    }

    /// When and how often requests to the API are retried; a call may override it.
    #[must_use]
    pub fn retry(mut self, retry: RetryPolicy) -> Self {
        self.retry = retry;
        self
    }

    /// How long one request to the API may take; defaults to 60 s.
    ///
    /// For images it is the read timeout: the longest time without data. All of an
    /// image has [`image_timeout`](Self::image_timeout).
    #[must_use]
    pub fn request_timeout(mut self, timeout: Duration) -> Self {
        self.request_timeout = timeout;
        self
    }

    /// How long after its request timeout a submission may still be processed, by a
    /// gateway that delivers it although its sender has disconnected; defaults to
    /// 30 s. A shorter time than the gateways need risks a second job.
    #[must_use]
    pub fn settle_margin(mut self, margin: Duration) -> Self {
        self.settle_margin = margin;
        self
    }

    /// How jobs are waited for; a call may override it.
    #[must_use]
    pub fn wait_options(mut self, options: WaitOptions) -> Self {
        self.wait = options;
        self
    }

    /// How long connecting may take; defaults to 10 s.
    #[must_use]
    pub fn connect_timeout(mut self, timeout: Duration) -> Self {
        self.connect_timeout = timeout;
        self
    }

    /// How long downloading one image may take, with all attempts; defaults to 10
    /// minutes.
    #[cfg(feature = "images")]
    #[must_use]
    pub fn image_timeout(mut self, timeout: Duration) -> Self {
        self.downloader = self.downloader.timeout(timeout);
        self
    }

    /// How long consecutive failed attempts at an image are retried, three times in
    /// any case; defaults to 30 s. A permanent error, such as 404, ends it earlier.
    #[cfg(feature = "images")]
    #[must_use]
    pub fn image_retry_timeout(mut self, timeout: Duration) -> Self {
        self.downloader = self.downloader.retry_timeout(timeout);
        self
    }

    /// How many images of a result are saved at most; defaults to 16. For more there
    /// is a warning ([`SaveImages::warning`](crate::SaveImages::warning)).
    #[cfg(feature = "images")]
    #[must_use]
    pub fn max_images(mut self, images: usize) -> Self {
        self.max_images = images;
        self
    }

    /// How many bytes an image may have, so that an endless one does not fill the
    /// disk; defaults to 256 MiB.
    #[cfg(feature = "images")]
    #[must_use]
    pub fn image_size_limit(mut self, bytes: u64) -> Self {
        self.downloader = self.downloader.size_limit(bytes);
        self
    }

    /// Configures the HTTP client for the API: proxies, certificates, connections.
    /// Applied last, except for the [`request_timeout`](Self::request_timeout), and
    /// for redirects, retries and compression, which stay disabled as
    /// [`raw::ClientBuilder::configure`] says.
    #[must_use]
    pub fn http_client(
        mut self,
        configure: impl FnOnce(reqwest::ClientBuilder) -> reqwest::ClientBuilder + Send + 'static,
    ) -> Self {
        self.api_http = Box::new(configure);
        self
    }

    /// Configures the HTTP client for images, a separate one: give it no credentials
    /// of the API. Redirects, compression and name resolution are not configurable.
    ///
    /// Images are downloaded from public hosts only, unless the base URL is on
    /// loopback: a URL whose host, or an address of whose host, is not public is
    /// rejected, and so is a redirect to one, or from `https` to `http`. A proxy may
    /// have any address, but a URL must not lead to it. The proxy resolves host
    /// names itself: this crate checks a name and, if it resolves here within two
    /// seconds, its addresses. What only the proxy can resolve is for the proxy's
    /// own rules.
    #[cfg(feature = "images")]
    #[must_use]
    pub fn image_http_client(
        mut self,
        configure: impl FnOnce(reqwest::ClientBuilder) -> reqwest::ClientBuilder + Send + 'static,
    ) -> Self {
        self.image_http = Box::new(configure);
        self
    }

    /// Builds the client.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::InvalidInput`](crate::ErrorKind::InvalidInput) when the token is
    /// empty or not a header value, the base URL is invalid, or an HTTP client
    /// cannot be built.
    pub fn build(self) -> Result<Client, Error> {
        self.build_named("token", "base_url")
    }

    /// As [`build`](Self::build), with the names that errors use.
    fn build_named(
        self,
        token_name: &'static str,
        base_url_name: &'static str,
    ) -> Result<Client, Error> {
        let request_timeout = self.request_timeout;
        // A request that times out while it connects is known to be unsent.
        let connect_timeout = self.connect_timeout.min(request_timeout);
        let common = move |http: reqwest::ClientBuilder| {
            http.user_agent(USER_AGENT).connect_timeout(connect_timeout)
        };
        let raw = raw::Client::builder(self.token.expose_secret())
            .base_url(&self.base_url)
            .configure(move |http| (self.api_http)(common(http).timeout(request_timeout)))
            .build()
            .map_err(|error| match error {
                BuildError::Token(reason) => Error::invalid_input(token_name, reason),
                BuildError::BaseUrl(reason) => Error::invalid_input(base_url_name, reason),
                other => Error::http_settings(other),
            })?;
        if raw.is_unencrypted() {
            tracing::warn!(
                base_url = raw.base_url(),
                "the API token is sent unencrypted: use an https:// base URL"
            );
        }
        // reqwest adds it to the current time, which must not overflow.
        #[cfg(feature = "images")]
        let read_timeout = request_timeout.min(MAX_READ_TIMEOUT);
        #[cfg(feature = "images")]
        let downloader = self
            .downloader
            .allow_local_addresses(raw.is_loopback())
            .http_client(move |http| (self.image_http)(common(http).read_timeout(read_timeout)))
            .build()
            .map_err(Error::http_settings)?;
        // The raw layer has parsed it before.
        let url = Url::parse(raw.base_url()).ok();
        let server_address = url.as_ref().and_then(Url::host_str).unwrap_or_default();
        let shared = Shared {
            transport: Transport {
                server_address: server_address.to_owned(),
                server_port: url.as_ref().and_then(Url::port_or_known_default),
                raw,
                retry: self.retry,
                request_timeout,
                settle_margin: self.settle_margin,
            },
            wait: self.wait,
            #[cfg(feature = "images")]
            downloader,
            #[cfg(feature = "images")]
            max_images: self.max_images,
        };
        Ok(Client {
            shared: Arc::new(shared),
        })
    }
}

impl fmt::Debug for ClientBuilder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ClientBuilder")
            .field("base_url", &self.base_url)
            .field("retry", &self.retry)
            .field("request_timeout", &self.request_timeout)
            .field("connect_timeout", &self.connect_timeout)
            .finish_non_exhaustive()
    }
}
