//! Images that a sink has already.

use std::fs::File;
use std::io::{self, Read, Seek};

use crate::completeness::Structure;
use crate::mismatch::mismatches;
use crate::partial_file::dimensions;
use crate::saved::SavedImage;
use crate::sink::{Candidate, Sink, SinkError};
use crate::source::ImageSource;
use crate::spool::blocking;
use crate::{image_check, structure};

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
        Ok(candidates.find_map(|candidate| read_complete(&source, candidate).ok()?))
    });
    Ok(found.await?)
}

/// The image in a file, if it is complete, has its right name and is as announced.
fn read_complete(source: &ImageSource, candidate: Candidate) -> io::Result<Option<SavedImage>> {
    let Candidate { name, mut file } = candidate;
    let size = file.metadata()?.len();
    let Ok(kind) = image_check::kind(&read_start(&mut file)?) else {
        return Ok(None);
    };
    let media_type = kind.mime_type();
    let dimensions = dimensions(&file);
    let is_complete = name == format!("{}.{}", source.stem(), kind.extension())
        && source.size == Some(size)
        && matches(source, dimensions)
        && mismatches(source, size, media_type, dimensions).is_empty()
        && structure::of(media_type, &file)? != Structure::EndMissing;
    Ok(is_complete.then(|| SavedImage {
        number: source.number,
        name,
        size,
        media_type: media_type.to_owned(),
        dimensions,
        mismatches: Vec::new(),
        reused: true,
    }))
}

fn read_start(file: &mut File) -> io::Result<Vec<u8>> {
    let mut start = Vec::new();
    file.rewind()?;
    file.take(image_check::START as u64)
        .read_to_end(&mut start)?;
    Ok(start)
}

/// Also when only one of width and height was announced.
fn matches(source: &ImageSource, dimensions: Option<(u64, u64)>) -> bool {
    let (width, height) = dimensions.unzip();
    (source.width.is_none() || source.width == width)
        && (source.height.is_none() || source.height == height)
}
