//! Folders that take no file, and folders that others write to.

use std::path::Path;
use std::process::{Command, Output};

use serde_json::json;
use useapi_seed::ErrorKind;
use useapi_seed_tests::{Fixture, Response, Stub};

use super::{PNG, announce_truly, files, retrieved};

/// An API and an image host whose four images have `padding` bytes more than
/// they need.
async fn service(padding: usize) -> (Stub, Stub) {
    let picture = [PNG, &vec![0; padding]].concat();
    let host = Stub::always(Response::new(200, "image/png", picture)).await;
    let mut body = Fixture::named("service/200-completed-seed-job").json();
    announce_truly(&mut body["seed"]["attachments"]);
    for attachment in body["seed"]["attachments"].as_array_mut().unwrap() {
        attachment["url"] = json!(format!("http://{}/", host.address()));
    }
    let api = Stub::always(Response::json(200, body.to_string())).await;
    (api, host)
}

/// Saves into a folder that takes no file, and shows that the result is still
/// there afterwards.
async fn ensure_refused(base_url: &str, folder: &Path) {
    let (client, retrieval) = retrieved(base_url).await;
    let answer = retrieval.raw_body().to_vec();
    let outcomes = client.save_images(&retrieval, folder).await;
    assert_eq!(outcomes.len(), 4);
    for outcome in outcomes {
        let error = outcome.unwrap_err();
        assert!(matches!(error.kind(), ErrorKind::Io), "{error}");
        assert_eq!(error.job_id(), Some("<jobid>"));
    }
    assert_eq!(retrieval.seed(), 4_294_967_295);
    assert_eq!(retrieval.raw_body(), answer);
}

/// Another process: this program, which runs the test `another_process` only.
/// `prefix` is what starts it.
async fn other_process(prefix: &[&str], task: &str, base_url: &str, folder: &Path) -> Output {
    let program = std::env::current_exe().unwrap();
    let mut words = prefix
        .iter()
        .map(AsRef::as_ref)
        .chain([program.as_os_str()]);
    let mut command = Command::new(words.next().unwrap());
    command
        .args(words)
        .args(["--exact", "--ignored", "images::folders::another_process"])
        .env("IMAGES_TEST_TASK", task)
        .env("IMAGES_TEST_BASE_URL", base_url)
        .env("IMAGES_TEST_FOLDER", folder);
    let waiting = tokio::task::spawn_blocking(move || command.output().unwrap());
    waiting.await.unwrap()
}

fn ensure_passed(output: &Output) {
    let text = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success(), "{text}");
    assert!(text.contains("1 passed"), "{text}");
}

#[tokio::test]
#[ignore = "other tests start it as another process"]
async fn another_process() {
    let variable = |name: &str| std::env::var(format!("IMAGES_TEST_{name}")).unwrap();
    let (base_url, folder) = (variable("BASE_URL"), variable("FOLDER"));
    if variable("TASK") == "be refused" {
        return ensure_refused(&base_url, folder.as_ref()).await;
    }
    let (client, retrieval) = retrieved(&base_url).await;
    for outcome in client.save_images(&retrieval, folder).await {
        outcome.unwrap();
    }
}

fn ensure_whole(folder: &Path, picture: &[u8]) {
    let names = ["image-1.png", "image-2.png", "image-3.png", "image-4.png"];
    assert_eq!(files(folder), names);
    for name in names {
        assert_eq!(std::fs::read(folder.join(name)).unwrap(), picture);
    }
}

#[tokio::test]
async fn two_tasks_on_one_folder_do_each_other_no_harm() {
    let (api, _host) = service(0).await;
    let (client, retrieval) = retrieved(&api.base_url()).await;
    let folder = tempfile::tempdir().unwrap();
    let save = || client.save_images(&retrieval, &folder);
    let (first, second) = tokio::join!(save(), save());
    for outcome in first.into_iter().chain(second) {
        outcome.unwrap();
    }
    ensure_whole(folder.path(), PNG);
}

#[tokio::test]
async fn two_processes_on_one_folder_do_each_other_no_harm() {
    // More than was announced, so that none takes the other's file for its own.
    let (api, host) = service(200_000).await;
    let folder = tempfile::tempdir().unwrap();
    let base_url = api.base_url();
    let save = || other_process(&[], "save", &base_url, folder.path());
    let (first, second) = tokio::join!(save(), save());
    ensure_passed(&first);
    ensure_passed(&second);
    assert_eq!(host.requests().len(), 8);
    ensure_whole(folder.path(), &[PNG, &vec![0; 200_000]].concat());
}

/// A disk that is full for real would take a file system of its own. A limit on
/// the size of files fails in the same place, in the midst of writing, but with
/// another error of the system's.
#[cfg(unix)]
#[tokio::test]
async fn when_there_is_no_room_no_file_is_left() {
    let (api, _host) = service(20_000).await;
    let folder = tempfile::tempdir().unwrap();
    // Without the trap the process would be ended by a signal.
    let limited = r#"trap "" XFSZ; ulimit -f 1; exec "$@""#;
    let prefix = ["sh", "-c", limited, "sh"];
    let output = other_process(&prefix, "be refused", &api.base_url(), folder.path()).await;
    ensure_passed(&output);
    assert!(files(folder.path()).is_empty());
}

#[cfg(unix)]
#[tokio::test]
async fn a_folder_that_is_read_only_is_a_file_error() {
    use std::fs::Permissions;
    use std::os::unix::fs::PermissionsExt;

    let (api, host) = service(0).await;
    let folder = tempfile::tempdir().unwrap();
    std::fs::set_permissions(&folder, Permissions::from_mode(0o555)).unwrap();
    let holds_for_us = std::fs::write(folder.path().join("probe"), "").is_err();
    if holds_for_us {
        ensure_refused(&api.base_url(), folder.path()).await;
        assert!(files(folder.path()).is_empty());
    }
    // Root may write there, but nobody can make a file here.
    if cfg!(target_os = "linux") {
        ensure_refused(&api.base_url(), Path::new("/proc/self/fdinfo")).await;
    }
    // What cannot be kept is not asked for.
    assert!(host.requests().is_empty());
}
