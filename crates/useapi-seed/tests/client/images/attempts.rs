//! Further attempts at the same URL, and their limits.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use futures_util::future::join_all;
use useapi_seed::{Client, ImageError};
use useapi_seed_tests::{Response, Stub};

use super::{PNG, asked, fault, files, only_first, picture, retrieval, save_first};

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
            (3, 0) => Response::drop_connection(),
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
    assert!(matches!(fault(&outcomes[3]), ImageError::HttpStatus { .. }));
    let counts = ["/1", "/2", "/3", "/4"].map(|target| asked(&host, target).len());
    assert_eq!(counts, [3, 2, 2, 1]);
}

#[tokio::test]
async fn a_host_that_never_answers_is_given_up() {
    let host = Stub::always(Response::hang()).await;
    let (client, retrieval) = retrieval(host.address(), only_first).await;
    let patient = Client::builder("a-token")
        .base_url(client.base_url())
        .image_retry_timeout(Duration::ZERO)
        .image_http_client(|http| http.read_timeout(Duration::from_millis(50)))
        .build()
        .unwrap();
    let folder = tempfile::tempdir().unwrap();
    let outcome = patient.save_images(&retrieval, &folder).await.remove(0);
    assert_eq!(*fault(&outcome), ImageError::Unreachable);
    assert_eq!(host.requests().len(), 3);
    assert!(files(folder.path()).is_empty());
}

/// Without a length it is stopped at the limit, which a unit test shows.
#[tokio::test]
async fn an_image_that_is_said_to_be_huge_is_not_begun() {
    let host = Stub::always(picture().content_length(2 << 30)).await;
    let outcome = save_first(&host, |attachments| attachments[0]["size"] = 2048.into()).await;
    assert_eq!(*fault(&outcome), ImageError::TooLarge(256 * 1024 * 1024));
    assert_eq!(host.requests().len(), 1);
}

#[tokio::test]
async fn limits_of_the_builder_hold() {
    let host = Stub::always(picture()).await;
    let (client, retrieval) = retrieval(host.address(), only_first).await;
    let folder = tempfile::tempdir().unwrap();
    let builder = || Client::builder("a-token").base_url(client.base_url());
    for (builder, expected) in [
        (builder().image_size_limit(10), ImageError::TooLarge(10)),
        (
            builder().image_timeout(Duration::ZERO),
            ImageError::Timeout(0),
        ),
    ] {
        let limited = builder.image_retry_timeout(Duration::ZERO).build().unwrap();
        let outcomes = limited.save_images(&retrieval, &folder).await;
        assert_eq!(*fault(&outcomes[0]), expected);
    }
    let patient = builder().image_timeout(Duration::MAX).build().unwrap();
    for client in [client, patient] {
        let saved = client.save_images(&retrieval, &folder).await.remove(0);
        saved.unwrap();
    }
}

/// A host whose first answer is this one, and then the image.
async fn host_after(first: Response) -> Stub {
    let calls = AtomicUsize::new(0);
    Stub::start(move |_| match calls.fetch_add(1, Ordering::SeqCst) {
        0 => first.clone(),
        _ => picture(),
    })
    .await
}

#[tokio::test]
async fn a_response_without_the_image_is_retried() {
    let text = |status| Response::new(status, "text/plain", "later");
    let statuses = [408, 421, 423, 425, 429, 500, 502, 503, 504];
    let firsts = statuses.map(text).into_iter().chain([
        text(202),
        Response::new(204, "text/plain", ""),
        Response::new(200, "image/png", ""),
        Response::new(200, "text/html", "<!DOCTYPE html><html>Back soon</html>"),
        Response::new(200, "image/png", "<html>").without_length(),
        Response::drop_connection(),
    ]);
    join_all(firsts.map(assert_retried)).await;
}

#[tokio::test]
async fn a_truncated_body_is_retried() {
    let half = Response::new(200, "image/png", &PNG[..PNG.len() / 2]);
    assert_retried(half.clone().without_length()).await;
    assert_retried(half).await;
}

/// Whether the image is saved by the second request.
async fn assert_retried(first: Response) {
    let shown = format!("{first:?}");
    let host = host_after(first).await;
    let saved = save_first(&host, |_| {}).await;
    let (_, file) = saved.unwrap_or_else(|error| panic!("{shown}: {error}"));
    assert_eq!(file, PNG, "{shown}");
    assert_eq!(host.requests().len(), 2, "{shown}");
}

/// A pause of an hour is left to the caller, one that is over to nobody.
#[tokio::test]
async fn retry_after_may_be_a_date() {
    for (date, requests) in [
        ("Sun, 25 Feb 2024 19:00:00 GMT", 1),
        ("Sun, 25 Feb 2024 18:00:00 GMT", 2),
    ] {
        let busy = Response::new(429, "text/plain", "slow down")
            .header("date", "Sun, 25 Feb 2024 18:00:00 GMT")
            .header("retry-after", date);
        let host = host_after(busy).await;
        let outcome = save_first(&host, |_| {}).await;
        assert_eq!(outcome.is_ok(), requests == 2, "{outcome:?}");
        assert_eq!(host.requests().len(), requests, "{date}");
    }
}

#[tokio::test]
async fn a_permanent_error_is_not_retried() {
    for status in [401, 404, 405, 410, 451] {
        let host = Stub::always(Response::new(status, "text/plain", "no")).await;
        let outcome = save_first(&host, |_| {}).await;
        assert!(outcome.is_err());
        assert_eq!(host.requests().len(), 1, "{status}");
    }
}
