//! What a file contains.

use std::fs::File;
use std::io::{BufReader, Read, Seek, SeekFrom};

use infer::{MatcherType, Type};

use crate::error::{ImageError, Result};
use crate::structure::{self, Structure};

/// Enough bytes to recognize any format.
const START: usize = 64;
/// How many bytes of another format an error shows.
const SHOWN: usize = 40;

/// An image file, complete or not.
#[derive(Debug)]
pub(crate) struct Inspection {
    pub(crate) size: u64,
    pub(crate) kind: Type,
    /// Width and height in pixels, where the format is known.
    pub(crate) dimensions: Option<(u64, u64)>,
    pub(crate) structure: Structure,
}

impl Inspection {
    /// Leaves the position at the end of the file. An error when it is not an image.
    pub(crate) fn of(mut file: &File) -> Result<Self> {
        let mut start = Vec::new();
        file.rewind()?;
        file.take(START as u64).read_to_end(&mut start)?;
        let kind = kind(&start)?;
        file.rewind()?;
        let dimensions = imagesize::reader_size(BufReader::new(file)).ok();
        let dimensions = dimensions.map(|size| (size.width as u64, size.height as u64));
        let structure = structure::of(kind.mime_type(), file)?;
        Ok(Self {
            size: file.seek(SeekFrom::End(0))?,
            kind,
            dimensions,
            structure,
        })
    }
}

/// Checks the start of a stream of bytes.
#[derive(Default)]
pub(crate) struct StartCheck(Vec<u8>);

impl StartCheck {
    /// Adds the next bytes; an error as soon as they cannot be the start of an image.
    pub(crate) fn update(&mut self, chunk: &[u8]) -> Result<(), ImageError> {
        let missing = START - self.0.len();
        self.0.extend(chunk.iter().take(missing));
        if self.0.len() == START {
            kind(&self.0)?;
        }
        Ok(())
    }
}

/// The format of a file that starts so.
fn kind(start: &[u8]) -> Result<Type, ImageError> {
    infer::get(start)
        .filter(|kind| kind.matcher_type() == MatcherType::Image)
        .ok_or_else(|| {
            let shown = start.get(..SHOWN).unwrap_or(start);
            ImageError::NotAnImage(String::from_utf8_lossy(shown).into_owned())
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn formats_are_recognized_in_any_chunks() {
        for (extension, start) in [
            ("png", b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR".as_slice()),
            ("jpg", b"\xFF\xD8\xFF\xE0\0\x10JFIF\0"),
            ("gif", b"GIF89a"),
            ("webp", b"RIFF\0\0\0\0WEBPVP8 "),
            ("avif", b"\0\0\0\x1Cftypavif\0\0\0\0avifmif1"),
        ] {
            let file = [start, &[7; 100]].concat();
            for step in 1..file.len() {
                let mut check = StartCheck::default();
                for chunk in file.chunks(step) {
                    check.update(chunk).unwrap();
                }
                assert_eq!(kind(&check.0).unwrap().extension(), extension);
            }
        }
    }

    #[test]
    fn other_content_is_rejected_by_its_start() {
        let page = format!("<!DOCTYPE html><html>{}</html>", " ".repeat(1000));
        let shown = "<!DOCTYPE html><html>                   ".to_owned();
        for step in [1, 40, page.len()] {
            let mut check = StartCheck::default();
            let mut chunks = page.as_bytes().chunks(step);
            assert_eq!(
                chunks.try_for_each(|chunk| check.update(chunk)),
                Err(ImageError::NotAnImage(shown.clone()))
            );
        }
        assert!(kind(b"").is_err());
        assert!(kind(b"%PDF-1.7 and so on").is_err());
    }
}
