//! Whenever a fetch is killed, the same fetch goes on: one submission, one whole
//! folder.

use std::fs;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use useapi_seed_emulator::{Emulator, Fault, Operation, Trigger};

use crate::process::{At, FAST, command, json, names, whole};

/// Between two checks of the command.
pub(crate) const INTERVAL: &str = "0.1";

pub(crate) const LATE: Duration = Duration::from_millis(700);

pub(crate) fn fetch(folder: &Path, emulator: &Emulator, job_id: &str) -> Command {
    let mut command = command(folder);
    command
        .args(["fetch", job_id, "--out", "out"])
        .args(["--interval", INTERVAL, "--timeout", "20"])
        .at(emulator);
    command
}

pub(crate) fn start(mut command: Command) -> Child {
    command
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap()
}

pub(crate) fn kill(child: &mut Child) {
    child.kill().unwrap();
    child.wait().unwrap();
}

/// Looks again and again, and not for ever.
pub(crate) async fn until(is_so: impl Fn() -> bool) {
    let begun = Instant::now();
    while !is_so() {
        assert!(
            begun.elapsed() < Duration::from_secs(20),
            "it does not come"
        );
        tokio::time::sleep(Duration::from_millis(2)).await;
    }
}

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

#[track_caller]
fn goes_on(folder: &Path, emulator: &Emulator, job_id: &str, when: &str) {
    fetch(folder, emulator, job_id).run().ended(0);
    whole(&folder.join("out"));
    let started = emulator.job_counts()[job_id].started;
    assert_eq!(started, 1, "{when}");
}

#[tokio::test]
async fn in_each_call() {
    for (operation, fault) in [
        // Carried out when the process has gone.
        (Operation::RetrieveSeed, Fault::late(LATE)),
        // Arrived, and not answered.
        (Operation::RetrieveSeed, Fault::Stall { bytes: 0 }),
        (Operation::RetrieveSeed, Fault::Stall { bytes: 100 }),
        (Operation::GetJob, Fault::Stall { bytes: 0 }),
        (Operation::GetImage, Fault::Stall { bytes: 0 }),
        (Operation::GetImage, Fault::Stall { bytes: 500_000 }),
    ] {
        let emulator = Emulator::builder()
            .time_scale(FAST)
            .fault(operation, Trigger::Next(1), fault.clone())
            .start()
            .await
            .unwrap();
        let folder = tempfile::tempdir().unwrap();
        let job_id = &emulator.jobs().imagine;
        let mut child = start(fetch(folder.path(), &emulator, job_id));
        until(|| emulator.faults()[0].hits > 0).await;
        kill(&mut child);
        assert!(folder.path().join("out/pending.json").exists());
        emulator.clear_faults();
        let when = format!("{operation:?} {fault:?}");
        goes_on(folder.path(), &emulator, job_id, &when);
    }
}

/// Killed when the folder has changed once, twice, and so on, until one comes
/// through: each file that is begun, each name that one gets, each removal.
#[cfg(target_os = "linux")]
#[tokio::test]
async fn after_each_change_of_the_folder() {
    let (emulator, jobs, _) = crate::many::emulator(100).await;
    let mut changes = 0;
    for job_id in &jobs {
        changes += 1;
        let folder = tempfile::tempdir().unwrap();
        let out = folder.path().join("out");
        fs::create_dir(&out).unwrap();
        let watched = Changes::watch(&out);
        let mut child = start(fetch(folder.path(), &emulator, job_id));
        let came_through = loop {
            if watched.count() >= changes {
                kill(&mut child);
                break false;
            }
            if child.try_wait().unwrap().is_some() {
                break watched.count() < changes;
            }
        };
        // What was sent has arrived by then.
        tokio::time::sleep(Duration::from_millis(100)).await;
        settle(&out);
        let when = format!("after {changes} changes");
        goes_on(folder.path(), &emulator, job_id, &when);
        if came_through {
            break;
        }
    }
    // The lock, the probe, pending.json twice, job.json, seed.json twice and four
    // images, which all begin as a part, and most of which go again.
    assert!((24..100).contains(&changes), "{changes}");
}

/// Counts what happens to a folder; the system forgets nothing of it.
#[cfg(target_os = "linux")]
struct Changes {
    inotify: nix::sys::inotify::Inotify,
    seen: std::cell::Cell<usize>,
}

