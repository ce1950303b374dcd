//! The image host.

use std::collections::HashSet;
use std::io::Cursor;

use serde_json::Value;

use crate::caller::{Caller, SIDE, client, fetch, id, send, url};

fn decoded(file: &[u8]) -> (u32, u32, Vec<u8>) {
    let mut decoder = png::Decoder::new(Cursor::new(file));
    decoder.set_transformations(png::Transformations::EXPAND);
    let mut reader = decoder.read_info().unwrap();
    let mut pixels = vec![0; reader.output_buffer_size().unwrap()];
    let frame = reader.next_frame(&mut pixels).unwrap();
    assert_eq!(frame.color_type, png::ColorType::Rgb);
    (frame.width, frame.height, pixels)
}

/// The file of an attachment, which it describes.
async fn downloaded(attachment: &Value) -> Vec<u8> {
    let response = fetch(&url(attachment)).await;
    assert_eq!(response.status(), 200);
    let kind = attachment["content_type"].as_str().unwrap();
    assert_eq!(response.headers()["content-type"], kind);
    let file = response.bytes().await.unwrap().to_vec();
    assert_eq!(attachment["size"], file.len());
    let name = attachment["filename"].as_str().unwrap();
    assert!(url(attachment).contains(&format!("/{name}?ex=")));
    file
}

#[tokio::test]
async fn images_match_their_announcement_and_differ() {
    let caller = Caller::start().await;
    let mut seen = HashSet::new();
    for parent in [&caller.jobs().imagine, &caller.jobs().blend] {
        let job = caller.retrieve(parent).await;
        for image in job["seed"]["attachments"].as_array().unwrap() {
            assert!(url(image).starts_with(caller.image_base_url()));
            let file = downloaded(image).await;
            assert!(file.len() < 3_000_000);
            let (width, height, pixels) = decoded(&file);
            assert_eq!((width, height), (SIDE, SIDE));
            let colors: HashSet<&[u8]> = pixels.chunks_exact(3).collect();
            assert!(colors.len() > 150, "{}", colors.len());
            seen.insert(file);
        }
    }
    assert_eq!(seen.len(), 8);
}

#[tokio::test]
async fn grid_shows_the_four_images() {
    let caller = Caller::start().await;
    let job = caller.retrieve(&caller.jobs().button).await;
    let (_, parent) = caller.get(&caller.jobs().button).await;
    let (width, height, grid) = decoded(&downloaded(&parent["attachments"][0]).await);
    assert_eq!((width, height), (2 * SIDE, 2 * SIDE));
    let row_bytes = SIDE as usize * 3;
    let rows: Vec<_> = grid.chunks_exact(row_bytes).collect();
    for index in 0..4 {
        let image = &job["seed"]["attachments"][index];
        let (.., pixels) = decoded(&downloaded(image).await);
        let (left, top) = (index % 2, index / 2 * SIDE as usize);
        for (row, line) in pixels.chunks_exact(row_bytes).enumerate() {
            let is_same = rows[(top + row) * 2 + left] == line;
            assert!(is_same, "image {index}, row {row}");
        }
    }
}

#[tokio::test]
async fn head_response_has_the_length() {
    let caller = Caller::start().await;
    let job = caller.retrieve(&caller.jobs().imagine).await;
    let image = &job["seed"]["attachments"][2];
    let response = send(client().head(url(image))).await;
    assert_eq!(response.status(), 200);
    let size = image["size"].to_string();
    assert_eq!(response.headers()["content-length"], size);
    let response = send(client().post(url(image))).await;
    assert_eq!(response.status(), 405);
    assert_eq!(response.headers()["allow"], "GET, HEAD");
}

