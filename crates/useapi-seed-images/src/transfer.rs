//! Downloads one image into a file, in several attempts if need be.

use std::cmp::Ordering;
use std::io;
use std::time::Duration;

use reqwest::header::TRANSFER_ENCODING;
use reqwest::{Response, StatusCode, Version as Protocol};
use tokio::time::{Instant, timeout};
use tracing::Span;
use url::Url;

use crate::attempts::{Attempts, Remainder};
use crate::error::{DownloadError, ImageError, Result, Retry};
use crate::http::{self, ImageClient};
use crate::inspection::Inspection;
use crate::limits::Limits;
use crate::partial_file::PartialFile;
use crate::range::{RangeRequest, ReceivedRange, Validator};

/// How long to wait for more bytes than announced.
const LINGER: Duration = Duration::from_millis(500);

/// A host may reject Range requests only, and in many ways.
const MAX_FAILED_RESUMES: u32 = 3;
const OTHER_RANGE: &str = "unexpected Content-Range";

/// A download in progress.
pub(crate) struct Transfer<'a> {
    http: &'a ImageClient,
    size_limit: u64,
    announced: Option<u64>,
    pub(crate) file: PartialFile,
    /// The size of the complete image, where the host sent it.
    total: Option<u64>,
    /// Where the file is from and its version, if the download can be resumed.
    resumable: Option<(Url, Validator)>,
    /// How many Range requests have made no progress since one did.
    failed_resumes: u32,
}

impl<'a> Transfer<'a> {
    pub(crate) fn new(
        http: &'a ImageClient,
        announced: Option<u64>,
        file: PartialFile,
        limits: &Limits,
    ) -> Self {
        Self {
            http,
            size_limit: limits.size,
            announced,
            file,
            total: None,
            resumable: None,
            failed_resumes: 0,
        }
    }

    /// Returns when the image is complete.
    pub(crate) async fn run(&mut self, mut attempts: Attempts) -> Result<Inspection> {
        let started = Instant::now();
        while let Some(url) = attempts.url().cloned() {
            let span = Span::current();
            span.record("useapi.attempt", attempts.count() + 1);
            span.record("server.address", url.host_str());
            span.record("server.port", url.port_or_known_default());
            let range = self.range(&url);
            let start = range.as_ref().map(|range| range.start);
            let error = match self.attempt(&url, range).await {
                Ok(image) => return Ok(image),
                Err(error) => error,
            };
            let remainder = match (start, self.range(&url)) {
                (_, None) => Remainder::Nothing,
                (Some(start), Some(range)) if range.start > start => Remainder::Progress,
                _ => Remainder::Resumable,
            };
            match (remainder, start) {
                (Remainder::Progress, _) => self.failed_resumes = 0,
                (Remainder::Resumable, Some(_)) => self.failed_resumes += 1,
                _ => {}
            }
            let next = attempts.next_attempt(error, remainder, Instant::now());
            let next = next.map_err(|error| error.after(attempts.count(), started.elapsed()))?;
            tokio::time::sleep_until(next).await;
        }
        Err(ImageError::MissingUrl.into())
    }

    async fn attempt(&mut self, url: &Url, range: Option<RangeRequest>) -> Result<Inspection> {
        let response = self.http.get(url, range.as_ref()).await?;
        let response = self.accept(response, url, range).await?;
        self.check_size_limit(self.total.unwrap_or(0))?;
        let (is_framed, broken) = self.receive(response).await?;
        let has_announced_size = self.announced == Some(self.file.size);
        let inspected = self.file.inspect().await;
        let is_image = inspected.is_ok();
        let error = match inspected {
            Ok(image) if image.structure.is_complete(is_framed, has_announced_size) => {
                return Ok(image);
            }
            Ok(image) => ImageError::Truncated(image.size).into(),
            Err(error) => error,
        };
        if broken.is_none() && (is_framed || !is_image) {
            // A body that is complete by its framing cannot be resumed.
            self.resumable = None;
        }
        Err(broken.unwrap_or(error))
    }