#[cfg(target_os = "linux")]
impl Changes {
    fn watch(folder: &Path) -> Self {
        use nix::sys::inotify::{AddWatchFlags, InitFlags, Inotify};

        let inotify = Inotify::init(InitFlags::IN_NONBLOCK).unwrap();
        let flags = AddWatchFlags::IN_CREATE | AddWatchFlags::IN_MOVED_TO;
        inotify
            .add_watch(folder, flags | AddWatchFlags::IN_DELETE)
            .unwrap();
        Self {
            inotify,
            seen: std::cell::Cell::default(),
        }
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
#[tokio::test]
async fn nothing_of_it_stays() {
    let emulator = Emulator::builder().time_scale(FAST).start().await.unwrap();
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().join("out");
    fs::create_dir(&out).unwrap();
    for name in [
        ".useapi-seed.lock",
        ".useapi-seed-abc.part",
        ".useapi-seed-image-abc.part",
        ".mine.part",
    ] {
        fs::write(out.join(name), "").unwrap();
    }
    write_pending(&out, &emulator, 0);
    fetch(folder.path(), &emulator, &emulator.jobs().imagine)
        .run()
        .ended(0);
    assert_eq!(names(&out)[0], ".mine.part");
    fs::remove_file(out.join(".mine.part")).unwrap();
    whole(&out);
}

/// The record says that something was submitted, but nothing was.
#[tokio::test]
async fn just_before_the_submission() {
    let emulator = Emulator::builder().time_scale(FAST).start().await.unwrap();
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().join("out");
    fs::create_dir(&out).unwrap();
    // Long ago, so that one look is enough.
    write_pending(&out, &emulator, 0);
    let job_id = &emulator.jobs().imagine;
    let run = fetch(folder.path(), &emulator, job_id).run().ended(0);
    assert!(
        run.stderr
            .starts_with("a submission may have been sent before")
    );
    let first = emulator.journal().remove(0);
    assert_eq!(first.operation, Some(Operation::ListJobs));
    whole(&out);

    // A record that cannot be understood is not passed over.
    fs::remove_file(out.join("job.json")).unwrap();
    fs::write(out.join("pending.json"), "{").unwrap();
    let calls = emulator.journal().len();
    fetch(folder.path(), &emulator, job_id)
        .run()
        .ended(9)
        .told("cannot understand out/pending.json");
    assert_eq!(emulator.journal().len(), calls);
}

/// A look that found nothing makes the record young again: the next submission is
/// another one.
#[tokio::test]
async fn in_a_submission_after_a_look() {
    let emulator = Emulator::builder()
        .time_scale(FAST)
        .fault(
            Operation::RetrieveSeed,
            Trigger::Next(1),
            Fault::Stall { bytes: 0 },
        )
        .start()
        .await
        .unwrap();
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().join("out");
    fs::create_dir(&out).unwrap();
    write_pending(&out, &emulator, 0);
    let job_id = &emulator.jobs().imagine;
    let mut again = fetch(folder.path(), &emulator, job_id);
    again.args(["--reply-ref", "another"]);
    let mut child = start(again);
    until(|| emulator.faults()[0].hits > 0).await;
    kill(&mut child);
    let pending = json(&out.join("pending.json"));
    assert!(pending["submission"]["recorded_at"].as_u64().unwrap() > 0);
    assert_eq!(pending["reply_ref"], "another");
    goes_on(folder.path(), &emulator, job_id, "after a look");
}

/// Whatever its reference: a second job of the same parent is never wanted.
#[tokio::test]
async fn a_job_with_another_reference_is_found() {
    let emulator = Emulator::builder()
        .time_scale(FAST)
        .fault(Operation::RetrieveSeed, Trigger::Next(1), Fault::late(LATE))
        .start()
        .await
        .unwrap();
    let folder = tempfile::tempdir().unwrap();
    let job_id = &emulator.jobs().imagine;
    let mut first = fetch(folder.path(), &emulator, job_id);
    first.args(["--reply-ref", "one"]);
    let mut child = start(first);
    until(|| emulator.faults()[0].hits > 0).await;
    kill(&mut child);
    let mut second = fetch(folder.path(), &emulator, job_id);
    second.args(["--reply-ref", "another"]).run().ended(0);
    assert_eq!(emulator.job_counts()[job_id].started, 1);
}

/// The next process has another folder, or is called in another one.
#[tokio::test]
async fn and_called_in_another_folder() {
    let emulator = Emulator::builder().paused().start().await.unwrap();
    let folder = tempfile::tempdir().unwrap();
    let fetch = |out: &str| {
        let mut fetch = command(folder.path());
        fetch
            .args(["fetch", &emulator.jobs().imagine, "--out", out])
            .args(["--interval", INTERVAL])
            .at(&emulator)
            .env("XDG_STATE_HOME", folder.path().join("state"));
        fetch
    };
    let begun = |out: &str| {
        let pending = fs::read_to_string(folder.path().join(out).join("pending.json"));
        pending.is_ok_and(|pending| pending.contains("\"started\""))
    };
    let mut first = start(fetch("one"));
    until(|| begun("one")).await;
    kill(&mut first);
    // Nor when it ends by itself.
    fetch("two")
        .args(["--timeout", "0.01"])
        .run()
        .ended(5)
        .told("a submission may have been sent before");
    // Nor does a look that fails make the next one forget it.
    let fault = Fault::status(500);
    emulator
        .inject(Operation::ListJobs, Trigger::Next(20), fault)
        .unwrap();
    fetch("none").run().ended(7);
    emulator.clear_faults();
    fetch("four")
        .args(["--timeout", "0.01"])
        .run()
        .ended(5)
        .told("a submission may have been sent before");
    emulator.advance(Duration::from_secs(60));
    fetch("three").run().ended(0);
    let started = emulator.job_counts()[&emulator.jobs().imagine].started;
    assert_eq!(started, 1);
    // All is done, so nothing is left to look for.
    assert!(names(&folder.path().join("state/useapi-seed/jobs")).is_empty());
}

/// Something of a finished folder is lost: what is known of it is enough.
#[tokio::test]
async fn what_is_missing_is_fetched_without_a_submission() {
    let emulator = Emulator::builder().time_scale(FAST).start().await.unwrap();
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().join("out");
    let job_id = &emulator.jobs().imagine;
    fetch(folder.path(), &emulator, job_id).run().ended(0);
    let submissions = || {
        let calls = emulator.journal();
        let of_it = |call: &&useapi_seed_emulator::JournalEntry| {
            call.operation == Some(Operation::RetrieveSeed)
        };
        calls.iter().filter(of_it).count()
    };
    fs::remove_file(out.join("image-2.png")).unwrap();
    fs::write(out.join("image-3.png"), "cut").unwrap();
    fetch(folder.path(), &emulator, job_id).run().ended(0);
    whole(&out);
    assert_eq!(submissions(), 1);
}
