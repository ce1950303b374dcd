//! Saving again: what is there, and links that are too old.

use std::time::Duration;

use futures_util::StreamExt;
use serde_json::{Value, json};
use useapi_seed::{Client, ImageError};
use useapi_seed_emulator::{Emulator, Operation};
use useapi_seed_tests::{Fixture, Response, Stub, poll_every};

use crate::{PNG, announce_truly, fault, files, retrieval, retrieved};

#[tokio::test]
async fn an_image_that_is_there_and_whole_is_not_fetched_again() {
    let host = Stub::always(Response::new(200, "image/png", PNG)).await;
    let (client, retrieval) = retrieval(host.address(), announce_truly).await;
    let folder = tempfile::tempdir().unwrap();
    let first = client.save_images(&retrieval, &folder).await;
    assert_eq!(host.requests().len(), 4);
    // What stands in the folder is worth more than a host that is gone.
    drop(host);
    let second = client.save_images(&retrieval, &folder).into_stream();
    let second: Vec<_> = second.collect().await;
    let numbers = second.iter().map(|saved| saved.as_ref().unwrap().number);
    assert!(numbers.eq([1, 2, 3, 4]));
    for (first, second) in first.into_iter().zip(second) {
        let (first, second) = (first.unwrap(), second.unwrap());
        assert!(!first.reused && second.reused);
        assert_eq!(second.number, first.number);
        assert_eq!(second.name, first.name);
        assert_eq!(second.size, first.size);
        assert_eq!(second.media_type, first.media_type);
        assert_eq!(second.dimensions, first.dimensions);
        assert!(second.mismatches.is_empty());
    }
    assert_eq!(files(folder.path()).len(), 4);
}

/// What an announcement is changed by.
type Change = fn(&mut Value);

#[tokio::test]
async fn what_is_not_surely_the_image_is_fetched() {
    let host = Stub::always(Response::new(200, "image/png", PNG)).await;
    let mut torn = PNG.to_vec();
    torn[PNG.len() - 5..].fill(0);
    let longer = [PNG, &[0]].concat();
    let cases: [(&str, &str, &[u8], Change); 8] = [
        ("cut", "image-1.png", &PNG[..50], |_| {}),
        ("torn", "image-1.png", &torn, |_| {}),
        ("of another size", "image-1.png", &longer, |_| {}),
        ("under another name", "image-1.jpg", PNG, |_| {}),
        ("another's", "image-11.png", PNG, |_| {}),
        ("of an unknown size", "image-1.png", PNG, |image| {
            image["size"] = json!(null);
        }),
        ("of another type", "image-1.png", PNG, |image| {
            image["content_type"] = json!("image/webp");
        }),
        ("of another width", "image-1.png", PNG, |image| {
            image["height"] = json!(null);
            image["width"] = json!(2);
        }),
    ];
    for (index, (what, name, bytes, change)) in cases.into_iter().enumerate() {
        let (client, retrieval) = retrieval(host.address(), |attachments| {
            announce_truly(attachments);
            attachments.as_array_mut().unwrap().truncate(1);
            change(&mut attachments[0]);
        })
        .await;
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join(name), bytes).unwrap();
        let saved = client.save_images(&retrieval, &folder).await.remove(0);
        assert!(!saved.unwrap().reused, "{what}");
        assert_eq!(host.requests().len(), index + 1, "{what}");
        let file = std::fs::read(folder.path().join("image-1.png")).unwrap();
        assert_eq!(file, PNG, "{what}");
    }
}

#[cfg(unix)]
#[tokio::test]
async fn a_link_to_elsewhere_is_replaced_and_not_followed() {
    let host = Stub::always(Response::new(200, "image/png", PNG)).await;
    let (client, retrieval) = retrieval(host.address(), announce_truly).await;
    let folder = tempfile::tempdir().unwrap();
    let elsewhere = folder.path().join("elsewhere");
    std::fs::write(&elsewhere, PNG).unwrap();
    let link = folder.path().join("image-1.png");
    std::os::unix::fs::symlink(&elsewhere, &link).unwrap();
    let saved = client.save_images(&retrieval, &folder).await.remove(0);
    assert!(!saved.unwrap().reused);
    assert!(std::fs::symlink_metadata(&link).unwrap().is_file());
}

