//! Saving into a directory that has files already.

use useapi_seed_images::ImageSource;
use useapi_seed_tests::{PNG, Response, Stub};

use super::{directory, downloader, files, true_source};

#[tokio::test]
async fn complete_image_is_not_downloaded_again() {
    let host = Stub::always(Response::png()).await;
    let source = true_source(&host, 1);
    let root = tempfile::tempdir().unwrap();
    let sink = directory(&root);
    let mut first = downloader().save(&source, &sink).await.unwrap();
    assert!(!first.reused && first.mismatches.is_empty());
    assert_eq!(host.requests().len(), 1);
    // The file is reused although the host is gone.
    drop(host);
    let second = downloader().save(&source, &sink).await.unwrap();
    assert!(second.reused);
    first.reused = true;
    assert_eq!(second, first);
    assert_eq!(files(root.path()).len(), 1);
}

type Change = fn(&mut ImageSource);

#[tokio::test]
async fn file_that_may_be_another_image_is_replaced() {
    let host = Stub::always(Response::png()).await;
    let mut corrupt = PNG.to_vec();
    corrupt[PNG.len() - 5..].fill(0);
    let longer = [PNG, &[0]].concat();
    let cases: [(&str, &str, &[u8], Change); 8] = [
        ("truncated", "image-1.png", &PNG[..50], |_| {}),
        ("corrupt", "image-1.png", &corrupt, |_| {}),
        ("of another size", "image-1.png", &longer, |_| {}),
        ("under another name", "image-1.jpg", PNG, |_| {}),
        ("of another number", "image-11.png", PNG, |_| {}),
        ("of an unknown size", "image-1.png", PNG, |source| {
            source.size = None;
        }),
        ("of another type", "image-1.png", PNG, |source| {
            source.content_type = Some("image/webp".to_owned());
        }),
        ("of another width", "image-1.png", PNG, |source| {
            (source.width, source.height) = (Some(2), None);
        }),
    ];
    for (index, (what, name, bytes, change)) in cases.into_iter().enumerate() {
        let mut source = true_source(&host, 1);
        change(&mut source);
        let root = tempfile::tempdir().unwrap();
        std::fs::write(root.path().join(name), bytes).unwrap();
        let saved = downloader().save(&source, &directory(&root)).await;
        assert!(!saved.unwrap().reused, "{what}");
        assert_eq!(host.requests().len(), index + 1, "{what}");
        let file = std::fs::read(root.path().join("image-1.png")).unwrap();
        assert_eq!(file, PNG, "{what}");
    }
}

#[cfg(unix)]
#[tokio::test]
async fn symbolic_link_is_replaced_and_not_followed() {
    let host = Stub::always(Response::png()).await;
    let root = tempfile::tempdir().unwrap();
    let elsewhere = root.path().join("elsewhere");
    std::fs::write(&elsewhere, PNG).unwrap();
    let link = root.path().join("image-1.png");
    std::os::unix::fs::symlink(&elsewhere, &link).unwrap();
    let source = true_source(&host, 1);
    let saved = downloader().save(&source, &directory(&root)).await;
    assert!(!saved.unwrap().reused);
    assert!(std::fs::symlink_metadata(&link).unwrap().is_file());
    assert_eq!(std::fs::read(elsewhere).unwrap(), PNG);
}
