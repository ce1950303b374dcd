//! Saving the images of a result: renewed URLs, limits, and errors with the job.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use serde_json::{Value, json};
use useapi_seed::{Client, Error, ErrorKind, ImageError, SeedResult, Warning};
use useapi_seed_emulator::{Fault, Operation};
use useapi_seed_tests::{Harness, PNG, Response, Stub, completed, files};

fn image_error<T: std::fmt::Debug>(outcome: &Result<T, Error>) -> &ImageError {
    match outcome.as_ref().unwrap_err().kind() {
        ErrorKind::Image(error) => error,
        other => panic!("{other:?}"),
    }
}

/// The result that an API has. A permanent error of an image is retried at most twice.
async fn result_of(api: &Stub) -> (Client, SeedResult) {
    let client = api.client_with(|builder| builder.image_retry_timeout(Duration::ZERO));
    let result = completed(client.job("a-job").poll().await);
    (client, result)
}

/// A response whose images have these URLs by their number, and then are changed.
fn response(url: impl Fn(usize) -> String, change: impl FnOnce(&mut Value)) -> Response {
    Response::completed_with(|body| {
        let attachments = &mut body["seed"]["attachments"];
        let images = attachments.as_array_mut().unwrap();
        for (index, image) in images.iter_mut().enumerate() {
            image["url"] = json!(url(index + 1));
        }
        change(attachments);
    })
}

/// A result whose images are at `/1` to `/4` of the host.
async fn result(host: &Stub, change: impl FnOnce(&mut Value)) -> (Client, SeedResult) {
    let url = |number: usize| host.url(&number.to_string());
    let api = Stub::always(response(url, change)).await;
    result_of(&api).await
}

#[tokio::test]
async fn files_hold_the_bytes_that_were_sent() {
    let host = Stub::always(Response::png()).await;
    let (client, result) = result(&host, |attachments| {
        // No name of the service becomes a path.
        for (index, name) in ["../../etc/passwd", "CON", "", "/"].into_iter().enumerate() {
            attachments[index]["filename"] = json!(name);
        }
    })
    .await;
    let root = tempfile::tempdir().unwrap();
    let directory = root.path().join("a/b/c");
    let outcomes = client.save_images(&result, &directory).await;
    for (number, saved) in (1..).zip(outcomes) {
        let saved = saved.unwrap();
        assert_eq!(saved.name, format!("image-{number}.png"));
        let file = directory.join(&saved.name);
        assert_eq!(std::fs::read(&file).unwrap(), PNG);
        assert_eq!(saved.dimensions, Some((1, 1)));
        let mismatches: Vec<_> = saved.mismatches.iter().map(ToString::to_string).collect();
        assert_eq!(
            mismatches,
            [
                "expected 12345 bytes, got 67".to_owned(),
                "expected 1024 x 1024 pixels, got 1 x 1".to_owned(),
                format!("expected <image {number} content-type>, got image/png"),
            ]
        );
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt;
            let plain = root.path().join("plain");
            std::fs::write(&plain, "").unwrap();
            let mode = |path| std::fs::metadata(path).unwrap().permissions().mode();
            assert_eq!(mode(&file), mode(&plain));
            std::fs::remove_file(plain).unwrap();
        }
    }
    assert_eq!(host.requests().len(), 4);
    let names = ["image-1.png", "image-2.png", "image-3.png", "image-4.png"];
    assert_eq!(files(&directory), names);
    assert_eq!(files(root.path()), ["a"]);
}

#[tokio::test]
async fn selected_images_are_saved_in_order() {
    let host = Stub::always(Response::png()).await;
    let (client, result) = result(&host, |_| {}).await;
    let directory = tempfile::tempdir().unwrap();
    let saving = client.save_images(&result, &directory);
    let outcomes = saving.with_numbers([4, 2, 2, 9]).await;
    let numbers = outcomes.into_iter().map(|outcome| outcome.unwrap().number);
    assert_eq!(numbers.collect::<Vec<_>>(), [2, 4]);
    assert_eq!(files(directory.path()), ["image-2.png", "image-4.png"]);
    assert_eq!(host.requests().len(), 2);
    assert!(
        client
            .save_images(&result, &directory)
            .with_numbers([])
            .await
            .is_empty()
    );

    // The limit is on the selected ones.
    let client = host.client_with(|builder| builder.max_images(2));
    let saving = || client.save_images(&result, &directory);
    let warning = saving().with_numbers([2, 3, 4]).warning().unwrap();
    assert_eq!(
        warning.to_string(),
        "images: only the first 2 of 3 are saved"
    );
    let saving = saving().with_numbers([3, 4]);
    assert_eq!(saving.warning(), None);
    assert_eq!(saving.await.len(), 2);
}

