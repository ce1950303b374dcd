//! The emulator, by the project's own command: as a part of this program it
//! would be compiled for each of the other chores as well.

use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use anyhow::{Context, Result, ensure};
use serde_json::Value;

use crate::cargo::{self, Cargo, LOOPBACK};
use crate::checkout::Checkout;

/// What a program that retrieves the seed of the imagine job has to print.
pub(crate) const SEED: &str = "seed 3058471692";

/// A service of its own, until this is dropped.
pub(crate) struct Emulator {
    process: Child,
    news: Value,
}

impl Emulator {
    /// Builds the command in a copy of the workspace, and says where it is.
    pub(crate) fn build(checkout: &Checkout) -> Result<PathBuf> {
        cargo::fetch()?;
        let cargo = Cargo::new(checkout.path())?;
        cargo.run(&["build", "--quiet", "--package", "useapi-seed-cli"])?;
        Ok(cargo.target().join("debug/useapi-seed"))
    }

    /// Starts it with the command at this path.
    pub(crate) fn start(command: &Path) -> Result<Self> {
        // A minute passes there in a tenth of a second.
        Self::launch(Command::new(command).args(["emulate", "--json", "--speed", "600"]))
    }

    /// Starts whatever serves as one and prints a line of JSON.
    pub(crate) fn launch(command: &mut Command) -> Result<Self> {
        let name = command.get_program().display().to_string();
        let process = command
            .stdout(Stdio::piped())
            .spawn()
            .with_context(|| format!("cannot start {name}"))?;
        // From here on it is ended whatever comes.
        let mut emulator = Self {
            process,
            news: Value::Null,
        };
        let output = emulator.process.stdout.take();
        let mut line = String::new();
        BufReader::new(output.context("the emulator has no output")?)
            .read_line(&mut line)
            .context("cannot read what the emulator prints")?;
        emulator.news = serde_json::from_str(&line)
            .with_context(|| format!("the emulator printed no JSON: `{line}`"))?;
        Ok(emulator)
    }

    /// What it printed in this place, such as `/base_url`.
    pub(crate) fn news(&self, place: &str) -> Result<&str> {
        self.news
            .pointer(place)
            .and_then(Value::as_str)
            .with_context(|| format!("the emulator printed no {place}"))
    }

    /// All that it printed.
    pub(crate) fn all_news(&self) -> &Value {
        &self.news
    }

    /// Its process.
    pub(crate) fn id(&self) -> u32 {
        self.process.id()
    }

    /// Runs a user's program in a folder, with the imagine job as its first
    /// argument and then these, and expects these parts in its output.
    pub(crate) fn run(
        &self,
        program: &mut Command,
        more: &[&str],
        folder: &Path,
        parts: &[&str],
    ) -> Result<()> {
        program
            .arg(self.news("/jobs/imagine")?)
            .args(more)
            .env("USEAPI_BASE_URL", self.news("/base_url")?)
            .env("USEAPI_TOKEN", self.news("/token")?)
            .envs(LOOPBACK);
        let output = run_in(program, folder)?;
        for part in parts {
            ensure!(
                output.contains(part),
                "`{part}` is missing in the output:\n{output}"
            );
        }
        Ok(())
    }
}

impl Drop for Emulator {
    fn drop(&mut self) {
        // If this fails, it has ended already.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// Runs a program in a folder, and gives its output.
pub(crate) fn run_in(program: &mut Command, folder: &Path) -> Result<String> {
    let name = program.get_program().display().to_string();
    let output = program
        .current_dir(folder)
        .output()
        .with_context(|| format!("cannot start {name}"))?;
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    ensure!(
        output.status.success(),
        "{name} in {} failed: {}\n{text}{}",
        folder.display(),
        output.status,
        String::from_utf8_lossy(&output.stderr)
    );
    Ok(text)
}
