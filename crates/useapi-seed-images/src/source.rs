//! What is to be downloaded.

use std::fmt;

use serde::{Deserialize, Serialize};

/// An image to download: its URLs, and what is known of it in advance.
///
/// The announced values decide whether a stored image is reused, and an equal size
/// proves that a download is complete. Otherwise a different value is only reported
/// ([`Mismatch`](crate::Mismatch)). `Debug` shows no URL, since a URL is a key to the
/// image.
///
/// ```
/// use useapi_seed_images::ImageSource;
///
/// let mut source = ImageSource::new(1, "https://example.com/a.png?key=secret");
/// source.size = Some(12_345);
/// assert_eq!(source.stem(), "image-1");
/// let json = serde_json::to_string(&source)?;
/// assert_eq!(serde_json::from_str::<ImageSource>(&json)?, source);
/// assert!(!format!("{source:?}").contains("secret"));
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema))]
#[non_exhaustive]
pub struct ImageSource {
    /// Its position among the images, from 1. It names the file: `image-1`.
    pub number: usize,
    /// Where it can be downloaded.
    pub url: Option<String>,
    /// Used when `url` cannot be used.
    pub fallback_url: Option<String>,
    /// The announced size in bytes.
    pub size: Option<u64>,
    /// The announced media type.
    pub content_type: Option<String>,
    /// The announced width in pixels.
    pub width: Option<u64>,
    /// The announced height in pixels.
    pub height: Option<u64>,
}

impl ImageSource {
    /// An image of which nothing but the URL is known. The fields can be set.
    #[must_use]
    pub fn new(number: usize, url: impl Into<String>) -> Self {
        Self {
            number,
            url: Some(url.into()),
            fallback_url: None,
            size: None,
            content_type: None,
            width: None,
            height: None,
        }
    }

    /// The name of its file without the extension: `image-1`.
    #[must_use]
    pub fn stem(&self) -> String {
        format!("image-{}", self.number)
    }
}

impl fmt::Debug for ImageSource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ImageSource")
            .field("number", &self.number)
            .field("size", &self.size)
            .field("content_type", &self.content_type)
            .field("width", &self.width)
            .field("height", &self.height)
            .finish_non_exhaustive()
    }
}
