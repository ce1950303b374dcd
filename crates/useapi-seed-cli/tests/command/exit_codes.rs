use useapi_seed_emulator::Emulator;

use crate::process::{At, FAST, command, fetch, names};
use crate::stub::Stub;

#[test]
fn they_are_explained_everywhere() {
    let folder = tempfile::tempdir().unwrap();
    let help = command(folder.path()).arg("--help").run().ended(0);
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
fn two_is_wrong_use() {
    let folder = tempfile::tempdir().unwrap();
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
        (&["fetch", "1", "--out", ""], "--out"),
        (&["fetch", "1", "--token", "t"], "--token"),
        (&["fetch", "1", "--reply-url", "ftp://a"], "replyUrl"),
        (&["emulate", "--speed", "0"], "--speed"),
        (&["emulate", "--port", "65536"], "--port"),
        (&["dance"], "dance"),
    ] {
        let run = command(folder.path())
            .args(arguments)
            .at_url("http://127.0.0.1:9/v2", "t")
            .run()
            .ended(2)
            .told(named);
        assert_eq!(run.stdout, "");
    }
    for (base_url, token, named) in [
        ("http://127.0.0.1:9/v2", "", "USEAPI_TOKEN is"),
        ("http://127.0.0.1:9/v2", " ", "USEAPI_TOKEN is"),
        ("http://127.0.0.1:9/v2", "a\nb", "USEAPI_TOKEN "),
        ("nonsense", "t", "USEAPI_BASE_URL "),
        ("ftp://127.0.0.1", "t", "USEAPI_BASE_URL "),
    ] {
        command(folder.path())
            .args(["fetch", "1"])
            .at_url(base_url, token)
            .run()
            .ended(2)
            .told(named);
    }
    command(folder.path())
        .args(["fetch", "1"])
        .run()
        .ended(2)
        .told("USEAPI_TOKEN is not set")
        .told("useapi-seed demo");
    assert!(names(folder.path()).is_empty());
}

#[tokio::test]
async fn three_is_a_refusal() {
    let emulator = Emulator::builder().time_scale(FAST).start().await.unwrap();
    let folder = tempfile::tempdir().unwrap();
    let jobs = emulator.jobs();
    for (job_id, words) in [
        (
            jobs.progress.as_str(),
            "HTTP 400: Parent job must be completed",
        ),
        (&jobs.unsupported, "Only imagine, button and blend jobs"),
        ("5", "HTTP 404: Unable to locate parent job 5"),
    ] {
        fetch(folder.path(), &emulator, job_id, "out")
            .run()
            .ended(3)
            .told("error: ")
            .told(words);
    }
    // Access is another matter: six.
    for (token, words) in [
        ("wrong", "HTTP 401"),
        (emulator.expired_token(), "HTTP 402"),
    ] {
        fetch(folder.path(), &emulator, &jobs.imagine, "out")
            .env("USEAPI_TOKEN", token)
            .run()
            .ended(6)
            .told(words);
    }
    let stub = Stub::start().await;
    stub.on_submit(418, r#"{"error": "I am a teapot", "code": 418}"#)
        .await;
    stub.run(folder.path(), &["fetch", "5"])
        .ended(3)
        .told("HTTP 418: I am a teapot");
    // What came to nothing leaves nothing.
    assert!(names(folder.path()).is_empty());
}

/// Three jobs may run; each is left running at its deadline, and the fourth finds no
/// place.
#[tokio::test]
async fn five_is_a_running_job_or_no_place_for_one() {
    let emulator = Emulator::start().await.unwrap();
    let folder = tempfile::tempdir().unwrap();
    let mut started = Vec::new();
    let fetch = |out: &str| {
        let mut command = command(folder.path());
        // As on several machines, none of which knows of the others.
        let temporary = folder.path().join(".tmp").join(out);
        std::fs::create_dir(&temporary).unwrap();
        command
            .args(["fetch", &emulator.jobs().imagine, "--out", out])
            .args(["--interval", "0.001", "--timeout", "0.002"])
            .at(&emulator)
            .env("TMPDIR", temporary);
        command
    };
    for number in 1..=3 {
        let run = fetch(&number.to_string())
            .run()
            .ended(5)
            .told("it need not be submitted again");
        assert_eq!(run.stdout, "");
        started.push(run.started().to_owned());
    }
    let refused = fetch("4").run().ended(5).told("HTTP 429");
    for id in started {
        assert!(refused.stderr.contains(&id), "{}", refused.stderr);
    }
    assert_eq!(names(folder.path()), ["1", "2", "3"]);
}

#[tokio::test]
async fn four_is_a_halted_account() {
    let emulator = Emulator::builder().time_scale(FAST).start().await.unwrap();
    let folder = tempfile::tempdir().unwrap();
    let halted = &emulator.jobs().halted;
    // The job that comes upon the message, and the calls after it.
    for _ in 0..2 {
        let run = fetch(folder.path(), &emulator, halted, "out")
            .run()
            .ended(4)
            .told("acknowledge Midjourney's message")
            .told("HTTP 596");
        assert_eq!(
            run.goes_on(),
            format!("useapi-seed fetch {halted} --out out --interval 0.02")
        );
    }
    let stub = Stub::start().await;
    stub.on_submit(569, r#"{"error": "Pending mod message", "code": 569}"#)
        .await;
    stub.run(folder.path(), &["fetch", "5"]).ended(4);
    assert!(names(folder.path()).is_empty());
}

#[tokio::test]
async fn seven_is_no_usable_answer_and_eight_a_job_that_has_ended() {
    let folder = tempfile::tempdir().unwrap();
    let stub = Stub::start().await;
    stub.on_submit(500, "oops").await;
    stub.run(folder.path(), &["fetch", "5", "--interval", "0.01"])
        .ended(7)
        .told("HTTP 500: oops")
        .told("looks for the job that it may have started")
        .told("response kept in 5/response.txt");

    let stub = Stub::start().await;
    let ended = r#"{"jobid": "9", "status": "moderated", "error": "no cats"}"#;
    stub.on_submit(200, r#"{"jobid": "9", "status": "started"}"#)
        .await;
    stub.on_look(200, ended).await;
    let run = stub
        .run(
            folder.path(),
            &["fetch", "5", "--interval", "0.02", "--out", "out"],
        )
        .ended(8)
        .told("no cats")
        .told("The job will not go on");
    assert_eq!(run.started(), "9");

    // A port on which nobody listens.
    let closed = std::net::TcpListener::bind(("127.0.0.1", 0)).unwrap();
    let base_url = format!("http://{}/v2", closed.local_addr().unwrap());
    drop(closed);
    command(folder.path())
        .args(["fetch", "6"])
        .at_url(&base_url, "t")
        .run()
        .ended(7)
        .told("Nothing was sent");
    assert_eq!(names(folder.path()), ["5"]);
}
