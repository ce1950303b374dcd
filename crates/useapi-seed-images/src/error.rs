//! What can be wrong with an image.

use std::fmt;

use reqwest::StatusCode;
use serde::Serialize;

use super::SavedImage;
use crate::error::{Delivery, Error, ErrorKind};
use crate::retrieval::Image;

/// Why an image could not be had.
///
/// ```
/// # use useapi_seed_emulator::Emulator;
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # let emulator = Emulator::builder().speed(600.0).start().await?;
/// # let client = useapi_seed::Client::builder(emulator.token()).base_url(emulator.base_url()).build()?;
/// # let jobid = emulator.jobs().imagine.as_str();
/// # let retrieval = client.retrieve(jobid).interval(std::time::Duration::from_millis(20)).await?;
/// # let folder = tempfile::tempdir()?;
/// use useapi_seed::{ErrorKind, ImageFault};
///
/// for outcome in client.save_images(&retrieval, &folder).await {
///     let Err(error) = outcome else { continue };
///     match error.kind() {
///         ErrorKind::Image(ImageFault::Gone { status, .. }) => println!("expired: {status}"),
///         ErrorKind::Image(fault) => println!("{fault}"),
///         _ => println!("{error}"),
///     }
/// }
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum ImageFault {
    /// The answer has no link to it.
    NoLink,
    /// The link is no address, or one that is not fetched from, and why.
    BadLink(String),
    /// The host did not answer.
    NoAnswer,
    /// The host no longer has it: the link has most likely expired.
    #[non_exhaustive]
    Gone {
        /// The host's status.
        status: StatusCode,
        /// The first bytes of its answer.
        body: String,
    },
    /// The host refused for another reason.
    #[non_exhaustive]
    Refused {
        /// The host's status.
        status: StatusCode,
        /// The first bytes of its answer.
        body: String,
    },
    /// The connection ended after this many bytes, before the image did.
    Cut(u64),
    /// The file ends before the picture does, after this many bytes.
    Truncated(u64),
    /// What came is no picture; these are its first bytes.
    NotAPicture(String),
    /// It has, or goes on, beyond this many bytes.
    TooLarge(u64),
    /// It was not whole in the time there is; so many bytes had come.
    TooSlow(u64),
}

impl ImageFault {
    /// Whether the same may go well later, at the same URL.
    pub(crate) fn is_passing(&self) -> bool {
        match self {
            Self::NoAnswer
            | Self::Cut(_)
            | Self::Truncated(_)
            | Self::TooSlow(_)
            // A page of a gateway or an empty body stands in for the image.
            | Self::NotAPicture(_) => true,
            // Of 2xx these are without the image; of 4xx none is about the link.
            Self::Refused { status, .. } => {
                status.is_success()
                    || status.is_server_error()
                    || matches!(status.as_u16(), 408 | 421 | 423 | 425 | 429)
            }
            _ => false,
        }
    }

    pub(crate) fn advice(&self) -> &'static str {
        match self {
            Self::NoLink | Self::BadLink(_) => {
                "The answer is kept; look at its attachments, and report it to the service."
            }
            Self::Gone { .. } => {
                "Ask for the job again: a fresh answer has fresh links, as a rule. They last \
                 about a day."
            }
            Self::NoAnswer | Self::Cut(_) | Self::Truncated(_) | Self::TooSlow(_) => {
                "Save the images again while their links last, about a day."
            }
            Self::Refused { .. } | Self::NotAPicture(_) | Self::TooLarge(_) => {
                "Open the link in a browser to see what is there. A fresh answer of the service \
                 may have a better one."
            }
        }
    }
}

