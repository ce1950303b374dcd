//! Asking the images' host.

use std::time::SystemTime;

use reqwest::Response;
use reqwest::header::{ACCEPT, HeaderValue, IF_RANGE, RANGE};
use tracing::Span;
use url::Url;

use super::address::Addresses;
use super::attempts::Failure;
use super::fault::{ImageFault, image_error};
use super::resolver::Resolver;
use super::rest::Rest;
use crate::error::{Delivery, Error, ErrorKind};
use crate::retry_after::retry_after;

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
            .redirect(addresses.redirects())
            .referer(false)
            // What is counted, and asked for from some byte on, are the
            // picture's own bytes.
            .no_gzip()
            .no_brotli()
            .no_zstd()
            .no_deflate()
            .dns_resolver(Resolver::new(addresses))
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
        Ok(url)
    }

    /// The host's answer, of whatever status, to a request for the whole or for
    /// the rest.
    pub(super) async fn ask(&self, url: &Url, rest: Option<&Rest>) -> Result<Response, Failure> {
        let mut request = self
            .http
            .get(url.clone())
            .header(ACCEPT, HeaderValue::from_static("image/*"));
        if let Some(rest) = rest {
            request = request
                .header(RANGE, rest.range())
                .header(IF_RANGE, rest.version());
        }
        let response = request.send().await.map_err(no_answer)?;
        let status = response.status().as_u16();
        Span::current().record("http.response.status_code", status);
        Ok(response)
    }
}

fn no_answer(fault: reqwest::Error) -> Failure {
    // The same redirects would come again.
    let is_lasting = fault.is_redirect() || fault.is_builder();
    let delivery = if fault.is_connect() {
        Delivery::NotSent
    } else {
        Delivery::MayHaveBeenSent
    };
    let error = Error::new(ErrorKind::Image(ImageFault::NoAnswer), delivery)
        .with_source(without_link(fault));
    if is_lasting {
        Failure::permanent(error)
    } else {
        Failure::transient(error)
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
