//! Saving images: whole or not at all, and only inside the folder.

mod again;
mod attempts;
mod complete;
mod folders;
mod limit;
mod proxy_url;
mod resumed;

use std::path::Path;
use std::time::Duration;

use serde_json::{Value, json};
use useapi_seed::{Client, Error, ErrorKind, ImageError, PollResult, SavedImage, SeedResult};
use useapi_seed_tests::{Fixture, PNG, Request, Response, Stub, no_retry};

/// A result whose attachments are changed by `change`, given the image host.
async fn retrieval(image_host: &str, change: impl FnOnce(&mut Value)) -> (Client, SeedResult) {
    let mut body = Fixture::named("service/200-completed-seed-job").json();
    for (index, attachment) in body["seed"]["attachments"]
        .as_array_mut()
        .unwrap()
        .iter_mut()
        .enumerate()
    {
        attachment["url"] = json!(format!("http://{image_host}/{}", index + 1));
    }
    change(&mut body["seed"]["attachments"]);
    let stub = Stub::always(Response::json(200, body.to_string())).await;
    retrieved(&stub.base_url()).await
}

/// The result that a server has.
async fn retrieved(base_url: &str) -> (Client, SeedResult) {
    let client = Client::builder("a-token")
        .base_url(base_url)
        .retry(no_retry())
        // What fails for good is tried three times only.
        .image_retry_timeout(Duration::ZERO)
        .build()
        .unwrap();
    match client.job("a-job").poll().await.unwrap() {
        PollResult::Completed(retrieval) => (client, retrieval),
        other @ PollResult::InProgress(_) => panic!("{other:?}"),
    }
}

/// Announces the smallest PNG there is, as what it is.
fn announce_truly(attachments: &mut Value) {
    for attachment in attachments.as_array_mut().unwrap() {
        attachment["size"] = json!(PNG.len());
        attachment["width"] = json!(1);
        attachment["height"] = json!(1);
        attachment["content_type"] = json!("image/png");
    }
}

fn only_first(attachments: &mut Value) {
    attachments.as_array_mut().unwrap().truncate(1);
}

/// Saves the first image of a result from this host: what came of it, and the only
/// file that there is.
async fn save_first(
    host: &Stub,
    change: impl FnOnce(&mut Value),
) -> Result<(SavedImage, Vec<u8>), Error> {
    let (client, retrieval) = retrieval(host.address(), |attachments| {
        only_first(attachments);
        change(attachments);
    })
    .await;
    let folder = tempfile::tempdir().unwrap();
    let outcome = client.save_images(&retrieval, &folder).await.remove(0);
    assert_eq!(files(folder.path()).len(), usize::from(outcome.is_ok()));
    outcome.map(|saved| {
        let file = std::fs::read(folder.path().join(&saved.name)).unwrap();
        (saved, file)
    })
}

fn picture() -> Response {
    Response::new(200, "image/png", PNG)
}

/// The requests for one target, and whether each was for a part.
fn asked(host: &Stub, target: &str) -> Vec<bool> {
    let requests = host.requests();
    let requests = requests.iter().filter(|seen| seen.target() == target);
    requests
        .map(|request| request.header("range").is_some())
        .collect()
}

/// All files below a folder, hidden ones too.
fn files(folder: &Path) -> Vec<String> {
    let mut names: Vec<_> = std::fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    names.sort();
    names
}

