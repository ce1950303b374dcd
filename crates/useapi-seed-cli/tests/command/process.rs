//! Running the command.

use std::fs;
use std::net::TcpListener;
use std::ops::Deref;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::sync::{LazyLock, mpsc};
use std::thread;
use std::time::Duration;

use serde_json::Value;
use tempfile::TempDir;
use tokio::runtime::Runtime;
use useapi_seed_emulator::{Emulator, EmulatorBuilder, Fault, Operation};
use useapi_seed_tests::Harness;

/// A minute passes in a tenth of a second.
pub(crate) const FAST: f64 = 600.0;

/// Seconds between two polls, and about as long before the first retry.
pub(crate) const INTERVAL: &str = "0.02";

/// What no output and no file may contain: the distinctive part of every token
/// that these tests use.
const SECRET: &str = "emulator-token";

/// Serves what the tests start, while they wait for processes.
static RUNTIME: LazyLock<Runtime> = LazyLock::new(|| Runtime::new().unwrap());

/// Runs a future to its end beside the test.
pub(crate) fn wait_for<T: Send + 'static>(future: impl Future<Output = T> + Send + 'static) -> T {
    let (sender, receiver) = mpsc::channel();
    RUNTIME.spawn(async move { sender.send(future.await) });
    receiver.recv().unwrap()
}

/// Runs cases concurrently, since they mostly wait.
pub(crate) fn concurrently<T: Send>(
    cases: impl IntoIterator<Item = T>,
    run: impl Fn(T) + Copy + Send,
) {
    thread::scope(|scope| {
        for case in cases {
            scope.spawn(move || run(case));
        }
    });
}

/// Repeats until the condition is true; a test that never gets there hangs.
pub(crate) fn wait_until(condition: impl Fn() -> bool) {
    while !condition() {
        thread::sleep(Duration::from_millis(2));
    }
}

/// How a process ended.
pub(crate) struct Run {
    pub(crate) code: Option<i32>,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

impl Run {
    /// Checks what is true of every run.
    pub(crate) fn of(output: Output) -> Self {
        let run = Self {
            code: output.status.code(),
            stdout: String::from_utf8(output.stdout).unwrap(),
            stderr: String::from_utf8(output.stderr).unwrap(),
        };
        for text in [&run.stdout, &run.stderr] {
            assert!(!text.contains(SECRET), "a token in:\n{text}");
            assert!(!text.contains("panicked"), "{text}");
            let control = text.chars().find(|c| c.is_control() && *c != '\n');
            assert_eq!(control, None, "in {text:?}");
        }
        run
    }

    /// Requires an exit code; a failure shows what was printed.
    #[track_caller]
    pub(crate) fn exit_code(self, code: i32) -> Self {
        assert_eq!(
            self.code,
            Some(code),
            "\nstdout:\n{}\nstderr:\n{}",
            self.stdout,
            self.stderr
        );
        self
    }

    /// Requires these words on stderr.
    #[track_caller]
    pub(crate) fn reported(self, words: &str) -> Self {
        assert!(
            self.stderr.contains(words),
            "no {words:?} in:\n{}",
            self.stderr
        );
        self
    }

    pub(crate) fn last_line(&self) -> &str {
        self.stdout.lines().last().unwrap()
    }

    /// The ID of the job that was started, or is waited for.
    #[track_caller]
    pub(crate) fn started_job(&self) -> &str {
        let started = ["submitted as ", "waiting for "];
        let id = |line| {
            started
                .iter()
                .find_map(|start| str::strip_prefix(line, start))
        };
        self.stderr.lines().find_map(id).expect("no started job")
    }

    /// The command line that resumes, at the end of the last line.
    #[track_caller]
    pub(crate) fn resume_command(&self) -> &str {
        let last = self.stderr.lines().last().expect("nothing was printed");
        let (_, line) = last.split_once(" run: ").expect("no command line");
        line
    }

    /// The last command line on a line of its own, in an error's hint.
    #[track_caller]
    pub(crate) fn suggested_command(&self) -> &str {
        let mut lines = self.stderr.lines().rev();
        lines
            .find_map(|line| line.strip_prefix("    "))
            .expect("no command line")
    }
}

/// The temporary directory of the processes in a directory.
const TEMPORARY: &str = ".tmp";

/// The command in a dir, with nothing of this environment in its way.
pub(crate) fn command(dir: &Path) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_useapi-seed"));
    // Called as it is when installed, since it says how it was called.
    #[cfg(unix)]
    std::os::unix::process::CommandExt::arg0(&mut command, "useapi-seed");
    isolate(&mut command, dir);
    command
}

