//! Fetching one image into a file, in as many attempts as it takes.

use std::cmp::Ordering;
use std::io;
use std::time::Duration;

use reqwest::header::{HeaderMap, TRANSFER_ENCODING};
use reqwest::{Response, StatusCode, Version as Protocol};
use tokio::time::{Instant, timeout};
use tracing::Span;
use url::Url;

use super::attempts::{Attempts, Failure, Left};
use super::completeness::Framing;
use super::fault::{ImageFault, image_error};
use super::host::{self, Host};
use super::limits::Limits;
use super::part::Part;
use super::rest::{ReceivedRange, Rest, Version};
use crate::error::Error;
use crate::retry::Tried;

/// How long more bytes are waited for after the announced size.
const LINGER: Duration = Duration::from_millis(500);

/// A host may reject only the requests for the rest, and in many ways.
const MAX_FAILED_RESUMES: u32 = 3;
const OTHER_PART: &str = "the host sends another part than requested";

/// An image on its way.
pub(super) struct Transfer<'a> {
    host: &'a Host,
    size_limit: u64,
    announced: Option<u64>,
    part: Part,
    /// The complete image's size, where the host said it.
    total: Option<u64>,
    /// Where the part is from and its version, if the download can be resumed.
    resumable: Option<(Url, Version)>,
    /// Whether Range requests have worked so far.
    allows_resume: bool,
    /// How many of them in a row have brought nothing.
    failed_resumes: u32,
}

impl<'a> Transfer<'a> {
    pub(super) fn new(host: &'a Host, announced: Option<u64>, part: Part, limits: &Limits) -> Self {
        Self {
            host,
            size_limit: limits.size,
            announced,
            part,
            total: None,
            resumable: None,
            allows_resume: true,
            failed_resumes: 0,
        }
    }

    /// How much has come so far.
    pub(super) fn size(&self) -> u64 {
        self.part.size()
    }

    pub(super) fn into_part(self) -> Part {
        self.part
    }

    /// Ends when the image is complete.
    pub(super) async fn run(&mut self, mut attempts: Attempts) -> Result<(), Error> {
        let begun = Instant::now();
        while let Some(url) = attempts.url().cloned() {
            let span = Span::current();
            span.record("useapi.attempt", attempts.failed() + 1);
            span.record("server.address", url.host_str());
            span.record("server.port", url.port_or_known_default());
            let rest = self.rest(&url);
            let start = rest.as_ref().map(|rest| rest.start);
            let Err(failure) = self.attempt(&url, rest).await else {
                return Ok(());
            };
            let left = match (start, self.rest(&url)) {
                (_, None) => Left::Nothing,
                (Some(start), Some(rest)) if rest.start > start => Left::Progress,
                _ => Left::Resumable,
            };
            self.failed_resumes = match (left, start) {
                (Left::Resumable, Some(_)) => self.failed_resumes + 1,
                _ => 0,
            };
            if self.failed_resumes >= MAX_FAILED_RESUMES {
                self.forbid_resume("requests for the rest fail");
            }
            let next = attempts.after(failure, left, Instant::now());
            let next = next.map_err(|error| {
                error.with_tried(Tried {
                    attempts: attempts.failed(),
                    elapsed: begun.elapsed(),
                })
            })?;
            tokio::time::sleep_until(next).await;
        }
        Err(image_error(ImageFault::NoLink))
    }

    async fn attempt(&mut self, url: &Url, rest: Option<Rest>) -> Result<(), Failure> {
        let response = self.host.ask(url, rest.as_ref()).await?;
        let response = self.accept(response, url, rest).await?;
        self.ensure_in_limit(self.total)?;
        let (framing, broken) = self.receive(response).await?;
        match (self.part.is_complete(framing, self.announced).await, broken) {
            (Ok(true), _) => Ok(()),
            (_, Some(broken)) => Err(broken),
            (Ok(false), None) => {
                // What is complete by its framing has no rest.
                self.resumable.take_if(|_| framing == Framing::Complete);
                Err(image_error(ImageFault::Truncated(self.part.size())).into())
            }
            (Err(error), None) => {
                self.resumable = None;
                Err(error.into())
            }
        }
    }

