//! Which files count as complete.

use useapi_seed_images::{DownloadError, ImageError, SavedImage};
use useapi_seed_tests::{PNG, Response, Stub};

use super::{reason, save, source};

type Saved = Result<(SavedImage, Vec<u8>), DownloadError>;

/// Saves the image of a host, announced with this size.
async fn save_announced(host: &Stub, size: usize) -> Saved {
    let mut source = source(host, 1);
    source.size = Some(size as u64);
    save(&source).await
}

/// A PNG with another one in a chunk of its own.
fn png_with_thumbnail() -> Vec<u8> {
    let (start, rest) = PNG.split_at(33);
    let length = u32::try_from(PNG.len()).unwrap().to_be_bytes();
    [start, &length, b"caBX", PNG, b"\0\0\0\0", rest].concat()
}

/// Metadata of 24 bytes, and the data.
fn avif() -> Vec<u8> {
    [
        b"\0\0\0\x10ftypavif\0\0\0\0".as_slice(),
        b"\0\0\0\x18meta",
        &[7; 16],
        b"\0\0\0\x88mdat",
        &[7; 128],
    ]
    .concat()
}

#[tokio::test]
async fn half_of_a_file_is_rejected() {
    let webp = [b"RIFF\x70\0\0\0WEBPVP8 ".as_slice(), &[7; 104]].concat();
    for (file, half) in [
        (png_with_thumbnail(), 33 + 8 + PNG.len()),
        (avif(), 80),
        (webp, 60),
    ] {
        let response = Response::new(200, "image/png", &file[..half]);
        tokio::join!(
            assert_rejected(response.clone().without_length(), file.len(), half),
            assert_rejected(
                response.clone().content_length(file.len()),
                file.len(),
                half
            ),
            assert_rejected(response, file.len(), half),
        );
    }
}

async fn assert_rejected(response: Response, announced: usize, sent: usize) {
    let shown = format!("{response:?}");
    let host = Stub::always(response).await;
    let outcome = save_announced(&host, announced).await;
    let (reason, size) = (reason(&outcome), sent as u64);
    let expected = [ImageError::Truncated(size), ImageError::Interrupted(size)];
    assert!(expected.contains(reason), "{shown}: {reason}");
}

#[tokio::test]
async fn bytes_after_the_end_mark_are_kept() {
    let jpeg = b"\xFF\xD8\xFF\xE0\0\x10JFIF\0\x01\x01\0\0\x01\0\x01\0\0\xFF\xDA\0\x02abc\xFF\xD9";
    let gif = b"GIF89a\x01\0\x01\0\0\0\0,\0\0\0\0\x01\0\x01\0\0\x02\x02\x44\x01\0;";
    for (media_type, file) in [
        ("image/jpeg", jpeg.as_slice()),
        ("image/gif", gif),
        ("image/png", PNG),
    ] {
        for tail in [
            b"\n".as_slice(),
            b"\xFF\xFF\xFF",
            b"\r\n",
            b"SEFHe\0\0\0SEFT",
            jpeg,
        ] {
            let sent = [file, tail].concat();
            let host = Stub::always(Response::new(200, media_type, sent.as_slice())).await;
            let size = file.len() + 1000;
            let saved = save_announced(&host, size).await;
            let (saved, file) =
                saved.unwrap_or_else(|error| panic!("{media_type} {tail:?}: {error}"));
            assert_eq!(saved.media_type, media_type);
            assert_eq!(file, sent);
            assert_eq!(host.requests().len(), 1);
        }
    }
}

/// The file has the announced size, or its end.
#[tokio::test]
async fn wrong_framing_loses_no_complete_image() {
    let last_chunk_missing = [b"43\r\n".as_slice(), PNG, b"\r\n"].concat();
    for response in [
        Response::png().content_length(PNG.len() + 2),
        Response::png().without_length(),
        Response::new(200, "image/png", last_chunk_missing)
            .without_length()
            .header("transfer-encoding", "chunked"),
    ] {
        for (announced, mismatches) in [(PNG.len(), 0), (PNG.len() + 500, 1)] {
            let host = Stub::always(response.clone()).await;
            let saved = save_announced(&host, announced).await;
            let (saved, file) = saved.unwrap_or_else(|error| panic!("{response:?}: {error}"));
            assert_eq!(file, PNG);
            assert_eq!(saved.mismatches.len(), mismatches);
            assert_eq!(host.requests().len(), 1);
        }
    }
}

/// Without an end mark only the announced size or the framing can tell.
#[tokio::test]
async fn announced_size_completes_any_format() {
    let bitmap = [b"BM".as_slice(), &[7; 200]].concat();
    let one_chunk = [b"CA\r\n".as_slice(), &bitmap, b"\r\n0\r\n\r\n"].concat();
    let framed = Response::new(200, "image/bmp", bitmap);
    let unframed = framed.clone().without_length();
    let chunked = Response::new(200, "image/bmp", one_chunk).without_length();
    let chunked = chunked.header("transfer-encoding", "chunked");
    for (response, announced, is_complete) in [
        (&framed, 203, true),
        (&chunked, 203, true),
        (&unframed, 202, true),
        (&unframed, 203, false),
    ] {
        let host = Stub::always(response.clone()).await;
        let outcome = save_announced(&host, announced).await;
        assert_eq!(outcome.is_ok(), is_complete, "{announced}: {outcome:?}");
    }
}
