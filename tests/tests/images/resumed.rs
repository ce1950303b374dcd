//! Resuming an interrupted download, or starting over.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use futures_util::future::join_all;
use useapi_seed::{Client, ImageError, PollResult};
use useapi_seed_emulator::{Emulator, Fault, Operation, Trigger};
use useapi_seed_tests::{Request, Response, Stub, poll_every};

use crate::{PNG, asked, fault, files, picture, retrieval, save_first};

/// All from `start` on, up to `end`, as an honest host sends it.
fn part(start: usize, end: usize) -> Response {
    Response::new(206, "image/png", &PNG[start..end])
        .header("etag", "\"a\"")
        .header(
            "content-range",
            &format!("bytes {start}-{}/{}", end - 1, PNG.len()),
        )
}

fn start_of_range(request: &Request) -> Option<usize> {
    let range = request.header("range")?.strip_prefix("bytes=")?;
    range.strip_suffix('-')?.parse().ok()
}

#[tokio::test]
async fn what_was_cut_goes_on_where_it_ended() {
    let host = Stub::start(|request| match start_of_range(request) {
        None => picture().header("etag", "\"a\"").truncated(27),
        Some(start) => part(start, PNG.len()),
    })
    .await;
    let (_, file) = save_first(&host, |_| {}).await.unwrap();
    assert_eq!(file, PNG);
    let [first, second] = &host.requests()[..] else {
        panic!("{:?}", host.requests());
    };
    assert_eq!(
        (first.header("range"), first.header("if-range")),
        (None, None)
    );
    assert_eq!(second.header("range"), Some("bytes=40-"));
    assert_eq!(second.header("if-range"), Some("\"a\""));
}

/// Whether it breaks or the host sends less than it was asked for.
#[tokio::test]
async fn a_host_that_sends_little_at_a_time_is_asked_until_all_is_there() {
    let host = Stub::start(|request| match start_of_range(request) {
        None => picture().header("etag", "\"a\"").truncated(60),
        Some(start @ 7) => part(start, PNG.len()).truncated(45),
        Some(start) => part(start, PNG.len().min(start + 15)),
    })
    .await;
    let (_, file) = save_first(&host, |_| {}).await.unwrap();
    assert_eq!(file, PNG);
    let starts: Vec<_> = host.requests().iter().map(start_of_range).collect();
    assert_eq!(starts, [None, Some(7), Some(22), Some(37), Some(52)]);
}

#[tokio::test]
async fn where_the_rest_cannot_be_had_all_is_asked_for_again() {
    let calls = AtomicUsize::new(0);
    let host = Stub::start(move |request| match request.target() {
        "/1" => picture().truncated(10),
        "/2" => picture().header("etag", "W/\"a\"").truncated(10),
        "/3" => picture()
            .header("etag", "\"a\"")
            .header("accept-ranges", "none")
            .truncated(10),
        _ if calls.fetch_add(1, Ordering::SeqCst) == 0 => picture().truncated(10),
        _ => picture(),
    })
    .await;
    let (client, retrieval) = retrieval(host.address(), |_| {}).await;
    let folder = tempfile::tempdir().unwrap();
    let outcomes = client.save_images(&retrieval, &folder).await;
    for (outcome, target) in outcomes.iter().zip(["/1", "/2", "/3"]) {
        assert_eq!(*fault(outcome), ImageError::Interrupted(57), "{target}");
        assert_eq!(asked(&host, target), [false; 3], "{target}");
    }
    assert!(outcomes[3].is_ok());
    assert_eq!(asked(&host, "/4"), [false; 2]);
    assert_eq!(files(folder.path()), ["image-4.png"]);
}

