//! `--embed-metadata`: prompt, seed and job ID in a PNG file.
//!
//! | chunk (`iTXt`) | text |
//! | --- | --- |
//! | `Description` | the prompt with its seed |
//! | `useapi:seed` | the seed |
//! | `useapi:job_id` | ID of the requested job |
//! | `XML:com.adobe.xmp` | XMP: `dc:description` and `dc:identifier`, the same prompt and ID |
//!
//! An XMP packet of another program is kept, and there is no second one then: a file has
//! one. Pixels are not encoded again.

use std::io;
use std::path::Path;

use askama::Template;
use img_parts::Bytes;
use img_parts::png::{Png, PngChunk};
use useapi_seed::SeedResult;

use crate::atomic_file;
use crate::error::CliError;
use crate::local_file;
use crate::text::one_line;

/// The limit of the library for an image.
const IMAGE_LIMIT: u64 = 256 * 1024 * 1024;

const JOB_ID: &str = "useapi:job_id";
const XMP: &str = "XML:com.adobe.xmp";

/// What is written into an image.
#[derive(Clone, Debug, Template)]
#[template(path = "xmp.xml")]
pub(crate) struct Metadata {
    description: String,
    seed: u64,
    job_id: String,
}

impl Metadata {
    pub(crate) fn new(requested_job_id: &str, result: &SeedResult) -> Self {
        let seed = result.seed();
        // XML has no escape for these two.
        let text = |text: &str| one_line(text).replace(['\u{fffe}', '\u{ffff}'], "");
        let description = result.prompt_with_seed().map(text);
        Self {
            description: description.unwrap_or_else(|| format!("--seed {seed}")),
            seed,
            job_id: text(requested_job_id),
        }
    }
}

/// Writes the metadata into an image, unless it has some, and returns the new size. None
/// for another format than PNG, which stays as it is.
///
/// The library would download the image again, since its size is not the announced one:
/// of a job that has some of its images only the others are saved.
pub(crate) fn embed(path: &Path, metadata: &Metadata) -> Result<Option<u64>, CliError> {
    let embedded = || -> io::Result<Option<u64>> {
        let content = Bytes::from(local_file::read(path, IMAGE_LIMIT)?);
        let packet = metadata.render().map_err(io::Error::other)?;
        let Some(embedded) = with_metadata(&content, metadata, packet) else {
            return Ok(None);
        };
        if embedded != content {
            atomic_file::write(path, &embedded)?;
        }
        Ok(u64::try_from(embedded.len()).ok())
    };
    embedded().map_err(|error| {
        let path = path.display();
        CliError::file(format!("cannot embed metadata in {path}: {error}"))
    })
}

