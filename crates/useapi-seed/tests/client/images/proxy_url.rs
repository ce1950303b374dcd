//! The second link of an image.

use serde_json::{Value, json};
use useapi_seed::ImageError;
use useapi_seed_tests::{Response, Stub};

use super::{PNG, asked, fault, only_first, picture, retrieval, save_first};

#[tokio::test]
async fn proxy_url_stands_in_for_a_bad_url() {
    let host = Stub::start(|request| match request.target() {
        "/proxy" => picture(),
        "/gone" => Response::new(404, "text/plain", "This content is no longer available."),
        "/denied" => Response::new(401, "text/plain", "no"),
        _ => Response::new(500, "text/plain", "oops"),
    })
    .await;
    let address = host.address();
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let closed = listener.local_addr().unwrap();
    drop(listener);
    for url in [
        Value::Null,
        json!(" "),
        json!("/attachments/1/2/image.png"),
        json!(format!("//{address}/proxy")),
        json!(format!("{address}/proxy")),
        json!("undefined"),
        json!("attachment://image.png"),
        json!("http://169.254.169.254/image.png"),
        json!("http://images.invalid/image.png"),
        json!(format!("http://{closed}/image.png")),
        json!(format!("http://{address}/gone")),
        json!(format!("http://{address}/denied")),
        json!(format!("http://{address}/broken")),
    ] {
        let proxy_url = json!(format!("http://{address}/proxy"));
        let (client, retrieval) = retrieval(address, |attachments| {
            only_first(attachments);
            attachments[0]["url"] = url.clone();
            attachments[0]["proxy_url"] = proxy_url.clone();
        })
        .await;
        assert_eq!(json!(retrieval.images()[0].proxy_url), proxy_url);
        let folder = tempfile::tempdir().unwrap();
        let saved = client.save_images(&retrieval, &folder).await.remove(0);
        let saved = saved.unwrap_or_else(|error| panic!("{url}: {error}"));
        let file = folder.path().join(saved.name);
        assert_eq!(std::fs::read(file).unwrap(), PNG, "{url}");
    }
}

/// Nor is what came of one joined with what comes of the other.
#[tokio::test]
async fn proxy_url_is_used_only_when_url_fails() {
    let host = Stub::start(
        |request| match (request.target(), request.header("range")) {
            ("/proxy" | "/2", None) => picture().header("etag", "\"a\""),
            ("/1", None) => picture().header("etag", "\"a\"").truncated(27),
            _ => Response::drop_connection(),
        },
    )
    .await;
    let proxy_url = format!("http://{}/proxy", host.address());
    let (client, retrieval) = retrieval(host.address(), |attachments| {
        let attachments = attachments.as_array_mut().unwrap();
        attachments.truncate(2);
        for attachment in attachments {
            attachment["proxy_url"] = json!(proxy_url);
        }
    })
    .await;
    let folder = tempfile::tempdir().unwrap();
    for saved in client.save_images(&retrieval, &folder).await {
        let file = folder.path().join(saved.unwrap().name);
        assert_eq!(std::fs::read(file).unwrap(), PNG);
    }
    assert_eq!(asked(&host, "/1"), [false, true]);
    assert_eq!(asked(&host, "/2"), [false]);
    assert_eq!(asked(&host, "/proxy"), [false]);
}

#[tokio::test]
async fn an_expired_link_is_the_error_of_both() {
    let host = Stub::start(|request| match request.target() {
        "/1" => Response::new(404, "text/plain", "gone"),
        _ => Response::new(500, "text/plain", "oops"),
    })
    .await;
    let proxy_url = format!("http://{}/proxy", host.address());
    let outcome = save_first(&host, |attachments| {
        attachments[0]["proxy_url"] = json!(proxy_url);
    })
    .await;
    assert!(matches!(fault(&outcome), ImageError::Expired { .. }));
}
