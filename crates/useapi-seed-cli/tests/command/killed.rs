//! Whenever a fetch is killed, the same fetch resumes: one submission, one complete
//! directory.

use std::fs;
use std::path::Path;
use std::process::Command;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use useapi_seed_emulator::{Emulator, Fault, Operation};

use crate::process::{
    CommandExt, Setup, assert_complete, command, concurrently, json, kill, names, wait_until,
};

pub(crate) const LATE: Duration = Duration::from_millis(700);

/// Printed before a search for what an earlier submission has started.
pub(crate) const UNCONFIRMED: &str = "previous submission unconfirmed; checking";

/// Lets the time pass in which a submission may still start a job.
pub(crate) fn settle(out: &Path) {
    let path = out.join("pending.json");
    let Ok(text) = fs::read(&path) else { return };
    let mut pending: serde_json::Value = serde_json::from_slice(&text).unwrap();
    if pending["submission"]["state"] == "intent" {
        pending["submission"]["recorded_at"] = 0.into();
    }
    fs::write(path, pending.to_string()).unwrap();
}

/// The same fetch completes the directory without another job.
#[track_caller]
fn resumes(mut fetch: Command, emulator: &Emulator, job_id: &str, when: &str) {
    let out = fetch.get_current_dir().unwrap().join("out");
    fetch.run().exit_code(0);
    assert_complete(&out);
    assert_eq!(emulator.job_counts()[job_id].started, 1, "{when}");
}

#[test]
fn killed_during_a_call_resumes() {
    let cases = [
        // Processed when the process is gone.
        (Operation::RetrieveSeed, Fault::latency(LATE)),
        // Received, and not responded to.
        (Operation::RetrieveSeed, Fault::Stall { bytes: 0 }),
        (Operation::RetrieveSeed, Fault::Stall { bytes: 100 }),
        (Operation::GetJob, Fault::Stall { bytes: 0 }),
        (Operation::GetImage, Fault::Stall { bytes: 0 }),
        (Operation::GetImage, Fault::Stall { bytes: 500_000 }),
    ];
    concurrently(cases, |(operation, fault)| {
        let setup = Setup::with_fault(operation, fault.clone());
        let mut child = setup.fetch("out").start();
        setup.wait_for_fault();
        kill(&mut child);
        assert!(setup.path("out/pending.json").exists());
        setup.emulator.clear_faults();
        let when = format!("{operation:?} {fault:?}");
        resumes(setup.fetch("out"), &setup.emulator, setup.parent(), &when);
    });
}

/// Killed when the directory has changed once, twice, and so on, until one completes:
/// each file that is created, renamed or removed.
#[cfg(target_os = "linux")]
#[test]
fn killed_after_each_directory_change_resumes() {
    let (setup, jobs, _) = crate::many::setup(100);
    let completed_after = AtomicUsize::new(usize::MAX);
    let numbered: Vec<_> = (1..).zip(&jobs).collect();
    // As many as the account executes.
    for batch in numbered.chunks(3) {
        concurrently(batch, |(changes, job_id)| {
            if killed_after(*changes, &setup, job_id) {
                completed_after.fetch_min(*changes, Ordering::Relaxed);
            }
        });
        if completed_after.load(Ordering::Relaxed) < usize::MAX {
            break;
        }
    }
    // The lock, the probe, pending.json twice, job.json, seed.json twice and four
    // images, which all begin as a part, and most of which go again.
    let changes = completed_after.into_inner();
    assert!((24..100).contains(&changes), "{changes}");
}

/// Kills a fetch after this many changes, and resumes it. Whether it was completed
/// before.
#[cfg(target_os = "linux")]
fn killed_after(changes: usize, setup: &Setup, job_id: &str) -> bool {
    let dir = tempfile::tempdir().unwrap();
    let out = dir.path().join("out");
    fs::create_dir(&out).unwrap();
    let fetch = || {
        let mut fetch = command(dir.path());
        fetch.line(&format!("fetch {job_id} -o out"));
        fetch.at(&setup.emulator);
        fetch
    };
    let watched = Changes::watch(&out);
    let mut child = fetch().start();
    let is_completed = loop {
        if watched.count() >= changes {
            kill(&mut child);
            break false;
        }
        if child.try_wait().unwrap().is_some() {
            break watched.count() < changes;
        }
        watched.wait();
    };
    // What was sent has arrived by then.
    std::thread::sleep(Duration::from_millis(100));
    settle(&out);
    let when = format!("after {changes} changes");
    resumes(fetch(), &setup.emulator, job_id, &when);
    is_completed
}

/// Counts the changes of a directory; the system drops none.
#[cfg(target_os = "linux")]
struct Changes {
    inotify: nix::sys::inotify::Inotify,
    seen: std::cell::Cell<usize>,
}

#[cfg(target_os = "linux")]
impl Changes {
    fn watch(dir: &Path) -> Self {
        use nix::sys::inotify::{AddWatchFlags, InitFlags, Inotify};

        let inotify = Inotify::init(InitFlags::IN_NONBLOCK).unwrap();
        let flags = AddWatchFlags::IN_CREATE | AddWatchFlags::IN_MOVED_TO;
        inotify
            .add_watch(dir, flags | AddWatchFlags::IN_DELETE)
            .unwrap();
        Self {
            inotify,
            seen: std::cell::Cell::default(),
        }
    }

    /// Until the next change, or for a moment: the process may have ended.
    fn wait(&self) {
        use nix::poll::{PollFd, PollFlags, poll};
        use std::os::fd::AsFd;

        let changed = PollFd::new(self.inotify.as_fd(), PollFlags::POLLIN);
        poll(&mut [changed], 10_u8).unwrap();
    }

