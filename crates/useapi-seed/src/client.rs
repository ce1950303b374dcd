//! The client and its settings.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use secrecy::{ExposeSecret, SecretString};
use url::Url;
#[cfg(feature = "images")]
use useapi_seed_images::{Downloader, DownloaderBuilder};
use useapi_seed_raw as raw;

use crate::account::{Account, ExecutingJobs};
use crate::error::Error;
use crate::exchange::{Manner, Operation};
use crate::find_started::FindStarted;
use crate::job::Job;
use crate::reading;
use crate::retrieve::Retrieve;
use crate::retry::Retry;
use crate::submit::Submit;

const TOKEN_VARIABLE: &str = "USEAPI_TOKEN";
const BASE_URL_VARIABLE: &str = "USEAPI_BASE_URL";

#[cfg(feature = "images")]
const MAX_IMAGES: usize = 16;

const SETTLE_MARGIN: Duration = Duration::from_secs(30);

const USER_AGENT: &str = concat!("useapi-seed/", env!("CARGO_PKG_VERSION"));

/// The service, as seen by one account.
///
/// Cheap to clone; clones share their connections.
#[derive(Clone)]
pub struct Client {
    pub(crate) shared: Arc<Shared>,
}

/// What clones of a client share.
#[derive(Clone)]
pub(crate) struct Shared {
    pub(crate) raw: raw::Client,
    /// Where requests go, as spans name it.
    pub(crate) server_address: String,
    pub(crate) server_port: Option<u16>,
    pub(crate) retry: Retry,
    pub(crate) request_timeout: Duration,
    pub(crate) settle_margin: Duration,
    #[cfg(feature = "images")]
    pub(crate) downloader: Downloader,
    #[cfg(feature = "images")]
    pub(crate) max_images: usize,
}

