//! Small copies of images, for pages with many of them: `.thumbs/NAME.jpg` beside the
//! image `NAME`.

use std::fs;
use std::io::{self, BufReader, Cursor};
use std::path::{Path, PathBuf};

use image::codecs::jpeg::JpegEncoder;
use image::{ImageReader, Limits};

use crate::atomic_file;
use crate::local_file::{self, Links, own_file_exists};

/// Their longer edge, in pixels: sharp at 128 px, the page's, with two pixels for each.
const EDGE: u64 = 256;
/// From 1 to 100.
const QUALITY: u8 = 80;
/// The most that a decoded image takes, in bytes: 64 million pixels.
const DECODED_LIMIT: u64 = 256 * 1024 * 1024;

const DIR: &str = ".thumbs";
const START_OF_IMAGE: [u8; 2] = [0xff, 0xd8];
/// The comment that the file begins with: what begins differently is another program's.
const MARK: &[u8] = b"\xff\xd8\xff\xfe\0\x17useapi-seed thumbnail";

/// The path of an image's thumbnail.
pub(crate) fn path(image: &Path) -> PathBuf {
    let mut name = image.file_name().unwrap_or_default().to_owned();
    name.push(".jpg");
    image.with_file_name(DIR).join(name)
}

/// The width of the thumbnail of an image of this size; none for a small image.
pub(crate) fn width((width, height): (u64, u64)) -> Option<u64> {
    let edge = width.max(height);
    (edge > EDGE).then(|| (width * EDGE / edge).max(1))
}

/// Makes the thumbnail of an image, unless there is one that is as new.
pub(crate) fn make(image: &Path) -> io::Result<()> {
    let path = path(image);
    let modified = |path: &Path| fs::symlink_metadata(path)?.modified();
    let exists = own_file_exists(&path, MARK);
    let exists = exists.map_err(|error| io::Error::other(error.message().to_owned()))?;
    if exists && modified(&path)? >= modified(image)? {
        return Ok(());
    }
    let jpeg = encode(image).map_err(io::Error::other)?;
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
    atomic_file::write(&path, &jpeg)
}

fn encode(path: &Path) -> image::ImageResult<Vec<u8>> {
    let file = local_file::open(path, Links::Reject, fs::File::options().read(true))?;
    let mut reader = ImageReader::new(BufReader::new(file)).with_guessed_format()?;
    let mut limits = Limits::default();
    limits.max_alloc = Some(DECODED_LIMIT);
    reader.limits(limits);
    let edge = u32::try_from(EDGE).unwrap_or(u32::MAX);
    let small = reader.decode()?.thumbnail(edge, edge).into_rgb8();
    let mut jpeg = Cursor::new(Vec::new());
    JpegEncoder::new_with_quality(&mut jpeg, QUALITY).encode_image(&small)?;
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
        let thumbnail = root.path().join(".thumbs/image-1.png.jpg");
        let thumbnail = image::open(thumbnail).unwrap().into_rgb8();
        assert_eq!(thumbnail.dimensions(), (256, 171));
        let [red, green, _] = thumbnail.get_pixel(100, 100).0;
        assert!(red > 190 && green < 40);
    }

    #[test]
    fn thumbnail_follows_its_image() {
        let root = tempfile::tempdir().unwrap();
        let image = image(root.path());
        make(&image).unwrap();
        let content = || fs::read(path(&image)).unwrap();
        let first = content();
        // Not made again while it is as new as the image.
        let other = [MARK, b"kept"].concat();
        fs::write(path(&image), &other).unwrap();
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
        fs::write(path(&image), "mine").unwrap();
        assert!(make(&image).is_err());
        assert_eq!(fs::read(path(&image)).unwrap(), b"mine");
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
        assert!(!root.path().join(".thumbs/image-1.png.jpg").exists());
    }
}
