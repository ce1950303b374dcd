//! Small copies of images, for pages with many of them: `.thumbs/NAME-EDGE.jpg` beside
//! the image `NAME`.

use std::fs;
use std::io::{self, BufReader, Cursor};
use std::path::{Path, PathBuf};

use image::codecs::jpeg::JpegEncoder;
use image::{DynamicImage, ImageReader, Limits};

use crate::atomic_file;
use crate::local_file::{self, Links, own_file_exists};

/// Their longer edges, in pixels. A page shows them at 128 pixels: the second is for
/// screens with more than two physical pixels for each.
const EDGES: [u32; 2] = [256, 400];
/// From 1 to 100.
const QUALITY: u8 = 80;
/// The most that a decoded image takes, in bytes: 64 million pixels.
const DECODED_LIMIT: u64 = 256 * 1024 * 1024;

const DIR: &str = ".thumbs";
const START_OF_IMAGE: [u8; 2] = [0xff, 0xd8];
/// The start of a thumbnail, with a comment. A file with another start was not made here.
const MARK: &[u8] = b"\xff\xd8\xff\xfe\0\x17useapi-seed thumbnail";

/// The thumbnails of an image of this size, which are smaller than it: each one's longer
/// edge and its width.
pub(crate) fn edges((width, height): (u64, u64)) -> impl Iterator<Item = (u32, u64)> {
    let longer = width.max(height);
    let edges = EDGES
        .into_iter()
        .filter(move |edge| longer > u64::from(*edge));
    edges.map(move |edge| {
        (
            edge,
            (width.saturating_mul(u64::from(edge)) / longer).max(1),
        )
    })
}

/// The path of an image's thumbnail.
pub(crate) fn path(image: &Path, edge: u32) -> PathBuf {
    let mut name = image.file_name().unwrap_or_default().to_owned();
    name.push(format!("-{edge}.jpg"));
    image.with_file_name(DIR).join(name)
}

/// Makes an image's thumbnails with these longer edges, unless they are as new as it.
pub(crate) fn make(image: &Path, edges: impl Iterator<Item = u32>) -> io::Result<()> {
    let mut decoded = None;
    for edge in edges {
        let path = path(image, edge);
        if is_current(&path, image)? {
            continue;
        }
        let image = match &decoded {
            Some(decoded) => decoded,
            None => decoded.insert(decode(image).map_err(io::Error::other)?),
        };
        let jpeg = encode(&image.thumbnail(edge, edge)).map_err(io::Error::other)?;
        let dir = path.parent().unwrap_or(Path::new(""));
        match fs::create_dir(dir) {
            Err(error) if error.kind() != io::ErrorKind::AlreadyExists => return Err(error),
            _ => {}
        }
        // Not where a link leads.
        if !fs::symlink_metadata(dir)?.is_dir() {
            return Err(io::ErrorKind::NotADirectory.into());
        }
        atomic_file::remove_abandoned(dir);
        atomic_file::write(&path, &jpeg)?;
    }
    Ok(())
}

fn is_current(path: &Path, image: &Path) -> io::Result<bool> {
    let exists = own_file_exists(path, MARK);
    if !exists.map_err(|error| io::Error::other(error.message().to_owned()))? {
        return Ok(false);
    }
    let (thumbnail, image) = (fs::symlink_metadata(path)?, fs::symlink_metadata(image)?);
    Ok(thumbnail.len() > 0 && thumbnail.modified()? >= image.modified()?)
}

fn decode(path: &Path) -> image::ImageResult<DynamicImage> {
    let file = local_file::open(path, Links::Reject, fs::File::options().read(true))?;
    let mut reader = ImageReader::new(BufReader::new(file)).with_guessed_format()?;
    let mut limits = Limits::default();
    limits.max_alloc = Some(DECODED_LIMIT);
    reader.limits(limits);
    reader.decode()
}