/// The two would make a whole file of the right size, and a wrong one.
#[tokio::test]
async fn a_part_that_is_not_what_was_asked_for_is_not_taken() {
    let calls = [const { AtomicUsize::new(0) }; 4];
    let host = Stub::start(move |request| {
        let number: usize = request.target()[1..].parse().unwrap();
        let lie = |range: &str, tag: &str| {
            Response::new(206, "image/png", vec![b'x'; 27])
                .header("content-range", range)
                .header("etag", tag)
        };
        let call = calls[number - 1].fetch_add(1, Ordering::SeqCst);
        match (call, number) {
            (0, _) => picture().header("etag", "\"a\"").truncated(27),
            (1, 1) => lie("bytes 0-26/67", "\"a\""),
            (1, 2) => lie("bytes 40-66/68", "\"a\""),
            (1, 3) => lie("bytes 40-66/67", "\"b\""),
            (1, _) => Response::new(416, "text/plain", "").header("content-range", "bytes */67"),
            _ => picture().header("etag", "\"a\""),
        }
    })
    .await;
    let (client, retrieval) = retrieval(host.address(), |_| {}).await;
    let folder = tempfile::tempdir().unwrap();
    for saved in client.save_images(&retrieval, &folder).await {
        let saved = saved.unwrap();
        let file = folder.path().join(&saved.name);
        assert_eq!(std::fs::read(file).unwrap(), PNG, "{}", saved.number);
        let target = format!("/{}", saved.number);
        assert_eq!(asked(&host, &target), [false, true, false], "{target}");
    }
}

/// Nothing is left of the version that was begun, not even where it was longer.
#[tokio::test]
async fn another_version_is_taken_from_its_beginning() {
    let (start, end) = PNG.split_at(PNG.len() - 12);
    let longer = [start, b"\0\0\0\x64tEXt", &[0; 104], end].concat();
    let host = Stub::start(move |request| match request.header("if-range") {
        None => Response::new(200, "image/png", longer.clone())
            .header("etag", "\"a\"")
            .truncated(27),
        Some(_) => picture().header("etag", "\"b\""),
    })
    .await;
    let (saved, file) = save_first(&host, |_| {}).await.unwrap();
    assert_eq!(saved.size, PNG.len() as u64);
    assert_eq!(file, PNG);
    assert_eq!(asked(&host, "/1"), [false, true]);
}

#[tokio::test]
async fn a_download_from_the_emulator_is_resumed() {
    let emulator = Emulator::builder().time_scale(600.0).start().await.unwrap();
    let client = Client::builder(emulator.token())
        .base_url(emulator.base_url())
        .build()
        .unwrap();
    let retrieval = client
        .retrieve(emulator.jobs().imagine.as_str())
        .wait_options(poll_every(Duration::from_millis(20)))
        .await
        .unwrap();
    let cut = Fault::TruncatedBody { bytes: 50 };
    emulator
        .inject(Operation::GetImage, Trigger::Next(2), cut)
        .unwrap();
    let folder = tempfile::tempdir().unwrap();
    for saved in client.save_images(&retrieval, &folder).await {
        let saved = saved.unwrap();
        assert!(saved.mismatches.is_empty(), "{saved:?}");
        assert!(!saved.reused);
    }
    let statuses: Vec<_> = emulator
        .journal()
        .into_iter()
        .filter(|call| call.operation == Some(Operation::GetImage))
        .map(|call| call.status)
        .collect();
    assert_eq!(statuses.len(), 6);
    let partial = statuses.iter().filter(|status| **status == Some(206));
    assert_eq!(partial.count(), 2);
    let PollResult::Completed(again) = client.job(retrieval.job_id()).poll().await.unwrap() else {
        panic!("it was completed");
    };
    for saved in client.save_images(&again, &folder).await {
        assert!(saved.unwrap().reused);
    }
}

