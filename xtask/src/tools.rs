//! Programs in other languages: linters, generators, an S3 server.

use std::env;
use std::ffi::OsString;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use xshell::{Shell, cmd};

use crate::SPEC;
use crate::build;
use crate::server::Server;

/// Installs the programs from `requirements.txt` and `package.json`, and returns a PATH
/// that has them first.
pub(crate) fn install(sh: &Shell) -> Result<OsString> {
    let programs = [
        python_programs(sh, "requirements.txt")?,
        node_packages(sh)?.join(".bin"),
    ];
    let path = env::var_os("PATH").unwrap_or_default();
    let path = programs.into_iter().chain(env::split_paths(&path));
    env::join_paths(path).context("the target directory cannot be in PATH")
}

/// Installs the packages for Node.js, and returns their directory.
pub(crate) fn node_packages(sh: &Shell) -> Result<PathBuf> {
    let directory = install_once(sh, "package.json", |list, directory| {
        sh.copy_file(list, directory)?;
        let _directory = sh.push_dir(directory);
        cmd!(sh, "npm install --loglevel=error --no-audit --no-fund")
            .run()
            .context("needs Node.js 20.19, 22.12 or newer, with npm (Debian: nodejs, npm)")
    })?;
    Ok(directory.join("node_modules"))
}

/// Builds Firefox's driver, and returns its path.
pub(crate) fn geckodriver(sh: &Shell) -> Result<PathBuf> {
    let directory = install_once(sh, "geckodriver.txt", |list, directory| {
        let version = sh.read_file(list)?;
        let version = version.trim();
        // Unoptimised: it waits for the browser.
        cmd!(
            sh,
            "cargo install --quiet --locked --debug --root {directory} geckodriver@{version}"
        )
        .run()?;
        Ok(())
    })?;
    Ok(directory.join("bin/geckodriver"))
}

/// Installs a list of packages for Python, and returns the directory of their programs.
fn python_programs(sh: &Shell, list: &str) -> Result<PathBuf> {
    let directory = install_once(sh, list, |list, directory| {
        cmd!(sh, "python3 -m venv --clear {directory}")
            .run()
            .context("needs Python 3.11 or newer with venv (Debian: python3-venv)")?;
        let pip = directory.join("bin/pip");
        cmd!(
            sh,
            "{pip} install --quiet --disable-pip-version-check --requirement {list}"
        )
        .run()?;
        Ok(())
    })?;
    Ok(directory.join("bin"))
}

/// Installs a list, unless it was installed as it is.
fn install_once(
    sh: &Shell,
    list: &str,
    install: impl FnOnce(&Path, &Path) -> Result<()>,
) -> Result<PathBuf> {
    let directory = build::target()?.join("tools").join(list).with_extension("");
    let list = sh.current_dir().join("xtask/tools").join(list);
    let installed = directory.join("installed");
    let wanted = sh.read_file(&list)?;
    if sh.read_file(&installed).is_ok_and(|list| list == wanted) {
        return Ok(directory);
    }
    sh.remove_path(&directory)?;
    sh.create_dir(&directory)?;
    install(&list, &directory)?;
    sh.write_file(installed, wanted)?;
    Ok(directory)
}

/// Lints the spec, and that of the emulator's own routes, with two linters.
pub(crate) fn lint_spec(sh: &Shell) -> Result<()> {
    let _path = sh.push_env("PATH", install(sh)?);
    let specs = [SPEC, "openapi/emulator.yaml"];
    cmd!(sh, "openapi-spec-validator {specs...}").run()?;
    cmd!(sh, "redocly lint --config openapi/redocly.yaml {specs...}")
        .env("REDOCLY_TELEMETRY", "off")
        .env("REDOCLY_SUPPRESS_UPDATE_NOTICE", "true")
        .run()?;
    Ok(())
}

/// Runs the tests of the image sinks against an S3 server on loopback.
pub(crate) fn test_s3(sh: &Shell) -> Result<()> {
    let server = python_programs(sh, "s3-server.txt")?.join("moto_server");
    let command = cmd!(sh, "{server} --host 127.0.0.1 --port 0");
    let (_server, address) = Server::start(command, |line| {
        let address = line.strip_prefix(" * Running on ")?;
        Some(address.trim().to_owned())
    })?;
    cmd!(
        sh,
        "cargo test --workspace --features useapi-seed-images/__s3-tests --test s3"
    )
    .env("S3_TEST_ENDPOINT", address)
    .run()?;
    Ok(())
}