fn api_calls(emulator: &Emulator) -> usize {
    let calls = emulator.journal();
    let images = Some(Operation::GetImage);
    calls.iter().filter(|call| call.operation != images).count()
}

#[tokio::test]
async fn links_that_have_expired_are_renewed_by_one_answer() {
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
    emulator.advance(Duration::from_secs(24 * 60 * 60));
    let before = api_calls(&emulator);
    let folder = tempfile::tempdir().unwrap();

    for saved in client.save_images(&retrieval, &folder).await {
        assert!(saved.unwrap().mismatches.is_empty());
    }
    assert_eq!(api_calls(&emulator), before + 1);
    assert_eq!(files(folder.path()).len(), 4);
    assert_eq!(emulator.leaked_token_requests(), 0);
}

/// An API whose answers have the links that `link` gives for the number of the
/// call, from 0, and of the image.
async fn api(link: impl Fn(usize, usize) -> String + Send + Sync + 'static) -> Stub {
    let calls = std::sync::atomic::AtomicUsize::new(0);
    Stub::start(move |_| {
        let call = calls.fetch_add(1, std::sync::atomic::Ordering::SeqCst);
        let mut body = Fixture::named("service/200-completed-seed-job").json();
        let attachments = body["seed"]["attachments"].as_array_mut().unwrap();
        for (index, attachment) in attachments.iter_mut().enumerate() {
            attachment["url"] = json!(link(call, index + 1));
        }
        Response::json(200, body.to_string())
    })
    .await
}

#[tokio::test]
async fn when_fresh_links_do_not_help_the_error_is_the_hosts() {
    let host = Stub::start(|request| match request.target() {
        "/old-4" | "/new-3" => Response::new(200, "image/png", PNG),
        target => Response::new(403, "text/plain", target.as_bytes()),
    })
    .await;
    let address = host.address().to_owned();
    let api = api(move |call, number| {
        // One link stays the same, so that there is no use in trying it again.
        let age = if call == 0 || number == 1 {
            "old"
        } else {
            "new"
        };
        format!("http://{address}/{age}-{number}")
    })
    .await;
    let (client, retrieval) = retrieved(&api.base_url()).await;
    let folder = tempfile::tempdir().unwrap();
    let outcomes = client.save_images(&retrieval, &folder).await;
    let body = |index: usize| match fault(&outcomes[index]) {
        ImageError::Expired { body, .. } => body.clone(),
        other => panic!("{other:?}"),
    };
    assert_eq!((body(0), body(1)), ("/old-1".into(), "/new-2".into()));
    assert_eq!(files(folder.path()), ["image-3.png", "image-4.png"]);
    // The result itself, and the fresh answer.
    assert_eq!(api.requests().len(), 2);
    assert_eq!(host.requests().len(), 6);
}

#[tokio::test]
async fn a_fresh_answer_of_another_seed_is_not_used() {
    let host = Stub::always(Response::new(404, "text/plain", "gone")).await;
    let link = format!("http://{}/", host.address());
    let calls = std::sync::atomic::AtomicUsize::new(0);
    let api = Stub::start(move |_| {
        let call = calls.fetch_add(1, std::sync::atomic::Ordering::SeqCst);
        let mut body = Fixture::named("service/200-completed-seed-job").json();
        body["content"] = json!(null);
        body["seed"]["value"] = json!(call);
        body["seed"]["content"] = json!(null);
        body["seed"]["attachments"] = json!([{ "url": format!("{link}{call}") }]);
        Response::json(200, body.to_string())
    })
    .await;
    let (client, retrieval) = retrieved(&api.base_url()).await;
    assert_eq!(retrieval.seed(), 0);
    let folder = tempfile::tempdir().unwrap();
    let outcome = client.save_images(&retrieval, &folder).await.remove(0);
    assert!(matches!(fault(&outcome), ImageError::Expired { .. }));
    assert_eq!((api.requests().len(), host.requests().len()), (2, 1));
}
