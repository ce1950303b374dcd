//! Resuming an interrupted download, or starting over.

use std::sync::atomic::{AtomicUsize, Ordering};

use futures_util::future::join_all;
use useapi_seed_images::ImageError;
use useapi_seed_tests::{PNG, Request, Response, Stub};

use super::{assert_saved, ranges, reason, save, source};

/// The image with its validator.
fn tagged() -> Response {
    Response::png().header("etag", "\"a\"")
}

/// A 206 response with this body.
fn partial(body: &[u8], range: &str, tag: &str) -> Response {
    let response = Response::new(206, "image/png", body);
    response.header("content-range", range).header("etag", tag)
}

/// All from `start` on, up to `end`, as an honest host sends it.
fn part(start: usize, end: usize) -> Response {
    let range = format!("bytes {start}-{}/{}", end - 1, PNG.len());
    partial(&PNG[start..end], &range, "\"a\"")
}

fn rest(start: usize) -> Response {
    part(start, PNG.len())
}

fn start_of_range(request: &Request) -> Option<usize> {
    let range = request.header("range")?.strip_prefix("bytes=")?;
    range.strip_suffix('-')?.parse().ok()
}

/// A host, given a request, the number in its target and how many requests there were
/// for that before.
async fn host(
    respond: impl Fn(&Request, usize, usize) -> Response + Send + Sync + 'static,
) -> Stub {
    let calls = [const { AtomicUsize::new(0) }; 4];
    Stub::start(move |request| {
        let number: usize = request.target()[1..].parse().unwrap();
        let call = calls[number - 1].fetch_add(1, Ordering::SeqCst);
        respond(request, number, call)
    })
    .await
}

#[tokio::test]
async fn interrupted_download_is_resumed() {
    let host = Stub::start(|request| match start_of_range(request) {
        None => tagged().truncated(27),
        Some(start) => rest(start),
    })
    .await;
    assert_saved(&host, [1]).await;
    let requests = host.requests();
    let validators: Vec<_> = requests
        .iter()
        .map(|request| (request.header("range"), request.header("if-range")))
        .collect();
    assert_eq!(
        validators,
        [(None, None), (Some("bytes=40-"), Some("\"a\""))]
    );
}

/// Whether it breaks or the host sends less than was requested.
#[tokio::test]
async fn short_parts_are_resumed_until_complete() {
    let host = Stub::start(|request| match start_of_range(request) {
        None => tagged().truncated(60),
        Some(start @ 7) => rest(start).truncated(45),
        Some(start) => part(start, PNG.len().min(start + 15)),
    })
    .await;
    assert_saved(&host, [1]).await;
    let starts: Vec<_> = host.requests().iter().map(start_of_range).collect();
    assert_eq!(starts, [None, Some(7), Some(22), Some(37), Some(52)]);
}

/// Of a body that is complete by its framing there is no rest.
#[tokio::test]
async fn only_a_body_that_breaks_off_is_resumed() {
    let half = &PNG[..40];
    let half = Response::new(200, "image/png", half).header("etag", "\"a\"");
    let host = host(
        move |request, number, call| match (number, start_of_range(request), call) {
            (_, Some(start), _) => rest(start),
            (1, None, 0) => half.clone().without_length(),
            (_, None, 0) => half.clone(),
            _ => tagged(),
        },
    )
    .await;
    assert_saved(&host, [1, 2]).await;
    assert_eq!(ranges(&host, "/1"), [false, true]);
    assert_eq!(ranges(&host, "/2"), [false, false]);
}

#[tokio::test]
async fn download_without_validator_starts_over() {
    let host = host(|_, number, call| match (number, call) {
        (2, _) => Response::png().header("etag", "W/\"a\"").truncated(10),
        (3, _) => tagged().header("accept-ranges", "none").truncated(10),
        (1, _) | (_, 0) => Response::png().truncated(10),
        _ => Response::png(),
    })
    .await;
    for number in 1..=3 {
        let outcome = save(&source(&host, number)).await;
        assert_eq!(*reason(&outcome), ImageError::Interrupted(57), "{number}");
        assert_eq!(ranges(&host, &format!("/{number}")), [false; 3], "{number}");
    }
    assert_saved(&host, [4]).await;
    assert_eq!(ranges(&host, "/4"), [false; 2]);
}

