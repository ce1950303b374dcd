//! `doctor`: what it finds, and what it suggests.

use std::collections::BTreeMap;
use std::fs;

use serde_json::Value;
use useapi_seed_emulator::{Fault, Operation};

use crate::process::{CommandExt, Run, Setup, closed_url, command};

fn doctor(setup: &Setup, token: &str, arguments: &[&str]) -> Run {
    let mut command = command(setup.dir());
    command
        .arg("doctor")
        .args(arguments)
        .at_url(setup.emulator.base_url(), token)
        .env("XDG_STATE_HOME", setup.path("state"))
        .run()
}

/// The state of each check.
fn states(setup: &Setup, token: &str, arguments: &[&str], code: i32) -> BTreeMap<String, String> {
    let arguments = [arguments, &["--json"]].concat();
    let run = doctor(setup, token, &arguments).exit_code(code);
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    let checks = run.stdout.lines();
    let checks = checks.map(|check| serde_json::from_str::<Value>(check).unwrap());
    checks
        .map(|check| (text(&check["name"]), text(&check["state"])))
        .collect()
}

#[test]
fn working_setup_is_ok() {
    let setup = Setup::paused();
    let token = setup.emulator.token();
    let states = states(&setup, token, &["--job", setup.parent()], 0);
    for name in ["token", "API", "clock", "responses", "directory"] {
        assert_eq!(states[name], "ok", "{name}");
    }
    assert_eq!(states["accounts"], "unknown");
    let text = doctor(&setup, token, &[]).exit_code(0).stdout;
    for part in [
        "ok       token: accepted (USEAPI_TOKEN)\n",
        "ok       clock: in sync\n",
        "ok       responses: valid\n         Use --job JOBID to check one job's response.\n",
        " is writable\n",
        "unknown  accounts: no accounts seen yet\n",
    ] {
        assert!(text.contains(part), "{text}");
    }
}

#[test]
fn failed_checks_determine_exit_code() {
    let setup = Setup::paused();
    let token = setup.emulator.token();
    let wrong = states(&setup, "wrong-token", &[], 6);
    assert_eq!((&*wrong["token"], &*wrong["API"]), ("failed", "unknown"));
    let expired = setup.emulator.expired_token();
    assert_eq!(states(&setup, expired, &[], 6)["token"], "failed");
    fs::write(setup.path("file"), "").unwrap();
    let blocked = states(&setup, token, &["--dir", "file"], 9);
    assert_eq!(blocked["directory"], "failed");
    let unknown = states(&setup, token, &["--job", "5"], 3);
    assert_eq!(unknown["responses"], "failed");
}

#[test]
fn halted_account_is_shown_until_reset() {
    let setup = Setup::paused();
    let token = setup.emulator.token();
    let halted = setup.emulator.jobs().halted.as_str();
    let channel = halted.rsplit_once(':').unwrap().1;
    let run = |line: String| {
        let mut command = setup.command(&line);
        command.env("XDG_STATE_HOME", setup.path("state")).run()
    };
    run(format!("fetch {halted}")).exit_code(4);
    let text = doctor(&setup, token, &[]).exit_code(4).stdout;
    for part in [
        format!("FAILED   accounts: account {channel}: halted (seen "),
        format!("\n           useapi-seed reset {channel}\n"),
    ] {
        assert!(text.contains(&part), "{text}");
    }
    run(format!("reset {channel}")).exit_code(0);
    let text = doctor(&setup, token, &[]).exit_code(0).stdout;
    assert!(text.contains("accounts: no halted accounts\n"), "{text}");
}

#[test]
fn undocumented_response_is_a_warning() {
    let setup = Setup::paused();
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
        let arguments = ["--job", setup.parent()];
        let states = states(&setup, setup.emulator.token(), &arguments, 0);
        assert_eq!(states["responses"], "warning");
    }
}

#[test]
fn doctor_works_without_service() {
    let dir = tempfile::tempdir().unwrap();
    let run = command(dir.path()).arg("doctor").run().exit_code(2);
    let missing = "FAILED   token: no API token: USEAPI_TOKEN is not set";
    assert!(run.stdout.starts_with(missing), "{}", run.stdout);
    let base_url = closed_url();
    let run = command(dir.path())
        .arg("doctor")
        .at_url(&base_url, "t")
        .run()
        .exit_code(7);
    for part in [
        "token: not checked (USEAPI_TOKEN)",
        "FAILED   API: ",
        &base_url,
    ] {
        assert!(run.stdout.contains(part), "{}", run.stdout);
    }
}
