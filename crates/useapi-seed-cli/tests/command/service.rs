//! What asks and tells the service.

use std::process::Command;
use std::time::Duration;

use crate::process::{CommandExt, Setup, assert_schema};
use serde_json::Value;

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
