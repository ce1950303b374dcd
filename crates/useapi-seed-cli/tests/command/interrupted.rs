//! Ctrl-C and SIGTERM, and two processes at the same directory.

use std::io::{BufRead, BufReader};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use useapi_seed_emulator::{Fault, Operation};

use crate::process::{
    CommandExt, Setup, assert_complete, assert_schema, command, concurrently, json, shell,
};

/// A process whose stderr is read line by line.
struct Running {
    child: Child,
    reader: BufReader<std::process::ChildStderr>,
    stderr: String,
}

impl Running {
    fn start(mut command: Command) -> Self {
        let command = command.stdout(Stdio::null()).stderr(Stdio::piped());
        let mut child = command.spawn().unwrap();
        Self {
            reader: BufReader::new(child.stderr.take().unwrap()),
            child,
            stderr: String::new(),
        }
    }

    /// Reads until a line begins so.
    fn until(&mut self, start: &str) {
        loop {
            let mut line = String::new();
            let count = self.reader.read_line(&mut line).unwrap();
            assert_ne!(count, 0, "no {start} in:\n{}", self.stderr);
            self.stderr.push_str(&line);
            if line.starts_with(start) {
                return;
            }
        }
    }

    fn signal(&self, signal: Signal) {
        let id = self.child.id().try_into().unwrap();
        kill(Pid::from_raw(id), signal).unwrap();
    }

    /// Its exit code, and all of stderr.
    fn end(mut self) -> (Option<i32>, String) {
        while self.reader.read_line(&mut self.stderr).unwrap() > 0 {}
        (self.child.wait().unwrap().code(), self.stderr)
    }
}

#[test]
fn interrupted_fetch_prints_resume_command() {
    let signals = [(Signal::SIGINT, 130), (Signal::SIGTERM, 143)];
    concurrently(signals, |(signal, code)| {
        let setup = Setup::paused();
        let mut running = Running::start(setup.fetch("out"));
        running.until("submitted as ");
        running.signal(signal);
        let (ended, stderr) = running.end();
        assert_eq!(ended, Some(code), "{stderr}");
        let last = stderr.lines().last().unwrap();
        let line = last.strip_prefix("To resume, run: ").unwrap();

        setup.emulator.advance(Duration::from_secs(60));
        shell(setup.dir(), line)
            .at(&setup.emulator)
            .run()
            .exit_code(0)
            .reported("resuming ");
        assert_complete(&setup.path("out"));
        assert_eq!(setup.started(), 1);
    });
}

/// A submission that was sent is finished; a second Ctrl-C does not wait for that.
#[test]
fn interrupt_waits_for_submission() {
    for (milliseconds, signals) in [(300, 1), (60_000, 2)] {
        let setup = Setup::with_fault(Operation::RetrieveSeed, Fault::Latency { milliseconds });
        let mut running = Running::start(setup.fetch("out"));
        running.until("submitting");
        running.signal(Signal::SIGINT);
        running.until("finishing the current request");
        if signals == 2 {
            running.signal(Signal::SIGINT);
        }
        let (ended, stderr) = running.end();
        assert_eq!(ended, Some(130), "{stderr}");
        assert!(
            stderr
                .lines()
                .last()
                .unwrap()
                .starts_with("To resume, run: ")
        );
        let pending = json(&setup.path("out/pending.json"));
        assert_schema("pending", &pending);
        assert_eq!(pending["submission"]["state"] == "started", signals == 1);
    }
}

#[test]
fn same_directory_is_locked() {
    let setup = Setup::paused();
    let mut first = Running::start(setup.fetch("out"));
    first.until("submitted as ");
    let mut second = Running::start(setup.fetch("out"));
    second.until("out is in use by another process; waiting");
    // The wait can be interrupted.
    let mut third = Running::start(setup.fetch("out"));
    third.until("out is in use by another process; waiting");
    third.signal(Signal::SIGINT);
    assert_eq!(third.end().0, Some(130));

    setup.emulator.advance(Duration::from_secs(60));
    assert_eq!(first.end().0, Some(0));
    let (code, stderr) = second.end();
    assert_eq!(code, Some(0), "{stderr}");
    assert!(!stderr.contains("submitting"), "{stderr}");
    assert_complete(&setup.path("out"));
    assert_eq!(setup.started(), 1);
}

/// Into different directories, too.
#[test]
fn same_job_is_submitted_once() {
    let setup = Setup::paused();
    let start = |out: &str| Running::start(setup.fetch_with_state(out));
    let mut first = start("one");
    first.until("submitted as ");
    let mut second = start("two");
    second.until("another process is fetching this job; waiting");
    setup.emulator.advance(Duration::from_secs(60));
    assert_eq!(first.end().0, Some(0));
    let (code, stderr) = second.end();
    assert_eq!(code, Some(0), "{stderr}");
    assert!(stderr.contains("seed already available"), "{stderr}");
    for out in ["one", "two"] {
        assert_complete(&setup.path(out));
    }
    assert_eq!(setup.started(), 1);
}

/// Its emulator ends with it, so there is nothing to resume.
#[test]
fn killed_demo_starts_again() {
    let dir = tempfile::tempdir().unwrap();
    let mut demo = command(dir.path());
    demo.arg("demo");
    let mut running = Running::start(demo);
    running.until("submitted as ");
    running.signal(Signal::SIGKILL);
    running.end();
    assert!(!dir.path().join("demo/pending.json").exists());
    command(dir.path()).arg("demo").run().exit_code(0);
    assert_complete(&dir.path().join("demo"));
}
