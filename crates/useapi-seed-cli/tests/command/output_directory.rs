use std::fs;

use crate::process::{json, names};
use crate::stub::Stub;
use useapi_seed_tests::PNG;

#[test]
fn unwritable_directory_is_reported_first() {
    let stub = Stub::with_result();
    // Not even root can make a directory under a file.
    fs::write(stub.path("file"), "in the way").unwrap();
    for line in [
        "fetch 5 -o file",
        "fetch 5 -o file/sub",
        "fetch 5 -o file/sub/sub",
        "wait 9 -o file/sub",
    ] {
        let run = stub
            .run(line)
            .exit_code(9)
            .reported("cannot write to file")
            .reported("Check its permissions, or use another directory.");
        assert_eq!(run.stdout, "");
        assert_eq!(stub.requests(), 0);
    }
    // With a directory, requests are sent.
    stub.run("fetch 5 -o sub/sub").exit_code(0);
    assert_eq!(stub.requests(), 5);
}

#[test]
fn unwritten_result_is_reported() {
    let stub = Stub::with_result();
    let out = stub.path("out");
    // A file cannot replace a directory.
    fs::create_dir_all(out.join("job.json")).unwrap();
    let run = stub
        .run("fetch 5 -o out")
        .exit_code(9)
        .reported("error: cannot write out/job.json")
        .reported("seed 77, job 20240225-user:1-channel:2 (some files are missing)")
        .reported("useapi-seed fetch 5 -o out");
    assert_eq!(run.last_line(), "out");
    // The rest is saved, and no partial file.
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

#[test]
fn existing_files_are_replaced_or_noted() {
    let stub = Stub::with_result();
    let out = stub.path("out");
    fs::create_dir(&out).unwrap();
    for name in ["job.json", "image-1.png", "image-5.webp", "notes.txt"] {
        fs::write(out.join(name), "old").unwrap();
    }
    let run = stub
        .run("fetch 5 -o out")
        .exit_code(0)
        .reported("note: image-5.webp already existed and is not part of this job");
    assert!(!run.stderr.contains("notes.txt") && !run.stderr.contains("image-1.png"));
    assert_eq!(fs::read(out.join("image-1.png")).unwrap(), PNG);
    assert_eq!(fs::read(out.join("notes.txt")).unwrap(), b"old");
    assert_eq!(json(&out.join("job.json"))["seed"]["value"], 77);
}

/// As any other program's files: not for the owner alone.
#[cfg(unix)]
#[test]
fn files_have_the_usual_permissions() {
    use std::os::unix::fs::PermissionsExt;

    let stub = Stub::with_result();
    let usual = stub.path("usual");
    fs::write(&usual, "").unwrap();
    let mode = |path: &std::path::Path| fs::metadata(path).unwrap().permissions().mode();
    stub.run("fetch 5 -o out").exit_code(0);
    for name in crate::process::COMPLETE {
        assert_eq!(mode(&stub.path("out").join(name)), mode(&usual));
    }
}
