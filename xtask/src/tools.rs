//! Programs in other languages that some chores run: linters, generators.

use std::env;
use std::ffi::OsString;
use std::fs;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, bail};

/// Where they are installed.
const FOLDER: &str = "target/tools";
/// Which they are, for pip and for npm.
const PYTHON: &str = "xtask/tools/requirements.txt";
const S3_SERVER: &str = "xtask/tools/s3-server.txt";
const NODE: &str = "xtask/tools/package.json";

const NEEDS_PYTHON: &str = "Python 3.11 or newer with its module venv (Debian: python3-venv)";
const NEEDS_NODE: &str = "Node.js 20.19, 22.12 or newer, with npm (Debian: nodejs, npm)";

/// The programs, installed. For Unix: elsewhere their folders have other names.
pub(crate) struct Tools {
    /// Where programs are looked for: theirs first.
    path: OsString,
}

impl Tools {
    /// Installs what is not there yet, from the package registries.
    pub(crate) fn install() -> Result<Self> {
        let python = python_programs(PYTHON, "python")?;
        let packages = node_packages()?;
        let given = env::var_os("PATH").unwrap_or_default();
        let ours = [python, packages.join(".bin")];
        let path = env::join_paths(ours.into_iter().chain(env::split_paths(&given)))
            .context("the path of the workspace cannot stand in PATH")?;
        Ok(Self { path })
    }

    /// To run one of them, or another program that finds them.
    pub(crate) fn command(&self, program: &str) -> Command {
        let mut command = Command::new(program);
        command.env("PATH", &self.path);
        command
    }
}

/// Installs the S3 server, and returns the path of its program.
pub(crate) fn s3_server() -> Result<PathBuf> {
    Ok(python_programs(S3_SERVER, "s3-server")?.join("moto_server"))
}

/// Installs a list of packages into an environment of this name, and returns the path of
/// its programs.
fn python_programs(list: &str, name: &str) -> Result<PathBuf> {
    let python = folder()?.join(name);
    install_once(list, &python, || {
        let mut venv = Command::new("python3");
        run(
            venv.args(["-m", "venv", "--clear"]).arg(&python),
            NEEDS_PYTHON,
        )?;
        let mut pip = Command::new(python.join("bin/pip"));
        pip.args(["install", "--quiet", "--disable-pip-version-check"]);
        run(pip.args(["--requirement", list]), NEEDS_PYTHON)
    })?;
    Ok(python.join("bin"))
}

/// Installs what is for Node.js alone, and gives the folder of the packages.
pub(crate) fn node_packages() -> Result<PathBuf> {
    let node = folder()?.join("node");
    install_once(NODE, &node, || {
        fs::create_dir_all(&node)
            .and_then(|()| fs::copy(NODE, node.join("package.json")))
            .with_context(|| format!("cannot write to {}", node.display()))?;
        let mut npm = Command::new("npm");
        npm.args(["install", "--loglevel=error", "--no-audit", "--no-fund"]);
        run(npm.current_dir(&node), NEEDS_NODE)
    })?;
    Ok(node.join("node_modules"))
}

fn folder() -> Result<PathBuf> {
    fs::create_dir_all(FOLDER).with_context(|| format!("cannot make {FOLDER}"))?;
    std::path::absolute(FOLDER).context("the current folder has no path")
}

/// Installs what a list names, unless that very list was installed before.
fn install_once(list: &str, folder: &Path, install: impl FnOnce() -> Result<()>) -> Result<()> {
    let wanted = fs::read(list).with_context(|| format!("cannot read {list}"))?;
    let mark = folder.join("installed");
    if fs::read(&mark).is_ok_and(|installed| installed == wanted) {
        return Ok(());
    }
    // Until it is written again, nothing counts as installed.
    let _ = fs::remove_file(&mark);
    println!("installing {list} into {}", folder.display());
    install().with_context(|| format!("cannot install {list}"))?;
    fs::write(&mark, wanted).with_context(|| format!("cannot write {}", mark.display()))
}

fn run(command: &mut Command, needed: &str) -> Result<()> {
    let program = command.get_program().display().to_string();
    match command.status() {
        Ok(status) if status.success() => Ok(()),
        Ok(status) => bail!("`{program}` failed: {status}"),
        Err(fault) if fault.kind() == ErrorKind::NotFound => {
            bail!("`{program}` is missing; install {needed}")
        }
        Err(fault) => Err(fault).with_context(|| format!("cannot start {program}")),
    }
}
