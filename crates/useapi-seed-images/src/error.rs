//! Why an image could not be downloaded or stored.

use std::error::Error as StdError;
use std::io;
use std::time::Duration;

use reqwest::StatusCode;

use crate::sink::error::SinkError;

/// The reason of a [`DownloadError`].
///
/// ```
/// use useapi_seed_images::ImageError;
///
/// fn explain(reason: &ImageError) -> String {
///     match reason {
///         ImageError::Expired { status, .. } => format!("expired: {status}"),
///         reason => format!("{reason}. {}", reason.help()),
///     }
/// }
///
/// assert!(explain(&ImageError::MissingUrl).starts_with("image has no URL. "));
/// assert!(ImageError::Unreachable.is_transient());
/// assert!(!ImageError::Unreachable.is_expired());
/// ```
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ImageError {
    /// There is neither a URL nor a fallback URL.
    #[error("image has no URL")]
    MissingUrl,
    /// The URL is invalid or not allowed, and why.
    #[error("image URL {0}")]
    InvalidUrl(String),
    /// There was no response.
    #[error("image host unreachable")]
    Unreachable,
    /// The host does not have the image any more: most likely its URL has expired.
    #[error("image URL has expired (HTTP {}{})", status.as_u16(), after_colon(body))]
    #[non_exhaustive]
    Expired {
        /// The host's status: 403, 404 or 410.
        status: StatusCode,
        /// The start of the response's body.
        body: String,
    },
    /// The host responded with another status.
    #[error("image host returned HTTP {}{}", status.as_u16(), after_colon(body))]
    #[non_exhaustive]
    HttpStatus {
        /// The host's status.
        status: StatusCode,
        /// The start of the response's body.
        body: String,
    },
    /// The connection ended after this many bytes, before the image was complete.
    #[error("download interrupted after {0} bytes")]
    Interrupted(u64),
    /// The file ends after this many bytes, before the image does.
    #[error("image is truncated: it ends after {0} bytes")]
    Truncated(u64),
    /// The response is not an image. This is its start.
    #[error("not an image ({})", describe_start(.0))]
    NotAnImage(String),
    /// The image has more bytes than this limit.
    #[error("image is larger than {0} bytes")]
    TooLarge(u64),
    /// The download took too long; this many bytes had been received.
    #[error("download timed out after {0} bytes")]
    Timeout(u64),
    /// The sink or the temporary file failed; the source says how.
    #[error("image cannot be stored")]
    Storage,
}

fn after_colon(body: &str) -> String {
    if body.is_empty() {
        String::new()
    } else {
        format!(": {body}")
    }
}

fn describe_start(start: &str) -> String {
    if start.is_empty() {
        "empty response".to_owned()
    } else {
        format!("starts with {start:?}")
    }
}

impl ImageError {
    /// Whether a later attempt with the same URL may succeed.
    #[must_use]
    pub fn is_transient(&self) -> bool {
        match self {
            // A gateway's page or an empty body may stand in for an image.
            Self::Unreachable
            | Self::Interrupted(_)
            | Self::Truncated(_)
            | Self::Timeout(_)
            | Self::NotAnImage(_) => true,
            // A 2xx without the image, and the 4xx that are not about the URL.
            Self::HttpStatus { status, .. } => {
                status.is_success()
                    || status.is_server_error()
                    || matches!(status.as_u16(), 408 | 421 | 423 | 425 | 429)
            }
            _ => false,
        }
    }

    /// Whether a renewed URL may help.
    #[must_use]
    pub fn is_expired(&self) -> bool {
        matches!(self, Self::Expired { .. })
    }

    /// What to do about it, in a sentence or two.
    #[must_use]
    pub fn help(&self) -> &'static str {
        match self {
            Self::MissingUrl | Self::InvalidUrl(_) => {
                "Check the image's URLs: it cannot be downloaded with them."
            }
            Self::Expired { .. } => "Get a renewed URL and download the image with it.",
            Self::Unreachable | Self::Interrupted(_) | Self::Truncated(_) | Self::Timeout(_) => {
                "Download the image again before its URL expires."
            }
            Self::HttpStatus { .. } | Self::NotAnImage(_) => {
                "Open the URL in a browser to see what the host returns. A renewed URL may work."
            }
            Self::TooLarge(_) => "Raise the size limit if the image is meant to be that large.",
            Self::Storage => {
                "Check that the destination can be written to and has free space, then save the \
                 image again."
            }
        }
    }
}

/// After a longer `Retry-After` the host gets no further request: the caller decides.
const MAX_RETRY_AFTER: Duration = Duration::from_secs(30);

type Source = Box<dyn StdError + Send + Sync>;
pub(crate) type Result<T, E = DownloadError> = std::result::Result<T, E>;

