//! Asking once more: for the rest of what was cut, or for all of it.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use serde_json::Value;
use useapi_seed::{Client, ImageFault, JobState};
use useapi_seed_emulator::{Emulator, Fault, Operation, When};
use useapi_seed_tests::{Request, Response, Stub};

use crate::{PNG, fault, files, retrieval};

fn only_first(attachments: &mut Value) {
    attachments.as_array_mut().unwrap().truncate(1);
}

fn picture() -> Response {
    Response::new(200, "image/png", PNG)
}

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

/// The requests for one target, and whether each was for a part.
fn asked(host: &Stub, target: &str) -> Vec<bool> {
    let requests = host.requests();
    let requests = requests.iter().filter(|seen| seen.target() == target);
    requests
        .map(|request| request.header("range").is_some())
        .collect()
}

#[tokio::test]
async fn what_was_cut_goes_on_where_it_ended() {
    let host = Stub::start(|request| match start_of_range(request) {
        None => picture().header("etag", "\"a\"").cut(27),
        Some(start) => part(start, PNG.len()),
    })
    .await;
    let (client, retrieval) = retrieval(host.address(), only_first).await;
    let folder = tempfile::tempdir().unwrap();
    let saved = client.save_images(&retrieval, &folder).await.remove(0);
    assert_eq!(std::fs::read(saved.unwrap().path).unwrap(), PNG);
    assert_eq!(files(folder.path()), ["image-1.png"]);
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
        None => picture().header("etag", "\"a\"").cut(60),
        Some(start @ 7) => part(start, PNG.len()).cut(45),
        Some(start) => part(start, PNG.len().min(start + 15)),
    })
    .await;
    let (client, retrieval) = retrieval(host.address(), only_first).await;
    let folder = tempfile::tempdir().unwrap();
    let saved = client.save_images(&retrieval, &folder).await.remove(0);
    assert_eq!(std::fs::read(saved.unwrap().path).unwrap(), PNG);
    let starts: Vec<_> = host.requests().iter().map(start_of_range).collect();
    assert_eq!(starts, [None, Some(7), Some(22), Some(37), Some(52)]);
}

#[tokio::test]
async fn where_the_rest_cannot_be_had_all_is_asked_for_again() {
    let calls = AtomicUsize::new(0);
    let host = Stub::start(move |request| match request.target() {
        "/1" => picture().cut(10),
        "/2" => picture().header("etag", "W/\"a\"").cut(10),
        "/3" => picture()
            .header("etag", "\"a\"")
            .header("accept-ranges", "none")
            .cut(10),
        _ if calls.fetch_add(1, Ordering::SeqCst) == 0 => picture().cut(10),
        _ => picture(),
    })
    .await;
    let (client, retrieval) = retrieval(host.address(), |_| {}).await;
    let folder = tempfile::tempdir().unwrap();
    let outcomes = client.save_images(&retrieval, &folder).await;
    for (outcome, target) in outcomes.iter().zip(["/1", "/2", "/3"]) {
        assert_eq!(*fault(outcome), ImageFault::Cut(57), "{target}");
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
            (0, _) => picture().header("etag", "\"a\"").cut(27),
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
        assert_eq!(std::fs::read(saved.path).unwrap(), PNG, "{}", saved.number);
        let target = format!("/{}", saved.number);
        assert_eq!(asked(&host, &target), [false, true, false], "{target}");
    }
}

/// Nothing is left of the version that was begun, not even where it was longer.
#[tokio::test]
async fn another_version_is_taken_from_its_beginning() {
    let longer = [PNG, &[0; 100]].concat();
    let host = Stub::start(move |request| match request.header("if-range") {
        None => Response::new(200, "image/png", longer.clone())
            .header("etag", "\"a\"")
            .cut(27),
        Some(_) => picture().header("etag", "\"b\""),
    })
    .await;
    let (client, retrieval) = retrieval(host.address(), only_first).await;
    let folder = tempfile::tempdir().unwrap();
    let saved = client.save_images(&retrieval, &folder).await.remove(0);
    let saved = saved.unwrap();
    assert_eq!(saved.size, PNG.len() as u64);
    assert_eq!(std::fs::read(saved.path).unwrap(), PNG);
    assert_eq!(asked(&host, "/1"), [false, true]);
}

