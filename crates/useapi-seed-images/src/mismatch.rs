//! Differences between an image and what was announced.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::inspection::Inspection;
use crate::source::ImageSource;

/// How a complete image differs from what was announced.
///
/// ```
/// use useapi_seed_images::{Mismatch, SavedImage};
///
/// fn print(saved: &SavedImage) {
///     for mismatch in &saved.mismatches {
///         match mismatch {
///             Mismatch::Size { expected, actual, .. } => println!("{expected}, {actual} bytes"),
///             _ => println!("{mismatch}"),
///         }
///     }
/// }
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Mismatch {
    /// Its size in bytes.
    #[non_exhaustive]
    Size {
        /// The announced size.
        expected: u64,
        /// The size of the image.
        actual: u64,
    },
    /// Its width and height in pixels.
    #[non_exhaustive]
    Dimensions {
        /// The announced width and height.
        expected: (u64, u64),
        /// Those of the image.
        actual: (u64, u64),
    },
    /// Its media type.
    #[non_exhaustive]
    MediaType {
        /// The announced media type.
        expected: String,
        /// That of the image.
        actual: String,
    },
}

impl fmt::Display for Mismatch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Size { expected, actual } => {
                write!(f, "expected {expected} bytes, got {actual}")
            }
            Self::Dimensions { expected, actual } => write!(
                f,
                "expected {} x {} pixels, got {} x {}",
                expected.0, expected.1, actual.0, actual.1
            ),
            Self::MediaType { expected, actual } => {
                write!(f, "expected {expected}, got {actual}")
            }
        }
    }
}

/// What was announced and differs. What was not announced cannot differ.
pub(crate) fn mismatches(source: &ImageSource, image: &Inspection) -> Vec<Mismatch> {
    let mut mismatches = Vec::new();
    if let Some(expected) = source.size.filter(|size| *size != image.size) {
        let actual = image.size;
        mismatches.push(Mismatch::Size { expected, actual });
    }
    let announced = source.width.zip(source.height);
    if let (Some(expected), Some(actual)) = (announced, image.dimensions)
        && expected != actual
    {
        mismatches.push(Mismatch::Dimensions { expected, actual });
    }
    let (media_type, announced) = (image.kind.mime_type(), source.content_type.as_deref());
    let essence = announced.and_then(|text| text.split(';').next());
    if !essence.is_none_or(|essence| essence.trim().eq_ignore_ascii_case(media_type)) {
        mismatches.push(Mismatch::MediaType {
            expected: announced.unwrap_or_default().to_owned(),
            actual: media_type.to_owned(),
        });
    }
    mismatches
}