fn with_metadata(content: &Bytes, metadata: &Metadata, packet: String) -> Option<Vec<u8>> {
    let mut png = Png::from_bytes(content.clone()).ok()?;
    // Not part of the image, but kept.
    let tail = content.get(png.len()..)?;
    let has = |png: &Png, keyword: &str| {
        let mut texts = png.chunks().iter().filter(|chunk| chunk.kind() == *b"iTXt");
        texts.any(|chunk| chunk.contents().starts_with(keyword.as_bytes()))
    };
    if has(&png, JOB_ID) {
        return Some(content.to_vec());
    }
    let mut texts = vec![
        ("Description", metadata.description.clone()),
        ("useapi:seed", metadata.seed.to_string()),
        (JOB_ID, metadata.job_id.clone()),
    ];
    if !has(&png, XMP) {
        texts.push((XMP, packet));
    }
    let own = texts.into_iter().map(|(keyword, text)| {
        // Two bytes are for uncompressed text, language and translated keyword are empty.
        PngChunk::new(*b"iTXt", format!("{keyword}\0\0\0\0\0{text}").into())
    });
    let chunks = png.chunks_mut();
    let start = chunks.iter().position(|chunk| chunk.kind() == *b"IDAT")?;
    chunks.splice(start..start, own);
    Some([&png.encoder().bytes(), tail].concat())
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::io::Cursor;

    use serde_json::json;
    use useapi_seed::images::{Directory, ImageSource, find};
    use useapi_seed_tests::PNG;

    use super::*;

    fn metadata(prompt: Option<&str>, seed: u64) -> Metadata {
        let json = json!({
            "job_id": "9", "parent_job_id": null, "seed": seed, "prompt": prompt,
            "prompt_with_seed": prompt.map(|prompt| format!("{prompt} --seed {seed}")),
            "images": [], "warnings": [],
        });
        Metadata::new("5-channel:6", &serde_json::from_value(json).unwrap())
    }

    /// An image with `content`, after metadata was embedded in it.
    fn embedded(content: &[u8], metadata: &Metadata) -> Vec<u8> {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("image-1.png");
        fs::write(&path, content).unwrap();
        let size = embed(&path, metadata).unwrap().unwrap();
        let content = fs::read(&path).unwrap();
        assert_eq!(content.len() as u64, size);
        content
    }

    /// The texts and the pixels.
    fn decoded(png: &[u8]) -> (Vec<(String, String)>, Vec<u8>) {
        let mut reader = png::Decoder::new(Cursor::new(png)).read_info().unwrap();
        let texts = reader.info().utf8_text.iter();
        let texts = texts.map(|text| (text.keyword.clone(), text.get_text().unwrap()));
        let texts = texts.collect();
        let mut pixels = vec![0; reader.output_buffer_size().unwrap()];
        reader.next_frame(&mut pixels).unwrap();
        (texts, pixels)
    }

    #[test]
    fn metadata_can_be_read_back() {
        let png = embedded(PNG, &metadata(Some("a cat\n猫"), 7));
        let (texts, pixels) = decoded(&png);
        assert_eq!(pixels, decoded(PNG).1);
        let expected = [
            ("Description", "a cat 猫 --seed 7"),
            ("useapi:seed", "7"),
            ("useapi:job_id", "5-channel:6"),
        ];
        for ((keyword, text), expected) in texts.iter().zip(expected) {
            assert_eq!((keyword.as_str(), text.as_str()), expected);
        }
        let (keyword, packet) = &texts[3];
        assert_eq!((keyword.as_str(), texts.len()), ("XML:com.adobe.xmp", 4));
        assert!(
            packet.starts_with("<?xpacket begin=\"\u{feff}\" id="),
            "{packet}"
        );
        assert!(packet.contains(">a cat 猫 --seed 7</rdf:li>"), "{packet}");
        assert!(packet.contains("<dc:identifier>5-channel:6<"), "{packet}");

        let (texts, _) = decoded(&embedded(PNG, &metadata(None, 7)));
        assert_eq!(texts[0].1, "--seed 7");
    }

    #[test]
    fn hostile_prompt_stays_text() {
        let prompt = "</rdf:li><a b='\"'>&lt;]]>\0\x1b[31m\u{202e}\u{ffff}--><?xpacket end?>";
        let (texts, _) = decoded(&embedded(PNG, &metadata(Some(prompt), 7)));
        let shown = "</rdf:li><a b='\"'>&lt;]]>[31m--><?xpacket end?> --seed 7";
        assert_eq!(texts[0].1, shown);
        let (_, packet) = texts[3].1.split_once("x-default\">").unwrap();
        let (text, _) = packet.split_once("</rdf:li>").unwrap();
        assert!(
            !text.contains(['<', '>', '"', '\'', '\0', '\x1b']),
            "{text}"
        );
        assert!(
            text.contains("&#38;lt;") && text.ends_with(" --seed 7"),
            "{text}"
        );
    }

    #[test]
    fn embedding_again_changes_nothing() {
        let one = embedded(PNG, &metadata(Some("a cat"), 7));
        assert_eq!(embedded(&one, &metadata(Some("a cat"), 7)), one);
    }

    #[test]
    fn everything_else_is_kept() {
        let mut png = Png::from_bytes(Bytes::from_static(PNG)).unwrap();
        for (at, kind, text) in [
            (1, *b"tEXt", "Description\0of another program".to_owned()),
            (2, *b"iTXt", "Description\0\0\0\0\0another".to_owned()),
            (3, *b"iTXt", format!("{XMP}\0\0\0\0\0<x:xmpmeta/>")),
        ] {
            png.chunks_mut()
                .insert(at, PngChunk::new(kind, text.into()));
        }
        let content = [&png.encoder().bytes(), &b"behind the end"[..]].concat();
        let (texts, _) = decoded(&embedded(&content, &metadata(Some("a cat"), 7)));
        let keywords: Vec<_> = texts.iter().map(|(keyword, _)| keyword.as_str()).collect();
        let own = ["Description", "useapi:seed", "useapi:job_id"];
        assert_eq!(
            keywords,
            [&["Description", "XML:com.adobe.xmp"], &own[..]].concat()
        );
        // Without the own chunks, which come last, it is the same again.
        let embedded = Bytes::from(embedded(&content, &metadata(Some("a cat"), 7)));
        let mut png = Png::from_bytes(embedded.clone()).unwrap();
        let tail = embedded.slice(png.len()..);
        let chunks = png.chunks_mut();
        let start = chunks.iter().position(|chunk| chunk.kind() == *b"IDAT");
        chunks.drain(start.unwrap() - own.len()..start.unwrap());
        assert_eq!([png.encoder().bytes(), tail].concat(), content);
    }

    #[test]
    fn other_formats_stay_as_they_are() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("image-1.png");
        let corrupt = [&PNG[..40], &[PNG[40] ^ 1], &PNG[41..]].concat();
        for content in [&b""[..], b"\xFF\xD8\xFF", &PNG[..20], &corrupt] {
            fs::write(&path, content).unwrap();
            assert_eq!(embed(&path, &metadata(Some("a cat"), 7)).unwrap(), None);
            assert_eq!(fs::read(&path).unwrap(), content);
        }
        fs::remove_file(&path).unwrap();
        let error = embed(&path, &metadata(Some("a cat"), 7)).unwrap_err();
        assert!(error.message().starts_with("cannot embed metadata in "));
    }

    #[tokio::test]
    async fn embedded_image_counts_as_complete() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("image-1.png");
        fs::write(&path, PNG).unwrap();
        let mut source = ImageSource::new(1, "");
        source.size = embed(&path, &metadata(Some("a cat"), 7)).unwrap();
        source.width = Some(1);
        let found = find(&source, &Directory::new(directory.path())).await;
        assert_eq!(found.unwrap().unwrap().name, "image-1.png");
    }
}
