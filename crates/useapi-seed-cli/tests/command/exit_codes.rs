use useapi_seed_emulator::Emulator;

use crate::process::{CommandExt, Setup, closed_url, command, names};
use crate::stub::Stub;

#[test]
fn exit_codes_are_explained_in_help_and_readme() {
    let dir = tempfile::tempdir().unwrap();
    let help = command(dir.path()).arg("--help").run().exit_code(0);
    let explained = help.stdout.split("Exit codes:\n").nth(1).unwrap();
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
}

#[test]
fn exit_2_on_wrong_usage() {
    let dir = tempfile::tempdir().unwrap();
    for (arguments, named) in [
        (&["fetch"][..], "JOBID"),
        (&["fetch", ""], "JOBID"),
        (&["fetch", "  "], "JOBID"),
        (&["wait", " "], "STARTED_JOBID"),
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
    for (job_id, words) in [
        (
            jobs.progress.as_str(),
            "HTTP 400: Parent job must be completed",
        ),
        (&jobs.unsupported, "Only imagine, button and blend jobs"),
        ("5", "HTTP 404: Unable to locate parent job 5"),
    ] {
        setup
            .fetch_job(job_id, "out")
            .run()
            .exit_code(3)
            .reported("error: ")
            .reported(words);
    }
    // Access is another matter: six.
    for (token, words) in [
        ("wrong", "HTTP 401"),
        (setup.emulator.expired_token(), "HTTP 402"),
    ] {
        setup
            .fetch("out")
            .env("USEAPI_TOKEN", token)
            .run()
            .exit_code(6)
            .reported(words);
    }
    let stub = Stub::start();
    stub.on_submit(418, r#"{"error": "I am a teapot", "code": 418}"#);
    stub.run_in(setup.dir(), "fetch 5")
        .exit_code(3)
        .reported("HTTP 418: I am a teapot");
    // What came to nothing leaves nothing.
    assert!(names(setup.dir()).is_empty());
}

/// Three jobs may run; each is left running at its deadline, and the fourth finds no
/// place.
#[test]
fn exit_5_when_pending_or_no_slot() {
    let setup = Setup::of(Emulator::builder());
    let mut started = Vec::new();
    let fetch = |out: &str| {
        // As on several machines, none of which knows of the others.
        let temporary = setup.path(".tmp").join(out);
        std::fs::create_dir_all(&temporary).unwrap();
        let mut fetch = setup.fetch(out);
        fetch.line("--timeout 0.002").env("TMPDIR", temporary);
        fetch
    };
    for number in 1..=3 {
        let run = fetch(&number.to_string())
            .run()
            .exit_code(5)
            .reported("it need not be submitted again");
        assert_eq!(run.stdout, "");
        started.push(run.started_job().to_owned());
    }
    let refused = fetch("4").run().exit_code(5).reported("HTTP 429");
    for id in started {
        assert!(refused.stderr.contains(&id), "{}", refused.stderr);
    }
    assert_eq!(names(setup.dir()), ["1", "2", "3"]);
}

#[test]
fn exit_4_when_account_is_halted() {
    let setup = Setup::running();
    let halted = &setup.emulator.jobs().halted;
    // The job that comes upon the message, and the calls after it.
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
        .reported("HTTP 500: oops")
        .reported("looks for the job that it may have started")
        .reported("response kept in 5/response.txt");

    let stub = Stub::start();
    let ended = r#"{"jobid": "9", "status": "moderated", "error": "no cats"}"#;
    stub.on_submit(200, r#"{"jobid": "9", "status": "started"}"#);
    stub.on_poll(200, ended);
    let run = stub
        .run_in(dir.path(), "fetch 5 --interval 0.02 -o out")
        .exit_code(8)
        .reported("no cats")
        .reported("The job will not go on");
    assert_eq!(run.started_job(), "9");

    // A port on which nobody listens.
    command(dir.path())
        .line("fetch 6")
        .at_url(&closed_url(), "t")
        .run()
        .exit_code(7)
        .reported("Nothing was sent");
    assert_eq!(names(dir.path()), ["5"]);
}
