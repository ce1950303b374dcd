//! The programs that measure, built in a copy of the workspace.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use anyhow::{Context, Result, ensure};
use serde_json::Value;

use crate::bench::PACKAGE;
use crate::cargo::{self, Cargo, LOOPBACK};
use crate::checkout::Checkout;
use crate::emulator::Emulator;
use crate::lock_file;
use crate::peers;
use crate::tools::Tools;

/// The variable in which they find the service.
const SERVICE: &str = "BENCH_SERVICE";
/// Runs the benchmarks of gungraun; has to be of the library's version.
const RUNNER: &str = "gungraun-runner";
const RUNNER_FOLDER: &str = "target/tools/rust";

/// Built, with the service that they call.
pub(super) struct Programs {
    service: Emulator,
    tools: Tools,
    folder: PathBuf,
    target: PathBuf,
    runner: PathBuf,
    /// Removed when this is dropped, and therefore last.
    _checkout: Checkout,
}

/// One that runs.
pub(super) struct Program {
    name: String,
    process: Child,
}

impl Programs {
    pub(super) fn build() -> Result<Self> {
        let tools = Tools::install()?;
        cargo::fetch()?;
        let checkout = Checkout::new()?;
        let folder = checkout.path().join(PACKAGE);
        peers::openapi_generator(&tools, "rust", checkout.path(), &folder, peers::CLIENT)?;
        lock_file::lend(&folder)?;
        // One client needs packages that the workspace does not.
        let cargo = Cargo::new(&folder)?.online();
        println!("building; the first time takes some minutes");
        cargo.run(&["build", "--quiet", "--release", "--bins"])?;
        let target = cargo.target().to_owned();
        let service = Emulator::launch(&mut Command::new(target.join("release/answers")))?;
        Ok(Self {
            service,
            tools,
            runner: runner(&folder)?,
            folder,
            target,
            _checkout: checkout,
        })
    }

    pub(super) fn tools(&self) -> &Tools {
        &self.tools
    }

    /// Where their package is; gone when this is.
    pub(super) fn folder(&self) -> &Path {
        &self.folder
    }

    /// Starts one of them, with these arguments.
    pub(super) fn start(&self, line: &[&str]) -> Result<Program> {
        let (name, arguments) = line.split_first().context("no program")?;
        let process = Command::new(self.target.join("release").join(name))
            .args(arguments)
            .current_dir(&self.folder)
            .env(SERVICE, self.service.all_news().to_string())
            .envs(LOOPBACK)
            .stdout(Stdio::piped())
            .spawn()
            .with_context(|| format!("cannot start {name}"))?;
        Ok(Program {
            name: (*name).to_owned(),
            process,
        })
    }

    /// Runs one of them, for a number in what it prints.
    pub(super) fn number(&self, line: &[&str], place: &str) -> Result<f64> {
        self.start(line)?.number(place)
    }

    /// What the service said in this place, such as `/base_url`.
    pub(super) fn news(&self, place: &str) -> Result<&str> {
        self.service.news(place)
    }

    /// Runs one of the benchmarks, whose files go into the folder `home`.
    pub(super) fn bench(&self, name: &str, home: &Path, arguments: &[&str]) -> Result<String> {
        let mut cargo = Cargo::new(&self.folder)?
            .online()
            .env(SERVICE, self.service.all_news().to_string())
            .env("CRITERION_HOME", home)
            .env("GUNGRAUN_HOME", home)
            .env("GUNGRAUN_RUNNER", &self.runner);
        for (name, value) in LOOPBACK {
            cargo = cargo.env(name, value);
        }
        let bench = ["bench", "--quiet", "--bench", name, "--"];
        cargo.run(&[&bench, arguments].concat())
    }
}

impl Program {
    /// A number in what it prints, once it has ended.
    pub(super) fn number(self, place: &str) -> Result<f64> {
        let output = self.process.wait_with_output();
        let output = output.with_context(|| format!("cannot await {}", self.name))?;
        let text = String::from_utf8_lossy(&output.stdout);
        ensure!(
            output.status.success(),
            "{} failed: {}",
            self.name,
            output.status
        );
        serde_json::from_str(&text)
            .ok()
            .and_then(|printed: Value| printed.pointer(place)?.as_f64())
            .with_context(|| format!("{} printed no {place}: {text}", self.name))
    }
}

/// Installs the runner of the library's version, unless it is there.
fn runner(folder: &Path) -> Result<PathBuf> {
    let version = version(folder, "gungraun")?;
    let root = std::path::absolute(RUNNER_FOLDER).context("the current folder has no path")?;
    let runner = root.join("bin").join(RUNNER);
    let mark = root.join("installed");
    if fs::read_to_string(&mark).is_ok_and(|installed| installed == version) {
        return Ok(runner);
    }
    println!(
        "installing {RUNNER} {version} into {}; it takes minutes",
        root.display()
    );
    // It only reads and starts: what makes it fast would take its compiler long.
    let root_argument = root.to_str().context("its path is no Unicode text")?;
    Cargo::new(Path::new("."))?.online().run(&[
        "install",
        "--quiet",
        "--locked",
        "--debug",
        "--force",
        "--root",
        root_argument,
        "--version",
        &version,
        RUNNER,
    ])?;
    fs::write(&mark, version).with_context(|| format!("cannot write {}", mark.display()))?;
    Ok(runner)
}

/// The version of a package in the lock file there.
pub(super) fn version(folder: &Path, package: &str) -> Result<String> {
    let versions = lock_file::versions(folder, package)?;
    versions
        .last()
        .cloned()
        .with_context(|| format!("{package} is not in the lock file"))
}
