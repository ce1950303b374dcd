//! Whether what comes in is an image, and of which format.

use infer::{MatcherType, Type};

use super::fault::ImageFault;

/// As many bytes as any format needs to be recognized.
pub(super) const START: usize = 64;
/// How much of what is not an image an error shows.
const SHOWN: usize = 40;

/// Sees a file go by, without keeping it.
#[derive(Default)]
pub(super) struct Inspection {
    start: Vec<u8>,
    size: u64,
}

impl Inspection {
    pub(super) fn size(&self) -> u64 {
        self.size
    }

    /// Takes the next bytes; rejects them as soon as they begin no image.
    pub(super) fn take(&mut self, chunk: &[u8]) -> Result<(), ImageFault> {
        let known = self.start.len() >= START;
        let missing = START.saturating_sub(self.start.len());
        self.start.extend(chunk.iter().take(missing));
        self.size += chunk.len() as u64;
        if !known && self.start.len() >= START {
            self.kind()?;
        }
        Ok(())
    }

    pub(super) fn kind(&self) -> Result<Type, ImageFault> {
        kind(&self.start)
    }
}

/// The format of a file that starts so.
pub(super) fn kind(start: &[u8]) -> Result<Type, ImageFault> {
    infer::get(start)
        .filter(|kind| kind.matcher_type() == MatcherType::Image)
        .ok_or_else(|| {
            let shown = start.get(..SHOWN).unwrap_or(start);
            ImageFault::NotAPicture(String::from_utf8_lossy(shown).into_owned())
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
                let mut inspection = Inspection::default();
                for chunk in file.chunks(step) {
                    inspection.take(chunk).unwrap();
                }
                assert_eq!(inspection.kind().unwrap().extension(), extension);
                assert_eq!(inspection.size(), file.len() as u64);
            }
        }
    }

    #[test]
    fn what_is_no_picture_is_refused_at_its_beginning() {
        let mut inspection = Inspection::default();
        let page = format!("<!DOCTYPE html><html>{}</html>", " ".repeat(1000));
        assert_eq!(
            inspection.take(page.as_bytes()),
            Err(ImageFault::NotAPicture(
                "<!DOCTYPE html><html>                   ".into()
            ))
        );
        assert!(kind(b"").is_err());
        assert!(kind(b"%PDF-1.7 and so on").is_err());
    }
}