impl Client {
    /// A client with the token in the environment's `USEAPI_TOKEN`, for the
    /// service itself or the server in `USEAPI_BASE_URL`.
    ///
    /// # Errors
    ///
    /// When the token is not set, or [`ClientBuilder::build`] refuses a value.
    /// The error names the variable.
    pub fn from_env() -> Result<Self, Error> {
        let read = |name| match std::env::var(name) {
            Ok(value) => Ok(Some(value)),
            Err(std::env::VarError::NotPresent) => Ok(None),
            Err(_) => Err(Error::invalid_input(name, "is no Unicode text")),
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

    /// A client to configure, with the API token (Request Headers).
    #[must_use]
    pub fn builder(token: impl Into<SecretString>) -> ClientBuilder {
        ClientBuilder {
            token: token.into(),
            base_url: raw::DEFAULT_BASE_URL.to_owned(),
            retry: Retry::default(),
            request_timeout: raw::DEFAULT_TIMEOUT,
            settle_margin: SETTLE_MARGIN,
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

    /// Retrieves the seed and images of a completed imagine, button or blend
    /// job: submits, waits, and gives the result.
    ///
    /// `.await` it as it is, or set options first.
    pub fn retrieve(&self, jobid: impl Into<String>) -> Retrieve {
        Retrieve::new(self.submit(jobid))
    }

    /// Asks for the seed of a completed imagine, button or blend job, without
    /// waiting for it.
    pub fn submit(&self, jobid: impl Into<String>) -> Submit {
        Submit::new(self.clone(), jobid.into())
    }

    /// A seed job that was started before, perhaps by another process.
    ///
    /// The id is the *started* job's, as [`Job::id`] and
    /// [`Error::job_id`] give it. Nothing is sent before the job is asked
    /// something.
    pub fn job(&self, id: impl Into<String>) -> Job {
        Job::new(self.clone(), id.into(), None)
    }

    /// The jobs that are executing.
    ///
    /// # Errors
    ///
    /// When there is no answer or a refusal; not over the answer's form, which
    /// is little documented.
    pub async fn jobs(&self) -> Result<ExecutingJobs, Error> {
        self.list_jobs(&self.manner()).await
    }

    pub(crate) async fn list_jobs(&self, manner: &Manner) -> Result<ExecutingJobs, Error> {
        self.call(Operation::ListJobs, None, manner, async |raw| {
            let answer = raw.list_jobs().await.map_err(reading::failure)?;
            let (jobs, received) = answer.into_parts();
            Ok((ExecutingJobs::new(jobs), received.status))
        })
        .await
    }

    /// How calls are made unless they are told otherwise.
    pub(crate) fn manner(&self) -> Manner {
        Manner {
            retry: self.shared.retry.clone(),
            request_timeout: self.shared.request_timeout,
            deadline: None,
        }
    }

    /// Looks for a seed job that was started for this job, when its answer was
    /// lost or its id was not written down.
    ///
    /// `.await` it as it is, or set options first.
    pub fn find_started(&self, parent: impl Into<String>) -> FindStarted {
        FindStarted::new(self.clone(), parent.into())
    }

    /// The Midjourney account of a Discord channel.
    pub fn account(&self, channel: impl Into<String>) -> Account {
        Account::new(self.clone(), channel.into())
    }

    /// How long after it was sent a submission may still start a job: the request
    /// timeout and the [settle margin](ClientBuilder::settle_margin). Until then a
    /// [search](Self::find_started) that finds nothing proves nothing.
    ///
    /// ```
    /// # fn main() -> Result<(), useapi_seed::Error> {
    /// let client = useapi_seed::Client::builder("a-token").build()?;
    /// assert_eq!(client.settle_time().as_secs(), 60 + 30);
    /// # Ok(())
    /// # }
    /// ```
    #[must_use]
    pub fn settle_time(&self) -> Duration {
        let Shared {
            request_timeout,
            settle_margin,
            ..
        } = *self.shared;
        request_timeout.saturating_add(settle_margin)
    }

    /// Where requests go.
    #[must_use]
    pub fn base_url(&self) -> &str {
        self.shared.raw.base_url()
    }

    /// The layer below, with the same settings.
    ///
    /// ```
    /// # use useapi_seed_emulator::Emulator;
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let emulator = Emulator::start().await?;
    /// # let client = useapi_seed::Client::builder(emulator.token()).base_url(emulator.base_url()).build()?;
    /// # let jobid = emulator.jobs().imagine.as_str();
    /// let answer = client.raw().get_job(jobid).await?;
    /// println!("{} {:?}", answer.received().status, answer.status);
    /// # Ok(())
    /// # }
    /// ```
    #[must_use]
    pub fn raw(&self) -> &raw::Client {
        &self.shared.raw
    }
}

impl fmt::Debug for Client {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Client")
            .field("base_url", &self.base_url())
            .finish_non_exhaustive()
    }
}

type Configure = Box<dyn FnOnce(reqwest::ClientBuilder) -> reqwest::ClientBuilder + Send>;

/// Settings of a [`Client`].
///
/// ```
/// # fn main() -> Result<(), useapi_seed::Error> {
/// use std::time::Duration;
/// use useapi_seed::{Client, Retry};
///
/// let patient = Retry::default()
///     .attempts(6)
///     .first_pause(Duration::from_secs(1))
///     .longest_pause(Duration::from_secs(20));
/// let client = Client::builder("a-token")
///     .base_url("https://api.useapi.net/v2") // as it is unless set
///     .retry(patient)
///     .connect_timeout(Duration::from_secs(5))
///     .request_timeout(Duration::from_secs(30))
///     .settle_margin(Duration::from_secs(60))
///     .image_timeout(Duration::from_secs(120))
///     .image_retry_timeout(Duration::from_secs(20))
///     .max_images(8)
///     .image_size_limit(64 * 1024 * 1024)
///     .configure_api_http(|http| http.user_agent("my-service/1.0"))
///     .configure_image_http(|http| http.pool_max_idle_per_host(4))
///     .build()?;
/// # Ok(())
/// # }
/// ```
pub struct ClientBuilder {
    token: SecretString,
    base_url: String,
    retry: Retry,
    request_timeout: Duration,
    settle_margin: Duration,
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
    /// Another server than `https://api.useapi.net/v2`. One on loopback is
    /// reached without any proxy of the environment. Plain `http` to any other is
    /// warned of, since the token goes unencrypted then.
    #[must_use]
    pub fn base_url(mut self, base_url: impl Into<String>) -> Self {
        self.base_url = base_url.into();
        self
    }

    /// When and how often requests to the API are repeated, unless a call says
    /// otherwise.
    #[must_use]
    pub fn retry(mut self, retry: Retry) -> Self {
        self.retry = retry;
        self
    }

    /// How long one request to the API may take in all; 60 seconds unless set.
    ///
    /// For images it is the longest silence, since a large one takes its time
    /// ([`image_timeout`](Self::image_timeout)).
    #[must_use]
    pub fn request_timeout(mut self, timeout: Duration) -> Self {
        self.request_timeout = timeout;
        self
    }

    /// How long after its request timeout a submission may still be carried out,
    /// by a gateway that delivers it although its sender has gone; 30 seconds
    /// unless set. Less than the gateways on the way take risks a second job.
    #[must_use]
    pub fn settle_margin(mut self, margin: Duration) -> Self {
        self.settle_margin = margin;
        self
    }

    /// How long making a connection may take; 10 seconds unless set.
    #[must_use]
    pub fn connect_timeout(mut self, timeout: Duration) -> Self {
        self.connect_timeout = timeout;
        self
    }

    /// How long fetching one image may take, with all attempts at it; ten minutes
    /// unless set.
    #[cfg(feature = "images")]
    #[must_use]
    pub fn image_timeout(mut self, timeout: Duration) -> Self {
        self.downloader = self.downloader.timeout(timeout);
        self
    }

    /// How long attempts at an image that fail in a row are retried, three times in
    /// any case; defaults to 30 seconds. A permanent error, such as 404, ends it
    /// before.
    #[cfg(feature = "images")]
    #[must_use]
    pub fn image_retry_timeout(mut self, timeout: Duration) -> Self {
        self.downloader = self.downloader.retry_timeout(timeout);
        self
    }

    /// How many images of a result are saved, in case it lists endlessly many;
    /// defaults to 16. The others are left out, with a warning
    /// ([`SaveImages::note`](crate::SaveImages::note)).
    #[cfg(feature = "images")]
    #[must_use]
    pub fn max_images(mut self, images: usize) -> Self {
        self.max_images = images;
        self
    }

    /// How many bytes an image may have, so that one without an end does not fill
    /// the disk; 256 MiB unless set.
    #[cfg(feature = "images")]
    #[must_use]
    pub fn image_size_limit(mut self, bytes: u64) -> Self {
        self.downloader = self.downloader.size_limit(bytes);
        self
    }

    /// Own settings of the HTTP client for the API, such as proxies and
    /// certificates. They have the last word, but for the time of a request, which
    /// is [`request_timeout`](Self::request_timeout)'s, and for redirects,
    /// repetitions and compression, which stay off as
    /// [`raw::ClientBuilder::configure`] says.
    #[must_use]
    pub fn configure_api_http(
        mut self,
        configure: impl FnOnce(reqwest::ClientBuilder) -> reqwest::ClientBuilder + Send + 'static,
    ) -> Self {
        self.api_http = Box::new(configure);
        self
    }

    /// Own settings of the HTTP client for images, which is another one: give
    /// it no credentials of the API. Redirects, compression and name resolution
    /// stay as this crate needs them.
    ///
    /// Images are fetched from public hosts only, unless the base URL is on
    /// loopback: a link whose name or address, or an address of whose name, is not
    /// public is rejected, and so is a redirect to one, or from `https` to `http`.
    /// A proxy may be anywhere, but a link may not lead to it. The proxy resolves
    /// the names of links itself: this crate checks a name by what it says and, where
    /// it can be resolved here within two seconds, by its addresses. What only the
    /// proxy can resolve, or resolves to another address, is for the proxy's own
    /// rules to keep out.
    #[cfg(feature = "images")]
    #[must_use]
    pub fn configure_image_http(
        mut self,
        configure: impl FnOnce(reqwest::ClientBuilder) -> reqwest::ClientBuilder + Send + 'static,
    ) -> Self {
        self.image_http = Box::new(configure);
        self
    }

    /// The client.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::InvalidInput`](crate::ErrorKind::InvalidInput) when the
    /// token is empty or cannot be sent, the base URL is none, or the settings
    /// of an HTTP client cannot be applied.
    pub fn build(self) -> Result<Client, Error> {
        self.build_named("token", "base_url")
    }

    /// As [`build`](Self::build); errors call the values by these names.
    fn build_named(
        self,
        token_name: &'static str,
        base_url_name: &'static str,
    ) -> Result<Client, Error> {
        let Self {
            token,
            base_url,
            retry,
            request_timeout,
            settle_margin,
            connect_timeout,
            api_http,
            #[cfg(feature = "images")]
            image_http,
            #[cfg(feature = "images")]
            downloader,
            #[cfg(feature = "images")]
            max_images,
        } = self;
        let common = move |http: reqwest::ClientBuilder| {
            // A request that ran out of time while it was still connecting would
            // not be known to have sent nothing.
            let connect_timeout = connect_timeout.min(request_timeout);
            http.user_agent(USER_AGENT).connect_timeout(connect_timeout)
        };
        let raw = raw::Client::builder(token.expose_secret())
            .base_url(&base_url)
            .configure(move |http| api_http(common(http).timeout(request_timeout)))
            .build()
            .map_err(|error| Error::from_build(error, token_name, base_url_name))?;
        if raw.is_unencrypted() {
            tracing::warn!(
                base_url = raw.base_url(),
                "the API token goes over the network unencrypted: use an https:// base URL"
            );
        }
        #[cfg(feature = "images")]
        let downloader = downloader
            .allow_local_addresses(raw.is_loopback())
            .http_client(move |http| image_http(common(http).read_timeout(request_timeout)))
            .build()
            .map_err(Error::http_settings)?;
        // The raw layer has read it before.
        let url = Url::parse(raw.base_url()).ok();
        let server_address = url.as_ref().and_then(Url::host_str).unwrap_or_default();
        let shared = Shared {
            server_address: server_address.to_owned(),
            server_port: url.as_ref().and_then(Url::port_or_known_default),
            raw,
            retry,
            request_timeout,
            settle_margin,
            #[cfg(feature = "images")]
            downloader,
            #[cfg(feature = "images")]
            max_images,
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
