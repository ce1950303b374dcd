use std::fs;

use serde_json::{Value, json};

use crate::process::{CommandExt, Setup, assert_schema, closed_url, command, names};
use crate::stub::Stub;

#[test]
fn exit_codes_are_explained_in_help_and_readme() {
    let dir = tempfile::tempdir().unwrap();
    let help = command(dir.path()).line("help exit-codes").run();
    let help = help.exit_code(0).stdout;
    let explained = help.strip_prefix("Exit codes:\n").unwrap();
    let rows: Vec<(&str, &str)> = explained
        .lines()
        .take_while(|line| line.starts_with("  "))
        .map(|line| line.trim().split_once("  ").unwrap())
        .collect();
    let codes: Vec<&str> = rows.iter().map(|(code, _)| *code).collect();
    assert_eq!(
        codes,
        [
            "0", "1", "2", "3", "4", "5", "6", "7", "8", "9", "130", "143"
        ]
    );
    for (code, meaning) in &rows {
        let row = format!("| {code} | {} |", meaning.trim());
        assert!(include_str!("../../README.md").contains(&row), "no {row:?}");
    }
    let main = command(dir.path()).arg("--help").run().exit_code(0).stdout;
    assert!(main.contains("`useapi-seed help exit-codes`"), "{main}");
}

#[test]
fn exit_1_when_images_are_missing() {
    let stub = Stub::start();
    stub.on_submit(200, stub.job().to_string());
    let line = "error: image 1: image URL has expired (HTTP 404): 5\n";
    stub.run("fetch 5").exit_code(1).reported(line);
    // The same error of several jobs is one.
    let group = "failed: image URL has expired (HTTP 404), 2 jobs\n";
    stub.run("fetch 6 7").exit_code(1).reported(group);
    let failed = fs::read_to_string(stub.path("failed.txt")).unwrap();
    let ids = failed.lines().filter(|line| !line.starts_with('#'));
    assert_eq!(ids.count(), 2, "{failed}");
}

#[test]
fn exit_2_on_wrong_usage() {
    let dir = tempfile::tempdir().unwrap();
    for (arguments, named) in [
        (&["fetch"][..], "JOBID"),
        (&["fetch", ""], "not a job ID"),
        (&["fetch", "  "], "not a job ID"),
        (&["wait", " "], "not a job ID"),
        (&["wait"], "SEED_JOBID"),
        (&["fetch", "1", "--interval", "0"], "--interval"),
        (&["fetch", "1", "--interval", "-1"], "--interval"),
        (&["fetch", "1", "--interval", "nan"], "--interval"),
        (&["fetch", "1", "--timeout", "inf"], "--timeout"),
        (&["wait", "1", "--timeout", "soon"], "--timeout"),
        (&["fetch", "1", "-o", ""], "-o"),
        (&["fetch", "1", "--token", "t"], "--token"),
        (&["fetch", "1", "--reply-url", "ftp://a"], "replyUrl"),
        (&["emulate", "--speed", "0"], "--speed"),
        (&["emulate", "--port", "65536"], "--port"),
        (&["dance"], "dance"),
    ] {
        let run = command(dir.path())
            .args(arguments)
            .at_url("http://127.0.0.1:9/v2", "t")
            .run()
            .exit_code(2)
            .reported(named);
        assert_eq!(run.stdout, "");
    }
    for (base_url, token, named) in [
        ("http://127.0.0.1:9/v2", "", "USEAPI_TOKEN is"),
        ("http://127.0.0.1:9/v2", " ", "USEAPI_TOKEN is"),
        ("http://127.0.0.1:9/v2", "a\nb", "USEAPI_TOKEN "),
        ("nonsense", "t", "USEAPI_BASE_URL "),
        ("ftp://127.0.0.1", "t", "USEAPI_BASE_URL "),
    ] {
        command(dir.path())
            .line("fetch 1")
            .at_url(base_url, token)
            .run()
            .exit_code(2)
            .reported(named);
    }
    command(dir.path())
        .line("fetch 1")
        .run()
        .exit_code(2)
        .reported("USEAPI_TOKEN is not set")
        .reported("useapi-seed demo");
    assert!(names(dir.path()).is_empty());
}