/// The two would make an intact file of the right size, and a wrong one.
#[tokio::test]
async fn part_other_than_requested_starts_over() {
    let other = [b'x'; 27];
    let host = host(move |_, number, call| match (call, number) {
        (0, _) => tagged().truncated(27),
        (1, 1) => partial(&other, "bytes 0-26/67", "\"a\""),
        (1, 2) => partial(&other, "bytes 40-66/68", "\"a\""),
        (1, 3) => partial(&other, "bytes 40-66/67", "\"b\""),
        (1, _) => Response::text(416, "").header("content-range", "bytes */67"),
        _ => tagged(),
    })
    .await;
    assert_saved(&host, 1..=4).await;
    for number in 1..=4 {
        assert_eq!(ranges(&host, &format!("/{number}")), [false, true, false]);
    }
}

/// Nothing is left of the version that was started, not even where it was longer.
#[tokio::test]
async fn another_version_replaces_the_first_part() {
    let (start, end) = PNG.split_at(PNG.len() - 12);
    let longer = [start, b"\0\0\0\x64tEXt", &[0; 104], end].concat();
    let host = Stub::start(move |request| match request.header("if-range") {
        None => Response::new(200, "image/png", longer.clone())
            .header("etag", "\"a\"")
            .truncated(27),
        Some(_) => Response::png().header("etag", "\"b\""),
    })
    .await;
    assert_saved(&host, [1]).await;
    assert_eq!(ranges(&host, "/1"), [false, true]);
}

/// The second part could be of another version.
#[tokio::test]
async fn part_without_a_validator_starts_over() {
    let host = host(|request, number, call| {
        let validated = |response: Response| match number {
            1 => response.header("etag", "\"a\""),
            _ => response
                .header("last-modified", "Sun, 25 Feb 2024 18:00:00 GMT")
                .header("date", "Sun, 25 Feb 2024 18:00:01 GMT"),
        };
        match start_of_range(request) {
            Some(start) => {
                let range = format!("bytes {start}-{}/{}", PNG.len() - 1, PNG.len());
                Response::new(206, "image/png", vec![b'x'; PNG.len() - start])
                    .header("content-range", &range)
            }
            None if call == 0 => validated(Response::png()).truncated(27),
            None => validated(Response::png()),
        }
    })
    .await;
    assert_saved(&host, [1, 2]).await;
    for target in ["/1", "/2"] {
        assert_eq!(ranges(&host, target), [false, true, false], "{target}");
    }
}

#[tokio::test]
async fn rejected_range_request_starts_over() {
    let statuses = [400, 403, 404, 405, 410, 412, 416, 500, 501];
    join_all(statuses.map(|status| async move {
        let host = host(move |request, _, call| match request.header("range") {
            Some(_) => Response::text(status, "no ranges"),
            None if call == 0 => tagged().truncated(27),
            None => tagged(),
        })
        .await;
        assert_saved(&host, [1]).await;
        assert_eq!(ranges(&host, "/1"), [false, true, false], "{status}");
    }))
    .await;
}

/// Neither is about the range: what came before is kept.
#[tokio::test]
async fn busy_host_is_resumed_later() {
    for status in [429, 503] {
        let host = host(
            move |request, _, call| match (start_of_range(request), call) {
                (None, _) => tagged().truncated(27),
                (Some(_), 1) => Response::text(status, "busy"),
                (Some(start), _) => rest(start),
            },
        )
        .await;
        assert_saved(&host, [1]).await;
        assert_eq!(ranges(&host, "/1"), [false, true, true], "{status}");
    }
}

#[tokio::test]
async fn unrequested_206_must_start_at_the_beginning() {
    let host = host(
        |request, number, _| match (number, start_of_range(request)) {
            (1, None) => rest(0),
            (2, None) => part(0, 40),
            (3, _) => rest(1),
            (_, start) => rest(start.unwrap_or_default()),
        },
    )
    .await;
    assert_saved(&host, [1, 2]).await;
    assert_eq!(ranges(&host, "/1"), [false]);
    assert_eq!(ranges(&host, "/2"), [false, true]);
    let outcome = save(&source(&host, 3)).await;
    assert_eq!(*reason(&outcome), ImageError::Interrupted(0));
}
