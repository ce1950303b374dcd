//! What asks and tells the service, and the doctor.

use std::process::Command;
use std::time::Duration;

use serde_json::Value;
use useapi_seed_emulator::{Emulator, Fault, Operation, Trigger};

use crate::process::{At, Run, assert_schema, command};

/// Runs a command in JSON.
fn json(folder: &std::path::Path, emulator: &Emulator, arguments: &[&str]) -> (Run, Value) {
    let mut command = command(folder);
    let run = command.args(arguments).arg("--json").at(emulator).run();
    let value = serde_json::from_str(&run.stdout).unwrap_or_default();
    (run, value)
}

fn fetch(folder: &std::path::Path, emulator: &Emulator) -> Command {
    let mut command = command(folder);
    command
        .args(["fetch", &emulator.jobs().imagine, "--out", "out"])
        .args(["--interval", "0.001", "--timeout", "0.01"])
        .at(emulator);
    command
}

#[tokio::test]
async fn a_job_is_started_shown_and_cancelled() {
    let emulator = Emulator::builder().paused().start().await.unwrap();
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    let started = fetch(folder, &emulator).run().ended(5);
    let id = started.started();
    assert_eq!(json(folder, &emulator, &["jobs"]).1["ids"][0], id);

    emulator.advance(Duration::from_secs(30));
    let (_, status) = json(folder, &emulator, &["status", id]);
    assert_eq!(status["status"], "progress");
    assert!(status["percent"].is_u64());
    assert_eq!(status["parent_job_id"], emulator.jobs().imagine);

    let (_, cancelled) = json(folder, &emulator, &["cancel", id]);
    assert_eq!(
        (&cancelled["job_id"], &cancelled["status"]),
        (&id.into(), &"cancelled".into())
    );
    assert_schema("status", &cancelled);
    let run = command(folder)
        .args(["status", id])
        .at(&emulator)
        .run()
        .ended(0);
    assert_eq!(run.stdout, format!("{id}  cancelled\n"));

    // That job is over; the next fetch starts another.
    fetch(folder, &emulator)
        .run()
        .ended(8)
        .told("to start another job: useapi-seed fetch");
    let again = fetch(folder, &emulator).run().ended(5);
    assert_ne!(again.started(), id);
}

#[tokio::test]
async fn any_job_has_a_status() {
    let emulator = Emulator::builder().paused().start().await.unwrap();
    let folder = tempfile::tempdir().unwrap();
    let jobs = emulator.jobs();
    let run = command(folder.path())
        .args(["status", &jobs.imagine, &jobs.progress, "5"])
        .at(&emulator)
        .run()
        .ended(3)
        .told("HTTP 404");
    let lines: Vec<_> = run.stdout.lines().collect();
    assert_eq!(lines[0], format!("{}  completed", jobs.imagine));
    assert!(lines[1].starts_with(&format!("{}  progress  ", jobs.progress)));
}

#[tokio::test]
async fn the_doctor_says_what_to_do() {
    let emulator = Emulator::builder().paused().start().await.unwrap();
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    let state = |arguments: &[&str], token: &str, code: i32| {
        let mut command = command(folder);
        let run = command
            .args(["doctor", "--json"])
            .args(arguments)
            .at_url(emulator.base_url(), token)
            .env("XDG_STATE_HOME", folder.join("state"))
            .run()
            .ended(code);
        let printed: Value = serde_json::from_str(&run.stdout).unwrap();
        assert_eq!(printed["ok"], code == 0);
        let checks = printed["checks"].as_array().unwrap().clone();
        move |name: &str| {
            let check = checks.iter().find(|check| check["name"] == name);
            check.unwrap()["state"].as_str().unwrap().to_owned()
        }
    };
    let well = state(&["--job", &emulator.jobs().imagine], emulator.token(), 0);
    for name in ["token", "API", "clock", "answers", "folder"] {
        assert_eq!(well(name), "ok", "{name}");
    }
    assert_eq!(well("accounts"), "unknown");

    let wrong = state(&[], "wrong-token", 6);
    assert_eq!(
        (wrong("token").as_str(), wrong("API").as_str()),
        ("failed", "ok")
    );
    let expired = state(&[], emulator.expired_token(), 6);
    assert_eq!(expired("token"), "failed");
    std::fs::write(folder.join("file"), "").unwrap();
    let blocked = state(&["--into", "file"], emulator.token(), 9);
    assert_eq!(blocked("folder"), "failed");
    let unknown = state(&["--job", "5"], emulator.token(), 3);
    assert_eq!(unknown("answers"), "failed");

    // An account that was seen to be halted, until it is reset.
    let halted = emulator.jobs().halted.as_str();
    let with_state = |arguments: &[&str]| {
        let mut command = command(folder);
        command
            .args(arguments)
            .at(&emulator)
            .env("XDG_STATE_HOME", folder.join("state"))
            .run()
    };
    with_state(&["fetch", halted]).ended(4);
    assert_eq!(state(&[], emulator.token(), 4)("accounts"), "failed");
    let channel = halted.rsplit_once(':').unwrap().1;
    let told = with_state(&["doctor"]).ended(4).stdout;
    for words in [
        format!("accounts: account {channel}: halted (seen "),
        format!("useapi-seed reset {channel}\n"),
    ] {
        assert!(told.contains(&words), "{told}");
    }
    with_state(&["reset", channel])
        .ended(0)
        .told("is back to work");
    assert_eq!(state(&[], emulator.token(), 0)("accounts"), "ok");

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
        emulator
            .inject(Operation::GetJob, Trigger::Next(1), fault)
            .unwrap();
        let drifted = state(&["--job", &emulator.jobs().imagine], emulator.token(), 0);
        assert_eq!(drifted("answers"), "warning");
    }
}

#[test]
fn the_doctor_does_without_a_service() {
    let folder = tempfile::tempdir().unwrap();
    let run = command(folder.path()).arg("doctor").run().ended(2);
    assert!(
        run.stdout
            .contains("FAILED   token: USEAPI_TOKEN is not set")
    );
    let closed = std::net::TcpListener::bind(("127.0.0.1", 0)).unwrap();
    let base_url = format!("http://{}/v2", closed.local_addr().unwrap());
    drop(closed);
    let run = command(folder.path())
        .arg("doctor")
        .at_url(&base_url, "t")
        .run()
        .ended(7);
    assert!(run.stdout.contains("FAILED   API: "), "{}", run.stdout);
    assert!(run.stdout.contains(&base_url), "{}", run.stdout);
}
