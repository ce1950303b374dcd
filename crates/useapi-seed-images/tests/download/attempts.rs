//! Further attempts at the same URL, and their limits.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use futures_util::future::join_all;
use useapi_seed_images::ImageError;
use useapi_seed_tests::{PNG, Response, Stub};

use super::{builder, directory, ranges, reason, save, save_first, source};

/// A host whose first response is this one, and then the image.
async fn host_after(first: Response) -> Stub {
    Stub::in_turn(vec![first, Response::png()]).await
}

/// Whether the image is saved by the second request.
async fn assert_retried(first: Response) {
    let shown = format!("{first:?}");
    let host = host_after(first).await;
    let saved = save_first(&host).await;
    let (_, file) = saved.unwrap_or_else(|error| panic!("{shown}: {error}"));
    assert_eq!(file, PNG, "{shown}");
    assert_eq!(host.requests().len(), 2, "{shown}");
}

#[tokio::test]
async fn response_without_the_image_is_retried() {
    let statuses = [202, 408, 421, 423, 425, 429, 500, 502, 503, 504];
    let half = Response::new(200, "image/png", &PNG[..PNG.len() / 2]);
    let page = "<!DOCTYPE html><html>Back soon</html>";
    let firsts = statuses.map(|status| Response::text(status, "later"));
    let firsts = firsts.into_iter().chain([
        Response::text(204, ""),
        Response::new(200, "image/png", ""),
        Response::new(200, "text/html", page),
        Response::new(200, "image/png", "<html>").without_length(),
        Response::drop_connection(),
        half.clone().without_length(),
        half,
    ]);
    join_all(firsts.map(assert_retried)).await;
}

#[tokio::test]
async fn transient_errors_are_retried_up_to_the_limit() {
    let calls = AtomicUsize::new(0);
    let host = Stub::start(move |request| {
        match (request.target(), calls.fetch_add(1, Ordering::SeqCst)) {
            ("/1", 0 | 1) => Response::html(502),
            ("/1", _) => Response::png(),
            _ => Response::text(429, "slow down").header("retry-after", "3600"),
        }
    })
    .await;
    save_first(&host).await.unwrap();
    let outcome = save(&source(&host, 2)).await;
    assert!(matches!(reason(&outcome), ImageError::HttpStatus { .. }));
    let counts = ["/1", "/2"].map(|target| ranges(&host, target).len());
    assert_eq!(counts, [3, 1]);
}

#[tokio::test]
async fn silent_host_is_unreachable_after_three_attempts() {
    let host = Stub::always(Response::hang()).await;
    let timeout = Duration::from_millis(50);
    let builder = builder().http_client(move |http| http.read_timeout(timeout));
    let root = tempfile::tempdir().unwrap();
    let saving = builder.build().unwrap();
    let outcome = saving.save(&source(&host, 1), &directory(&root)).await;
    assert_eq!(*reason(&outcome), ImageError::Unreachable);
    assert_eq!(host.requests().len(), 3);
    assert!(super::files(root.path()).is_empty());
}

/// Without a length it is stopped at the limit, which a unit test shows.
#[tokio::test]
async fn image_of_announced_huge_length_is_not_read() {
    let host = Stub::always(Response::png().content_length(2 << 30)).await;
    let outcome = save_first(&host).await;
    assert_eq!(*reason(&outcome), ImageError::TooLarge(256 * 1024 * 1024));
    assert_eq!(host.requests().len(), 1);
}

/// A delay of an hour is left to the caller.
#[tokio::test]
async fn retry_after_is_seconds_or_a_date() {
    for (retry_after, requests) in [
        ("0", 2),
        ("Sun, 25 Feb 2024 19:00:00 GMT", 1),
        ("Sun, 25 Feb 2024 18:00:00 GMT", 2),
    ] {
        let busy = Response::text(429, "slow down")
            .header("date", "Sun, 25 Feb 2024 18:00:00 GMT")
            .header("retry-after", retry_after);
        let host = host_after(busy).await;
        let outcome = save_first(&host).await;
        assert_eq!(outcome.is_ok(), requests == 2, "{outcome:?}");
        assert_eq!(host.requests().len(), requests, "{retry_after}");
    }
}

#[tokio::test]
async fn permanent_errors_are_not_retried() {
    for status in [401, 404, 405, 410, 451] {
        let host = Stub::always(Response::text(status, "no")).await;
        assert!(save_first(&host).await.is_err());
        assert_eq!(host.requests().len(), 1, "{status}");
    }
}

#[tokio::test]
async fn redirect_loop_ends() {
    let host = Stub::always(Response::text(302, "").header("location", "/again")).await;
    let outcome = save_first(&host).await;
    let redirects = "redirects more than 5 times".to_owned();
    assert_eq!(*reason(&outcome), ImageError::InvalidUrl(redirects));
}
