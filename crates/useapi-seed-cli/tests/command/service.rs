//! What asks and tells the service, and the doctor.

use std::process::Command;
use std::time::Duration;

use serde_json::Value;
use useapi_seed_emulator::{Fault, Operation};

use crate::process::{CommandExt, Setup, assert_schema, closed_url, command};

/// Runs a command in JSON.
fn json(setup: &Setup, line: &str) -> Value {
    let run = setup.run(&format!("{line} --json"));
    serde_json::from_str(&run.stdout).unwrap()
}

fn fetch(setup: &Setup) -> Command {
    let mut fetch = setup.fetch("out");
    fetch.line("--timeout 0.01");
    fetch
}

#[test]
fn job_is_started_shown_and_cancelled() {
    let setup = Setup::paused();
    let started = fetch(&setup).run().exit_code(5);
    let id = started.started_job();
    assert_eq!(json(&setup, "jobs")["ids"][0], id);

    setup.emulator.advance(Duration::from_secs(30));
    let status = json(&setup, &format!("status {id}"));
    assert_eq!(status["status"], "progress");
    assert!(status["percent"].is_u64());
    assert_eq!(status["parent_job_id"], setup.emulator.jobs().imagine);

    let cancelled = json(&setup, &format!("cancel {id}"));
    assert_eq!(
        (&cancelled["job_id"], &cancelled["status"]),
        (&id.into(), &"cancelled".into())
    );
    assert_schema("status", &cancelled);
    let run = setup.run(&format!("status {id}")).exit_code(0);
    assert_eq!(run.stdout, format!("{id}  cancelled\n"));

    // That job is over; the next fetch starts another.
    fetch(&setup)
        .run()
        .exit_code(8)
        .reported("to start another job: useapi-seed fetch");
    let again = fetch(&setup).run().exit_code(5);
    assert_ne!(again.started_job(), id);
}

#[test]
fn status_of_several_jobs_is_printed() {
    let setup = Setup::paused();
    let jobs = setup.emulator.jobs();
    let run = setup
        .run(&format!("status {} {} 5", jobs.imagine, jobs.progress))
        .exit_code(3)
        .reported("HTTP 404");
    let lines: Vec<_> = run.stdout.lines().collect();
    assert_eq!(lines[0], format!("{}  completed", jobs.imagine));
    assert!(lines[1].starts_with(&format!("{}  progress  ", jobs.progress)));
}

#[test]
fn doctor_reports_errors_and_advice() {
    let setup = Setup::paused();
    let state = |arguments: &[&str], token: &str, code: i32| {
        let mut command = command(setup.dir());
        let run = command
            .line("doctor --json")
            .args(arguments)
            .at_url(setup.emulator.base_url(), token)
            .env("XDG_STATE_HOME", setup.path("state"))
            .run()
            .exit_code(code);
        let printed: Value = serde_json::from_str(&run.stdout).unwrap();
        assert_eq!(printed["ok"], code == 0);
        let checks = printed["checks"].as_array().unwrap().clone();
        move |name: &str| {
            let check = checks.iter().find(|check| check["name"] == name);
            check.unwrap()["state"].as_str().unwrap().to_owned()
        }
    };
    let well = state(&["--job", setup.parent()], setup.emulator.token(), 0);
    for name in ["token", "API", "clock", "answers", "directory"] {
        assert_eq!(well(name), "ok", "{name}");
    }
    assert_eq!(well("accounts"), "unknown");

    let wrong = state(&[], "wrong-token", 6);
    assert_eq!(
        (wrong("token").as_str(), wrong("API").as_str()),
        ("failed", "ok")
    );
    let expired = state(&[], setup.emulator.expired_token(), 6);
    assert_eq!(expired("token"), "failed");
    std::fs::write(setup.path("file"), "").unwrap();
    let blocked = state(&["-d", "file"], setup.emulator.token(), 9);
    assert_eq!(blocked("directory"), "failed");
    let unknown = state(&["--job", "5"], setup.emulator.token(), 3);
    assert_eq!(unknown("answers"), "failed");

    // An account that was seen to be halted, until it is reset.
    let halted = setup.emulator.jobs().halted.as_str();
    let with_state = |arguments: &[&str]| {
        let mut command = command(setup.dir());
        command
            .args(arguments)
            .at(&setup.emulator)
            .env("XDG_STATE_HOME", setup.path("state"))
            .run()
    };
    with_state(&["fetch", halted]).exit_code(4);
    assert_eq!(state(&[], setup.emulator.token(), 4)("accounts"), "failed");
    let channel = halted.rsplit_once(':').unwrap().1;
    let told = with_state(&["doctor"]).exit_code(4).stdout;
    for words in [
        format!("accounts: account {channel}: halted (seen "),
        format!("useapi-seed reset {channel}\n"),
    ] {
        assert!(told.contains(&words), "{told}");
    }
    with_state(&["reset", channel])
        .exit_code(0)
        .reported("is back to work");
    assert_eq!(state(&[], setup.emulator.token(), 0)("accounts"), "ok");

    // What the description does not know.
    for fault in [
        Fault::ExtraField {
            name: "mood".into(),
            value: "happy".into(),
        },
        Fault::ReplacedField {
            pointer: "/status".into(),
            value: 5.into(),
        },
    ] {
        setup.inject(Operation::GetJob, 1, fault);
        let drifted = state(&["--job", setup.parent()], setup.emulator.token(), 0);
        assert_eq!(drifted("answers"), "warning");
    }
}

#[test]
fn doctor_works_without_service() {
    let dir = tempfile::tempdir().unwrap();
    let run = command(dir.path()).arg("doctor").run().exit_code(2);
    assert!(
        run.stdout
            .contains("FAILED   token: USEAPI_TOKEN is not set")
    );
    let base_url = closed_url();
    let run = command(dir.path())
        .arg("doctor")
        .at_url(&base_url, "t")
        .run()
        .exit_code(7);
    assert!(run.stdout.contains("FAILED   API: "), "{}", run.stdout);
    assert!(run.stdout.contains(&base_url), "{}", run.stdout);
}