fn encode(image: &DynamicImage) -> image::ImageResult<Vec<u8>> {
    let mut jpeg = Cursor::new(Vec::new());
    JpegEncoder::new_with_quality(&mut jpeg, QUALITY).encode_image(&image.to_rgb8())?;
    let jpeg = jpeg.into_inner();
    let rest = jpeg.strip_prefix(&START_OF_IMAGE).unwrap_or_default();
    Ok([MARK, rest].concat())
}

#[cfg(test)]
mod tests {
    use std::fs::File;
    use std::time::{Duration, SystemTime};

    use image::{ImageFormat, Rgb, RgbImage};

    use super::*;

    fn make(image: &Path) -> io::Result<()> {
        super::make(image, EDGES.into_iter())
    }

    fn image(dir: &Path) -> PathBuf {
        let path = dir.join("image-1.png");
        let image = RgbImage::from_pixel(900, 600, Rgb([200, 30, 30]));
        image.save_with_format(&path, ImageFormat::Png).unwrap();
        path
    }

    #[test]
    fn thumbnail_is_a_small_copy() {
        let root = tempfile::tempdir().unwrap();
        let image = image(root.path());
        make(&image).unwrap();
        for (edge, height) in [(256, 171), (400, 267)] {
            let thumbnail = root.path().join(format!(".thumbs/image-1.png-{edge}.jpg"));
            let thumbnail = image::open(thumbnail).unwrap().into_rgb8();
            assert_eq!(thumbnail.dimensions(), (edge, height));
            let [red, green, _] = thumbnail.get_pixel(100, 100).0;
            assert!(red > 190 && green < 40);
        }
    }

    #[test]
    fn thumbnails_are_smaller_than_the_image() {
        let edges = |width, height| edges((width, height)).collect::<Vec<_>>();
        assert_eq!(edges(1024, 2048), [(256, 128), (400, 200)]);
        assert_eq!(edges(300, 300), [(256, 256)]);
        assert_eq!(edges(256, 1), []);
        assert_eq!(edges(0, 1000), [(256, 1), (400, 1)]);
        assert!(edges(u64::MAX, u64::MAX).len() == 2);
    }

    #[test]
    fn thumbnail_follows_its_image() {
        let root = tempfile::tempdir().unwrap();
        let image = image(root.path());
        make(&image).unwrap();
        let content = || fs::read(path(&image, 256)).unwrap();
        let first = content();
        // An empty file is none.
        fs::write(path(&image, 256), "").unwrap();
        make(&image).unwrap();
        assert_eq!(content(), first);
        // Not made again while it is as new as the image.
        let other = [MARK, b"kept"].concat();
        fs::write(path(&image, 256), &other).unwrap();
        make(&image).unwrap();
        assert_eq!(content(), other);
        let later = SystemTime::now() + Duration::from_secs(60);
        File::options()
            .write(true)
            .open(&image)
            .unwrap()
            .set_modified(later)
            .unwrap();
        make(&image).unwrap();
        assert_eq!(content(), first);
    }

    #[test]
    fn file_of_another_program_is_kept() {
        let root = tempfile::tempdir().unwrap();
        let image = image(root.path());
        fs::create_dir(root.path().join(DIR)).unwrap();
        fs::write(path(&image, 256), "mine").unwrap();
        assert!(make(&image).is_err());
        assert_eq!(fs::read(path(&image, 256)).unwrap(), b"mine");
    }

    #[cfg(unix)]
    #[test]
    fn link_is_not_followed() {
        let [root, other] = [(); 2].map(|()| tempfile::tempdir().unwrap());
        let image = image(root.path());
        std::os::unix::fs::symlink(other.path(), root.path().join(DIR)).unwrap();
        assert!(make(&image).is_err());
        assert_eq!(fs::read_dir(other.path()).unwrap().count(), 0);
    }

    #[test]
    fn damaged_image_is_an_error() {
        let root = tempfile::tempdir().unwrap();
        let path = root.path().join("image-1.png");
        fs::write(&path, b"\x89PNG\r\n\x1a\n and no more").unwrap();
        assert!(make(&path).is_err());
        assert!(!root.path().join(DIR).exists());
    }
}
