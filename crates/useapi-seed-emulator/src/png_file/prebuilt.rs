//! Pictures for whom their number and their truth are enough: no encoder, and no
//! time to paint. Every seed has the same.

use std::convert::Infallible;

use axum::body::Bytes;

/// Width and height of one picture.
pub(crate) const SIDE: u32 = 1;

/// One that always comes.
pub(crate) type FileError = Infallible;

const RED: &[u8] = include_bytes!("prebuilt/red.png");
const GREEN: &[u8] = include_bytes!("prebuilt/green.png");
const BLUE: &[u8] = include_bytes!("prebuilt/blue.png");
const YELLOW: &[u8] = include_bytes!("prebuilt/yellow.png");
/// The four, two above two.
const GRID: &[u8] = include_bytes!("prebuilt/grid.png");

/// One of the four.
#[allow(clippy::unnecessary_wraps, reason = "painting can fail")]
pub(crate) fn single(_seed: u32, variation: u8) -> Result<Bytes, FileError> {
    Ok(Bytes::from_static(match variation {
        0 => RED,
        1 => GREEN,
        2 => BLUE,
        _ => YELLOW,
    }))
}

/// All four in one.
#[allow(clippy::unnecessary_wraps, reason = "painting can fail")]
pub(crate) fn grid(_files: [&Bytes; 4]) -> Result<Bytes, FileError> {
    Ok(Bytes::from_static(GRID))
}

#[cfg(test)]
mod tests {
    use std::io::Cursor;

    use super::*;

    fn pixels(file: &Bytes, side: u32) -> Vec<u8> {
        let mut reader = png::Decoder::new(Cursor::new(file)).read_info().unwrap();
        let mut pixels = vec![0; reader.output_buffer_size().unwrap()];
        let frame = reader.next_frame(&mut pixels).unwrap();
        assert_eq!((frame.width, frame.height), (side, side));
        assert_eq!(frame.color_type, png::ColorType::Rgb);
        pixels
    }

    #[test]
    fn the_grid_shows_four_pictures_that_differ() {
        let files = [0, 1, 2, 3].map(|variation| single(9, variation).unwrap());
        let mut colours = files.each_ref().map(|file| pixels(file, SIDE));
        let grid = pixels(&grid(files.each_ref()).unwrap(), SIDE * 2);
        assert_eq!(grid, colours.concat());
        colours.sort();
        assert!(colours.windows(2).all(|pair| pair[0] != pair[1]));
    }
}