/// A shell in which `useapi-seed` is the command.
#[cfg(unix)]
pub(crate) fn shell(dir: &Path, line: &str) -> Command {
    let binary = Path::new(env!("CARGO_BIN_EXE_useapi-seed"));
    let mut path = binary.parent().unwrap().as_os_str().to_owned();
    path.push(":");
    path.push(std::env::var_os("PATH").unwrap());
    let mut command = Command::new("sh");
    command.args(["-c", line]).env("PATH", path);
    isolate(&mut command, dir);
    command
}

fn isolate(command: &mut Command, dir: &Path) {
    command.current_dir(dir).stdin(Stdio::null());
    for (name, _) in std::env::vars() {
        if name.starts_with("USEAPI_") || name.starts_with("XDG_") {
            command.env_remove(name);
        }
    }
    for name in ["RUST_BACKTRACE", "NO_COLOR", "CLICOLOR", "CLICOLOR_FORCE"] {
        command.env_remove(name);
    }
    // No directory can be made there, so there are no settings and no state. What is
    // locked instead is of this directory alone.
    command.env("HOME", "/dev/null");
    let temporary = dir.join(TEMPORARY);
    fs::create_dir_all(&temporary).unwrap();
    command.env("TMPDIR", temporary);
    for name in ["http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"] {
        command.env_remove(name);
    }
}

/// Points a command at a service.
pub(crate) trait CommandExt {
    /// Adds arguments that are separated by spaces.
    fn line(&mut self, line: &str) -> &mut Self;
    fn at(&mut self, emulator: &Emulator) -> &mut Self;
    fn at_url(&mut self, base_url: &str, token: &str) -> &mut Self;
    fn run(&mut self) -> Run;
    /// Starts it without reading what it prints.
    fn start(&mut self) -> Child;
}

impl CommandExt for Command {
    fn line(&mut self, line: &str) -> &mut Self {
        self.args(line.split(' '))
    }

    fn at(&mut self, emulator: &Emulator) -> &mut Self {
        self.at_url(emulator.base_url(), emulator.token())
    }

    fn at_url(&mut self, base_url: &str, token: &str) -> &mut Self {
        self.env("USEAPI_BASE_URL", base_url)
            .env("USEAPI_TOKEN", token)
            .env("USEAPI_INTERVAL", INTERVAL)
    }

    fn run(&mut self) -> Run {
        Run::of(self.output().unwrap())
    }

    fn start(&mut self) -> Child {
        self.stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap()
    }
}

/// Ends a process as the system does it, without a warning.
pub(crate) fn kill(child: &mut Child) {
    child.kill().unwrap();
    child.wait().unwrap();
}

/// An emulator, and a directory in which the command is run against it.
pub(crate) struct Setup {
    harness: Harness,
    dir: TempDir,
}

impl Deref for Setup {
    type Target = Harness;

    fn deref(&self) -> &Harness {
        &self.harness
    }
}

impl Setup {
    pub(crate) fn running() -> Self {
        Self::of(Emulator::builder().time_scale(FAST))
    }

    pub(crate) fn paused() -> Self {
        Self::of(Emulator::builder().paused())
    }

    /// With a fault of the next call.
    pub(crate) fn with_fault(operation: Operation, fault: Fault) -> Self {
        let setup = Self::running();
        setup.inject(operation, 1, fault);
        setup
    }

    pub(crate) fn of(builder: EmulatorBuilder) -> Self {
        Self {
            harness: wait_for(Harness::of(builder)),
            dir: tempfile::tempdir().unwrap(),
        }
    }

    /// The directory in which the command is run.
    pub(crate) fn dir(&self) -> &Path {
        self.dir.path()
    }

    pub(crate) fn path(&self, name: impl AsRef<Path>) -> PathBuf {
        self.dir().join(name)
    }

    pub(crate) fn command(&self, line: &str) -> Command {
        let mut command = command(self.dir());
        command.line(line).at(&self.emulator);
        command
    }

    /// `fetch` of the parent.
    pub(crate) fn fetch(&self, out: &str) -> Command {
        self.fetch_job(self.parent(), out)
    }

