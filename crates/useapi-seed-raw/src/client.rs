//! The client and its configuration.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use reqwest::header::HeaderValue;
use url::{Host, Url};

use crate::call_context::CallContext;
use crate::generated::{self, DEFAULT_BASE_URL};
use crate::secret::Secret;

/// Default for [`ClientBuilder::body_limit`]: 8 MiB.
pub const DEFAULT_BODY_LIMIT: usize = 8 * 1024 * 1024;

/// Default timeout for establishing a connection: 10 seconds.
pub const DEFAULT_CONNECT_TIMEOUT: Duration = Duration::from_secs(10);

/// Default timeout of a request, from connecting to the end of the body: 60 seconds.
pub const DEFAULT_TIMEOUT: Duration = Duration::from_secs(60);

/// Client with one method per operation of the API.
///
/// Cheap to clone; clones share their connections.
#[derive(Clone)]
pub struct Client {
    http: reqwest::Client,
    base_url: Arc<Url>,
    context: CallContext,
}

impl Client {
    /// A client for the service, with the API token.
    ///
    /// # Errors
    ///
    /// As [`ClientBuilder::build`].
    pub fn new(token: &str) -> Result<Self, BuildError> {
        Self::builder(token).build()
    }

    /// Configures a client with the API token.
    #[must_use]
    pub fn builder(token: &str) -> ClientBuilder {
        ClientBuilder {
            token: token.to_owned(),
            base_url: DEFAULT_BASE_URL.to_owned(),
            body_limit: DEFAULT_BODY_LIMIT,
            configure: Box::new(|http| http),
        }
    }

    /// The base URL of all requests, without a trailing slash.
    #[must_use]
    pub fn base_url(&self) -> &str {
        // Paths begin with a slash.
        self.base_url.as_str().trim_end_matches('/')
    }

    /// The same client with another timeout for each request. Connections are
    /// shared.
    #[must_use]
    pub fn with_timeout(&self, timeout: Duration) -> Self {
        let mut client = self.clone();
        client.context.timeout = Some(timeout);
        client
    }

    /// The same client, which also redacts this value in responses, such as the
    /// Discord token of an earlier request. That of the request itself is always
    /// redacted.
    #[must_use]
    pub fn redact(&self, secret: &str) -> Self {
        let mut client = self.clone();
        client.context.secret = Some(Arc::new(Secret::new(secret)));
        client
    }

    /// Whether the base URL is a loopback address.
    #[must_use]
    pub fn is_loopback(&self) -> bool {
        is_loopback(&self.base_url)
    }

    /// Whether requests, and the token with them, are sent unencrypted over a
    /// network: by `http` to another host than loopback.
    #[must_use]
    pub fn is_unencrypted(&self) -> bool {
        is_unencrypted(&self.base_url)
    }

    /// A generated client for one call.
    pub(crate) fn call(&self) -> generated::Client {
        let context = self.context.for_call();
        generated::Client::new_with_client(self.base_url(), self.http.clone(), context)
    }
}

impl fmt::Debug for Client {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Client")
            .field("base_url", &self.base_url())
            .finish_non_exhaustive()
    }
}

/// Settings of a [`Client`].
pub struct ClientBuilder {
    token: String,
    base_url: String,
    body_limit: usize,
    configure: Box<dyn FnOnce(reqwest::ClientBuilder) -> reqwest::ClientBuilder + Send>,
}

impl ClientBuilder {
    /// Base URL of the API. Defaults to [`DEFAULT_BASE_URL`]. Proxies of the
    /// environment are not used for a loopback address.
    #[must_use]
    pub fn base_url(mut self, base_url: &str) -> Self {
        base_url.clone_into(&mut self.base_url);
        self
    }

    /// Maximum size of a response body in bytes. Defaults to
    /// [`DEFAULT_BODY_LIMIT`].
    #[must_use]
    pub fn body_limit(mut self, bytes: usize) -> Self {
        self.body_limit = bytes;
        self
    }

    /// Configures the HTTP client: timeouts, proxies, certificates.
    ///
    /// The function is applied last, with three exceptions. Redirects are not
    /// followed, because only one host may receive the token. Requests are not
    /// retried, because a retry may start a second job. Compression is disabled.
    #[must_use]
    pub fn configure(
        mut self,
        configure: impl FnOnce(reqwest::ClientBuilder) -> reqwest::ClientBuilder + Send + 'static,
    ) -> Self {
        self.configure = Box::new(configure);
        self
    }

