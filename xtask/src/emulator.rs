//! The emulator, by the project's own command: as a part of this program it
//! would be compiled for each of the other chores as well.

use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};

use anyhow::{Context, Result};
use serde_json::Value;

/// A service of its own, until this is dropped.
pub(crate) struct Emulator {
    process: Child,
    news: Value,
}

impl Emulator {
    /// Starts it with the command at this path.
    pub(crate) fn start(command: &Path) -> Result<Self> {
        let process = Command::new(command)
            // A minute passes there in a tenth of a second.
            .args(["emulate", "--json", "--speed", "600"])
            .stdout(Stdio::piped())
            .spawn()
            .with_context(|| format!("cannot start {}", command.display()))?;
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
}

impl Drop for Emulator {
    fn drop(&mut self) {
        // If this fails, it has ended already.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}
