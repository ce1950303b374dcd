//! Ctrl-C and SIGTERM, and two processes at the same folder.

use std::io::{BufRead, BufReader};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use useapi_seed_emulator::{Emulator, Fault, Operation, Trigger};

use crate::process::{At, FAST, assert_schema, command, json, shell, whole};

/// A process whose news are read line by line.
struct Running {
    child: Child,
    stderr: BufReader<std::process::ChildStderr>,
    told: String,
}

impl Running {
    fn start(mut command: Command) -> Self {
        let command = command.stdout(Stdio::null()).stderr(Stdio::piped());
        let mut child = command.spawn().unwrap();
        Self {
            stderr: BufReader::new(child.stderr.take().unwrap()),
            child,
            told: String::new(),
        }
    }

    /// Reads until a line begins so.
    fn until(&mut self, start: &str) {
        loop {
            let mut line = String::new();
            let count = self.stderr.read_line(&mut line).unwrap();
            assert_ne!(count, 0, "no {start} in:\n{}", self.told);
            self.told.push_str(&line);
            if line.starts_with(start) {
                return;
            }
        }
    }

    fn signal(&self, signal: Signal) {
        let id = self.child.id().try_into().unwrap();
        kill(Pid::from_raw(id), signal).unwrap();
    }

    /// Its exit code, and all it told.
    fn end(mut self) -> (Option<i32>, String) {
        while self.stderr.read_line(&mut self.told).unwrap() > 0 {}
        (self.child.wait().unwrap().code(), self.told)
    }
}

fn fetch(folder: &std::path::Path, emulator: &Emulator) -> Command {
    let mut command = command(folder);
    command
        .args(["fetch", &emulator.jobs().imagine, "--out", "out"])
        .args(["--interval", "0.02"])
        .at(emulator);
    command
}

#[tokio::test]
async fn the_last_line_goes_on() {
    for (signal, code) in [(Signal::SIGINT, 130), (Signal::SIGTERM, 143)] {
        let emulator = Emulator::builder().paused().start().await.unwrap();
        let folder = tempfile::tempdir().unwrap();
        let mut running = Running::start(fetch(folder.path(), &emulator));
        running.until("started job ");
        running.signal(signal);
        let (ended, told) = running.end();
        assert_eq!(ended, Some(code), "{told}");
        let last = told.lines().last().unwrap();
        let line = last.strip_prefix("to go on: ").unwrap();

        emulator.advance(Duration::from_secs(60));
        shell(folder.path(), line)
            .at(&emulator)
            .run()
            .ended(0)
            .told("which was started before");
        whole(&folder.path().join("out"));
        let jobs = emulator.job_counts();
        assert_eq!(jobs[&emulator.jobs().imagine].started, 1);
    }
}

/// A submission that is on its way comes to its end; a second Ctrl-C does not wait
/// for that.
#[tokio::test]
async fn a_submission_is_not_torn_up() {
    let latency = |milliseconds| Fault::Latency { milliseconds };
    let folder = tempfile::tempdir().unwrap();
    let pending = || json(&folder.path().join("out/pending.json"));
    for (milliseconds, signals) in [(300, 1), (60_000, 2)] {
        let emulator = Emulator::builder()
            .time_scale(FAST)
            .fault(
                Operation::RetrieveSeed,
                Trigger::Next(1),
                latency(milliseconds),
            )
            .start()
            .await
            .unwrap();
        let mut running = Running::start(fetch(folder.path(), &emulator));
        running.until("submitting");
        running.signal(Signal::SIGINT);
        running.until("finishing the submission");
        if signals == 2 {
            running.signal(Signal::SIGINT);
        }
        let (ended, told) = running.end();
        assert_eq!(ended, Some(130), "{told}");
        assert!(told.lines().last().unwrap().starts_with("to go on: "));
        assert_schema("pending", &pending());
        assert_eq!(pending()["submission"]["state"] == "started", signals == 1);
        std::fs::remove_dir_all(folder.path().join("out")).unwrap();
    }
}

#[tokio::test]
async fn of_two_at_once_one_works() {
    let emulator = Emulator::builder().paused().start().await.unwrap();
    let folder = tempfile::tempdir().unwrap();
    let mut first = Running::start(fetch(folder.path(), &emulator));
    first.until("started job ");
    let mut second = Running::start(fetch(folder.path(), &emulator));
    second.until("another process works in out");
    // It can be given up.
    let mut third = Running::start(fetch(folder.path(), &emulator));
    third.until("another process works in out");
    third.signal(Signal::SIGINT);
    assert_eq!(third.end().0, Some(130));

    emulator.advance(Duration::from_secs(60));
    assert_eq!(first.end().0, Some(0));
    let (code, told) = second.end();
    assert_eq!(code, Some(0), "{told}");
    assert!(!told.contains("submitting"), "{told}");
    whole(&folder.path().join("out"));
    let jobs = emulator.job_counts();
    assert_eq!(jobs[&emulator.jobs().imagine].started, 1);
}

/// Into different folders, too.
#[tokio::test]
async fn of_two_at_one_job_one_submits() {
    let emulator = Emulator::builder().paused().start().await.unwrap();
    let folder = tempfile::tempdir().unwrap();
    let start = |out: &str| {
        let mut command = command(folder.path());
        command
            .args(["fetch", &emulator.jobs().imagine, "--out", out])
            .args(["--interval", "0.02"])
            .at(&emulator)
            .env("XDG_STATE_HOME", folder.path().join("state"));
        Running::start(command)
    };
    let mut first = start("one");
    first.until("started job ");
    let mut second = start("two");
    second.until("another process retrieves this job");
    emulator.advance(Duration::from_secs(60));
    assert_eq!(first.end().0, Some(0));
    let (code, told) = second.end();
    assert_eq!(code, Some(0), "{told}");
    assert!(told.contains("was retrieved before"), "{told}");
    for out in ["one", "two"] {
        whole(&folder.path().join(out));
    }
    let jobs = emulator.job_counts();
    assert_eq!(jobs[&emulator.jobs().imagine].started, 1);
}

/// Its emulator ends with it, so there is nothing to go on with.
#[test]
fn a_demo_begins_anew() {
    let folder = tempfile::tempdir().unwrap();
    let mut demo = command(folder.path());
    demo.arg("demo");
    let mut running = Running::start(demo);
    running.until("started job ");
    running.signal(Signal::SIGKILL);
    running.end();
    assert!(!folder.path().join("demo/pending.json").exists());
    command(folder.path()).arg("demo").run().ended(0);
    whole(&folder.path().join("demo"));
}