fn fault<T: std::fmt::Debug>(outcome: &Result<T, Error>) -> &ImageError {
    match outcome.as_ref().unwrap_err().kind() {
        ErrorKind::Image(fault) => fault,
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn files_hold_the_bytes_that_were_served() {
    let host = Stub::start(|_| Response::new(200, "image/png", PNG)).await;
    let (client, retrieval) = retrieval(host.address(), |_| {}).await;
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path().join("made/when/missing");
    for (index, saved) in client
        .save_images(&retrieval, &folder)
        .await
        .into_iter()
        .enumerate()
    {
        let saved = saved.unwrap();
        assert_eq!(saved.name, format!("image-{}.png", index + 1));
        let file = folder.join(&saved.name);
        assert_eq!(std::fs::read(&file).unwrap(), PNG);
        assert_eq!(saved.dimensions, Some((1, 1)));
        let differences: Vec<_> = saved.mismatches.iter().map(ToString::to_string).collect();
        assert_eq!(
            differences,
            [
                "expected 12345 bytes, got 67".to_owned(),
                "expected 1024 x 1024 pixels, got 1 x 1".to_owned(),
                format!("expected <image {} content-type>, got image/png", index + 1),
            ]
        );
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt;
            let plain = folder.join("plain");
            std::fs::write(&plain, "").unwrap();
            let mode = |path: &Path| std::fs::metadata(path).unwrap().permissions().mode();
            assert_eq!(mode(&file), mode(&plain));
            std::fs::remove_file(plain).unwrap();
        }
    }
    assert_eq!(host.requests().len(), 4);
    assert_eq!(files(&folder).len(), 4);
}

#[tokio::test]
async fn names_of_the_service_never_become_paths() {
    let long = "x".repeat(300);
    let host = Stub::start(|_| Response::new(200, "image/png", PNG)).await;
    let (client, retrieval) = retrieval(host.address(), |attachments| {
        for (attachment, name) in attachments.as_array_mut().unwrap().iter_mut().zip([
            "../../etc/passwd",
            "CON",
            "",
            long.as_str(),
        ]) {
            attachment["filename"] = json!(name);
        }
    })
    .await;
    let outside = tempfile::tempdir().unwrap();
    let folder = outside.path().join("a/b/c");
    for saved in client.save_images(&retrieval, &folder).await {
        saved.unwrap();
    }
    assert_eq!(
        files(&folder),
        ["image-1.png", "image-2.png", "image-3.png", "image-4.png"]
    );
    assert_eq!(files(outside.path()), ["a"]);
}

#[tokio::test]
async fn what_is_no_whole_picture_leaves_no_file() {
    let host = Stub::start(|request: &Request| match request.target() {
        "/1" => Response::new(404, "text/plain", "This content is no longer available."),
        "/2" => Response::new(200, "image/png", &PNG[..PNG.len() - 1]),
        "/3" => Response::new(200, "image/png", "<html>Sign in to see this</html>"),
        _ => Response::new(200, "image/png", PNG).truncated(10),
    })
    .await;
    let (client, retrieval) = retrieval(host.address(), |_| {}).await;
    let folder = tempfile::tempdir().unwrap();
    let outcomes = client.save_images(&retrieval, &folder).await;

    assert!(matches!(fault(&outcomes[0]), ImageError::Expired { .. }));
    assert_eq!(
        outcomes[0].as_ref().unwrap_err().to_string(),
        "image 1: image URL has expired \
         (HTTP 404: This content is no longer available.); job <jobid>"
    );
    assert_eq!(
        *fault(&outcomes[1]),
        ImageError::Truncated(PNG.len() as u64 - 1)
    );
    assert_eq!(
        *fault(&outcomes[2]),
        ImageError::NotAnImage("<html>Sign in to see this</html>".into())
    );
    assert_eq!(
        *fault(&outcomes[3]),
        ImageError::Interrupted(PNG.len() as u64 - 10)
    );
    assert!(
        files(folder.path()).is_empty(),
        "{:?}",
        files(folder.path())
    );
    // The result is untouched by all this.
    assert_eq!(retrieval.seed(), 4_294_967_295);
}

#[tokio::test]
async fn one_bad_image_keeps_none_of_the_others_back() {
    let host = Stub::start(|request: &Request| match request.target() {
        "/2" => Response::new(500, "text/plain", "oops"),
        _ => Response::new(200, "image/png", PNG),
    })
    .await;
    let (client, retrieval) = retrieval(host.address(), |attachments| {
        attachments[2]["url"] = json!("no link");
        attachments[3]["url"] = json!(null);
        attachments[3]["proxy_url"] = json!(null);
    })
    .await;
    let folder = tempfile::tempdir().unwrap();
    let outcomes = client.save_images(&retrieval, &folder).await;
    assert!(outcomes[0].is_ok());
    assert!(matches!(fault(&outcomes[1]), ImageError::HttpStatus { .. }));
    assert!(matches!(fault(&outcomes[2]), ImageError::InvalidUrl(_)));
    assert_eq!(*fault(&outcomes[3]), ImageError::MissingUrl);
    assert_eq!(files(folder.path()), ["image-1.png"]);
}

#[tokio::test]
async fn a_folder_that_cannot_be_is_a_file_error_with_the_job() {
    let host = Stub::start(|_| Response::new(200, "image/png", PNG)).await;
    let (client, retrieval) = retrieval(host.address(), |_| {}).await;
    let folder = tempfile::tempdir().unwrap();
    let occupied = folder.path().join("occupied");
    std::fs::write(&occupied, "").unwrap();
    for outcome in client
        .save_images(&retrieval, occupied.join("inside"))
        .await
    {
        let error = outcome.unwrap_err();
        assert!(matches!(error.kind(), ErrorKind::Io));
        assert_eq!(error.job_id(), Some("<jobid>"));
    }
}

#[tokio::test]
async fn a_redirect_loop_ends() {
    let host =
        Stub::start(|_| Response::new(302, "text/plain", "").header("location", "/again")).await;
    let (client, retrieval) = retrieval(host.address(), |_| {}).await;
    let folder = tempfile::tempdir().unwrap();
    for outcome in client.save_images(&retrieval, &folder).await {
        let problem = "redirects more than 5 times".to_owned();
        assert_eq!(*fault(&outcome), ImageError::InvalidUrl(problem));
    }
}
