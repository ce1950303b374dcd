//! `--dry-run`: what would be done. Nothing is sent, and nothing is written.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use serde_json::{Value, json};

use crate::process::{CommandExt, Run, assert_schema, command};
use crate::stub::Stub;

/// Every file and directory, with its content.
fn tree(dir: &Path) -> BTreeMap<PathBuf, Vec<u8>> {
    let mut files = BTreeMap::new();
    for entry in fs::read_dir(dir).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            files.extend(tree(&path));
        }
        files.insert(path.clone(), fs::read(&path).unwrap_or_default());
    }
    files
}

/// Without a token.
fn dry_run(stub: &Stub, line: &str) -> Run {
    let mut command = command(stub.dir());
    command.line(line).arg("-n");
    command.env("USEAPI_BASE_URL", stub.base_url()).run()
}

/// Job 1 is complete, 2 is running, 3 is new, 4 has another job's directory, 5 lacks an
/// image, and 6 has a record of another API.
fn prepared() -> Stub {
    let stub = Stub::with_result();
    stub.run("fetch 1 5 -d out").exit_code(0);
    fs::remove_file(stub.path("out/5/image-2.png")).unwrap();
    for job in ["2", "4", "6"] {
        fs::create_dir(stub.path(format!("out/{job}"))).unwrap();
    }
    let pending = |job: &str, base_url: &str| {
        let submission = json!({"state": "started", "job": {"job_id": "9"}});
        let pending = json!({"job_id": job, "base_url": base_url, "submission": submission});
        fs::write(
            stub.path(format!("out/{job}/pending.json")),
            pending.to_string(),
        )
        .unwrap();
    };
    pending("2", &stub.base_url());
    pending("6", "http://127.0.0.1:1/v2");
    fs::write(stub.path("out/4/seed.json"), r#"{"job_id": "7"}"#).unwrap();
    stub
}

const LINE: &str = "fetch 1 2 3 4 5 6 -d out";

#[test]
fn dry_run_reports_each_job_and_counts() {
    let stub = prepared();
    let (requests, before) = (stub.requests(), tree(stub.dir()));
    let run = dry_run(&stub, LINE).exit_code(0);
    let lines: Vec<_> = run.stdout.lines().collect();
    assert_eq!(
        lines[..3],
        ["skip    1  out/1", "resume  2  out/2", "submit  3  out/3"]
    );
    assert!(lines[3].starts_with("reject  4  out/4 "), "{}", lines[3]);
    assert_eq!(lines[4], "resume  5  out/5");
    assert!(lines[5].starts_with("reject  6  "), "{}", lines[5]);
    assert_eq!(
        run.stderr,
        "dry run: 1 to submit (each is one retrieval), 2 to resume, 1 already complete, \
         2 rejected\n"
    );
    assert_eq!(stub.requests(), requests);
    assert_eq!(tree(stub.dir()), before);
}

#[test]
fn dry_run_json_is_as_its_schema() {
    let stub = prepared();
    let run = dry_run(&stub, &format!("{LINE} --json")).exit_code(0);
    let mut actions = Vec::new();
    for line in run.stdout.lines() {
        let job: Value = serde_json::from_str(line).unwrap();
        assert_schema("plan", &job);
        assert_eq!(job["reason"].is_string(), job["action"] == "reject");
        actions.push(job["action"].as_str().unwrap().to_owned());
    }
    assert_eq!(
        actions,
        ["skip", "resume", "submit", "reject", "resume", "reject"]
    );

    let run = dry_run(&stub, "fetch 3 -d out --fields action,directory").exit_code(0);
    assert_eq!(
        run.stdout,
        "{\"action\":\"submit\",\"directory\":\"out/3\"}\n"
    );
    dry_run(&stub, "fetch 3 --fields seed").exit_code(2);
}

/// What is planned is what a run does.
#[test]
fn dry_run_agrees_with_the_run_after_it() {
    let stub = prepared();
    stub.on_poll(200, stub.job().to_string());
    let before = stub.submitted().len();
    let planned = dry_run(&stub, LINE).exit_code(0);
    let run = stub.run(&format!("{LINE} --json")).exit_code(2);
    assert_eq!(stub.submitted()[before..], ["3"]);
    for line in run.stdout.lines() {
        let job: Value = serde_json::from_str(line).unwrap();
        let id = job["requested_job_id"].as_str().unwrap();
        let is_planned = |action: &str| planned.stdout.contains(&format!("{action}  {id}  "));
        assert_eq!(job["already_present"], is_planned("skip  "), "{job}");
        assert_eq!(job["status"] == "failed", is_planned("reject"), "{job}");
    }
}

#[test]
fn dry_run_counts_only_requested_images() {
    let stub = prepared();
    for (line, action) in [
        ("fetch 5 -d out", "resume"),
        ("fetch 5 -d out --images 1,3", "skip"),
        ("fetch 5 -d out --images 2", "resume"),
        ("fetch 5 -d out --seed-only", "skip"),
        ("fetch 5 -d out --flat", "submit"),
        ("fetch 5 -d none/below", "submit"),
    ] {
        let run = dry_run(&stub, line).exit_code(0);
        assert!(run.stdout.starts_with(action), "{line}: {}", run.stdout);
    }
    assert!(!stub.path("none").exists());
}
