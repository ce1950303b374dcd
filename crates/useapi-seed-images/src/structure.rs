//! Whether an image file has its end, by its own structure.
//!
//! The blocks that a format consists of are walked from the start, so that an
//! image embedded in a block (a thumbnail, a manifest) does not count as the end,
//! and bytes after the end are ignored.

use std::io::{self, BufRead, BufReader, ErrorKind, Read, Seek, SeekFrom};

/// What a file's structure says of its end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Structure {
    /// The end is there, and nothing before it is missing.
    EndFound,
    /// The file breaks off before its end.
    EndMissing,
    /// The format has no end that can be checked.
    Unchecked,
}

impl Structure {
    /// Whether a received file is complete. `is_framed` says that its HTTP body ended
    /// as it should: with all bytes of its length, its last chunk or its stream
    /// (RFC 9112, 6.3). An image of another size than announced is not incomplete
    /// because of that; the difference is a [`Mismatch`](crate::Mismatch).
    pub(crate) fn is_complete(self, is_framed: bool, has_announced_size: bool) -> bool {
        has_announced_size || self == Self::EndFound || self == Self::Unchecked && is_framed
    }
}

/// Walks a file of this media type.
pub(crate) fn of(media_type: &str, file: impl Read + Seek) -> io::Result<Structure> {
    let mut file = BufReader::new(file);
    file.rewind()?;
    let walked = match media_type {
        "image/png" => png(&mut file),
        "image/jpeg" => jpeg(&mut file),
        "image/gif" => gif(&mut file),
        "image/webp" => webp(&mut file),
        "image/avif" | "image/heif" => boxes(&mut file),
        _ => Ok(Structure::Unchecked),
    };
    match walked {
        Err(err)
            if matches!(
                err.kind(),
                ErrorKind::UnexpectedEof | ErrorKind::InvalidData
            ) =>
        {
            Ok(Structure::EndMissing)
        }
        walked => walked,
    }
}

/// Chunks of length, type, data and checksum, up to `IEND`.
fn png(file: &mut (impl BufRead + Seek)) -> io::Result<Structure> {
    skip(file, 8)?;
    loop {
        let length = u32::from_be_bytes(bytes(file)?);
        let kind: [u8; 4] = bytes(file)?;
        if !kind.iter().all(u8::is_ascii_alphabetic) {
            return Err(ErrorKind::InvalidData.into());
        }
        skip(file, length.into())?;
        let _checksum: [u8; 4] = bytes(file)?;
        if kind == *b"IEND" {
            return Ok(Structure::EndFound);
        }
    }
}

/// Segments and coded data, up to the marker `EOI`.
fn jpeg(file: &mut (impl BufRead + Seek)) -> io::Result<Structure> {
    skip(file, 2)?;
    loop {
        // Coded data lies between markers, and unused bytes may.
        file.skip_until(0xFF)?;
        let mut marker = 0xFF;
        while marker == 0xFF {
            [marker] = bytes(file)?;
        }
        match marker {
            0xD9 => return Ok(Structure::EndFound),
            // A 0xFF in coded data, and markers without a segment.
            0x00 | 0x01 | 0xD0..=0xD8 => {}
            _ => {
                let length = u16::from_be_bytes(bytes(file)?);
                skip(file, u64::from(length).saturating_sub(2))?;
            }
        }
    }
}

/// Blocks, most of them lists of sub-blocks, up to the trailer.
fn gif(file: &mut (impl BufRead + Seek)) -> io::Result<Structure> {
    skip(file, 10)?;
    let [flags] = bytes(file)?;
    skip(file, 2 + color_table(flags))?;
    loop {
        match bytes(file)? {
            [b';'] => return Ok(Structure::EndFound),
            [b','] => {
                skip(file, 8)?;
                let [flags] = bytes(file)?;
                skip(file, color_table(flags) + 1)?;
                skip_sub_blocks(file)?;
            }
            [b'!'] => {
                skip(file, 1)?;
                skip_sub_blocks(file)?;
            }
            // Some writers put empty sub-blocks between blocks.
            [0] => {}
            _ => return Err(ErrorKind::InvalidData.into()),
        }
    }
}

/// The bytes of a GIF's color table.
fn color_table(flags: u8) -> u64 {
    if flags & 0x80 == 0 {
        0
    } else {
        3 << ((flags & 7) + 1)
    }
}

