//! Asking the images' host.

use std::time::SystemTime;

use reqwest::Response;
use reqwest::header::{ACCEPT, HeaderValue, IF_RANGE, LOCATION, RANGE};
use reqwest::redirect::Policy;
use tracing::Span;
use url::Url;

use super::address::Addresses;
use super::attempts::Failure;
use super::fault::{ImageFault, image_error};
use super::resolver::Resolver;
use super::rest::Rest;
use crate::error::{Delivery, Error, ErrorKind};
use crate::retry_after::retry_after;

const REDIRECTS: usize = 5;
/// How much of a refusal's body an error shows.
const EXCERPT_BYTES: usize = 200;

/// Knows nothing of the API but whether it is local.
#[derive(Clone)]
pub(super) struct Host {
    http: reqwest::Client,
    addresses: Addresses,
}

impl Host {
    pub(super) fn new(
        api_is_loopback: bool,
        configure: impl FnOnce(reqwest::ClientBuilder) -> reqwest::ClientBuilder,
    ) -> Result<Self, Error> {
        let addresses = Addresses::for_api(api_is_loopback);
        let mut http = reqwest::Client::builder();
        if api_is_loopback {
            // Nor does a proxy lead to images on this machine.
            http = http.no_proxy();
        }
        let http = configure(http)
            // They are followed here, where each address is checked.
            .redirect(Policy::none())
            .referer(false)
            // What is counted, and asked for from some byte on, are the
            // picture's own bytes.
            .no_gzip()
            .no_brotli()
            .no_zstd()
            .no_deflate()
            .dns_resolver(Resolver(addresses))
            .build()
            .map_err(|fault| {
                Error::invalid_input("HTTP settings", "cannot be applied").with_source(fault)
            })?;
        Ok(Self { http, addresses })
    }

    /// The address in a link, if that may be fetched from.
    pub(super) fn address_of(&self, link: &str) -> Result<Url, Error> {
        let url = Url::parse(link)
            .map_err(|fault| image_error(ImageFault::BadLink(format!("is no address: {fault}"))))?;
        self.addresses
            .check(&url)
            .map_err(|fault| image_error(ImageFault::BadLink(fault)))?;
        if self.addresses == Addresses::Public && url.scheme() == "http" {
            tracing::warn!(
                server.address = url.host_str(),
                "the image's link is plain http: what comes could be another image"
            );
        }
        Ok(url)
    }

    /// The host's answer, of whatever status but a redirect's, to a request for
    /// the whole or for the rest.
    pub(super) async fn ask(&self, url: &Url, rest: Option<&Rest>) -> Result<Response, Failure> {
        let mut url = url.clone();
        for _ in 0..=REDIRECTS {
            let response = self.request(&url, rest).await?;
            let Some(next) = redirect(&url, &response) else {
                let status = response.status().as_u16();
                Span::current().record("http.response.status_code", status);
                return Ok(response);
            };
            self.addresses
                .check_redirect(&url, &next)
                .map_err(|problem| bad_redirect(&problem))?;
            url = next;
        }
        Err(bad_redirect(&format!("more than {REDIRECTS} times")))
    }

    async fn request(&self, url: &Url, rest: Option<&Rest>) -> Result<Response, Failure> {
        let mut request = self
            .http
            .get(url.clone())
            .header(ACCEPT, HeaderValue::from_static("image/*"));
        if let Some(rest) = rest {
            request = request
                .header(RANGE, rest.range())
                .header(IF_RANGE, rest.version());
        }
        let outcome = Resolver(self.addresses)
            .request(url, request.send())
            .await
            .map_err(|problem| image_error(ImageFault::BadLink(problem)))?;
        outcome.map_err(no_answer)
    }
}

/// Where a response leads on to.
fn redirect(url: &Url, response: &Response) -> Option<Url> {
    // 304 and the like have no location to follow.
    if !matches!(response.status().as_u16(), 301 | 302 | 303 | 307 | 308) {
        return None;
    }
    let location = response.headers().get(LOCATION)?.to_str().ok()?;
    url.join(location).ok()
}

/// The same redirect would come again.
fn bad_redirect(problem: &str) -> Failure {
    let fault = ImageFault::BadLink(format!("redirects {problem}"));
    Error::new(ErrorKind::Image(fault), Delivery::Answered).into()
}

fn no_answer(fault: reqwest::Error) -> Failure {
    let is_permanent = fault.is_builder();
    let delivery = if fault.is_connect() {
        Delivery::NotSent
    } else {
        Delivery::MayHaveBeenSent
    };
    let error = Error::new(ErrorKind::Image(ImageFault::NoAnswer), delivery)
        .with_source(without_link(fault));
    if is_permanent {
        Failure::permanent(error)
    } else {
        error.into()
    }
}

/// An answer that is not the image.
pub(super) async fn refusal(response: Response) -> Failure {
    let status = response.status();
    let pause = retry_after(response.headers(), SystemTime::now());
    let body = excerpt(response).await;
    let fault = match status.as_u16() {
        // After a link has expired the content network answers 404.
        403 | 404 | 410 => ImageFault::Gone { status, body },
        _ => ImageFault::Refused { status, body },
    };
    Failure::from(image_error(fault)).not_before(pause)
}

/// A link is a key to the picture; it stays out of errors.
pub(super) fn without_link(fault: reqwest::Error) -> reqwest::Error {
    fault.without_url()
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
