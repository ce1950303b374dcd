//! What follows while an earlier submission may still start a job.

use std::fs;
use std::path::Path;
use std::process::Stdio;

use useapi_seed_emulator::{Emulator, Fault, Operation};

use crate::killed::{LATE, UNCONFIRMED, intent, settle, write_pending};
use crate::process::{CommandExt, Setup, assert_complete, json, kill, wait_until};

/// The record of a submission that was sent just now, and may start a job for
/// this many seconds.
fn write_unsettled(out: &Path, emulator: &Emulator, seconds: u64) {
    fs::create_dir(out).unwrap();
    let now = std::time::SystemTime::UNIX_EPOCH.elapsed().unwrap();
    write_pending(out, emulator, now.as_millis().try_into().unwrap());
    let path = out.join("pending.json");
    let mut pending = json(&path);
    pending["submission"]["settle_time"] = (1000 * seconds).into();
    fs::write(path, pending.to_string()).unwrap();
}

/// The first run is stopped in its search, and the second one begins when the time
/// has passed: no run has to be quick.
#[test]
fn search_lasts_until_submission_settles() {
    let setup = Setup::running();
    let out = setup.path("out");
    let count = |operation| setup.calls(operation);
    write_unsettled(&out, &setup.emulator, 3600);
    let mut searching = setup.fetch("out");
    let mut searching = searching.stderr(Stdio::piped()).spawn().unwrap();
    wait_until(|| count(Operation::ListJobs) > 1);
    searching.kill().unwrap();
    let output = searching.wait_with_output().unwrap();
    let stderr = String::from_utf8(output.stderr).unwrap();
    let still = "no running job found yet; the submission may still arrive: checking for another";
    assert!(stderr.contains(still), "{stderr}");
    assert_eq!(count(Operation::RetrieveSeed), 0);
    settle(&out);
    setup
        .fetch("out")
        .run()
        .exit_code(0)
        .reported("no running job found\n");
    assert_eq!(count(Operation::RetrieveSeed), 1);
}

#[test]
fn unsettled_submission_is_not_repeated() {
    let setup = Setup::running();
    let out = setup.path("out");
    write_unsettled(&out, &setup.emulator, 91);
    setup
        .fetch("out")
        .line("--timeout 0.05")
        .run()
        .exit_code(5)
        .reported("--resubmit");
    assert_eq!(setup.calls(Operation::RetrieveSeed), 0);
    assert!(out.join("pending.json").exists());
}

#[test]
fn resubmit_skips_wait_and_warns() {
    let setup = Setup::running();
    write_unsettled(&setup.path("out"), &setup.emulator, 91);
    let mut fetch = setup.fetch("out");
    fetch
        .arg("--resubmit")
        .run()
        .exit_code(0)
        .reported("a second job may run");
    assert_complete(&setup.path("out"));
}

/// What was sent last, from another directory, is not settled yet.
#[test]
fn latest_of_two_records_is_used() {
    let setup = Setup::with_fault(Operation::RetrieveSeed, Fault::latency(LATE));
    let job_id = setup.parent();
    let at = |out: &str| setup.fetch_with_state(out);
    let out = setup.path("one");
    fs::create_dir(&out).unwrap();
    write_pending(&out, &setup.emulator, 0);
    let mut child = at("two").start();
    setup.wait_for_fault();
    kill(&mut child);
    at("one").run().exit_code(0);
    assert_eq!(setup.emulator.job_counts()[job_id].started, 1);
}

/// A rejection of the second submission does not forget the first.
#[test]
fn rejected_resubmission_keeps_record() {
    let setup = Setup::with_fault(Operation::RetrieveSeed, Fault::status(402));
    let out = setup.path("out");
    write_unsettled(&out, &setup.emulator, 91);
    let before = json(&out.join("pending.json"));
    let mut fetch = setup.fetch("out");
    fetch.arg("--resubmit").run().exit_code(6);
    assert_eq!(json(&out.join("pending.json")), before);
}

/// The end of a job says nothing about a submission that was sent since.
#[test]
fn job_end_keeps_record_of_other_submission() {
    let setup = Setup::paused();
    let job_id = setup.parent();
    let at = |out: &str| setup.fetch_with_state(out);
    let timed_out = at("one").line("--timeout 0.05").run().exit_code(5);
    let id = timed_out.started_job();
    setup.run(&format!("cancel {id}")).exit_code(0);
    // What another process submits while the first job is over.
    let state = setup.path("state/useapi-seed/jobs");
    let lock = fs::read_dir(&state)
        .unwrap()
        .next()
        .unwrap()
        .unwrap()
        .path();
    let mut record = json(&lock);
    let now = std::time::SystemTime::UNIX_EPOCH.elapsed().unwrap();
    let now = now.as_millis().try_into().unwrap();
    record["submission"] = intent(now, 90_000);
    fs::write(&lock, record.to_string()).unwrap();
    at("one").run().exit_code(8);
    at("one")
        .line("--timeout 0.05")
        .run()
        .exit_code(5)
        .reported(UNCONFIRMED);
    assert_eq!(setup.emulator.job_counts()[job_id].started, 1);
}