#[tokio::test]
async fn a_bad_moment_of_the_host_passes() {
    let calls = [const { AtomicUsize::new(0) }; 4];
    let host = Stub::start(move |request| {
        let number: usize = request.target()[1..].parse().unwrap();
        let call = calls[number - 1].fetch_add(1, Ordering::SeqCst);
        let busy = |wait| Response::new(429, "text/plain", "slow down").header("retry-after", wait);
        match (number, call) {
            (1, 0 | 1) => Response::new(502, "text/html", "<html>"),
            (2, 0) => busy("0"),
            (3, 0) => Response::lost(),
            (4, _) => busy("3600"),
            _ => picture(),
        }
    })
    .await;
    let (client, retrieval) = retrieval(host.address(), |_| {}).await;
    let folder = tempfile::tempdir().unwrap();
    let outcomes = client.save_images(&retrieval, &folder).await;
    for outcome in &outcomes[..3] {
        assert!(outcome.is_ok(), "{outcome:?}");
    }
    assert!(matches!(fault(&outcomes[3]), ImageFault::Refused { .. }));
    let counts = ["/1", "/2", "/3", "/4"].map(|target| asked(&host, target).len());
    assert_eq!(counts, [3, 2, 2, 1]);
}

#[tokio::test]
async fn a_host_that_never_answers_is_given_up() {
    let host = Stub::always(Response::silent()).await;
    let (client, retrieval) = retrieval(host.address(), only_first).await;
    let patient = Client::builder("a-token")
        .base_url(client.base_url())
        .configure_image_http(|http| http.read_timeout(Duration::from_millis(50)))
        .build()
        .unwrap();
    let folder = tempfile::tempdir().unwrap();
    let outcome = patient.save_images(&retrieval, &folder).await.remove(0);
    assert_eq!(*fault(&outcome), ImageFault::NoAnswer);
    assert_eq!(host.requests().len(), 3);
    assert!(files(folder.path()).is_empty());
}

/// Without a length it is stopped at the limit, which a unit test shows.
#[tokio::test]
async fn an_image_that_is_said_to_be_huge_is_not_begun() {
    let host = Stub::always(picture().announcing(2 << 30)).await;
    let (client, retrieval) = retrieval(host.address(), |attachments| {
        only_first(attachments);
        attachments[0]["size"] = 2048.into();
    })
    .await;
    let folder = tempfile::tempdir().unwrap();
    let outcome = client.save_images(&retrieval, &folder).await.remove(0);
    assert_eq!(*fault(&outcome), ImageFault::TooLarge(256 * 1024 * 1024));
    assert_eq!(host.requests().len(), 1);
    assert!(files(folder.path()).is_empty());
}

#[tokio::test]
async fn a_download_from_the_emulator_is_resumed() {
    let emulator = Emulator::builder().speed(600.0).start().await.unwrap();
    let client = Client::builder(emulator.token())
        .base_url(emulator.base_url())
        .build()
        .unwrap();
    let retrieval = client
        .retrieve(emulator.jobs().imagine.as_str())
        .interval(Duration::from_millis(20))
        .await
        .unwrap();
    let cut = Fault::Cut { bytes: 50 };
    emulator
        .inject(Operation::GetImage, When::Next(2), cut)
        .unwrap();
    let folder = tempfile::tempdir().unwrap();
    for saved in client.save_images(&retrieval, &folder).await {
        let saved = saved.unwrap();
        assert!(saved.differences.is_empty(), "{saved:?}");
        assert!(!saved.was_there);
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
    let JobState::Retrieved(again) = client.job(retrieval.job_id()).poll().await.unwrap() else {
        panic!("it was completed");
    };
    for saved in client.save_images(&again, &folder).await {
        assert!(saved.unwrap().was_there);
    }
}

/// For the calls that are made with such a clone.
#[tokio::test]
async fn limits_can_be_others_for_some_calls() {
    let host = Stub::always(picture()).await;
    let (client, retrieval) = retrieval(host.address(), only_first).await;
    let folder = tempfile::tempdir().unwrap();
    for (hampered, expected) in [
        (client.with_image_size_limit(10), ImageFault::TooLarge(10)),
        (
            client.with_image_timeout(Duration::ZERO),
            ImageFault::TooSlow(0),
        ),
    ] {
        let outcomes = hampered.save_images(&retrieval, &folder).await;
        assert_eq!(*fault(&outcomes[0]), expected);
    }
    let patient = client.with_image_timeout(Duration::MAX);
    for client in [client, patient] {
        let saved = client.save_images(&retrieval, &folder).await.remove(0);
        saved.unwrap();
    }
}
