//! What follows while an earlier submission may still start a job.

use std::fs;
use std::path::Path;
use std::process::Stdio;

use useapi_seed_emulator::{Emulator, Fault, Operation, Trigger};

use crate::killed::{INTERVAL, LATE, fetch, intent, kill, settle, start, until, write_pending};
use crate::process::{At, FAST, command, json, whole};

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

fn operations(emulator: &Emulator) -> Vec<Operation> {
    let calls = emulator.journal().into_iter();
    calls.filter_map(|call| call.operation).collect()
}

/// The first run is stopped in its search, and the second one begins when the time
/// has passed: no run has to be quick.
#[tokio::test]
async fn a_search_lasts_until_the_submission_settles() {
    let emulator = Emulator::builder().time_scale(FAST).start().await.unwrap();
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().join("out");
    let count = |operation| {
        let calls = operations(&emulator).into_iter();
        calls.filter(|call| *call == operation).count()
    };
    write_unsettled(&out, &emulator, 3600);
    let mut searching = fetch(folder.path(), &emulator, &emulator.jobs().imagine);
    let mut searching = searching.stderr(Stdio::piped()).spawn().unwrap();
    until(|| count(Operation::ListJobs) > 1).await;
    searching.kill().unwrap();
    let output = searching.wait_with_output().unwrap();
    let stderr = String::from_utf8(output.stderr).unwrap();
    let still = "no job found yet; the submission may still arrive: searching for another";
    assert!(stderr.contains(still), "{stderr}");
    assert_eq!(count(Operation::RetrieveSeed), 0);
    settle(&out);
    fetch(folder.path(), &emulator, &emulator.jobs().imagine)
        .run()
        .ended(0)
        .told("no job was started");
    assert_eq!(count(Operation::RetrieveSeed), 1);
}

#[tokio::test]
async fn an_unsettled_submission_is_not_repeated() {
    let emulator = Emulator::builder().time_scale(FAST).start().await.unwrap();
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().join("out");
    write_unsettled(&out, &emulator, 91);
    let mut fetch = command(folder.path());
    fetch
        .args(["fetch", &emulator.jobs().imagine, "--out", "out"])
        .args(["--interval", INTERVAL, "--timeout", "0.05"])
        .at(&emulator)
        .run()
        .ended(5)
        .told("--resubmit");
    assert!(!operations(&emulator).contains(&Operation::RetrieveSeed));
    assert!(out.join("pending.json").exists());
}

#[tokio::test]
async fn resubmit_skips_the_wait_and_says_so() {
    let emulator = Emulator::builder().time_scale(FAST).start().await.unwrap();
    let folder = tempfile::tempdir().unwrap();
    write_unsettled(&folder.path().join("out"), &emulator, 91);
    let mut fetch = fetch(folder.path(), &emulator, &emulator.jobs().imagine);
    fetch
        .arg("--resubmit")
        .run()
        .ended(0)
        .told("a second job may run");
    whole(&folder.path().join("out"));
}

/// What was sent last, from another directory, is not settled yet.
#[tokio::test]
async fn the_latest_of_two_records_counts() {
    let emulator = Emulator::builder()
        .time_scale(FAST)
        .fault(Operation::RetrieveSeed, Trigger::Next(1), Fault::late(LATE))
        .start()
        .await
        .unwrap();
    let folder = tempfile::tempdir().unwrap();
    let job_id = &emulator.jobs().imagine;
    let at = |out: &str| {
        let mut fetch = command(folder.path());
        fetch
            .args(["fetch", job_id, "--out", out, "--interval", INTERVAL])
            .at(&emulator)
            .env("XDG_STATE_HOME", folder.path().join("state"));
        fetch
    };
    let out = folder.path().join("one");
    fs::create_dir(&out).unwrap();
    write_pending(&out, &emulator, 0);
    let mut child = start(at("two"));
    until(|| emulator.faults()[0].hits > 0).await;
    kill(&mut child);
    at("one").run().ended(0);
    assert_eq!(emulator.job_counts()[job_id].started, 1);
}

/// A rejection of the second submission does not forget the first.
#[tokio::test]
async fn a_rejected_resubmission_keeps_the_record() {
    let emulator = Emulator::builder()
        .fault(
            Operation::RetrieveSeed,
            Trigger::Next(1),
            Fault::status(402),
        )
        .start()
        .await
        .unwrap();
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().join("out");
    write_unsettled(&out, &emulator, 91);
    let before = json(&out.join("pending.json"));
    let mut fetch = fetch(folder.path(), &emulator, &emulator.jobs().imagine);
    fetch.arg("--resubmit").run().ended(6);
    assert_eq!(json(&out.join("pending.json")), before);
}

/// The end of a job says nothing about a submission that was sent since.
#[tokio::test]
async fn a_jobs_end_keeps_the_record_of_another_submission() {
    let emulator = Emulator::builder().paused().start().await.unwrap();
    let folder = tempfile::tempdir().unwrap();
    let job_id = &emulator.jobs().imagine;
    let at = |out: &str| {
        let mut fetch = command(folder.path());
        fetch
            .args(["fetch", job_id, "--out", out, "--interval", INTERVAL])
            .args(["--timeout", "0.05"])
            .at(&emulator)
            .env("XDG_STATE_HOME", folder.path().join("state"));
        fetch
    };
    at("one").run().ended(5);
    let ids = useapi_seed_client(&emulator)
        .executing_jobs()
        .await
        .unwrap()
        .ids;
    let id = ids.unwrap().remove(0);
    useapi_seed_client(&emulator)
        .job(id)
        .cancel()
        .await
        .unwrap();
    // What another process submits while the first job is over.
    let state = folder.path().join("state/useapi-seed/jobs");
    let lock = fs::read_dir(&state)
        .unwrap()
        .next()
        .unwrap()
        .unwrap()
        .path();
    let mut note = json(&lock);
    let now = std::time::SystemTime::UNIX_EPOCH.elapsed().unwrap();
    let now = now.as_millis().try_into().unwrap();
    note["submission"] = intent(now, 90_000);
    fs::write(&lock, note.to_string()).unwrap();
    at("one").run().ended(8);
    at("one").run().ended(5).told("may have been sent before");
    assert_eq!(emulator.job_counts()[job_id].started, 1);
}

fn useapi_seed_client(emulator: &Emulator) -> useapi_seed::Client {
    let builder = useapi_seed::Client::builder(emulator.token());
    builder.base_url(emulator.base_url()).build().unwrap()
}
