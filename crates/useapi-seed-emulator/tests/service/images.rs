//! The image host.

use std::collections::HashSet;
use std::io::Cursor;
use std::time::Duration;

use reqwest::{Method, Response};
use serde_json::Value;

use crate::caller::{SIDE, client, fast, get, retrieve, url};

async fn fetch(url: &str) -> Response {
    client().get(url).send().await.unwrap()
}

fn decoded(file: &[u8]) -> (u32, u32, Vec<u8>) {
    let mut reader = png::Decoder::new(Cursor::new(file)).read_info().unwrap();
    let mut pixels = vec![0; reader.output_buffer_size().unwrap()];
    let frame = reader.next_frame(&mut pixels).unwrap();
    assert_eq!(frame.color_type, png::ColorType::Rgb);
    (frame.width, frame.height, pixels)
}

/// Fetches what an attachment announces and holds both together.
async fn downloaded(attachment: &Value) -> Vec<u8> {
    let response = fetch(&url(attachment)).await;
    assert_eq!(response.status(), 200);
    assert_eq!(
        response.headers()["content-type"],
        attachment["content_type"].as_str().unwrap()
    );
    let file = response.bytes().await.unwrap().to_vec();
    assert_eq!(attachment["size"], file.len());
    let name = attachment["filename"].as_str().unwrap();
    assert!(url(attachment).contains(&format!("/{name}?ex=")));
    file
}

#[tokio::test]
async fn the_pictures_are_true_rich_and_different() {
    let emulator = fast().await;
    let mut seen = HashSet::new();
    for parent in [&emulator.jobs().imagine, &emulator.jobs().blend] {
        let job = retrieve(&emulator, parent).await;
        let pictures = job["seed"]["attachments"].as_array().unwrap();
        assert_eq!(pictures.len(), 4);
        for picture in pictures {
            assert!(url(picture).starts_with(emulator.image_base_url()));
            let file = downloaded(picture).await;
            assert!(file.len() < 3_000_000);
            let (width, height, pixels) = decoded(&file);
            assert_eq!((width, height), (SIDE, SIDE));
            let colours: HashSet<&[u8]> = pixels.chunks_exact(3).collect();
            if cfg!(feature = "pictures") {
                assert!(colours.len() > 1000, "{}", colours.len());
            }
            seen.insert(file);
        }
    }
    // Prebuilt ones are the same for both seeds.
    let different = if cfg!(feature = "pictures") { 8 } else { 4 };
    assert_eq!(seen.len(), different);
}

#[tokio::test]
async fn the_grid_shows_the_four_pictures() {
    let emulator = fast().await;
    let job = retrieve(&emulator, &emulator.jobs().button).await;
    let (_, parent) = get(&emulator, &emulator.jobs().button).await;
    let (width, height, grid) = decoded(&downloaded(&parent["attachments"][0]).await);
    assert_eq!((width, height), (2 * SIDE, 2 * SIDE));
    let side = SIDE as usize;
    let pictures = job["seed"]["attachments"].as_array().unwrap();
    assert_eq!(pictures.len(), 4);
    for (index, picture) in pictures.iter().enumerate() {
        let (.., pixels) = decoded(&downloaded(picture).await);
        let (left, top) = (index % 2 * side * 3, index / 2 * side);
        for (row, line) in pixels.chunks_exact(side * 3).enumerate() {
            let begin = (top + row) * 2 * side * 3 + left;
            assert!(
                &grid[begin..begin + side * 3] == line,
                "picture {index}, row {row}"
            );
        }
    }
}

#[tokio::test]
async fn head_tells_the_length() {
    let emulator = fast().await;
    let job = retrieve(&emulator, &emulator.jobs().imagine).await;
    let picture = &job["seed"]["attachments"][2];
    let response = client().head(url(picture)).send().await.unwrap();
    assert_eq!(response.status(), 200);
    assert_eq!(
        response.headers()["content-length"],
        picture["size"].to_string()
    );
    let response = client()
        .request(Method::POST, url(picture))
        .send()
        .await
        .unwrap();
    assert_eq!(response.status(), 405);
}

