//! Requests to image hosts.

use std::time::{Duration, SystemTime};

use reqwest::Response;
use reqwest::header::{ACCEPT, IF_RANGE, LOCATION, RANGE};
use reqwest::redirect::Policy;
use tracing::Span;
use url::Url;

use crate::address::AddressPolicy;
use crate::error::{DownloadError, ImageError, Result, Retry};
use crate::range::RangeRequest;
use crate::retry_after::retry_after;

const USER_AGENT: &str = concat!("useapi-seed-images/", env!("CARGO_PKG_VERSION"));
const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);
const READ_TIMEOUT: Duration = Duration::from_secs(60);
/// Some hosts serve one connection at a time, which an idle one must not block.
const IDLE_TIMEOUT: Duration = Duration::from_millis(250);
const MAX_REDIRECTS: usize = 5;
/// How much of an error response's body an error shows.
const EXCERPT_BYTES: usize = 200;

/// The HTTP client, with the address policy.
#[derive(Clone)]
pub(crate) struct ImageClient {
    http: reqwest::Client,
    policy: AddressPolicy,
}

impl ImageClient {
    pub(crate) fn new(
        allow_local: bool,
        configure: impl FnOnce(reqwest::ClientBuilder) -> reqwest::ClientBuilder,
    ) -> reqwest::Result<Self> {
        let policy = AddressPolicy { allow_local };
        let mut http = reqwest::Client::builder()
            .user_agent(USER_AGENT)
            .connect_timeout(CONNECT_TIMEOUT)
            .read_timeout(READ_TIMEOUT)
            .pool_idle_timeout(IDLE_TIMEOUT);
        if allow_local {
            // A proxy of the environment does not lead to this machine.
            http = http.no_proxy();
        }
        let http = configure(http)
            // Redirects are followed below, where each address is checked.
            .redirect(Policy::none())
            .referer(false)
            // Sizes and ranges are those of the image itself.
            .no_gzip()
            .no_brotli()
            .no_zstd()
            .no_deflate()
            .dns_resolver(policy)
            .build()?;
        Ok(Self { http, policy })
    }

    /// Parses a URL and checks that it is allowed.
    pub(crate) fn url_of(&self, text: &str) -> Result<Url, ImageError> {
        let url =
            Url::parse(text).map_err(|err| ImageError::InvalidUrl(format!("is invalid: {err}")))?;
        self.policy.check(&url).map_err(ImageError::InvalidUrl)?;
        if !self.policy.allow_local && url.scheme() == "http" {
            tracing::warn!(
                server.address = url.host_str(),
                "the image URL is plain http: the image could be replaced on its way"
            );
        }
        Ok(url)
    }

    /// The response to a request for the image or for a range; redirects are
    /// followed.
    pub(crate) async fn get(&self, url: &Url, range: Option<&RangeRequest>) -> Result<Response> {
        let mut url = url.clone();
        for _ in 0..=MAX_REDIRECTS {
            let response = self.send(&url, range).await?;
            let Some(next) = redirect(&url, &response) else {
                let status = response.status().as_u16();
                Span::current().record("http.response.status_code", status);
                return Ok(response);
            };
            // The same redirect would come again.
            let checked = self.policy.check_redirect(&url, &next);
            checked.map_err(ImageError::InvalidUrl)?;
            url = next;
        }
        let problem = format!("redirects more than {MAX_REDIRECTS} times");
        Err(ImageError::InvalidUrl(problem).into())
    }

    async fn send(&self, url: &Url, range: Option<&RangeRequest>) -> Result<Response> {
        let mut request = self.http.get(url.clone()).header(ACCEPT, "image/*");
        if let Some(range) = range {
            request = request
                .header(RANGE, format!("bytes={}-", range.start))
                .header(IF_RANGE, &range.validator.value);
        }
        let outcome = self.policy.request(url, request.send()).await;
        let outcome = outcome.map_err(ImageError::InvalidUrl)?;
        let status = match &outcome {
            Ok(_) => "response_received",
            Err(err) if err.is_connect() => "not_sent",
            Err(_) => "may_have_been_sent",
        };
        Span::current().record("useapi.request.status", status);
        outcome.map_err(|err| {
            let is_permanent = err.is_builder();
            // A URL is a key to the image, and stays out of errors.
            let mut error = DownloadError::new(ImageError::Unreachable, err.without_url());
            if is_permanent {
                error.retry = Retry::OtherUrl;
            }
            error
        })
    }
}

/// The target of a redirect.
fn redirect(url: &Url, response: &Response) -> Option<Url> {
    // 304 and the like have no location to follow.
    if !matches!(response.status().as_u16(), 301 | 302 | 303 | 307 | 308) {
        return None;
    }
    let location = response.headers().get(LOCATION)?.to_str().ok()?;
    url.join(location).ok()
}

/// Why a response does not have the image.
pub(crate) async fn status_error(response: Response) -> DownloadError {
    let status = response.status();
    let pause = retry_after(response.headers(), SystemTime::now());
    let body = excerpt(response).await;
    let reason = match status.as_u16() {
        // The content network responds with 404 when a URL has expired.
        403 | 404 | 410 => ImageError::Expired { status, body },
        _ => ImageError::HttpStatus { status, body },
    };
    DownloadError::from(reason).with_retry_after(pause)
}

async fn excerpt(mut response: Response) -> String {
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