/// The second part could be of another version.
#[tokio::test]
async fn a_part_without_a_validator_starts_over() {
    let earlier = "Sun, 25 Feb 2024 18:00:00 GMT";
    let later = "Sun, 25 Feb 2024 18:00:01 GMT";
    let calls = [const { AtomicUsize::new(0) }; 2];
    let host = Stub::start(move |request| {
        let number: usize = request.target()[1..].parse().unwrap();
        let call = calls[number - 1].fetch_add(1, Ordering::SeqCst);
        let validated = |response: Response| match request.target() {
            "/1" => response.header("etag", "\"a\""),
            _ => response
                .header("last-modified", earlier)
                .header("date", later),
        };
        match start_of_range(request) {
            Some(start) => Response::new(206, "image/png", vec![b'x'; PNG.len() - start]).header(
                "content-range",
                &format!("bytes {start}-{}/{}", PNG.len() - 1, PNG.len()),
            ),
            None if call == 0 => validated(picture()).truncated(27),
            None => validated(picture()),
        }
    })
    .await;
    let (client, retrieval) = retrieval(host.address(), |attachments| {
        attachments.as_array_mut().unwrap().truncate(2);
    })
    .await;
    let folder = tempfile::tempdir().unwrap();
    for saved in client.save_images(&retrieval, &folder).await {
        let file = folder.path().join(saved.unwrap().name);
        assert_eq!(std::fs::read(file).unwrap(), PNG);
    }
    for target in ["/1", "/2"] {
        assert_eq!(asked(&host, target), [false, true, false], "{target}");
    }
}

#[tokio::test]
async fn a_rejected_range_request_starts_over() {
    join_all(
        [400, 403, 404, 405, 410, 412, 416, 500, 501].map(|status| async move {
            let calls = AtomicUsize::new(0);
            let host = Stub::start(move |request| {
                let call = calls.fetch_add(1, Ordering::SeqCst);
                let image = picture().header("etag", "\"a\"");
                match (request.header("range"), call) {
                    (Some(_), _) => Response::new(status, "text/plain", "no ranges"),
                    (None, 0) => image.truncated(27),
                    (None, _) => image,
                }
            })
            .await;
            let (_, file) = save_first(&host, |_| {}).await.unwrap();
            assert_eq!(file, PNG, "{status}");
            assert_eq!(asked(&host, "/1"), [false, true, false], "{status}");
        }),
    )
    .await;
}

/// Neither is about the range: what came before is kept.
#[tokio::test]
async fn a_busy_host_is_resumed_later() {
    for status in [429, 503] {
        let calls = AtomicUsize::new(0);
        let host = Stub::start(move |request| {
            match (
                start_of_range(request),
                calls.fetch_add(1, Ordering::SeqCst),
            ) {
                (None, _) => picture().header("etag", "\"a\"").truncated(27),
                (Some(_), 1) => Response::new(status, "text/plain", "busy"),
                (Some(start), _) => part(start, PNG.len()),
            }
        })
        .await;
        let (_, file) = save_first(&host, |_| {}).await.unwrap();
        assert_eq!(file, PNG);
        assert_eq!(asked(&host, "/1"), [false, true, true], "{status}");
    }
}

#[tokio::test]
async fn a_206_to_a_plain_request_is_taken() {
    let host = Stub::start(
        |request| match (request.target(), start_of_range(request)) {
            ("/1", None) => part(0, PNG.len()),
            (_, None) => part(0, 40),
            (_, Some(start)) => part(start, PNG.len()),
        },
    )
    .await;
    let (client, retrieval) = retrieval(host.address(), |attachments| {
        attachments.as_array_mut().unwrap().truncate(2);
    })
    .await;
    let folder = tempfile::tempdir().unwrap();
    for saved in client.save_images(&retrieval, &folder).await {
        let file = folder.path().join(saved.unwrap().name);
        assert_eq!(std::fs::read(file).unwrap(), PNG);
    }
    assert_eq!(asked(&host, "/1"), [false]);
    assert_eq!(asked(&host, "/2"), [false, true]);
}

#[tokio::test]
async fn a_206_from_the_middle_is_rejected() {
    let host = Stub::always(part(1, PNG.len())).await;
    let outcome = save_first(&host, |_| {}).await;
    assert_eq!(*fault(&outcome), ImageError::Interrupted(0));
}
