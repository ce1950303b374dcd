//! Fetching one image into a file, in as many attempts as it takes.

use std::io;
use std::time::Duration;

use reqwest::header::HeaderMap;
use reqwest::{Response, StatusCode};
use tokio::time::Instant;
use tracing::Span;
use url::Url;

use super::attempts::{Attempts, Failure};
use super::fault::{ImageFault, image_error};
use super::host::{self, Host};
use super::part::Part;
use super::rest::{Rest, Version};
use crate::error::Error;
use crate::retry::Tried;

/// What an image may take at most.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Limits {
    pub(crate) size: u64,
    pub(crate) time: Duration,
}

impl Default for Limits {
    /// A body without an end must not fill the disk: 256 MiB. Nor must a slow one
    /// go on for ever: ten minutes, with all attempts.
    fn default() -> Self {
        Self {
            size: 256 * 1024 * 1024,
            time: Duration::from_secs(10 * 60),
        }
    }
}

/// An image on its way.
pub(super) struct Transfer<'a> {
    host: &'a Host,
    url: Url,
    size_limit: u64,
    part: Part,
    /// The whole image's size, where the host said it.
    total: Option<u64>,
    /// Of what came so far, if the host can go on with it.
    version: Option<Version>,
    /// Whether the host's word about parts has held so far.
    is_trusted: bool,
    /// Whether this attempt has brought more of what came before it.
    went_on: bool,
}

impl<'a> Transfer<'a> {
    pub(super) fn new(host: &'a Host, url: Url, part: Part, limits: &Limits) -> Self {
        Self {
            host,
            url,
            size_limit: limits.size,
            part,
            total: None,
            version: None,
            is_trusted: true,
            went_on: false,
        }
    }

    /// How much has come so far.
    pub(super) fn size(&self) -> u64 {
        self.part.size()
    }

    pub(super) fn into_part(self) -> Part {
        self.part
    }

    /// Ends when all has come that the host has; whether that is a whole
    /// picture is another question.
    pub(super) async fn run(&mut self) -> Result<(), Error> {
        let mut attempts = Attempts::default();
        let begun = Instant::now();
        loop {
            self.went_on = false;
            Span::current().record("useapi.attempt", attempts.made() + 1);
            let Err(failure) = self.attempt().await else {
                return Ok(());
            };
            let pause = attempts.after(failure, self.went_on).map_err(|error| {
                error.with_tried(Tried {
                    attempts: attempts.made(),
                    elapsed: begun.elapsed(),
                })
            })?;
            tokio::time::sleep(pause).await;
        }
    }

    async fn attempt(&mut self) -> Result<(), Failure> {
        let rest = self.rest();
        let response = self.host.ask(&self.url, rest.as_ref()).await?;
        let goes_on = match (response.status(), rest) {
            (StatusCode::PARTIAL_CONTENT, Some(rest)) => {
                let Some(rest) = rest.brought_by(response.headers()) else {
                    return Err(self.mistrust("the host sends another part than it was asked for"));
                };
                self.total = rest.total;
                true
            }
            (StatusCode::RANGE_NOT_SATISFIABLE, Some(_)) => {
                return Err(self.mistrust("the host has no more of it"));
            }
            (status, _) if status.is_success() && status != StatusCode::PARTIAL_CONTENT => {
                self.start_over(response.headers(), response.content_length())
                    .await?;
                false
            }
            _ => return Err(host::refusal(response).await),
        };
        self.ensure_in_limit(self.total)?;
        self.receive(response, goes_on).await
    }

    /// What is missing, when that can be asked for.
    fn rest(&self) -> Option<Rest> {
        let start = self.part.size();
        let version = self.version.clone().filter(|_| start > 0)?;
        Some(Rest {
            start,
            total: self.total,
            version,
        })
    }

    /// From now on the image is only taken as a whole.
    fn mistrust(&mut self, why: &'static str) -> Failure {
        self.is_trusted = false;
        self.version = None;
        self.cut(io::Error::other(why))
    }

    fn cut(&self, cause: impl std::error::Error + Send + Sync + 'static) -> Failure {
        let fault = ImageFault::Cut(self.part.size());
        Failure::passing(image_error(fault).with_source(cause))
    }

    async fn start_over(&mut self, headers: &HeaderMap, total: Option<u64>) -> Result<(), Error> {
        self.part.clear().await.map_err(Error::file)?;
        self.total = total;
        self.version = Version::of(headers).filter(|_| self.is_trusted);
        Ok(())
    }

    fn ensure_in_limit(&self, size: Option<u64>) -> Result<(), Error> {
        if size.is_some_and(|size| size > self.size_limit) {
            return Err(image_error(ImageFault::TooLarge(self.size_limit)));
        }
        Ok(())
    }

    async fn receive(&mut self, mut response: Response, goes_on: bool) -> Result<(), Failure> {
        loop {
            match response.chunk().await {
                Ok(Some(chunk)) => {
                    self.ensure_in_limit(Some(self.part.size() + chunk.len() as u64))?;
                    self.part.take(&chunk).await?;
                    self.went_on |= goes_on && !chunk.is_empty();
                }
                Ok(None) => break,
                Err(fault) => return Err(self.cut(host::without_link(fault))),
            }
        }
        match self.total.map(|total| self.part.size().cmp(&total)) {
            // A host may send less than it was asked for, and then be asked again.
            Some(std::cmp::Ordering::Less) => {
                Err(self.cut(io::Error::other("the host has sent a part of it only")))
            }
            Some(std::cmp::Ordering::Greater) => {
                Err(self.mistrust("the host sends more than it has"))
            }
            _ => Ok(()),
        }
    }
}