#[tokio::test]
async fn whoever_shows_a_token_is_refused_and_counted() {
    let emulator = fast().await;
    let job = retrieve(&emulator, &emulator.jobs().imagine).await;
    let link = url(&job["seed"]["attachments"][0]);
    let token = emulator.token();
    let escaped = token.replace(':', "%3A");
    assert_eq!(fetch(&link).await.status(), 200);
    assert_eq!(emulator.leaked_token_requests(), 0);

    let get = |url: String| client().get(url);
    let nowhere = format!("{}/nowhere", emulator.image_base_url());
    let calls = [
        get(link.clone()).bearer_auth(token),
        get(link.clone()).bearer_auth("anything"),
        get(link.clone()).basic_auth("user", Some("password")),
        get(link.clone()).header("x-api-key", token),
        get(link.clone()).header("cookie", format!("t={token}; u=1")),
        get(link.clone()).header("referer", format!("http://x/?token={token}")),
        get(format!("{link}token={token}")),
        get(format!("{link}token={escaped}")),
        get(format!("{nowhere}/{escaped}")),
        get(nowhere.clone()).bearer_auth(emulator.expired_token()),
        get(link.clone()).header("x-api-key", emulator.expired_token()),
    ];
    let count = calls.len() as u64;
    for (index, call) in calls.into_iter().enumerate() {
        let response = call.send().await.unwrap();
        assert_eq!(response.status(), 403, "call {index}");
        let text = response.text().await.unwrap();
        assert!(
            text.contains("credentials") && !text.contains(token),
            "{text}"
        );
    }
    assert_eq!(emulator.leaked_token_requests(), count);
    assert_eq!(fetch(&link).await.status(), 200);
    assert_eq!(emulator.leaked_token_requests(), count);
}

async fn gone(url: &str) {
    let response = fetch(url).await;
    assert_eq!(response.status(), 404, "{url}");
    assert_eq!(
        response.text().await.unwrap(),
        "This content is no longer available."
    );
}

#[tokio::test]
async fn links_work_as_they_were_issued_only() {
    let emulator = fast().await;
    let job = retrieve(&emulator, &emulator.jobs().imagine).await;
    let link = url(&job["seed"]["attachments"][0]);
    let other = url(&job["seed"]["attachments"][1]);
    let (path, query) = link.split_once('?').unwrap();
    let (other_path, _) = other.split_once('?').unwrap();
    assert_eq!(fetch(&link).await.status(), 200);
    gone(path).await;
    gone(&format!("{other_path}?{query}")).await;
    gone(&link.replace("?ex=", "?ex=f")).await;
    gone(&link.replace("&is=", "&is=f")).await;
    gone(&link.replace("&hm=", "&hm=f")).await;
    gone(&link.replace("&hm=", "&mh=")).await;
    gone(&format!(
        "{}/attachments/1/2/x.png?{query}",
        emulator.image_base_url()
    ))
    .await;
}

#[tokio::test]
async fn links_expire_after_a_day() {
    let emulator = fast().await;
    let job = retrieve(&emulator, &emulator.jobs().imagine).await;
    let link = |job: &Value| url(&job["seed"]["attachments"][0]);
    let old = link(&job);
    assert_eq!(fetch(&old).await.status(), 200);
    emulator.advance(Duration::from_secs(24 * 60 * 60));
    gone(&old).await;
    // A fresh answer has a link that works.
    let (_, job) = get(&emulator, job["jobid"].as_str().unwrap()).await;
    assert_eq!(fetch(&link(&job)).await.status(), 200);
}

#[tokio::test]
async fn a_download_can_be_resumed() {
    let emulator = fast().await;
    let job = retrieve(&emulator, &emulator.jobs().imagine).await;
    let pictures = &job["seed"]["attachments"];
    let link = url(&pictures[0]);
    let whole = fetch(&link).await;
    assert_eq!(whole.headers()["accept-ranges"], "bytes");
    let tag = whole.headers()["etag"].clone();
    assert!(tag.as_bytes().starts_with(b"\""), "{tag:?}");
    let file = whole.bytes().await.unwrap();
    let size = file.len();
    let get = |range: String| client().get(&link).header("range", range);

    let rest = get("bytes=50-".into()).header("if-range", &tag);
    let rest = rest.send().await.unwrap();
    assert_eq!(rest.status(), 206);
    let place = format!("bytes 50-{}/{size}", size - 1);
    assert_eq!(rest.headers()["content-range"], place);
    assert_eq!(rest.headers()["content-type"], "image/png");
    assert_eq!(rest.headers()["etag"], tag);
    assert!(rest.bytes().await.unwrap() == file.slice(50..));

    // What was known is of another version, or more than one part is wanted.
    let other = fetch(&url(&pictures[1])).await.headers()["etag"].clone();
    assert_ne!(other, tag);
    let anew = get("bytes=50-".into()).header("if-range", other);
    for request in [anew, get("bytes=0-1,50-".into()), get("lines=1-".into())] {
        let answer = request.send().await.unwrap();
        assert_eq!(answer.status(), 200);
        assert!(answer.bytes().await.unwrap() == file);
    }

    let beyond = get(format!("bytes={size}-")).send().await.unwrap();
    assert_eq!(beyond.status(), 416);
    assert_eq!(beyond.headers()["content-range"], format!("bytes */{size}"));
    assert_eq!(beyond.bytes().await.unwrap(), "");
}