#[test]
fn exit_3_when_rejected() {
    let setup = Setup::running();
    let jobs = setup.emulator.jobs();
    for (job_id, message) in [
        (jobs.progress.as_str(), "job is not finished yet: "),
        (&jobs.unsupported, "only imagine, button, and blend jobs"),
        ("5", "job not found (HTTP 404): 5\n"),
    ] {
        setup
            .fetch_job(job_id, "out")
            .run()
            .exit_code(3)
            .reported("error: ")
            .reported(message);
    }
    // Without access the code is 6.
    for (token, message) in [
        ("wrong", "HTTP 401"),
        (setup.emulator.expired_token(), "HTTP 402"),
    ] {
        setup
            .fetch("out")
            .env("USEAPI_TOKEN", token)
            .run()
            .exit_code(6)
            .reported(message);
    }
    let stub = Stub::start();
    stub.on_submit(418, r#"{"error": "I am a teapot", "code": 418}"#);
    stub.run_in(setup.dir(), "fetch 5")
        .exit_code(3)
        .reported("error: unexpected response: I am a teapot (HTTP 418): 5\n");
    let long = "a".repeat(1_000_000);
    stub.reset();
    stub.on_submit(400, json!({"error": long, "code": 400}).to_string());
    let run = stub.run_in(setup.dir(), "fetch 5").exit_code(3);
    assert!(run.stderr.contains("a…: 5\n") && run.stderr.len() < 1000);
    // Without a result no directory is left.
    assert!(names(setup.dir()).is_empty());
}

#[test]
fn errors_in_json_have_kind_and_exit_code() {
    let setup = Setup::running();
    let jobs = setup.emulator.jobs();
    for (job_id, kind, http_status, retryable, exit_code) in [
        (jobs.progress.as_str(), "job_not_finished", 400, true, 3),
        ("5", "not_found", 404, false, 3),
        (&jobs.halted, "account_halted", 596, false, 4),
    ] {
        let line = format!("fetch {job_id} -o out --json");
        let run = setup.run(&line).exit_code(exit_code);
        let report: Value = serde_json::from_str(&run.stdout).unwrap();
        assert_schema("result", &report);
        assert_eq!(report["status"], "failed");
        assert_eq!(report["exit_code"], exit_code);
        let error = &report["errors"][0];
        assert_eq!(error["kind"], kind);
        assert_eq!(error["http_status"], http_status);
        assert_eq!(error["retryable"], retryable);
        assert_eq!(error["exit_code"], exit_code);
        assert!(error["message"].is_string() && error["hint"].is_string());
    }
}

/// Three jobs may run; each runs on after its timeout, and the fourth gets no slot.
#[test]
fn exit_5_when_pending_or_no_slot() {
    let setup = Setup::paused();
    let mut started = Vec::new();
    let fetch = |out: &str| {
        // As on several machines, none of which knows of the others.
        let temporary = setup.path(".tmp").join(out);
        fs::create_dir_all(&temporary).unwrap();
        let mut fetch = setup.fetch(out);
        fetch.line("--timeout 0.002").env("TMPDIR", temporary);
        fetch
    };
    for number in 1..=3 {
        let run = fetch(&number.to_string())
            .run()
            .exit_code(5)
            .reported("the job is still running: ");
        assert_eq!(run.stdout, "");
        started.push(run.started_job().to_owned());
    }
    let rejected = fetch("4").run().exit_code(5).reported("HTTP 429");
    for id in started {
        assert!(rejected.stderr.contains(&id), "{}", rejected.stderr);
    }
    assert_eq!(names(setup.dir()), ["1", "2", "3"]);
}

#[test]
fn exit_4_when_account_is_halted() {
    let setup = Setup::running();
    let halted = &setup.emulator.jobs().halted;
    // The job that meets the message, and the requests after it.
    for _ in 0..2 {
        let run = setup
            .fetch_job(halted, "out")
            .line("--interval 0.05")
            .run()
            .exit_code(4)
            .reported("acknowledge Midjourney's message")
            .reported("HTTP 596");
        assert_eq!(
            run.resume_command(),
            format!("useapi-seed fetch {halted} -o out --interval 0.05")
        );
    }
    let stub = Stub::start();
    stub.on_submit(569, r#"{"error": "Pending mod message", "code": 569}"#);
    stub.run_in(setup.dir(), "fetch 5").exit_code(4);
    assert!(names(setup.dir()).is_empty());
}

#[test]
fn exit_7_without_response_and_8_when_job_ended() {
    let dir = tempfile::tempdir().unwrap();
    let stub = Stub::start();
    stub.on_submit(500, "oops");
    stub.run_in(dir.path(), "fetch 5 --interval 0.01")
        .exit_code(7)
        .reported("unexpected response (HTTP 500): 5\n")
        .reported("it checks for a running job before submitting")
        .reported("note: response saved to 5/response.txt");

    let stub = Stub::start();
    let ended = r#"{"jobid": "9", "status": "moderated", "error": "no cats"}"#;
    stub.on_submit(200, r#"{"jobid": "9", "status": "started"}"#);
    stub.on_poll(200, ended);
    let run = stub
        .run_in(dir.path(), "fetch 5 --interval 0.02 -o out")
        .exit_code(8)
        .reported("error: job was moderated: no cats: 5\n")
        .reported("It will not produce a seed.");
    assert_eq!(run.started_job(), "9");

    // Nothing listens at this port.
    command(dir.path())
        .line("fetch 6")
        .at_url(&closed_url(), "t")
        .run()
        .exit_code(7)
        .reported("Nothing was sent");
    assert_eq!(names(dir.path()), ["5"]);
}