    /// Prepares for the body of a response with the image or the requested range.
    async fn accept(
        &mut self,
        response: Response,
        url: &Url,
        requested: Option<RangeRequest>,
    ) -> Result<Response> {
        let (status, headers) = (response.status(), response.headers());
        let range = ReceivedRange::from_headers(headers);
        let total = match (status, requested) {
            (StatusCode::OK | StatusCode::NON_AUTHORITATIVE_INFORMATION, _) => {
                response.content_length()
            }
            // Without a valid range the structure of the file decides.
            (StatusCode::PARTIAL_CONTENT, None) if range.is_none_or(|range| range.first == 0) => {
                range.and_then(|range| range.total)
            }
            (StatusCode::PARTIAL_CONTENT, Some(requested))
                if range.is_some_and(|range| requested.validate_response(range, headers)) =>
            {
                self.total = range.and_then(|range| range.total).or(self.total);
                return Ok(response);
            }
            (StatusCode::PARTIAL_CONTENT, _) => return Err(self.disable_resume(OTHER_RANGE)),
            // These two are not about the range.
            (_, None) | (StatusCode::TOO_MANY_REQUESTS | StatusCode::SERVICE_UNAVAILABLE, _) => {
                return Err(http::status_error(response).await);
            }
            (_, Some(_)) => {
                self.disable_resume("Range request rejected");
                let mut error = http::status_error(response).await;
                if error.retry == Retry::OtherUrl {
                    // The image may be there for a request without a range.
                    error.retry = Retry::After(Duration::ZERO);
                }
                return Err(error);
            }
        };
        self.file.clear().await?;
        self.total = total;
        self.resumable = Validator::from_headers(headers).map(|validator| (url.clone(), validator));
        Ok(response)
    }

    /// The request for what is missing, if this URL can be resumed.
    fn range(&self, url: &Url) -> Option<RangeRequest> {
        let (source, validator) = self.resumable.as_ref()?;
        let is_resumable =
            source == url && self.file.size > 0 && self.failed_resumes < MAX_FAILED_RESUMES;
        is_resumable.then(|| RangeRequest {
            start: self.file.size,
            total: self.total,
            validator: validator.clone(),
        })
    }

    /// From now on the image is requested from its start.
    fn disable_resume(&mut self, why: &'static str) -> DownloadError {
        self.failed_resumes = MAX_FAILED_RESUMES;
        self.interrupted(io::Error::other(why))
    }

    fn interrupted(&self, cause: impl std::error::Error + Send + Sync + 'static) -> DownloadError {
        DownloadError::new(ImageError::Interrupted(self.file.size), cause)
    }

    fn check_size_limit(&self, size: u64) -> Result<(), ImageError> {
        if size > self.size_limit {
            return Err(ImageError::TooLarge(self.size_limit));
        }
        Ok(())
    }

    /// Whether the body is complete by its framing, and the error in case the image is
    /// incomplete.
    async fn receive(&mut self, mut response: Response) -> Result<(bool, Option<DownloadError>)> {
        // Where the size is unknown. A range may be followed by more.
        let is_framed = response.status() != StatusCode::PARTIAL_CONTENT
            && (response.version() >= Protocol::HTTP_2
                || response.headers().contains_key(TRANSFER_ENCODING));
        loop {
            let linger = if self.announced == Some(self.file.size) {
                LINGER
            } else {
                Duration::MAX
            };
            match timeout(linger, response.chunk()).await {
                Ok(Ok(Some(chunk))) => {
                    self.check_size_limit(self.file.size + chunk.len() as u64)?;
                    let written = self.file.write(&chunk).await;
                    written.inspect_err(|_| self.resumable = None)?;
                }
                Ok(Ok(None)) => break,
                Ok(Err(err)) => return Ok((false, Some(self.interrupted(err.without_url())))),
                Err(_) => return Ok((false, None)),
            }
        }
        let Some(total) = self.total else {
            return Ok((is_framed, None));
        };
        match self.file.size.cmp(&total) {
            // A host may send less than requested; the next request is for the rest.
            Ordering::Less => {
                let cause = io::Error::other("body shorter than the image");
                Ok((false, Some(self.interrupted(cause))))
            }
            Ordering::Equal => Ok((true, None)),
            Ordering::Greater => Err(self.disable_resume("body longer than the image")),
        }
    }
}