fn skip_sub_blocks(file: &mut (impl BufRead + Seek)) -> io::Result<()> {
    loop {
        match bytes(file)? {
            [0] => return Ok(()),
            [length] => skip(file, length.into())?,
        }
    }
}

/// A RIFF header announces the size.
fn webp(file: &mut (impl BufRead + Seek)) -> io::Result<Structure> {
    skip(file, 4)?;
    let length = u32::from_le_bytes(bytes(file)?);
    let end = file.seek(SeekFrom::End(0))?;
    Ok(if u64::from(length) + 8 <= end {
        Structure::EndFound
    } else {
        Structure::EndMissing
    })
}

/// The boxes of AVIF and HEIF (ISO 14496-12), which have no end mark: with its
/// metadata and its data an image is complete.
fn boxes(file: &mut (impl BufRead + Seek)) -> io::Result<Structure> {
    let end = file.seek(SeekFrom::End(0))?;
    let (mut start, mut has_description, mut has_data) = (0_u64, false, false);
    while start < end && !(has_description && has_data) {
        file.seek(SeekFrom::Start(start))?;
        let short = u32::from_be_bytes(bytes(file)?);
        let kind: [u8; 4] = bytes(file)?;
        let (length, header) = match short {
            // The box goes to the end of the file, wherever that should be.
            0 => return Ok(Structure::Unchecked),
            1 => (u64::from_be_bytes(bytes(file)?), 16),
            _ => (short.into(), 8),
        };
        start = match start.checked_add(length) {
            Some(next) if length >= header && next <= end => next,
            _ => return Err(ErrorKind::InvalidData.into()),
        };
        has_description |= matches!(&kind, b"meta" | b"moov");
        has_data |= kind == *b"mdat";
    }
    Ok(if has_description && has_data {
        Structure::EndFound
    } else {
        // Small images may have their data in the description.
        Structure::Unchecked
    })
}

fn bytes<const N: usize>(file: &mut impl Read) -> io::Result<[u8; N]> {
    let mut bytes = [0; N];
    file.read_exact(&mut bytes)?;
    Ok(bytes)
}

/// The end of the file may be passed: reading reports that.
fn skip(file: &mut impl Seek, count: u64) -> io::Result<()> {
    let count = i64::try_from(count).map_err(|_| ErrorKind::InvalidData)?;
    file.seek_relative(count)
}

#[cfg(test)]
mod tests {
    use std::fs::File;
    use std::io::Cursor;

    use super::*;

    fn structure(media_type: &str, file: &[u8]) -> Structure {
        of(media_type, Cursor::new(file)).unwrap()
    }

    fn chunk(kind: [u8; 4], data: &[u8]) -> Vec<u8> {
        let length = u32::try_from(data.len()).unwrap().to_be_bytes();
        [length.as_slice(), &kind, data, b"\xAE\x42\x60\x82"].concat()
    }

    fn png_with(chunks: &[Vec<u8>]) -> Vec<u8> {
        [
            b"\x89PNG\r\n\x1a\n".to_vec(),
            chunk(*b"IHDR", &[1; 13]),
            chunks.concat(),
            chunk(*b"IDAT", &[7; 60]),
            chunk(*b"IEND", b""),
        ]
        .concat()
    }

    fn jpeg_with(segment: &[u8]) -> Vec<u8> {
        let length = u16::try_from(segment.len() + 2).unwrap().to_be_bytes();
        [
            b"\xFF\xD8\xFF\xE1".as_slice(),
            &length,
            segment,
            // The start of a scan; in its data a 0xFF and a restart marker.
            b"\xFF\xDA\0\x04\x01\0\x11\xFF\0\x22\xFF\xD0\x33",
            &[7; 50],
            b"\xFF\xD9",
        ]
        .concat()
    }

    fn gif() -> Vec<u8> {
        [
            b"GIF89a\x01\0\x01\0\x80\0\0".as_slice(),
            b"\0\0\0;;;",
            // With an empty sub-block more than it needs.
            b"!\xF9\x04\x07\x07\x07\x07\0\0",
            b",\0\0\0\0\x01\0\x01\0\0\x02\x03;;;\0",
            b";",
        ]
        .concat()
    }

    fn webp() -> Vec<u8> {
        [b"RIFF\x70\0\0\0WEBPVP8 ".as_slice(), &[7; 104]].concat()
    }

