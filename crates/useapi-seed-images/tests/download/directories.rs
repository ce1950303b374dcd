//! Directories that cannot be written to, and directories that others write to.

use std::path::Path;
use std::process::{Command, Output};

use useapi_seed_images::{DownloadError, ImageError, ImageSource, SavedImage};
use useapi_seed_tests::{PNG, Response, Stub};

use super::{directory, downloader, files};

/// The image with more bytes than it needs, and than are announced.
fn padded(bytes: usize) -> Vec<u8> {
    [PNG, &vec![0; bytes]].concat()
}

async fn host(image: &[u8]) -> Stub {
    Stub::always(Response::new(200, "image/png", image)).await
}

/// Saves two images of the host concurrently.
async fn save(host: &str, path: &Path) -> [Result<SavedImage, DownloadError>; 2] {
    let (downloader, sink) = (&downloader(), &directory(path));
    let save = |number| async move {
        let mut source = ImageSource::new(number, host);
        source.size = Some(PNG.len() as u64);
        downloader.save(&source, sink).await
    };
    tokio::join!(save(1), save(2)).into()
}

async fn assert_storage_error(host: &str, path: &Path) {
    for outcome in save(host, path).await {
        let error = outcome.unwrap_err();
        assert_eq!(*error.reason(), ImageError::Storage, "{error}");
    }
}

/// Another process: this program, which runs the test `another_process` only.
/// `prefix` is what starts it.
async fn other_process(prefix: &[&str], task: &str, host: &str, path: &Path) -> Output {
    let program = std::env::current_exe().unwrap();
    let prefix = prefix.iter().map(AsRef::as_ref);
    let mut arguments = prefix.chain([program.as_os_str()]);
    let mut command = Command::new(arguments.next().unwrap());
    command
        .args(arguments)
        .args(["--exact", "--ignored", "directories::another_process"])
        .env("IMAGES_TEST_TASK", task)
        .env("IMAGES_TEST_HOST", host)
        .env("IMAGES_TEST_DIRECTORY", path);
    let output = tokio::task::spawn_blocking(move || command.output().unwrap());
    output.await.unwrap()
}

fn assert_passed(output: &Output) {
    let text = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success(), "{text}");
    assert!(text.contains("1 passed"), "{text}");
}

#[tokio::test]
#[ignore = "other tests start it as another process"]
async fn another_process() {
    let variable = |name: &str| std::env::var(format!("IMAGES_TEST_{name}")).unwrap();
    let (host, path) = (variable("HOST"), variable("DIRECTORY"));
    if variable("TASK") == "fail" {
        return assert_storage_error(&host, path.as_ref()).await;
    }
    for outcome in save(&host, path.as_ref()).await {
        outcome.unwrap();
    }
}

fn assert_complete(directory: &Path, image: &[u8]) {
    let names = ["image-1.png", "image-2.png"];
    assert_eq!(files(directory), names);
    for name in names {
        assert_eq!(std::fs::read(directory.join(name)).unwrap(), image);
    }
}

#[tokio::test]
async fn concurrent_tasks_share_a_directory() {
    let host = host(PNG).await;
    let root = tempfile::tempdir().unwrap();
    let url = host.url("");
    let save = || save(&url, root.path());
    let (first, second) = tokio::join!(save(), save());
    for outcome in first.into_iter().chain(second) {
        outcome.unwrap();
    }
    assert_complete(root.path(), PNG);
}

#[tokio::test]
async fn concurrent_processes_share_a_directory() {
    // More than was announced, so that none reuses the other's file.
    let image = padded(200_000);
    let host = host(&image).await;
    let root = tempfile::tempdir().unwrap();
    let url = host.url("");
    let save = || other_process(&[], "save", &url, root.path());
    let (first, second) = tokio::join!(save(), save());
    assert_passed(&first);
    assert_passed(&second);
    assert_eq!(host.requests().len(), 4);
    assert_complete(root.path(), &image);
}

/// A disk that is full would take a file system of its own. A limit on the size of
/// files fails in the same location, while writing, but with another error of the
/// system's.
#[cfg(unix)]
#[tokio::test]
async fn full_disk_leaves_no_file() {
    let host = host(&padded(20_000)).await;
    let root = tempfile::tempdir().unwrap();
    // Without the trap the process would be ended by a signal.
    let limited = r#"trap "" XFSZ; ulimit -f 1; exec "$@""#;
    let prefix = ["sh", "-c", limited, "sh"];
    let output = other_process(&prefix, "fail", &host.url(""), root.path()).await;
    assert_passed(&output);
    assert!(files(root.path()).is_empty());
}

#[cfg(unix)]
#[tokio::test]
async fn read_only_directory_is_a_storage_error() {
    use std::fs::Permissions;
    use std::os::unix::fs::PermissionsExt;

    let host = host(PNG).await;
    let root = tempfile::tempdir().unwrap();
    std::fs::set_permissions(&root, Permissions::from_mode(0o555)).unwrap();
    let is_root = std::fs::write(root.path().join("probe"), "").is_ok();
    if !is_root {
        assert_storage_error(&host.url(""), root.path()).await;
        assert!(files(root.path()).is_empty());
    }
    // Root may write there, but not here.
    if cfg!(target_os = "linux") {
        assert_storage_error(&host.url(""), Path::new("/proc/self/fdinfo")).await;
    }
    // What cannot be stored is not requested.
    assert!(host.requests().is_empty());
}
