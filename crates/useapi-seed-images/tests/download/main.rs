//! The downloader and its sinks, with image hosts on loopback.

#![allow(
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a failure fails the test"
)]

mod attempts;
mod complete;
mod directories;
mod existing;
mod fallback_url;
mod resumed;
mod sinks;
#[path = "../suite/mod.rs"]
mod suite;

use std::fmt::Debug;
use std::path::Path;
use std::time::Duration;

use useapi_seed_images::{
    Directory, DownloadError, Downloader, DownloaderBuilder, ImageError, ImageSource, PutMode,
    SavedImage,
};
use useapi_seed_tests::{PNG, Stub};

/// Retries a permanent failure at most twice.
fn builder() -> DownloaderBuilder {
    let builder = Downloader::builder().allow_local_addresses(true);
    builder.retry_timeout(Duration::ZERO)
}

fn downloader() -> Downloader {
    builder().build().unwrap()
}

/// The image at `/number` of a host, announced with another size than [`PNG`] has.
fn source(host: &Stub, number: usize) -> ImageSource {
    let mut source = ImageSource::new(number, host.url(&number.to_string()));
    source.size = Some(12_345);
    source
}

/// The image, announced truly.
fn true_source(host: &Stub, number: usize) -> ImageSource {
    let mut source = source(host, number);
    source.size = Some(PNG.len() as u64);
    (source.width, source.height) = (Some(1), Some(1));
    source.content_type = Some("image/png".to_owned());
    source
}

/// Replaces files of the same name.
fn directory(path: impl AsRef<Path>) -> Directory {
    Directory::new(path.as_ref()).with_mode(PutMode::Overwrite)
}

/// Saves an image into an empty directory: the outcome, and the only file that there
/// is.
async fn save(source: &ImageSource) -> Result<(SavedImage, Vec<u8>), DownloadError> {
    let root = tempfile::tempdir().unwrap();
    let outcome = downloader().save(source, &directory(&root)).await;
    assert_eq!(files(root.path()).len(), usize::from(outcome.is_ok()));
    outcome.map(|saved| {
        let file = std::fs::read(root.path().join(&saved.name)).unwrap();
        (saved, file)
    })
}

/// Saves the first image of a host.
async fn save_first(host: &Stub) -> Result<(SavedImage, Vec<u8>), DownloadError> {
    save(&source(host, 1)).await
}

/// Saves images, whatever the number: each is intact.
async fn assert_saved(host: &Stub, numbers: impl IntoIterator<Item = usize>) {
    for number in numbers {
        let saved = save(&source(host, number)).await;
        let (_, file) = saved.unwrap_or_else(|error| panic!("{number}: {error}"));
        assert_eq!(file, PNG, "{number}");
    }
}

/// The requests for one target, and whether each was for a part.
fn ranges(host: &Stub, target: &str) -> Vec<bool> {
    let requests = host.requests();
    let requests = requests.iter().filter(|seen| seen.target() == target);
    requests
        .map(|request| request.header("range").is_some())
        .collect()
}

/// All files in a directory, hidden ones too.
fn files(directory: &Path) -> Vec<String> {
    let entries = std::fs::read_dir(directory).unwrap();
    let mut names: Vec<_> = entries
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    names.sort();
    names
}

#[track_caller]
fn reason<T: Debug>(outcome: &Result<T, DownloadError>) -> &ImageError {
    outcome.as_ref().unwrap_err().reason()
}
