//! The second URL of an image.

use useapi_seed_images::ImageError;
use useapi_seed_tests::{PNG, Response, Stub};

use super::{ranges, reason, save, source};

#[tokio::test]
async fn fallback_url_replaces_an_unusable_url() {
    let host = Stub::start(|request| match request.target() {
        "/proxy" => Response::png(),
        "/gone" => Response::text(404, "This content is no longer available."),
        "/denied" => Response::text(401, "no"),
        _ => Response::text(500, "oops"),
    })
    .await;
    let address = host.address();
    let closed = Stub::always(Response::png()).await.url("image.png");
    for url in [
        None,
        Some(" "),
        Some("/attachments/1/2/image.png"),
        Some(&format!("//{address}/proxy")),
        Some(&format!("{address}/proxy")),
        Some("undefined"),
        Some("attachment://image.png"),
        Some("http://169.254.169.254/image.png"),
        Some("http://images.invalid/image.png"),
        Some(&closed),
        Some(&host.url("gone")),
        Some(&host.url("denied")),
        Some(&host.url("broken")),
    ] {
        let mut source = source(&host, 1);
        source.url = url.map(str::to_owned);
        source.fallback_url = Some(host.url("proxy"));
        let saved = save(&source).await;
        let (_, file) = saved.unwrap_or_else(|error| panic!("{url:?}: {error}"));
        assert_eq!(file, PNG, "{url:?}");
    }
}

/// Nor are parts of the two joined.
#[tokio::test]
async fn fallback_url_is_used_only_when_the_url_fails() {
    let tagged = || Response::png().header("etag", "\"a\"");
    let host = Stub::start(
        move |request| match (request.target(), request.header("range")) {
            ("/proxy" | "/2", None) => tagged(),
            ("/1", None) => tagged().truncated(27),
            ("/3", None) => Response::png().truncated(27),
            _ => Response::drop_connection(),
        },
    )
    .await;
    for number in 1..=3 {
        let mut source = source(&host, number);
        source.fallback_url = Some(host.url("proxy"));
        let (_, file) = save(&source).await.unwrap();
        assert_eq!(file, PNG);
    }
    assert_eq!(ranges(&host, "/1"), [false, true]);
    assert_eq!(ranges(&host, "/2"), [false]);
    // What cannot be resumed is not requested again.
    assert_eq!(ranges(&host, "/3"), [false]);
    assert_eq!(ranges(&host, "/proxy"), [false; 2]);
}

#[tokio::test]
async fn expired_url_is_the_error_of_both() {
    let host = Stub::start(|request| match request.target() {
        "/1" => Response::text(404, "gone"),
        _ => Response::text(500, "oops"),
    })
    .await;
    let mut source = source(&host, 1);
    source.fallback_url = Some(host.url("proxy"));
    let outcome = save(&source).await;
    assert!(matches!(reason(&outcome), ImageError::Expired { .. }));
}
