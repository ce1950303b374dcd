//! Running the command.

use std::fs;
use std::path::Path;
use std::process::{Command, Output, Stdio};

use serde_json::Value;
use useapi_seed_emulator::Emulator;

/// A minute passes in a tenth of a second.
pub(crate) const FAST: f64 = 600.0;

/// What no output and no file may contain: the distinctive part of every token
/// that these tests use.
const SECRET: &str = "emulator-token";

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

    /// Requires an exit code; a failure shows what was said.
    #[track_caller]
    pub(crate) fn ended(self, code: i32) -> Self {
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
    pub(crate) fn told(self, words: &str) -> Self {
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

    /// The id of the job that was started.
    #[track_caller]
    pub(crate) fn started(&self) -> &str {
        self.stderr
            .lines()
            .find_map(|line| line.strip_prefix("started job "))
            .expect("no started job")
    }

    /// The command line that goes on, at the end of the last line.
    #[track_caller]
    pub(crate) fn goes_on(&self) -> &str {
        let last = self.stderr.lines().last().expect("nothing was told");
        let (_, line) = last.split_once("to go on: ").expect("no command line");
        line
    }

    /// The last command line on a line of its own, in an error's advice.
    #[track_caller]
    pub(crate) fn suggested(&self) -> &str {
        let mut lines = self.stderr.lines().rev();
        lines
            .find_map(|line| line.strip_prefix("    "))
            .expect("no command line")
    }
}

/// The temporary directory of the processes in a folder.
const TEMPORARY: &str = ".tmp";

/// The command in a folder, with nothing of this environment in its way.
pub(crate) fn command(folder: &Path) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_useapi-seed"));
    // Called as it is when installed, since it says how it was called.
    #[cfg(unix)]
    std::os::unix::process::CommandExt::arg0(&mut command, "useapi-seed");
    isolate(&mut command, folder);
    command
}

/// A shell in which `useapi-seed` is the command.
#[cfg(unix)]
pub(crate) fn shell(folder: &Path, line: &str) -> Command {
    let binary = Path::new(env!("CARGO_BIN_EXE_useapi-seed"));
    let mut path = binary.parent().unwrap().as_os_str().to_owned();
    path.push(":");
    path.push(std::env::var_os("PATH").unwrap());
    let mut command = Command::new("sh");
    command.args(["-c", line]).env("PATH", path);
    isolate(&mut command, folder);
    command
}

fn isolate(command: &mut Command, folder: &Path) {
    command.current_dir(folder).stdin(Stdio::null());
    for (name, _) in std::env::vars() {
        if name.starts_with("USEAPI_") || name.starts_with("XDG_") {
            command.env_remove(name);
        }
    }
    for name in ["RUST_BACKTRACE", "NO_COLOR", "CLICOLOR", "CLICOLOR_FORCE"] {
        command.env_remove(name);
    }
    // No folder can be made there, so there are no settings and no state. What is
    // locked instead is of this folder alone.
    command.env("HOME", "/dev/null");
    let temporary = folder.join(TEMPORARY);
    fs::create_dir_all(&temporary).unwrap();
    command.env("TMPDIR", temporary);
    for name in ["http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"] {
        command.env_remove(name);
    }
}

/// Points a command at a service.
pub(crate) trait At {
    fn at(&mut self, emulator: &Emulator) -> &mut Self;
    fn at_url(&mut self, base_url: &str, token: &str) -> &mut Self;
    fn run(&mut self) -> Run;
}

impl At for Command {
    fn at(&mut self, emulator: &Emulator) -> &mut Self {
        self.at_url(emulator.base_url(), emulator.token())
    }

    fn at_url(&mut self, base_url: &str, token: &str) -> &mut Self {
        self.env("USEAPI_BASE_URL", base_url)
            .env("USEAPI_TOKEN", token)
    }

    fn run(&mut self) -> Run {
        Run::of(self.output().unwrap())
    }
}

/// `fetch`, looking often.
pub(crate) fn fetch(folder: &Path, emulator: &Emulator, job_id: &str, out: &str) -> Command {
    let mut command = command(folder);
    command
        .args(["fetch", job_id, "--out", out])
        .args(["--interval", "0.02", "--timeout", "20"])
        .at(emulator);
    command
}

/// The names in a folder, sorted, without its temporary directory, and no token in
/// any file.
pub(crate) fn names(folder: &Path) -> Vec<String> {
    let mut names: Vec<String> = fs::read_dir(folder)
        .unwrap()
        .map(Result::unwrap)
        .filter(|entry| entry.file_name() != TEMPORARY)
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

pub(crate) const WHOLE: [&str; 7] = [
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

/// A folder with everything in it, consistent in itself. Gives `seed.json`.
#[track_caller]
pub(crate) fn whole(folder: &Path) -> Value {
    assert_eq!(names(folder), WHOLE);
    let job = json(&folder.join("job.json"));
    let seed = json(&folder.join("seed.json"));
    assert_schema("seed", &seed);
    assert!(seed["seed"].is_u64());
    assert_eq!(seed["seed"], job["seed"]["value"]);
    assert_eq!(seed["job_id"], job["jobid"]);
    let files = seed["files"].as_array().unwrap();
    assert_eq!(files.len(), 4);
    for (index, image) in files.iter().enumerate() {
        assert_eq!(image["file"], WHOLE[index]);
        assert_eq!(image["error"], Value::Null);
        assert_eq!(image["media_type"], "image/png");
        assert_eq!(
            (&image["width"], &image["height"]),
            (&1024.into(), &1024.into())
        );
        let file = fs::read(folder.join(WHOLE[index])).unwrap();
        assert!(file.starts_with(b"\x89PNG\r\n\x1a\n"));
        assert_eq!(image["size"], file.len());
    }
    seed
}
