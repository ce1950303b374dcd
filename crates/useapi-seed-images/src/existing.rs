//! Images that a folder has already.

use std::fs::{self, File};
use std::io::Read;
use std::path::Path;

use super::completeness::Structure;
use super::{SavedImage, fault, picture, structure};
use crate::retrieval::Image;

/// The file of an image that is in the folder, whole, and all that was
/// announced. Where anything is not known or differs there is none.
pub(super) async fn find(image: &Image, folder: &Path) -> Option<SavedImage> {
    // Without it a file of another picture would do.
    image.size?;
    let (image, folder) = (image.clone(), folder.to_owned());
    tokio::task::spawn_blocking(move || look(&image, &folder))
        .await
        .ok()?
}

fn look(image: &Image, folder: &Path) -> Option<SavedImage> {
    let start = format!("image-{}.", image.number);
    fs::read_dir(folder)
        .ok()?
        .filter_map(Result::ok)
        .filter(|entry| {
            let name = entry.file_name();
            // Nothing but a file: a pipe could be waited for, a link lead anywhere.
            name.to_str().is_some_and(|name| name.starts_with(&start))
                && entry.file_type().is_ok_and(|kind| kind.is_file())
                && entry
                    .metadata()
                    .is_ok_and(|data| Some(data.len()) == image.size)
        })
        .find_map(|entry| whole(image, &entry.path()).filter(|saved| is_announced(image, saved)))
}

/// What the file is, if it is a complete image under the name that it would be
/// given.
fn whole(image: &Image, path: &Path) -> Option<SavedImage> {
    let mut file = File::open(path).ok()?;
    let size = file.metadata().ok()?.len();
    let mut start = Vec::new();
    let mut read = file.by_ref().take(picture::START as u64);
    read.read_to_end(&mut start).ok()?;
    let kind = picture::kind(&start).ok()?;
    let is_its_name = path.extension()? == kind.extension();
    let structure = structure::of(kind.mime_type(), file).ok()?;
    (is_its_name && structure != Structure::EndMissing).then(|| SavedImage {
        number: image.number,
        path: path.to_owned(),
        size,
        media_type: kind.mime_type(),
        dimensions: super::dimensions_of(path),
        differences: Vec::new(),
        was_there: true,
    })
}

fn is_announced(image: &Image, saved: &SavedImage) -> bool {
    let (width, height) = saved.dimensions.unzip();
    fault::differences(image, saved).is_empty()
        && (image.width.is_none() || image.width == width)
        && (image.height.is_none() || image.height == height)
}