#[tokio::test]
async fn failed_image_does_not_affect_the_others() {
    let host = Stub::start(|request| match request.target() {
        "/1" => Response::text(404, "This content is no longer available."),
        _ => Response::png(),
    })
    .await;
    let (client, result) = result(&host, |attachments| {
        attachments[2]["url"] = json!("no link");
        attachments[3]["url"] = json!(null);
        attachments[3]["proxy_url"] = json!(null);
    })
    .await;
    let directory = tempfile::tempdir().unwrap();
    let outcomes = client.save_images(&result, &directory).await;
    assert_eq!(
        outcomes[0].as_ref().unwrap_err().to_string(),
        "image 1: image URL has expired \
         (HTTP 404: This content is no longer available.); job <jobid>"
    );
    assert_eq!(outcomes[1].as_ref().unwrap().number, 2);
    assert!(matches!(
        image_error(&outcomes[2]),
        ImageError::InvalidUrl(_)
    ));
    assert_eq!(*image_error(&outcomes[3]), ImageError::MissingUrl);
    assert_eq!(files(directory.path()), ["image-2.png"]);
}

#[tokio::test]
async fn incomplete_image_leaves_no_file() {
    let host = Stub::start(|request| match request.target() {
        "/1" => Response::new(200, "image/png", &PNG[..PNG.len() - 1]),
        "/2" => Response::new(200, "image/png", "<html>Sign in to see this</html>"),
        "/3" => Response::png().truncated(10),
        _ => Response::text(500, "oops"),
    })
    .await;
    let (client, result) = result(&host, |_| {}).await;
    let directory = tempfile::tempdir().unwrap();
    let outcomes = client.save_images(&result, &directory).await;
    let size = PNG.len() as u64;
    let page = "<html>Sign in to see this</html>".into();
    assert_eq!(*image_error(&outcomes[0]), ImageError::Truncated(size - 1));
    assert_eq!(*image_error(&outcomes[1]), ImageError::NotAnImage(page));
    assert_eq!(
        *image_error(&outcomes[2]),
        ImageError::Interrupted(size - 10)
    );
    assert!(matches!(
        image_error(&outcomes[3]),
        ImageError::HttpStatus { .. }
    ));
    assert_eq!(files(directory.path()), [""; 0]);
}

#[tokio::test]
async fn directory_error_has_the_job() {
    let host = Stub::always(Response::png()).await;
    let (client, result) = result(&host, |_| {}).await;
    let occupied = tempfile::NamedTempFile::new().unwrap();
    let directory = occupied.path().join("inside");
    for outcome in client.save_images(&result, directory).await {
        let error = outcome.unwrap_err();
        assert!(matches!(error.kind(), ErrorKind::Io));
        assert_eq!(error.job_id(), Some("<jobid>"));
    }
}

#[tokio::test]
async fn limits_of_the_builder_hold() {
    let host = Stub::always(Response::png()).await;
    let one = |attachments: &mut Value| attachments.as_array_mut().unwrap().truncate(1);
    let (client, result) = result(&host, one).await;
    let directory = tempfile::tempdir().unwrap();
    let zero = Duration::ZERO;
    let api = Stub::always(Response::json(200, "{}")).await;
    let small = api.client_with(|builder| builder.image_size_limit(10));
    let short = api.client_with(|builder| builder.image_timeout(zero));
    for (limited, expected) in [
        (small, ImageError::TooLarge(10)),
        (short, ImageError::Timeout(0)),
    ] {
        let outcomes = limited.save_images(&result, &directory).await;
        assert_eq!(*image_error(&outcomes[0]), expected);
    }
    let long = api.client_with(|builder| builder.image_timeout(Duration::MAX));
    for client in [client, long] {
        let outcomes = client.save_images(&result, &directory).await;
        assert!(matches!(*outcomes, [Ok(_)]), "{outcomes:?}");
    }
}

#[tokio::test]
async fn images_over_the_limit_are_a_warning() {
    let host = Stub::always(Response::png()).await;
    let (client, result) = result(&host, |attachments| {
        let first = attachments[0].clone();
        attachments.as_array_mut().unwrap().resize(20, first);
    })
    .await;
    assert_eq!(result.images().len(), 20);
    let small = host.client_with(|builder| builder.max_images(2));
    for (client, limit) in [(&client, 16), (&small, 2)] {
        let before = host.requests().len();
        let directory = tempfile::tempdir().unwrap();
        let saving = client.save_images(&result, &directory);
        let warning = saving.warning().unwrap();
        assert!(matches!(warning, Warning::ImageLimit { .. }), "{warning:?}");
        assert_eq!(
            warning.to_string(),
            format!("images: only the first {limit} of 20 are saved")
        );
        let outcomes = saving.await;
        assert_eq!(outcomes.len(), limit);
        assert!(outcomes.iter().all(Result::is_ok));
        assert_eq!(files(directory.path()).len(), limit);
        assert_eq!(host.requests().len() - before, limit);
    }
    // The body has all of them.
    let body: Value = serde_json::from_slice(result.raw_body()).unwrap();
    assert_eq!(body["seed"]["attachments"].as_array().unwrap().len(), 20);
    let (client, result) = self::result(&host, |_| {}).await;
    assert_eq!(client.save_images(&result, "directory").warning(), None);
}

