//! What the tasks build.

use std::path::PathBuf;

use anyhow::{Context, Result};
use xshell::{Shell, cmd};

/// The directory of the profile in the target directory, where this program is.
pub(crate) fn directory() -> Result<PathBuf> {
    let program = std::env::current_exe().context("this program has no path")?;
    Ok(program
        .parent()
        .context("this program has no directory")?
        .to_owned())
}

/// The target directory, for packages outside the workspace: they share what they
/// depend on.
pub(crate) fn target() -> Result<PathBuf> {
    let directory = directory()?;
    Ok(directory
        .parent()
        .context("there is no target directory")?
        .to_owned())
}

/// Builds the command and the generator, and returns the directory of the former.
///
/// Together and of the whole workspace, with an example among them: then cargo
/// chooses the features of `cargo test --workspace`, and builds no dependency twice.
pub(crate) fn programs(sh: &Shell, arguments: &[&str]) -> Result<PathBuf> {
    let programs = ["--bin", "useapi-seed", "--example", "generate"];
    cmd!(
        sh,
        "cargo build --quiet --workspace {programs...} {arguments...}"
    )
    .run()?;
    directory()
}

/// The command.
pub(crate) fn command(sh: &Shell, arguments: &[&str]) -> Result<PathBuf> {
    Ok(programs(sh, arguments)?.join(format!("useapi-seed{}", std::env::consts::EXE_SUFFIX)))
}
