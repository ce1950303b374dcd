//! Job IDs as people and scripts give them, and what is not one.

use std::fs;
use std::process::Stdio;

use serde_json::Value;

use crate::process::{At, command, names};
use crate::stub::{Stub, TOKEN};

const ID: &str = "20240225-user:1-channel:2";

#[tokio::test]
async fn decorated_job_id_is_sent_without_it() {
    for argument in [
        format!("{ID}\r"),
        format!("{ID}\n"),
        format!(" {ID} "),
        format!("{ID}\u{a0}"),
        format!("{ID}\u{200b}"),
        format!("\u{feff}{ID}"),
        format!("\"{ID}\""),
        format!("{ID},"),
    ] {
        let (stub, folder) = (Stub::with_result().await, tempfile::tempdir().unwrap());
        stub.run(folder.path(), &["fetch", &argument]).ended(0);
        assert_eq!(stub.submitted().await, [ID], "{argument:?}");
        assert_eq!(names(folder.path()), [ID.replace(':', "-")]);
    }
}

#[cfg(unix)]
#[tokio::test]
async fn list_with_crlf_is_read_through_xargs() {
    let (stub, folder) = (Stub::with_result().await, tempfile::tempdir().unwrap());
    let line = format!("printf '{ID}\\r\\n' | xargs useapi-seed fetch");
    crate::process::shell(folder.path(), &line)
        .at_url(&stub.base_url(), TOKEN)
        .run()
        .ended(0);
    assert_eq!(stub.submitted().await, [ID]);
}

/// What `--json` took as its value once is an argument now.
#[tokio::test]
async fn word_after_json_is_never_submitted() {
    let (stub, folder) = (Stub::with_result().await, tempfile::tempdir().unwrap());
    for word in [
        "seed, folder",
        "Seed",
        "seed,jobId",
        "seed.value",
        "job-id",
        "*",
        ".seed",
        "all",
        "seed folder",
        "SEED",
        "seed;folder",
        "[seed]",
    ] {
        stub.run(folder.path(), &["fetch", ID, "--json", word])
            .ended(2)
            .told("did you mean --fields");
    }
    assert_eq!(stub.requests().await, 0);
    assert!(names(folder.path()).is_empty());
}

#[tokio::test]
async fn every_bad_job_id_is_reported_before_sending() {
    let (stub, folder) = (Stub::with_result().await, tempfile::tempdir().unwrap());
    let list = format!(
        "\u{feff}jobid,prompt\r\n\"{ID}\",\r\n# mine\n2 3\nhttps://example.com/?jobid=5\n[\n"
    );
    fs::write(folder.path().join("jobs.txt"), list).unwrap();
    fs::write(folder.path().join("stdin.txt"), b"6\xff\n7\n\x008\n").unwrap();
    let long = "5".repeat(257);
    let run = command(folder.path())
        .args(["fetch", ID, "1\u{200b}2", &long, "-", "--from", "jobs.txt"])
        .at_url(&stub.base_url(), TOKEN)
        .stdin(Stdio::from(
            fs::File::open(folder.path().join("stdin.txt")).unwrap(),
        ))
        .run()
        .ended(2)
        .told("error: 8 invalid job IDs; nothing was sent");
    for line in [
        "JOBID: \"1\\u{200b}2\" contains U+200B",
        "\"... is longer than 256 characters: it has 257",
        "stdin, line 1: not UTF-8 text",
        "stdin, line 3: \"\\08\" contains a control character",
        "jobs.txt, line 1: \"jobid,prompt\" contains ,",
        "jobs.txt, line 4: \"2 3\" contains white space",
        "jobs.txt, line 5: \"https://example.com/?jobid=5\" contains /",
        "jobs.txt, line 6: \"[\" contains [",
    ] {
        assert!(run.stderr.contains(line), "no {line} in {}", run.stderr);
    }
    assert!(!run.stderr.contains("--fields"), "{}", run.stderr);
    assert_eq!(stub.requests().await, 0);
}

#[tokio::test]
async fn every_command_checks_its_job_ids() {
    let (stub, folder) = (Stub::with_result().await, tempfile::tempdir().unwrap());
    for (arguments, name) in [
        (&["fetch", "1/2"][..], "JOBID"),
        (&["wait", "1/2"], "STARTED_JOBID"),
        (&["status", "5", "1/2"], "JOBID"),
        (&["cancel", "1/2"], "JOBID"),
        (&["doctor", "--job", "1/2"], "--job"),
        (
            &[
                "listen",
                "--public-url",
                "https://example.com",
                "--port",
                "0",
                "--for",
                "1/2",
            ],
            "--for",
        ),
    ] {
        stub.run(folder.path(), arguments)
            .ended(2)
            .told("error: invalid job ID; nothing was sent")
            .told(&format!("{name}: \"1/2\" contains /"));
    }
    assert_eq!(stub.requests().await, 0);
    // And takes away what is around them.
    stub.on_look(200, r#"{"jobid": "9", "status": "progress"}"#)
        .await;
    let run = stub.run(folder.path(), &["status", "9\r", "--fields", "job_id"]);
    let printed: Value = serde_json::from_str(&run.ended(0).stdout).unwrap();
    assert_eq!(printed["job_id"], "9");
}