    fn count(&self) -> usize {
        let events = self.inotify.read_events().unwrap_or_default();
        self.seen.set(self.seen.get() + events.len());
        self.seen.get()
    }
}

/// The record of a submission of another process.
pub(crate) fn write_pending(out: &Path, emulator: &Emulator, recorded_at: u64) {
    let pending = serde_json::json!({
        "job_id": emulator.jobs().imagine,
        "base_url": emulator.base_url(),
        "reply_ref": null,
        "submission": intent(recorded_at, 90_000),
    });
    fs::write(out.join("pending.json"), pending.to_string()).unwrap();
}

/// Times are in milliseconds.
pub(crate) fn intent(recorded_at: u64, settle_time: u64) -> serde_json::Value {
    serde_json::json!({
        "state": "intent",
        "recorded_at": recorded_at,
        "settle_time": settle_time,
        "owner": "another process",
    })
}

/// What a killed process has left is gone, and only that.
#[test]
fn leftovers_of_killed_process_are_removed() {
    let setup = Setup::running();
    let out = setup.path("out");
    fs::create_dir(&out).unwrap();
    for name in [
        ".useapi-seed.lock",
        ".useapi-seed-abc.part",
        ".useapi-seed-image-abc.part",
        ".mine.part",
    ] {
        fs::write(out.join(name), "").unwrap();
    }
    write_pending(&out, &setup.emulator, 0);
    setup.fetch("out").run().exit_code(0);
    assert_eq!(names(&out)[0], ".mine.part");
    fs::remove_file(out.join(".mine.part")).unwrap();
    assert_complete(&out);
}

/// The record says that something was submitted, but nothing was.
#[test]
fn killed_before_submission_resumes() {
    let setup = Setup::running();
    let out = setup.path("out");
    fs::create_dir(&out).unwrap();
    // Long ago, so that one search is enough.
    write_pending(&out, &setup.emulator, 0);
    let run = setup.fetch("out").run().exit_code(0);
    assert!(run.stderr.starts_with(UNCONFIRMED), "{}", run.stderr);
    let first = setup.emulator.journal().remove(0);
    assert_eq!(first.operation, Some(Operation::ListJobs));
    assert_complete(&out);

    // A record that cannot be parsed is not ignored.
    fs::remove_file(out.join("job.json")).unwrap();
    fs::write(out.join("pending.json"), "{").unwrap();
    let calls = setup.emulator.journal().len();
    setup
        .fetch("out")
        .run()
        .exit_code(9)
        .reported("cannot parse out/pending.json");
    assert_eq!(setup.emulator.journal().len(), calls);
}

/// A search that found nothing makes the record new again: the next submission is
/// another one.
#[test]
fn killed_in_submission_after_search_resumes() {
    let setup = Setup::with_fault(Operation::RetrieveSeed, Fault::Stall { bytes: 0 });
    let out = setup.path("out");
    fs::create_dir(&out).unwrap();
    write_pending(&out, &setup.emulator, 0);
    let job_id = setup.parent();
    let mut again = setup.fetch("out");
    again.line("--reply-ref another");
    let mut child = again.start();
    setup.wait_for_fault();
    kill(&mut child);
    let pending = json(&out.join("pending.json"));
    assert!(pending["submission"]["recorded_at"].as_u64().unwrap() > 0);
    assert_eq!(pending["reply_ref"], "another");
    resumes(
        setup.fetch("out"),
        &setup.emulator,
        job_id,
        "after a search",
    );
}

/// Whatever its reference: a second job of the same parent is never wanted.
#[test]
fn job_with_other_reference_is_found() {
    let setup = Setup::with_fault(Operation::RetrieveSeed, Fault::latency(LATE));
    let job_id = setup.parent();
    let mut first = setup.fetch("out");
    first.line("--reply-ref one");
    let mut child = first.start();
    setup.wait_for_fault();
    kill(&mut child);
    let mut second = setup.fetch("out");
    second.line("--reply-ref another").run().exit_code(0);
    assert_eq!(setup.emulator.job_counts()[job_id].started, 1);
}

/// The next process has another dir, or is called in another one.
#[test]
fn resumes_in_another_directory() {
    let setup = Setup::paused();
    let fetch = |out: &str| setup.fetch_with_state(out);
    let begun = |out: &str| {
        let pending = fs::read_to_string(setup.path(out).join("pending.json"));
        pending.is_ok_and(|pending| pending.contains("\"started\""))
    };
    let mut first = fetch("one").start();
    wait_until(|| begun("one"));
    kill(&mut first);
    // Nor when it ends by itself.
    fetch("two")
        .line("--timeout 0.01")
        .run()
        .exit_code(5)
        .reported(UNCONFIRMED);
    // Nor does a search that fails make the next one forget it.
    setup.inject(Operation::ListJobs, 20, Fault::status(500));
    fetch("none").run().exit_code(7);
    setup.emulator.clear_faults();
    fetch("four")
        .line("--timeout 0.01")
        .run()
        .exit_code(5)
        .reported(UNCONFIRMED);
    setup.emulator.advance(Duration::from_secs(60));
    fetch("three").run().exit_code(0);
    let started = setup.started();
    assert_eq!(started, 1);
    // All is done, so nothing is left to search for.
    assert!(names(&setup.path("state/useapi-seed/jobs")).is_empty());
}

/// Something of a complete directory is lost: what is known of it is enough.
#[test]
fn missing_files_are_fetched_without_submission() {
    let setup = Setup::running();
    let out = setup.path("out");
    setup.fetch("out").run().exit_code(0);
    fs::remove_file(out.join("image-2.png")).unwrap();
    fs::write(out.join("image-3.png"), "cut").unwrap();
    setup.fetch("out").run().exit_code(0);
    assert_complete(&out);
    assert_eq!(setup.calls(Operation::RetrieveSeed), 1);
}
