//! Servers that tasks start.

use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, Command};

use anyhow::{Context, Result, ensure};
use serde_json::Value;
use xshell::Cmd;

/// The seed that a program prints for the emulator's imagine job.
pub(crate) const SEED: &str = "seed 3058471692";

/// A process that is killed when this is dropped.
pub(crate) struct Server(Child);

impl Server {
    /// Starts the command, and reads its output until a line has what is looked for.
    pub(crate) fn start<T>(
        command: Cmd<'_>,
        find: impl Fn(&str) -> Option<T>,
    ) -> Result<(Self, T)> {
        let name = command.to_string();
        let (output, input) = std::io::pipe()?;
        let mut command = Command::from(command);
        command.stdout(input.try_clone()?).stderr(input);
        let server = Self(
            command
                .spawn()
                .with_context(|| format!("cannot start {name}"))?,
        );
        // Its ends of the pipe, so that reading ends when the process does.
        drop(command);
        let mut lines = BufReader::new(output).lines().map_while(Result::ok);
        let mut log = String::new();
        for line in lines.by_ref() {
            if let Some(found) = find(&line) {
                // Read on, so that the server never waits for a reader.
                std::thread::spawn(move || lines.for_each(drop));
                return Ok((server, found));
            }
            log = log + &line + "\n";
        }
        ensure!(log.is_empty(), "{name} ended:\n{log}");
        Err(anyhow::anyhow!("{name} ended"))
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // Fails if the process has ended.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// The emulator, as its own process.
pub(crate) struct Emulator {
    _server: Server,
    /// What it prints when it has started.
    startup: Value,
}

impl Emulator {
    /// Starts it with the command at this path. A minute passes there in a tenth of
    /// a second.
    pub(crate) fn start(sh: &xshell::Shell, command: &Path) -> Result<Self> {
        let command = xshell::cmd!(sh, "{command} emulate --json --speed 600");
        let (server, startup) = Server::start(command, |line| serde_json::from_str(line).ok())?;
        Ok(Self {
            _server: server,
            startup,
        })
    }

    /// Runs a program that gets the id of the imagine job, and expects these parts in
    /// its output.
    pub(crate) fn run(&self, program: Cmd<'_>, expected: &[&str]) -> Result<()> {
        let startup = |pointer| {
            let value = self.startup.pointer(pointer).and_then(Value::as_str);
            value.with_context(|| format!("the emulator printed no {pointer}"))
        };
        let name = program.to_string();
        let output = program
            .arg(startup("/jobs/imagine")?)
            .env("USEAPI_BASE_URL", startup("/base_url")?)
            .env("USEAPI_TOKEN", startup("/token")?)
            .read()?;
        for part in expected {
            ensure!(
                output.contains(part),
                "{name} does not print `{part}`:\n{output}"
            );
        }
        println!("{name}: {}", expected.join(", "));
        Ok(())
    }
}
