//! Detects the image format from the first bytes.

use infer::{MatcherType, Type};

use crate::error::ImageError;

/// Enough bytes to recognize any format.
pub(crate) const START: usize = 64;
/// How many bytes of another format an error shows.
const SHOWN: usize = 40;

/// Checks a stream of bytes without keeping it.
#[derive(Default)]
pub(crate) struct ImageCheck {
    start: Vec<u8>,
    size: u64,
}

impl ImageCheck {
    pub(crate) fn size(&self) -> u64 {
        self.size
    }

    /// Adds the next bytes; an error as soon as they cannot be the start of an image.
    pub(crate) fn update(&mut self, chunk: &[u8]) -> Result<(), ImageError> {
        let known = self.start.len() >= START;
        let missing = START.saturating_sub(self.start.len());
        self.start.extend(chunk.iter().take(missing));
        self.size += chunk.len() as u64;
        if !known && self.start.len() >= START {
            self.finish()?;
        }
        Ok(())
    }

    pub(crate) fn finish(&self) -> Result<Type, ImageError> {
        kind(&self.start)
    }
}

/// The format of a file that starts so.
pub(crate) fn kind(start: &[u8]) -> Result<Type, ImageError> {
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
                let mut check = ImageCheck::default();
                for chunk in file.chunks(step) {
                    check.update(chunk).unwrap();
                }
                assert_eq!(check.finish().unwrap().extension(), extension);
                assert_eq!(check.size(), file.len() as u64);
            }
        }
    }

    #[test]
    fn other_content_is_rejected_by_its_start() {
        let mut check = ImageCheck::default();
        let page = format!("<!DOCTYPE html><html>{}</html>", " ".repeat(1000));
        assert_eq!(
            check.update(page.as_bytes()),
            Err(ImageError::NotAnImage(
                "<!DOCTYPE html><html>                   ".into()
            ))
        );
        assert!(kind(b"").is_err());
        assert!(kind(b"%PDF-1.7 and so on").is_err());
    }
}