    pub(crate) fn fetch_job(&self, job_id: &str, out: &str) -> Command {
        self.command(&format!("fetch {job_id} -o {out}"))
    }

    /// `fetch` that notes the job for processes in other directories.
    pub(crate) fn fetch_with_state(&self, out: &str) -> Command {
        let mut fetch = self.fetch(out);
        fetch.env("XDG_STATE_HOME", self.path("state"));
        fetch
    }

    /// Returns when the injected fault has hit.
    pub(crate) fn wait_for_fault(&self) {
        wait_until(|| self.emulator.faults()[0].hits > 0);
    }

    /// The seed job that was started last.
    pub(crate) fn last_started(&self) -> String {
        let journal = self.emulator.journal();
        let mut calls = journal.iter().rev();
        let submission = calls.find(|call| call.operation == Some(Operation::RetrieveSeed));
        submission.unwrap().job.clone().unwrap()
    }

    /// Runs a command line against the emulator.
    pub(crate) fn run(&self, line: &str) -> Run {
        self.command(line).run()
    }
}

/// A base URL at which no service listens.
pub(crate) fn closed_url() -> String {
    let closed = TcpListener::bind(("127.0.0.1", 0)).unwrap();
    format!("http://{}/v2", closed.local_addr().unwrap())
}

/// The names in a directory, sorted, without its temporary directory and its thumbnails,
/// and no token in any file.
pub(crate) fn names(dir: &Path) -> Vec<String> {
    let mut names: Vec<String> = fs::read_dir(dir)
        .unwrap()
        .map(Result::unwrap)
        .filter(|entry| {
            ![TEMPORARY, ".thumbs"]
                .iter()
                .any(|name| entry.file_name() == *name)
        })
        .map(|entry| {
            if entry.file_type().unwrap().is_file() {
                let content = fs::read(entry.path()).unwrap();
                let shows = content
                    .windows(SECRET.len())
                    .any(|part| part == SECRET.as_bytes());
                assert!(!shows, "a token in {}", entry.path().display());
            }
            entry.file_name().into_string().unwrap()
        })
        .collect();
    names.sort();
    names
}

pub(crate) const COMPLETE: [&str; 7] = [
    "image-1.png",
    "image-2.png",
    "image-3.png",
    "image-4.png",
    "index.html",
    "job.json",
    "seed.json",
];

pub(crate) fn json(path: &Path) -> Value {
    serde_json::from_slice(&fs::read(path).unwrap()).unwrap()
}

/// Holds a document to its schema, as the command itself has it.
#[track_caller]
pub(crate) fn assert_schema(name: &str, document: &Value) {
    let binary = Command::new(env!("CARGO_BIN_EXE_useapi-seed"));
    let Output { stdout, .. } = { binary }.args(["schema", name]).output().unwrap();
    let schema = serde_json::from_slice(&stdout).unwrap();
    let validator = jsonschema::draft202012::new(&schema).unwrap();
    let faults: Vec<_> = validator
        .iter_errors(document)
        .map(|fault| fault.to_string())
        .collect();
    assert!(faults.is_empty(), "{name}: {faults:?} in {document}");
}

/// A directory with everything in it, consistent in itself. Gives `seed.json`.
#[track_caller]
pub(crate) fn assert_complete(dir: &Path) -> Value {
    assert_eq!(names(dir), COMPLETE);
    let job = json(&dir.join("job.json"));
    let seed = json(&dir.join("seed.json"));
    assert_schema("seed", &seed);
    assert!(seed["seed"].is_u64());
    assert_eq!(seed["seed"], job["seed"]["value"]);
    assert_eq!(seed["job_id"], job["jobid"]);
    let files = seed["files"].as_array().unwrap();
    assert_eq!(files.len(), 4);
    for (index, image) in files.iter().enumerate() {
        assert_eq!(image["file"], COMPLETE[index]);
        assert_eq!(image["error"], Value::Null);
        assert_eq!(image["media_type"], "image/png");
        assert_eq!(
            (&image["width"], &image["height"]),
            (&1024.into(), &1024.into())
        );
        let file = fs::read(dir.join(COMPLETE[index])).unwrap();
        assert!(file.starts_with(b"\x89PNG\r\n\x1a\n"));
        assert_eq!(image["size"], file.len());
    }
    seed
}
