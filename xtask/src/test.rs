//! `cargo xtask test`.

use std::process::Command;

use anyhow::{Context, Result, bail};

/// Runs the tests of all crates, then those of the layers that a build of the
/// whole workspace would show with the generator switched on.
pub(crate) fn run(arguments: &[String]) -> Result<()> {
    cargo(&["test", "--workspace"], arguments)
}

fn cargo(command: &[&str], arguments: &[String]) -> Result<()> {
    let status = Command::new(env!("CARGO"))
        .args(command)
        .args(arguments)
        .status()
        .context("cannot start cargo")?;
    if !status.success() {
        bail!("`cargo {}` failed: {status}", command.join(" "));
    }
    Ok(())
}
