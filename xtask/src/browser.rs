//! `cargo xtask test --browser`: pages, in a real browser.

use std::env;
use std::path::PathBuf;
use std::process::{Command, Stdio};

use anyhow::{Context, Result, bail, ensure};
use serde_json::Value;

use crate::cargo::LOOPBACK;
use crate::tools;

/// Builds the command, and runs the tests of its pages, or those that the arguments
/// choose.
pub(crate) fn test(arguments: &[String]) -> Result<()> {
    let chromium = find("chromium", "chromium")?;
    let driver = find("chromedriver", "chromium-driver")?;
    let axe = tools::node_packages()?.join("axe-core/axe.min.js");
    ensure!(axe.is_file(), "axe-core has no {}", axe.display());
    let command = build()?;
    println!("== pages in a browser");
    let status = Command::new(env!("CARGO"))
        // Of the whole workspace, so that what its other tests depend on is not built anew.
        .args(["test", "--workspace", "--test", "browser"])
        .args(["--features", "useapi-seed-tests/browser"])
        .args(arguments)
        .envs(LOOPBACK)
        .env("BROWSER_TESTS_CHROMIUM", chromium)
        .env("BROWSER_TESTS_DRIVER", driver)
        .env("BROWSER_TESTS_AXE", axe)
        .env("BROWSER_TESTS_COMMAND", command)
        .status()
        .context("cannot start cargo")?;
    ensure!(status.success(), "the tests of pages failed: {status}");
    Ok(())
}

/// Makes the README's pictures.
pub(crate) fn pictures() -> Result<()> {
    test(&["readme::pictures_are_made", "--", "--ignored"].map(str::to_owned))
}

/// Where a program is.
fn find(program: &str, package: &str) -> Result<PathBuf> {
    let path = env::var_os("PATH").unwrap_or_default();
    let found = env::split_paths(&path)
        .map(|folder| folder.join(program))
        .find(|file| file.is_file());
    found.with_context(|| format!("`{program}` is missing; install it (Debian: {package})"))
}

/// Builds the command, and says where it is.
fn build() -> Result<PathBuf> {
    let output = Command::new(env!("CARGO"))
        .args(["build", "--package", "useapi-seed-cli"])
        .arg("--message-format=json-render-diagnostics")
        .stderr(Stdio::inherit())
        .output()
        .context("cannot start cargo")?;
    ensure!(output.status.success(), "the command does not build");
    let messages = serde_json::Deserializer::from_slice(&output.stdout).into_iter::<Value>();
    for message in messages {
        let message = message.context("cannot read what cargo prints")?;
        if let Some(program) = message.get("executable").and_then(Value::as_str) {
            return Ok(program.into());
        }
    }
    bail!("cargo has built no command")
}