#[tokio::test]
async fn request_with_token_is_rejected_and_counted() {
    let caller = Caller::start().await;
    let link = caller.link().await;
    let token = caller.token();
    let escaped = token.replace(':', "%3A");
    assert_eq!(fetch(&link).await.status(), 200);
    assert_eq!(caller.leaked_token_requests(), 0);

    let get = |url: &str| client().get(url);
    let nowhere = format!("{}/nowhere", caller.image_base_url());
    let calls = [
        get(&link).bearer_auth(token),
        get(&link).bearer_auth("anything"),
        get(&link).basic_auth("user", Some("password")),
        get(&link).header("x-api-key", token),
        get(&link).header("cookie", format!("t={token}; u=1")),
        get(&link).header("referer", format!("http://x/?token={token}")),
        get(&format!("{link}token={token}")),
        get(&format!("{link}token={escaped}")),
        get(&format!("{nowhere}/{escaped}")),
        get(&nowhere).bearer_auth(caller.expired_token()),
        get(&link).header("x-api-key", caller.expired_token()),
    ];
    let count = calls.len() as u64;
    for (index, call) in calls.into_iter().enumerate() {
        let response = send(call).await;
        assert_eq!(response.status(), 403, "call {index}");
        let text = response.text().await.unwrap();
        assert!(text.contains("credentials"), "{text}");
        assert!(!text.contains(token), "{text}");
    }
    assert_eq!(fetch(&link).await.status(), 200);
    assert_eq!(caller.leaked_token_requests(), count);
}

async fn assert_expired(url: &str) {
    let response = fetch(url).await;
    assert_eq!(response.status(), 404, "{url}");
    let text = response.text().await.unwrap();
    assert_eq!(text, "This content is no longer available.");
}

#[tokio::test]
async fn changed_link_is_not_found() {
    let caller = Caller::start().await;
    let job = caller.retrieve(&caller.jobs().imagine).await;
    let [link, other] = [0, 1].map(|index| url(&job["seed"]["attachments"][index]));
    let (path, query) = link.split_once('?').unwrap();
    let (other_path, _) = other.split_once('?').unwrap();
    let unknown = format!("{}/attachments/1/2/x.png", caller.image_base_url());
    for changed in [
        path.to_owned(),
        format!("{other_path}?{query}"),
        format!("{unknown}?{query}"),
        link.replace("?ex=", "?ex=f"),
        link.replace("&hm=", "&mh="),
    ] {
        assert_expired(&changed).await;
    }
}

#[tokio::test]
async fn link_expires_after_a_day() {
    let caller = Caller::start().await;
    let job = caller.retrieve(&caller.jobs().imagine).await;
    let link = |job: &Value| url(&job["seed"]["attachments"][0]);
    let old = link(&job);
    caller.advance_seconds(24 * 60 * 60 - 1);
    assert_eq!(fetch(&old).await.status(), 200);
    caller.advance_seconds(1);
    assert_expired(&old).await;
    // A new response has a renewed link.
    let (_, job) = caller.get(id(&job)).await;
    assert_eq!(fetch(&link(&job)).await.status(), 200);
}

#[tokio::test]
async fn range_request_resumes_a_download() {
    let caller = Caller::start().await;
    let link = caller.link().await;
    let complete = fetch(&link).await;
    assert_eq!(complete.headers()["accept-ranges"], "bytes");
    let tag = complete.headers()["etag"].clone();
    let file = complete.bytes().await.unwrap();
    let size = file.len();
    let get = |range: &str| client().get(&link).header("range", range);

    let rest = send(get("bytes=50-").header("if-range", &tag)).await;
    assert_eq!(rest.status(), 206);
    let range = format!("bytes 50-{}/{size}", size - 1);
    assert_eq!(rest.headers()["content-range"], range);
    assert_eq!(rest.headers()["content-type"], "image/png");
    assert_eq!(rest.headers()["etag"], tag);
    assert!(rest.bytes().await.unwrap() == file.slice(50..));

    let other = get("bytes=50-").header("if-range", "\"other\"");
    for request in [other, get("bytes=0-1,50-")] {
        let response = send(request).await;
        assert_eq!(response.status(), 200);
        assert!(response.bytes().await.unwrap() == file);
    }
    let beyond = send(get(&format!("bytes={size}-"))).await;
    assert_eq!(beyond.status(), 416);
    assert_eq!(beyond.headers()["content-range"], format!("bytes */{size}"));
    assert_eq!(beyond.bytes().await.unwrap(), "");
}
