//! Whether what comes in is a picture, and whether it is all of it.

use infer::{MatcherType, Type};

use super::fault::ImageFault;

/// As many bytes as any picture's beginning needs to be recognised.
const START: usize = 64;
/// The last chunk of a PNG file: its name and its checksum, which never change.
const PNG_END: &[u8] = b"IEND\xAE\x42\x60\x82";
/// How much of what is no picture an error shows.
const SHOWN: usize = 40;

/// Sees a file go by, without keeping it.
#[derive(Default)]
pub(super) struct Inspection {
    start: Vec<u8>,
    size: u64,
    /// The bytes in which a PNG's end may have begun.
    recent: Vec<u8>,
    has_png_end: bool,
    previous: u8,
    /// The last byte that is not zero, and the one before it: some writers pad
    /// with zeros.
    end: [u8; 2],
}

impl Inspection {
    pub(super) fn size(&self) -> u64 {
        self.size
    }

    /// Takes the next bytes; refuses them as soon as they begin no picture.
    pub(super) fn take(&mut self, chunk: &[u8]) -> Result<(), ImageFault> {
        let known = self.start.len() >= START;
        let missing = START.saturating_sub(self.start.len());
        self.start.extend(chunk.iter().take(missing));
        self.size += chunk.len() as u64;
        self.look_for_end(chunk);
        if !known && self.start.len() >= START {
            self.kind()?;
        }
        Ok(())
    }

    fn look_for_end(&mut self, chunk: &[u8]) {
        for byte in chunk {
            if *byte != 0 {
                self.end = [self.previous, *byte];
            }
            self.previous = *byte;
        }
        self.recent.extend_from_slice(chunk);
        self.has_png_end |= self
            .recent
            .windows(PNG_END.len())
            .any(|window| window == PNG_END);
        let done = self.recent.len().saturating_sub(PNG_END.len() - 1);
        self.recent.drain(..done);
    }

    /// What kind of picture it is, when it is whole.
    pub(super) fn finish(&self) -> Result<Type, ImageFault> {
        let kind = self.kind()?;
        let is_whole = match kind.mime_type() {
            "image/png" => self.has_png_end,
            "image/jpeg" => self.end == *b"\xFF\xD9",
            "image/gif" => self.end.ends_with(b";"),
            "image/webp" => self.riff_size().is_some_and(|size| size <= self.size),
            // Not known how these end; the host's length was right.
            _ => true,
        };
        if is_whole {
            Ok(kind)
        } else {
            Err(ImageFault::Truncated(self.size))
        }
    }

    fn kind(&self) -> Result<Type, ImageFault> {
        infer::get(&self.start)
            .filter(|kind| kind.matcher_type() == MatcherType::Image)
            .ok_or_else(|| {
                let shown = self.start.get(..SHOWN).unwrap_or(&self.start);
                ImageFault::NotAPicture(String::from_utf8_lossy(shown).into_owned())
            })
    }

    /// The file's size as a RIFF header announces it.
    fn riff_size(&self) -> Option<u64> {
        let bytes = self.start.get(4..8)?.try_into().ok()?;
        Some(u64::from(u32::from_le_bytes(bytes)) + 8)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn inspect(bytes: &[u8], step: usize) -> Result<Type, ImageFault> {
        let mut inspection = Inspection::default();
        for chunk in bytes.chunks(step) {
            inspection.take(chunk)?;
        }
        inspection.finish()
    }

    fn files() -> Vec<(&'static str, Vec<u8>)> {
        let filled = |start: &[u8], end: &[u8]| [start, &[7; 100], end].concat();
        let mut webp = filled(b"RIFF\0\0\0\0WEBPVP8 ", b"");
        let size = u32::try_from(webp.len() - 8).unwrap();
        webp.splice(4..8, size.to_le_bytes());
        vec![
            (
                "png",
                filled(
                    b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR",
                    b"\0\0\0\0IEND\xAE\x42\x60\x82",
                ),
            ),
            ("jpg", filled(b"\xFF\xD8\xFF\xE0\0\x10JFIF\0", b"\xFF\xD9")),
            ("gif", filled(b"GIF89a", b"\0;")),
            ("webp", webp),
        ]
    }

    #[test]
    fn whole_files_pass_however_they_are_cut_into_chunks() {
        for (extension, file) in files() {
            for step in 1..file.len() {
                assert_eq!(inspect(&file, step).unwrap().extension(), extension);
            }
        }
    }

    #[test]
    fn what_follows_the_end_does_no_harm() {
        for (extension, file) in files() {
            for padding in [b"\0".as_slice(), &[0; 1000]] {
                let padded = [&file, padding].concat();
                assert_eq!(inspect(&padded, 7).unwrap().extension(), extension);
            }
        }
        let (_, png) = files().remove(0);
        assert!(inspect(&[&png, b"\nmore".as_slice()].concat(), 5).is_ok());
    }

    #[test]
    fn a_truncation_filled_with_zeros_is_refused() {
        for (extension, mut file) in files() {
            let length = file.len();
            file.truncate(length - 20);
            file.resize(length, 0);
            // A WebP file does not mark its end.
            assert_eq!(
                inspect(&file, 9).is_err(),
                extension != "webp",
                "{extension}"
            );
        }
    }

    #[test]
    fn every_truncation_is_refused() {
        for (extension, file) in files() {
            for length in 0..file.len() {
                assert!(
                    inspect(&file[..length], 5).is_err(),
                    "{extension} cut to {length}"
                );
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
        assert!(inspect(b"", 1).is_err());
        assert!(inspect(b"%PDF-1.7 and so on", 3).is_err());
    }
}
