use std::fs;

use serde_json::json;

use crate::process::{COMPLETE, json as read, names};
use crate::stub::Stub;
use useapi_seed_tests::PNG;

#[test]
fn no_file_name_escapes_directory() {
    let stub = Stub::start();
    let root = tempfile::tempdir().unwrap();
    let dir = root.path().join("in/here");
    fs::create_dir_all(&dir).unwrap();
    let mut job = stub.job_with_files(["../evil.png", "/tmp/evil.png", "..", "a/../../evil.png"]);
    job["jobid"] = "../../evil".into();
    stub.on_submit(200, job.to_string());
    stub.on_images();
    let run = stub.run_in(&dir, "fetch 5").exit_code(0);
    let out = run.last_line();
    assert_eq!(names(&dir), [out]);
    assert_eq!(names(&dir.join(out)), COMPLETE);
    assert_eq!(names(root.path()), ["in"]);
    assert_eq!(names(&root.path().join("in")), ["here"]);

    // A dangling link in a file's place is replaced, not followed.
    #[cfg(unix)]
    {
        let out = dir.join("links");
        fs::create_dir(&out).unwrap();
        for name in COMPLETE {
            std::os::unix::fs::symlink(root.path().join("evil"), out.join(name)).unwrap();
        }
        stub.run_in(&dir, "fetch 5 -o links").exit_code(0);
        assert_eq!(names(root.path()), ["in"]);
        assert_eq!(fs::read(out.join("image-1.png")).unwrap(), PNG);
    }
}

/// Every run is checked to print no control characters; here the service sends some.
#[test]
fn control_sequences_are_not_printed() {
    let stub = Stub::start();
    let dir = tempfile::tempdir().unwrap();
    let id = "9\x1b]0;title\x07\r\n$(touch evil)";
    let status = "\x1b[2Jgone";
    stub.on_submit(200, json!({"jobid": id, "status": status}).to_string());
    let progress = json!({
        "jobid": id,
        "status": status,
        "content": "\x1b[31m**a** (fast)",
    });
    stub.on_first_poll(200, progress.to_string());
    stub.on_poll(401, r#"{"error": "Unauthorized", "code": 401}"#);
    stub.run_in(dir.path(), "fetch 5 -o out -vv")
        .exit_code(6)
        .reported("\n[2Jgone\n");
    assert_eq!(
        read(&dir.path().join("out/pending.json"))["submission"]["job"]["job_id"],
        id
    );

    // A shell reads the ID from the printed line, byte for byte.
    #[cfg(unix)]
    {
        let stub = Stub::start();
        let halted = json!({"jobid": "8", "status": "failed", "code": 596, "parentJobId": id});
        stub.on_poll(200, halted.to_string());
        let run = stub.run_in(dir.path(), "wait 8").exit_code(4);
        let line = run.suggested_command();
        let id_word = line.strip_prefix("useapi-seed fetch -o 8 ").unwrap();
        let output = std::process::Command::new("bash")
            .args(["-c", &format!("printf %s {id_word}")])
            .output()
            .unwrap();
        assert_eq!(output.stdout, id.as_bytes());
    }

    let stub = Stub::start();
    let mut job = stub.job();
    job["jobid"] = id.into();
    job["content"] = "**a \x1b[31mred\x1b[0m\x07\u{202e} cat** - <@1> (fast)".into();
    stub.on_submit(200, job.to_string());
    stub.on_image(1, 403, b"\x1b[31mred\x07\r\n");
    let run = stub
        .run_in(dir.path(), "fetch 5 -o other")
        .exit_code(1)
        .reported("error: image 1");
    assert_eq!(run.stdout, "seed 77\na [31mred[0m cat --seed 77\nother\n");

    let stub = Stub::start();
    let rejection = json!({"error": "Job of type \x1b[31mred\x07 not supported", "code": 400});
    stub.on_submit(400, rejection.to_string());
    stub.run_in(dir.path(), "fetch 5 -o none")
        .exit_code(3)
        .reported("error: ");
}
