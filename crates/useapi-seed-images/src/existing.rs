//! Images that a sink has already.

use crate::completeness::Structure;
use crate::inspection::Inspection;
use crate::saved::SavedImage;
use crate::sink::{Candidate, Sink, SinkError};
use crate::source::ImageSource;
use crate::spool::blocking;

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
        Ok(candidates.find_map(|candidate| read_complete(&source, candidate)))
    });
    Ok(found.await?)
}

/// The image in a file, if it is complete, has its right name and is as announced.
fn read_complete(source: &ImageSource, candidate: Candidate) -> Option<SavedImage> {
    let Candidate { name, file } = candidate;
    let image = Inspection::of(&file).ok()?;
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
