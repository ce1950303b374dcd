//! Running cargo in other folders than the workspace's.

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use anyhow::{Context, Result, bail};

/// Where all that is built for these chores goes: beside the workspace's own
/// artefacts, not among them. A package of a copied workspace has the same hash
/// as the original, so that the two would take each other's for theirs.
pub(crate) const TARGET: &str = "target/downstream";

/// Set for whatever talks to a server of ours: no proxy leads to loopback.
pub(crate) const LOOPBACK: [(&str, &str); 2] = [
    ("NO_PROXY", "127.0.0.1,localhost"),
    ("no_proxy", "127.0.0.1,localhost"),
];

/// Cargo, in a folder.
pub(crate) struct Cargo {
    folder: PathBuf,
    target: PathBuf,
    offline: bool,
    environment: Vec<(String, OsString)>,
}

impl Cargo {
    /// For a folder, whose builds share [`TARGET`] of the workspace.
    pub(crate) fn new(folder: &Path) -> Result<Self> {
        Ok(Self {
            folder: folder.to_owned(),
            target: std::path::absolute(TARGET).context("the current folder has no path")?,
            // `fetch` has brought all that the lock file names. What it does
            // not name is not to come in.
            offline: true,
            environment: Vec::new(),
        })
    }

    /// Lets it download what it needs.
    pub(crate) fn online(mut self) -> Self {
        self.offline = false;
        self
    }

    /// Lets it put what it builds into a folder of its own.
    pub(crate) fn into_folder(mut self, target: &Path) -> Self {
        target.clone_into(&mut self.target);
        self
    }

    /// A variable for it, and for the programs that it runs.
    pub(crate) fn env(mut self, name: &str, value: impl Into<OsString>) -> Self {
        self.environment.push((name.to_owned(), value.into()));
        self
    }

    /// Where it puts what it builds.
    pub(crate) fn target(&self) -> &Path {
        &self.target
    }

    /// Runs it, and gives its standard output. What it has to complain of goes
    /// to standard error as it comes.
    pub(crate) fn run(&self, arguments: &[&str]) -> Result<String> {
        let output = self
            .command(arguments)
            .stderr(Stdio::inherit())
            .output()
            .context("cannot start cargo")?;
        if !output.status.success() {
            bail!(
                "`cargo {}` in {} failed: {}",
                arguments.join(" "),
                self.folder.display(),
                output.status
            );
        }
        Ok(String::from_utf8_lossy(&output.stdout).into_owned())
    }

    /// Runs it, however it ends, with nothing shown.
    pub(crate) fn try_run(&self, arguments: &[&str]) -> Result<Output> {
        self.command(arguments)
            .output()
            .context("cannot start cargo")
    }

    /// Runs a script that calls cargo, up to its first command that fails. What is
    /// printed is shown only then.
    pub(crate) fn run_script(&self, script: &str) -> Result<()> {
        let output = self
            .prepared("sh", &["-ec", script])
            .output()
            .context("cannot start sh")?;
        if !output.status.success() {
            bail!(
                "in {} failed: {}\n{script}\n{}{}",
                self.folder.display(),
                output.status,
                String::from_utf8_lossy(&output.stdout),
                String::from_utf8_lossy(&output.stderr)
            );
        }
        Ok(())
    }

    fn command(&self, arguments: &[&str]) -> Command {
        self.prepared(env!("CARGO"), arguments)
    }

    fn prepared(&self, program: &str, arguments: &[&str]) -> Command {
        let mut command = Command::new(program);
        command
            .args(arguments)
            .current_dir(&self.folder)
            .env("CARGO_TARGET_DIR", &self.target)
            // With it, programs would be in another folder below that one.
            .env_remove("CARGO_BUILD_TARGET")
            // One profile, whatever the folder's own manifest says, so that
            // dependencies are compiled once. Nobody debugs these programs.
            .env("CARGO_PROFILE_DEV_DEBUG", "0")
            .env("CARGO_INCREMENTAL", "0")
            .envs(self.environment.iter().map(|(name, value)| (name, value)));
        if self.offline {
            command.env("CARGO_NET_OFFLINE", "true");
        }
        command
    }
}

/// Downloads what the workspace's lock file names; the only step that may need
/// a network.
pub(crate) fn fetch() -> Result<()> {
    let status = Command::new(env!("CARGO"))
        .args(["fetch", "--locked", "--quiet"])
        .status()
        .context("cannot start cargo")?;
    if !status.success() {
        bail!("`cargo fetch --locked` failed: {status}");
    }
    Ok(())
}
