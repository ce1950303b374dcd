//! The record of a stored image.

use serde::{Deserialize, Serialize};

use crate::inspection::Inspection;
use crate::mismatch::{Mismatch, mismatches};
use crate::source::ImageSource;

/// A complete image in a sink.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema))]
#[non_exhaustive]
pub struct SavedImage {
    /// Its position among the images, from 1.
    pub number: usize,
    /// Its name in the sink: `image-1` and the extension of its format.
    pub name: String,
    /// Its size in bytes.
    pub size: u64,
    /// Its media type, by its content.
    pub media_type: String,
    /// Width and height in pixels, by its content.
    pub dimensions: Option<(u64, u64)>,
    /// How it differs from what was announced.
    pub mismatches: Vec<Mismatch>,
    /// Whether the sink had it already, so that nothing was downloaded.
    pub reused: bool,
}

impl SavedImage {
    pub(crate) fn new(
        source: &ImageSource,
        name: String,
        image: &Inspection,
        reused: bool,
    ) -> Self {
        Self {
            number: source.number,
            name,
            size: image.size,
            media_type: image.kind.mime_type().to_owned(),
            dimensions: image.dimensions,
            mismatches: mismatches(source, image),
            reused,
        }
    }
}