/// What may help after a failed attempt.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Retry {
    /// Nothing.
    Never,
    /// The same URL fails again; another one may not.
    OtherUrl,
    /// The same request may succeed after this delay.
    After(Duration),
}

/// Why an image could not be downloaded or stored, after all attempts.
///
/// No URL is part of it.
///
/// ```
/// use useapi_seed_images::{DownloadError, ImageError};
///
/// fn report(error: &DownloadError) {
///     println!("{error} ({} attempts in {:?})", error.attempts(), error.elapsed());
///     if error.is_already_exists() {
///         println!("another image has that name");
///     } else if error.reason().is_expired() {
///         println!("renew the URL");
///     } else if error.reason().is_transient() {
///         println!("try again");
///     } else {
///         println!("{}", error.reason().help());
///     }
/// }
/// ```
#[derive(Debug, thiserror::Error)]
#[error("{reason}{}", describe_attempts(*.attempts, *.elapsed))]
pub struct DownloadError {
    reason: ImageError,
    source: Option<Source>,
    attempts: u32,
    elapsed: Duration,
    pub(crate) retry: Retry,
}

impl DownloadError {
    pub(crate) fn new(reason: ImageError, source: impl Into<Source>) -> Self {
        Self {
            source: Some(source.into()),
            ..reason.into()
        }
    }

    pub(crate) fn after(mut self, attempts: u32, elapsed: Duration) -> Self {
        self.attempts = attempts;
        self.elapsed = elapsed;
        self
    }

    /// With the host's `Retry-After`.
    pub(crate) fn with_retry_after(mut self, retry_after: Option<Duration>) -> Self {
        if let (Retry::After(_), Some(pause)) = (self.retry, retry_after) {
            self.retry = if pause <= MAX_RETRY_AFTER {
                Retry::After(pause)
            } else {
                Retry::OtherUrl
            };
        }
        self
    }

    /// The reason.
    #[must_use]
    pub fn reason(&self) -> &ImageError {
        &self.reason
    }

    /// The reason, and the error that caused it.
    ///
    /// ```
    /// # use useapi_seed_images::{DownloadError, ImageError};
    /// fn is_full(error: DownloadError) -> bool {
    ///     let (reason, source) = error.into_parts();
    ///     let source = source.and_then(|source| source.downcast::<std::io::Error>().ok());
    ///     reason == ImageError::Storage
    ///         && source.is_some_and(|err| err.kind() == std::io::ErrorKind::StorageFull)
    /// }
    /// ```
    #[must_use]
    pub fn into_parts(self) -> (ImageError, Option<Box<dyn StdError + Send + Sync>>) {
        (self.reason, self.source)
    }

    /// How many attempts were made.
    #[must_use]
    pub fn attempts(&self) -> u32 {
        self.attempts
    }

    /// The time from the first attempt to the last failure.
    #[must_use]
    pub fn elapsed(&self) -> Duration {
        self.elapsed
    }

    /// Whether the sink has another image of this name, which it does not replace.
    #[must_use]
    pub fn is_already_exists(&self) -> bool {
        let source = self.source.as_deref();
        let sink_error = source.and_then(|source| source.downcast_ref::<SinkError>());
        sink_error.is_some_and(SinkError::is_already_exists)
    }
}

/// For the text of an error.
fn describe_attempts(attempts: u32, elapsed: Duration) -> String {
    if attempts > 1 {
        format!("; {attempts} attempts in {:.1} s", elapsed.as_secs_f64())
    } else {
        String::new()
    }
}

impl From<ImageError> for DownloadError {
    fn from(reason: ImageError) -> Self {
        let retry = match reason {
            ImageError::Storage => Retry::Never,
            _ if reason.is_transient() => Retry::After(Duration::ZERO),
            _ => Retry::OtherUrl,
        };
        Self {
            reason,
            source: None,
            attempts: 1,
            elapsed: Duration::ZERO,
            retry,
        }
    }
}

impl From<io::Error> for DownloadError {
    fn from(err: io::Error) -> Self {
        Self::new(ImageError::Storage, err)
    }
}

impl From<SinkError> for DownloadError {
    fn from(err: SinkError) -> Self {
        match err {
            SinkError::Failed(source) => Self::new(ImageError::Storage, source),
            err => Self::new(ImageError::Storage, err),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn limits_are_shown() {
        let line = ImageError::TooLarge(268_435_456).to_string();
        assert_eq!(line, "image is larger than 268435456 bytes");
        let line = ImageError::Timeout(5).to_string();
        assert_eq!(line, "download timed out after 5 bytes");
    }

    #[test]
    fn existing_image_is_recognized() {
        let error = DownloadError::from(SinkError::AlreadyExists("image-1.png".to_owned()));
        assert!(error.is_already_exists() && !error.reason().is_transient());
        let error = DownloadError::from(io::Error::from(io::ErrorKind::AlreadyExists));
        assert!(!error.is_already_exists());
    }
}