    /// Builds the client.
    ///
    /// # Errors
    ///
    /// When the token or the base URL is invalid, TLS is not available, or the HTTP
    /// client cannot be built.
    pub fn build(self) -> Result<Client, BuildError> {
        let authorization = authorization(&self.token)?;
        #[cfg(all(feature = "rustls-no-provider", not(feature = "rustls")))]
        if rustls::crypto::CryptoProvider::get_default().is_none() {
            // The HTTP client would panic.
            return Err(BuildError::NoCryptoProvider);
        }
        let base_url = base_url(&self.base_url)?;
        #[cfg(not(any(
            feature = "rustls",
            feature = "rustls-no-provider",
            feature = "native-tls"
        )))]
        if base_url.scheme() == "https" {
            return Err(BuildError::NoTls);
        }
        let mut http = reqwest::Client::builder()
            .connect_timeout(DEFAULT_CONNECT_TIMEOUT)
            .timeout(DEFAULT_TIMEOUT);
        if is_loopback(&base_url) {
            // A proxy does not lead to this machine, and would see the token.
            http = http.no_proxy();
        }
        let http = (self.configure)(http)
            .redirect(reqwest::redirect::Policy::none())
            .referer(false)
            .retry(reqwest::retry::never())
            .no_gzip()
            .no_brotli()
            .no_deflate()
            .no_zstd()
            .build()
            .map_err(BuildError::Http)?;
        let token = Secret::new(&self.token);
        Ok(Client {
            http,
            base_url: Arc::new(base_url),
            context: CallContext::new(authorization, token, self.body_limit),
        })
    }
}

impl fmt::Debug for ClientBuilder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ClientBuilder")
            .field("base_url", &self.base_url)
            .field("body_limit", &self.body_limit)
            .finish_non_exhaustive()
    }
}

/// The error of [`ClientBuilder::build`].
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum BuildError {
    /// The API token is invalid, with the reason.
    #[error("token {0}")]
    Token(&'static str),
    /// The base URL is invalid, with the reason.
    #[error("base URL {0}")]
    BaseUrl(String),
    /// The feature `rustls-no-provider` is enabled, and the program has not installed
    /// a rustls crypto provider.
    #[error(
        "no rustls crypto provider installed: install one, such as with \
         rustls::crypto::ring::default_provider().install_default(), or enable the feature `rustls`"
    )]
    NoCryptoProvider,
    /// The base URL begins with `https`, and no TLS feature is enabled.
    #[error(
        "TLS support not enabled: enable one of the features `rustls`, `native-tls` and \
         `rustls-no-provider`, or use an http:// base URL"
    )]
    NoTls,
    /// The HTTP client could not be built.
    #[error("cannot build the HTTP client")]
    Http(#[source] reqwest::Error),
}

fn authorization(token: &str) -> Result<HeaderValue, BuildError> {
    if token.trim().is_empty() {
        return Err(BuildError::Token("is empty"));
    }
    if !token.chars().all(|character| character.is_ascii_graphic()) {
        let reason = "contains non-ASCII or whitespace characters";
        return Err(BuildError::Token(reason));
    }
    let mut value = HeaderValue::try_from(format!("Bearer {token}"))
        .map_err(|_| BuildError::Token("cannot be sent in a header"))?;
    value.set_sensitive(true);
    Ok(value)
}

/// Whether requests to this URL are sent unencrypted over a network.
#[doc(hidden)]
#[must_use]
pub fn is_unencrypted(url: &Url) -> bool {
    url.scheme() == "http" && !is_loopback(url)
}

fn is_loopback(url: &Url) -> bool {
    match url.host() {
        Some(Host::Domain(name)) => {
            let name = name.strip_suffix('.').unwrap_or(name);
            name == "localhost" || name.ends_with(".localhost")
        }
        Some(Host::Ipv4(address)) => address.is_loopback(),
        Some(Host::Ipv6(address)) => address.to_canonical().is_loopback(),
        None => false,
    }
}

fn base_url(text: &str) -> Result<Url, BuildError> {
    let url = Url::parse(text.trim()).map_err(|error| {
        let reason = format!("is not a valid URL ({error}); example: {DEFAULT_BASE_URL}");
        BuildError::BaseUrl(reason)
    })?;
    let reason = if !matches!(url.scheme(), "http" | "https") {
        "must begin with http:// or https://"
    } else if !url.username().is_empty() || url.password().is_some() {
        "must not contain a user name or password"
    } else if url.query().is_some() || url.fragment().is_some() {
        "must not contain a query or fragment"
    } else {
        return Ok(url);
    };
    Err(BuildError::BaseUrl(reason.to_owned()))
}
