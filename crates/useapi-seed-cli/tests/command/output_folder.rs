use std::fs;

use crate::process::{json, names};
use crate::stub::{PIXEL, Stub};

#[tokio::test]
async fn it_is_tried_before_anything_is_submitted() {
    let stub = Stub::with_result().await;
    let folder = tempfile::tempdir().unwrap();
    // Not even root can make a folder under a file.
    fs::write(folder.path().join("file"), "in the way").unwrap();
    for arguments in [
        ["fetch", "5", "--out", "file"],
        ["fetch", "5", "--out", "file/sub"],
        ["fetch", "5", "--out", "file/sub/sub"],
        ["wait", "9", "--out", "file/sub"],
    ] {
        let run = stub
            .run(folder.path(), &arguments)
            .ended(9)
            .told("cannot write to file")
            .told("Choose another folder");
        assert_eq!(run.stdout, "");
        assert_eq!(stub.requests().await, 0);
    }
    // The same service is asked when there is a folder.
    stub.run(folder.path(), &["fetch", "5", "--out", "sub/sub"])
        .ended(0);
    assert_eq!(stub.requests().await, 5);
}

#[tokio::test]
async fn the_result_is_told_when_it_can_no_longer_be_written() {
    let stub = Stub::with_result().await;
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().join("out");
    // A file cannot take the place of a folder.
    fs::create_dir_all(out.join("job.json")).unwrap();
    let run = stub
        .run(folder.path(), &["fetch", "5", "--out", "out"])
        .ended(9)
        .told("error: cannot write out/job.json")
        .told("the seed is 77, of job 20240225-user:1-channel:2")
        .told("useapi-seed fetch 5 --out out");
    assert_eq!(run.last_line(), "out");
    // The rest is there, and no half file.
    assert_eq!(
        names(&out),
        [
            "image-1.png",
            "image-2.png",
            "image-3.png",
            "image-4.png",
            "job.json",
            "pending.json",
            "seed.json"
        ]
    );
}

#[tokio::test]
async fn files_are_replaced_and_strangers_pointed_out() {
    let stub = Stub::with_result().await;
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().join("out");
    fs::create_dir(&out).unwrap();
    for name in ["job.json", "image-1.png", "image-5.webp", "notes.txt"] {
        fs::write(out.join(name), "old").unwrap();
    }
    let run = stub
        .run(folder.path(), &["fetch", "5", "--out", "out"])
        .ended(0)
        .told("note: image-5.webp was there before");
    assert!(!run.stderr.contains("notes.txt") && !run.stderr.contains("image-1.png"));
    assert_eq!(fs::read(out.join("image-1.png")).unwrap(), PIXEL);
    assert_eq!(fs::read(out.join("notes.txt")).unwrap(), b"old");
    assert_eq!(json(&out.join("job.json"))["seed"]["value"], 77);
}

/// As any other program's files: not for the owner alone.
#[cfg(unix)]
#[tokio::test]
async fn files_have_the_usual_permissions() {
    use std::os::unix::fs::PermissionsExt;

    let stub = Stub::with_result().await;
    let folder = tempfile::tempdir().unwrap();
    let usual = folder.path().join("usual");
    fs::write(&usual, "").unwrap();
    let mode = |path: &std::path::Path| fs::metadata(path).unwrap().permissions().mode();
    stub.run(folder.path(), &["fetch", "5", "--out", "out"])
        .ended(0);
    for name in crate::process::WHOLE {
        assert_eq!(mode(&folder.path().join("out").join(name)), mode(&usual));
    }
}