    fn avif() -> Vec<u8> {
        [
            b"\0\0\0\x10ftypavif\0\0\0\0".as_slice(),
            b"\0\0\0\x18meta",
            &[7; 16],
            b"\0\0\0\x01mdat\0\0\0\0\0\0\0\x30",
            &[7; 32],
        ]
        .concat()
    }

    fn files() -> [(&'static str, Vec<u8>); 5] {
        [
            ("image/png", png_with(&[])),
            ("image/jpeg", jpeg_with(b"Exif")),
            ("image/gif", gif()),
            ("image/webp", webp()),
            ("image/avif", avif()),
        ]
    }

    #[test]
    fn truncated_file_has_no_end() {
        for (media_type, file) in files() {
            assert_eq!(structure(media_type, &file), Structure::EndFound);
            for length in 0..file.len() {
                let found = structure(media_type, &file[..length]);
                assert_ne!(found, Structure::EndFound, "{media_type} of {length} bytes");
            }
        }
    }

    #[test]
    fn bytes_after_the_end_are_ignored() {
        for (media_type, file) in files() {
            for tail in [
                b"\n".as_slice(),
                b"\xFF\xFF\xFF",
                &[0; 1000],
                b"trailer",
                &file,
            ] {
                let found = structure(media_type, &[&file, tail].concat());
                assert_eq!(found, Structure::EndFound, "{media_type} {tail:?}");
            }
        }
    }

    #[test]
    fn embedded_image_is_not_the_end() {
        let (png, jpeg) = (png_with(&[]), jpeg_with(b""));
        for (media_type, file, embedded) in [
            ("image/png", png_with(&[chunk(*b"caBX", &png)]), png),
            ("image/jpeg", jpeg_with(&jpeg), jpeg),
        ] {
            let start = file
                .windows(embedded.len())
                .position(|part| part == embedded);
            let cut = &file[..start.unwrap() + embedded.len() + 20];
            assert_eq!(
                structure(media_type, cut),
                Structure::EndMissing,
                "{media_type}"
            );
            assert_eq!(
                structure(media_type, &file),
                Structure::EndFound,
                "{media_type}"
            );
        }
    }

    #[test]
    fn zero_filled_file_has_no_end() {
        for (media_type, mut file) in files().into_iter().take(3) {
            let length = file.len();
            file.truncate(length - 14);
            file.resize(length, 0);
            assert_eq!(
                structure(media_type, &file),
                Structure::EndMissing,
                "{media_type}"
            );
        }
    }

    #[test]
    fn box_without_length_is_not_checked() {
        let file = b"\0\0\0\x10ftypavif\0\0\0\0\0\0\0\0mdat1234";
        assert_eq!(structure("image/avif", file), Structure::Unchecked);
        assert_eq!(structure("image/bmp", b"BM"), Structure::Unchecked);
    }

    #[test]
    fn description_without_data_is_not_checked() {
        let file = &avif()[..40];
        assert_eq!(structure("image/avif", file), Structure::Unchecked);
    }

    #[test]
    fn file_that_cannot_be_read_is_an_error() {
        let file = tempfile::NamedTempFile::new().unwrap();
        let write_only = File::options().write(true).open(file.path()).unwrap();
        assert!(of("image/png", write_only).is_err());
    }

    #[test]
    fn completeness_follows_the_table() {
        use Structure::{EndFound, EndMissing, Unchecked};

        type Row<'a> = (&'a [bool], bool, &'a [Structure], bool);
        const ANY: [bool; 2] = [true, false];
        let rows: [Row<'_>; 5] = [
            (&ANY, true, &[EndFound, EndMissing, Unchecked], true),
            (&[true], false, &[EndFound, Unchecked], true),
            (&[true], false, &[EndMissing], false),
            (&[false], false, &[EndFound], true),
            (&[false], false, &[EndMissing, Unchecked], false),
        ];
        let mut cases = 0;
        for (framings, has_size, structures, expected) in rows {
            for is_framed in framings {
                for structure in structures {
                    let complete = structure.is_complete(*is_framed, has_size);
                    assert_eq!(complete, expected, "{is_framed} {has_size} {structure:?}");
                    cases += 1;
                }
            }
        }
        // Every combination is in exactly one row.
        assert_eq!(cases, 2 * 2 * 3);
    }

    proptest::proptest! {
        #[test]
        fn any_bytes_are_accepted(bytes: Vec<u8>) {
            for (media_type, file) in files() {
                structure(media_type, &bytes);
                structure(media_type, &[&file[..12], &bytes].concat());
            }
        }
    }
}