impl fmt::Display for ImageFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoLink => f.write_str("the answer has no link to the image"),
            Self::BadLink(fault) => write!(f, "the link to the image {fault}"),
            Self::NoAnswer => f.write_str("the image's host does not answer"),
            Self::Gone { status, body } => write!(
                f,
                "the link to the image has expired, or the image is gone (HTTP {}: {body})",
                status.as_u16()
            ),
            Self::Refused { status, body } => write!(
                f,
                "the image's host refuses (HTTP {}: {body})",
                status.as_u16()
            ),
            Self::Cut(size) => write!(f, "the image was cut short after {size} bytes"),
            Self::Truncated(size) => write!(f, "the image is truncated: it ends at {size} bytes"),
            Self::NotAPicture(start) if start.is_empty() => f.write_str("what came is empty"),
            Self::NotAPicture(start) => {
                write!(f, "what came is no picture; it begins with {start:?}")
            }
            Self::TooLarge(limit) => write!(f, "the image is over {limit} bytes"),
            Self::TooSlow(size) => write!(
                f,
                "the image takes too long: {size} bytes have come in the time there is"
            ),
        }
    }
}

pub(super) fn image_error(fault: ImageFault) -> Error {
    let delivery = match fault {
        ImageFault::NoLink | ImageFault::BadLink(_) => Delivery::NotSent,
        _ => Delivery::Answered,
    };
    Error::new(ErrorKind::Image(fault), delivery)
}

/// Where a whole image differs from what the answer announced.
///
/// ```
/// # use useapi_seed_emulator::Emulator;
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # let emulator = Emulator::builder().speed(600.0).start().await?;
/// # let client = useapi_seed::Client::builder(emulator.token()).base_url(emulator.base_url()).build()?;
/// # let jobid = emulator.jobs().imagine.as_str();
/// # let retrieval = client.retrieve(jobid).interval(std::time::Duration::from_millis(20)).await?;
/// # let folder = tempfile::tempdir()?;
/// use useapi_seed::Difference;
///
/// for saved in client.save_images(&retrieval, &folder).await {
///     for difference in saved?.differences {
///         match difference {
///             Difference::Size { announced, found, .. } => println!("{announced}, {found} bytes"),
///             _ => println!("{difference}"),
///         }
///     }
/// }
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Difference {
    /// Its size in bytes.
    #[non_exhaustive]
    Size {
        /// What the answer said.
        announced: u64,
        /// What came.
        found: u64,
    },
    /// Its width and height in pixels.
    #[non_exhaustive]
    Dimensions {
        /// What the answer said.
        announced: (u64, u64),
        /// What came.
        found: (u64, u64),
    },
    /// Its media type.
    #[non_exhaustive]
    MediaType {
        /// What the answer said.
        announced: String,
        /// What came.
        found: &'static str,
    },
}

impl fmt::Display for Difference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Size { announced, found } => {
                write!(f, "announced with {announced} bytes, it has {found}")
            }
            Self::Dimensions { announced, found } => write!(
                f,
                "announced with {} x {} pixels, it has {} x {}",
                announced.0, announced.1, found.0, found.1
            ),
            Self::MediaType { announced, found } => {
                write!(f, "announced as {announced}, it is {found}")
            }
        }
    }
}

/// What was announced and is not so. What was not announced cannot differ.
pub(super) fn differences(image: &Image, saved: &SavedImage) -> Vec<Difference> {
    let size = image
        .size
        .filter(|announced| *announced != saved.size)
        .map(|announced| Difference::Size {
            announced,
            found: saved.size,
        });
    let dimensions = image
        .width
        .zip(image.height)
        .zip(saved.dimensions)
        .filter(|(announced, found)| announced != found)
        .map(|(announced, found)| Difference::Dimensions { announced, found });
    let media_type = image
        .content_type
        .as_ref()
        .filter(|announced| {
            let essence = announced.split(';').next().unwrap_or_default().trim();
            !essence.eq_ignore_ascii_case(saved.media_type)
        })
        .map(|announced| Difference::MediaType {
            announced: announced.clone(),
            found: saved.media_type,
        });
    size.into_iter()
        .chain(dimensions)
        .chain(media_type)
        .collect()
}

#[cfg(test)]
mod tests {
    use super::ImageFault;

    #[test]
    fn a_limit_is_named() {
        let line = ImageFault::TooLarge(268_435_456).to_string();
        assert_eq!(line, "the image is over 268435456 bytes");
        let line = ImageFault::TooSlow(5).to_string();
        assert_eq!(
            line,
            "the image takes too long: 5 bytes have come in the time there is"
        );
    }
}