#[tokio::test]
async fn expired_urls_are_renewed_by_one_poll() {
    let harness = Harness::paused().await;
    let result = harness.retrieve().await;
    harness.emulator.advance(Duration::from_secs(24 * 60 * 60));
    let before = harness.calls(Operation::GetJob);
    let directory = tempfile::tempdir().unwrap();
    for saved in harness.client.save_images(&result, &directory).await {
        assert!(saved.unwrap().mismatches.is_empty());
    }
    assert_eq!(harness.calls(Operation::GetJob), before + 1);
    assert_eq!(files(directory.path()).len(), 4);
    assert_eq!(harness.emulator.leaked_token_requests(), 0);
}

#[tokio::test]
async fn interrupted_download_is_resumed() {
    let harness = Harness::paused().await;
    let result = harness.retrieve().await;
    let truncated = Fault::TruncatedBody { bytes: 50 };
    harness.inject(Operation::GetImage, 2, truncated);
    let directory = tempfile::tempdir().unwrap();
    for saved in harness.client.save_images(&result, &directory).await {
        let saved = saved.unwrap();
        assert!(saved.mismatches.is_empty() && !saved.reused, "{saved:?}");
    }
    assert_eq!(harness.calls(Operation::GetImage), 6);
    let journal = harness.emulator.journal();
    let partial = journal.iter().filter(|call| call.status == Some(206));
    assert_eq!(partial.count(), 2);
    let job = harness.client.job(result.job_id());
    let again = completed(job.poll().await);
    for saved in harness.client.save_images(&again, &directory).await {
        assert!(saved.unwrap().reused);
    }
}

/// An API with a response for the number of the call, from 0.
async fn changing_api(respond: impl Fn(usize) -> Response + Send + Sync + 'static) -> Stub {
    let calls = AtomicUsize::new(0);
    Stub::start(move |_| respond(calls.fetch_add(1, Ordering::SeqCst))).await
}

#[tokio::test]
async fn useless_renewed_urls_keep_the_host_error() {
    let host = Stub::start(|request| match request.target() {
        "/old-4" | "/new-3" => Response::png(),
        target => Response::text(403, target),
    })
    .await;
    let base = host.url("");
    let api = changing_api(move |call| {
        let url = |number| match (call, number) {
            // The first URL stays the same, so that a second attempt has no use.
            (0, _) | (_, 1) => format!("{base}old-{number}"),
            _ => format!("{base}new-{number}"),
        };
        response(url, |_| {})
    })
    .await;
    let (client, result) = result_of(&api).await;
    let directory = tempfile::tempdir().unwrap();
    let outcomes = client.save_images(&result, &directory).await;
    for (outcome, expected) in outcomes.iter().zip(["/old-1", "/new-2"]) {
        let error = image_error(outcome);
        let is_expected = matches!(error, ImageError::Expired { body, .. } if body == expected);
        assert!(is_expected, "{error:?}");
    }
    assert_eq!(files(directory.path()), ["image-3.png", "image-4.png"]);
    // The result itself, and the renewed one.
    assert_eq!(api.requests().len(), 2);
    assert_eq!(host.requests().len(), 6);
}

#[tokio::test]
async fn urls_of_another_seed_are_not_used() {
    let host = Stub::always(Response::text(404, "gone")).await;
    let base = host.url("");
    let api = changing_api(move |call| {
        Response::completed_with(|body| {
            body["content"] = json!(null);
            let attachments = json!([{ "url": format!("{base}{call}") }]);
            body["seed"] = json!({"value": call, "attachments": attachments});
        })
    })
    .await;
    let (client, result) = result_of(&api).await;
    assert_eq!(result.seed(), 0);
    let directory = tempfile::tempdir().unwrap();
    let outcomes = client.save_images(&result, &directory).await;
    assert!(matches!(
        image_error(&outcomes[0]),
        ImageError::Expired { .. }
    ));
    assert_eq!((api.requests().len(), host.requests().len()), (2, 1));
}
