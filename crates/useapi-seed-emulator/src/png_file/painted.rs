//! Painted pictures, encoded.

use std::io::Cursor;

use axum::body::Bytes;

use crate::picture::paint;

pub(crate) use crate::picture::SIDE;

/// Why there is no file.
#[derive(Debug, thiserror::Error)]
pub(crate) enum FileError {
    #[error(transparent)]
    Encoding(#[from] png::EncodingError),
    #[error(transparent)]
    Decoding(#[from] png::DecodingError),
}

/// Paints and encodes one of the four. Takes a processor for tens of
/// milliseconds: not to be called where connections are served.
pub(crate) fn single(seed: u32, variation: u8) -> Result<Bytes, FileError> {
    encode(&paint(seed, variation), SIDE)
}

/// Puts the four together, two above two. As long a piece of work.
pub(crate) fn grid(files: [&Bytes; 4]) -> Result<Bytes, FileError> {
    let row = SIDE as usize * 3;
    let mut pixels = Vec::with_capacity(row * SIDE as usize * 4);
    let [upper_left, upper_right, lower_left, lower_right] = files;
    for (left, right) in [(upper_left, upper_right), (lower_left, lower_right)] {
        let (left, right) = (decode(left)?, decode(right)?);
        for (left, right) in left.chunks_exact(row).zip(right.chunks_exact(row)) {
            pixels.extend_from_slice(left);
            pixels.extend_from_slice(right);
        }
    }
    encode(&pixels, SIDE * 2)
}

fn encode(pixels: &[u8], side: u32) -> Result<Bytes, FileError> {
    let mut file = Vec::with_capacity(pixels.len() / 2);
    let mut encoder = png::Encoder::new(&mut file, side, side);
    encoder.set_color(png::ColorType::Rgb);
    encoder.set_depth(png::BitDepth::Eight);
    encoder.set_compression(png::Compression::Fast);
    let mut writer = encoder.write_header()?;
    writer.write_image_data(pixels)?;
    writer.finish()?;
    Ok(file.into())
}

fn decode(file: &[u8]) -> Result<Vec<u8>, FileError> {
    let mut reader = png::Decoder::new(Cursor::new(file)).read_info()?;
    let mut pixels = vec![0; reader.output_buffer_size().unwrap_or_default()];
    reader.next_frame(&mut pixels)?;
    Ok(pixels)
}
