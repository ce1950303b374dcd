//! Stored images.

use std::fs::File;

use serde::{Deserialize, Serialize};

use crate::inspection::Inspection;
use crate::mismatch::{Mismatch, mismatches};
use crate::sink::{Sink, SinkError};
use crate::source::ImageSource;
use crate::spool::blocking;
use crate::structure::Structure;

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

/// The stored image of a source: complete, under its name, and with all announced
/// values. None when the size was not announced, since any image would do then.
///
/// # Errors
///
/// When the sink fails. An unreadable directory has no images.
///
/// ```
/// use useapi_seed_images::{Directory, ImageSource, find};
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let mut source = ImageSource::new(1, "https://example.com/a.png");
/// source.size = Some(12_345);
/// assert_eq!(find(&source, &Directory::new("missing")).await?, None);
/// # Ok(())
/// # }
/// ```
pub async fn find(source: &ImageSource, sink: &dyn Sink) -> Result<Option<SavedImage>, SinkError> {
    let Some(size) = source.size else {
        return Ok(None);
    };
    let candidates = sink.candidates(&source.stem(), size).await?;
    let source = source.clone();
    let found = blocking(move || {
        let mut candidates = candidates.into_iter();
        Ok(candidates.find_map(|(name, file)| read_complete(&source, name, &file)))
    });
    Ok(found.await?)
}

/// The image in a file, if it is complete, has its right name and is as announced.
fn read_complete(source: &ImageSource, name: String, file: &File) -> Option<SavedImage> {
    let image = Inspection::of(file).ok()?;
    let (width, height) = image.dimensions.unzip();
    let is_complete = name == format!("{}.{}", source.stem(), image.kind.extension())
        && source.size == Some(image.size)
        // Also when only one of width and height was announced.
        && (source.width.is_none() || source.width == width)
        && (source.height.is_none() || source.height == height)
        && image.structure != Structure::EndMissing;
    let saved = SavedImage::new(source, name, &image, true);
    (is_complete && saved.mismatches.is_empty()).then_some(saved)
}