    /// Prepares for the body of a response that brings the image or its rest.
    async fn accept(
        &mut self,
        response: Response,
        url: &Url,
        rest: Option<Rest>,
    ) -> Result<Response, Failure> {
        let (status, headers) = (response.status(), response.headers());
        let range = || ReceivedRange::of(headers);
        match (status, rest) {
            (StatusCode::OK | StatusCode::NON_AUTHORITATIVE_INFORMATION, _) => {
                let total = response.content_length();
                self.start_over(url, headers, total).await?;
                Ok(response)
            }
            (StatusCode::PARTIAL_CONTENT, None) => match range() {
                Some(range) if range.first > 0 => Err(self.forbid_resume(OTHER_PART)),
                // Without a range that can be parsed, only the file itself tells.
                range => {
                    let total = range.and_then(|range| range.total);
                    self.start_over(url, headers, total).await?;
                    Ok(response)
                }
            },
            (StatusCode::PARTIAL_CONTENT, Some(rest)) => match range() {
                Some(range) if rest.is_continued(range, headers) => {
                    self.total = range.total.or(self.total);
                    Ok(response)
                }
                _ => Err(self.forbid_resume(OTHER_PART)),
            },
            // Of a request for the rest these two say nothing.
            (_, None)
            | (StatusCode::TOO_MANY_REQUESTS | StatusCode::SERVICE_UNAVAILABLE, Some(_)) => {
                Err(host::refusal(response).await)
            }
            (_, Some(_)) => {
                self.forbid_resume("the host rejects a request for the rest");
                Err(host::refusal(response).await.of_another_request())
            }
        }
    }

    /// What is missing, when that can be requested from this URL.
    fn rest(&self, url: &Url) -> Option<Rest> {
        let start = self.part.size();
        let (source, version) = self.resumable.as_ref().filter(|_| start > 0)?;
        (source == url).then(|| Rest {
            start,
            total: self.total,
            version: version.clone(),
        })
    }

    /// From now on the image is only requested from its start.
    fn forbid_resume(&mut self, why: &'static str) -> Failure {
        self.allows_resume = false;
        self.resumable = None;
        self.cut(io::Error::other(why))
    }

    fn cut(&self, cause: impl std::error::Error + Send + Sync + 'static) -> Failure {
        let fault = ImageFault::Cut(self.part.size());
        image_error(fault).with_source(cause).into()
    }

    async fn start_over(
        &mut self,
        url: &Url,
        headers: &HeaderMap,
        total: Option<u64>,
    ) -> Result<(), Error> {
        self.part.clear().await.map_err(Error::file)?;
        self.total = total;
        self.resumable = Version::of(headers)
            .filter(|_| self.allows_resume)
            .map(|version| (url.clone(), version));
        Ok(())
    }

    fn ensure_in_limit(&self, size: Option<u64>) -> Result<(), Error> {
        if size.is_some_and(|size| size > self.size_limit) {
            return Err(image_error(ImageFault::TooLarge(self.size_limit)));
        }
        Ok(())
    }

    /// How the body ended, and the failure that this is for an incomplete image.
    async fn receive(
        &mut self,
        mut response: Response,
    ) -> Result<(Framing, Option<Failure>), Failure> {
        // A part of a file of unknown size may be followed by more.
        let is_framed = response.status() != StatusCode::PARTIAL_CONTENT
            && (response.version() >= Protocol::HTTP_2
                || response.content_length().is_some()
                || response.headers().contains_key(TRANSFER_ENCODING));
        loop {
            let has_announced_size = self.announced == Some(self.part.size());
            let linger = if has_announced_size {
                LINGER
            } else {
                Duration::MAX
            };
            match timeout(linger, response.chunk()).await {
                Ok(Ok(Some(chunk))) => {
                    self.ensure_in_limit(Some(self.part.size() + chunk.len() as u64))?;
                    let taken = self.part.take(&chunk).await;
                    taken.inspect_err(|_| self.resumable = None)?;
                }
                Ok(Ok(None)) => break,
                Ok(Err(fault)) => {
                    let broken = self.cut(host::without_link(fault));
                    return Ok((Framing::Broken, Some(broken)));
                }
                Err(_) => return Ok((Framing::Broken, None)),
            }
        }
        match self.total.map(|total| self.part.size().cmp(&total)) {
            // A host may send less than it was asked for, and then be asked again.
            Some(Ordering::Less) => {
                let broken = self.cut(io::Error::other("the host has sent a part of it only"));
                Ok((Framing::Broken, Some(broken)))
            }
            Some(Ordering::Greater) => Err(self.forbid_resume("the host sends more than it has")),
            Some(Ordering::Equal) => Ok((Framing::Complete, None)),
            None if is_framed => Ok((Framing::Complete, None)),
            None => Ok((Framing::Unknown, None)),
        }
    }
}
