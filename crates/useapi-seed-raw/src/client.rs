//! The client and how it is made.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use reqwest::header::HeaderValue;
use url::{Host, Url};

use crate::call_context::CallContext;
use crate::generated::{self, DEFAULT_BASE_URL};
use crate::secret::Secret;

/// How many bytes of a body are read unless told otherwise: 8 MiB.
pub const DEFAULT_BODY_LIMIT: usize = 8 * 1024 * 1024;

/// How long making a connection may take, unless configured: 10 seconds.
pub const DEFAULT_CONNECT_TIMEOUT: Duration = Duration::from_secs(10);

/// How long one request may take in all, unless configured: 60 seconds.
pub const DEFAULT_TIMEOUT: Duration = Duration::from_secs(60);

/// The generated client: a method for each operation of the description.
///
/// Cheap to clone; clones share their connections.
#[derive(Clone)]
pub struct Client {
    http: reqwest::Client,
    base_url: Arc<Url>,
    authorization: HeaderValue,
    token: Arc<Secret>,
    /// Another one that answers may repeat.
    secret: Option<Arc<Secret>>,
    body_limit: usize,
    is_loopback: bool,
    timeout: Option<Duration>,
}

impl Client {
    /// A client for the service itself.
    ///
    /// # Errors
    ///
    /// As [`ClientBuilder::build`].
    pub fn new(token: &str) -> Result<Self, BuildError> {
        Self::builder(token).build()
    }

    /// A client to configure, with the API token (Request Headers).
    #[must_use]
    pub fn builder(token: &str) -> ClientBuilder {
        ClientBuilder {
            token: token.to_owned(),
            base_url: DEFAULT_BASE_URL.to_owned(),
            body_limit: DEFAULT_BODY_LIMIT,
            configure: Box::new(|http| http),
        }
    }

    /// Where requests go, without a slash at the end.
    #[must_use]
    pub fn base_url(&self) -> &str {
        // Paths begin with a slash.
        self.base_url.as_str().trim_end_matches('/')
    }

    /// The same client, whose requests may take so long in all instead of what
    /// the HTTP client is set to. Connections are shared.
    #[must_use]
    pub fn with_timeout(&self, timeout: Duration) -> Self {
        Self {
            timeout: Some(timeout),
            ..self.clone()
        }
    }

    /// The same client, to whose answers one more secret is unknown: it reads `***`
    /// there, as the API token does. For the Discord token of an earlier request;
    /// that of a request itself is masked in its answer without this.
    #[must_use]
    pub fn redact(&self, secret: &str) -> Self {
        Self {
            secret: Some(Arc::new(Secret::new(secret.as_bytes()))),
            ..self.clone()
        }
    }

    /// Whether the base URL leads to this machine only.
    #[must_use]
    pub fn is_loopback(&self) -> bool {
        self.is_loopback
    }

    /// Whether requests go over a network unencrypted, and the token with them: by
    /// plain `http`, to another machine than this one.
    #[must_use]
    pub fn is_unencrypted(&self) -> bool {
        is_unencrypted(&self.base_url)
    }

    /// A generated client with a record of its own, for one call.
    pub(crate) fn call(&self) -> generated::Client {
        let call = CallContext::new(
            Arc::clone(&self.base_url),
            self.authorization.clone(),
            [Some(&self.token), self.secret.as_ref()].map(Option::<&Arc<_>>::cloned),
            self.body_limit,
            self.timeout,
        );
        generated::Client::new_with_client(self.base_url(), self.http.clone(), call)
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
    /// Another server than [`DEFAULT_BASE_URL`]. A slash at the end does not
    /// matter. One on loopback is reached without any proxy of the environment.
    #[must_use]
    pub fn base_url(mut self, base_url: &str) -> Self {
        base_url.clone_into(&mut self.base_url);
        self
    }

    /// How many bytes of a body to read at most, instead of
    /// [`DEFAULT_BODY_LIMIT`].
    #[must_use]
    pub fn body_limit(mut self, bytes: usize) -> Self {
        self.body_limit = bytes;
        self
    }

    /// Settings of the HTTP client: time-outs, proxies, certificates.
    ///
    /// The function has the last word, but for three things: redirects are not
    /// followed, because the token belongs to one host; nothing is repeated,
    /// because a repeated request may start a second job; and no compressed
    /// answers are asked for.
    #[must_use]
    pub fn configure(
        mut self,
        configure: impl FnOnce(reqwest::ClientBuilder) -> reqwest::ClientBuilder + Send + 'static,
    ) -> Self {
        self.configure = Box::new(configure);
        self
    }

    /// The client.
    ///
    /// # Errors
    ///
    /// When the token cannot be a header's value, the base URL is none, or the
    /// HTTP client cannot be made.
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
        let is_loopback = is_loopback(&base_url);
        let mut http = reqwest::Client::builder()
            .connect_timeout(DEFAULT_CONNECT_TIMEOUT)
            .timeout(DEFAULT_TIMEOUT);
        if is_loopback {
            // No proxy leads to this machine, and one would see the token.
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
        Ok(Client {
            http,
            base_url: Arc::new(base_url),
            authorization,
            token: Arc::new(Secret::new(self.token.as_bytes())),
            secret: None,
            body_limit: self.body_limit,
            is_loopback,
            timeout: None,
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

/// Why a [`Client`] could not be made.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum BuildError {
    /// The API token is unfit, and how.
    #[error("token {0}")]
    Token(&'static str),
    /// The base URL is unfit, and how.
    #[error("base URL {0}")]
    BaseUrl(String),
    /// The feature `rustls-no-provider` is on, and the program has installed no
    /// provider of cryptography.
    #[error(
        "no provider of cryptography is installed for TLS: install one, as by \
         rustls::crypto::ring::default_provider().install_default(), or use the feature `rustls`"
    )]
    NoCryptoProvider,
    /// The base URL begins with `https`, and no feature does TLS.
    #[error(
        "TLS is not compiled in: turn one of the features `rustls`, `native-tls` and \
         `rustls-no-provider` on, or use an http:// address"
    )]
    NoTls,
    /// The HTTP client could not be made.
    #[error("the HTTP client cannot be made")]
    Http(#[source] reqwest::Error),
}

fn authorization(token: &str) -> Result<HeaderValue, BuildError> {
    if token.trim().is_empty() {
        return Err(BuildError::Token("is empty"));
    }
    if token.chars().any(|letter| !letter.is_ascii_graphic()) {
        return Err(BuildError::Token(
            "has spaces, line ends or letters outside ASCII; was it copied whole?",
        ));
    }
    let mut value = HeaderValue::try_from(format!("Bearer {token}"))
        .map_err(|_| BuildError::Token("cannot be sent in a header"))?;
    value.set_sensitive(true);
    Ok(value)
}

/// Whether what is sent to an address goes over a network unencrypted.
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
    let invalid = |error: &str| Err(BuildError::BaseUrl(error.to_owned()));
    let url = match Url::parse(text.trim()) {
        Ok(url) => url,
        Err(error) => {
            return invalid(&format!(
                "cannot be read ({error}); it looks like {DEFAULT_BASE_URL}"
            ));
        }
    };
    if !matches!(url.scheme(), "http" | "https") {
        return invalid("has to begin with http:// or https://");
    }
    if !url.username().is_empty() || url.password().is_some() {
        return invalid("must not hold a user name or password");
    }
    if url.query().is_some() || url.fragment().is_some() {
        return invalid("must not hold a query or fragment");
    }
    Ok(url)
}
