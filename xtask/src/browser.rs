//! Pages in a browser.

use std::env;
use std::path::PathBuf;

use anyhow::{Context, Result};
use xshell::{Shell, cmd};

use crate::{build, tools};

const FEATURES: [&str; 2] = ["--features", "useapi-seed-tests/browser"];

/// Runs the tests of the pages, or those that the arguments choose.
pub(crate) fn test(sh: &Shell, arguments: &[&str]) -> Result<()> {
    let axe = tools::node_packages(sh)?.join("axe-core/axe.min.js");
    let command = build::command(sh, &FEATURES)?;
    cmd!(
        sh,
        "cargo test --workspace {FEATURES...} --test browser {arguments...}"
    )
    .env("BROWSER_TESTS_CHROMIUM", find("chromium", "chromium")?)
    .env(
        "BROWSER_TESTS_DRIVER",
        find("chromedriver", "chromium-driver")?,
    )
    .env("BROWSER_TESTS_AXE", axe)
    .env("BROWSER_TESTS_COMMAND", command)
    .run()?;
    Ok(())
}

/// Makes the README's screenshots.
pub(crate) fn make_screenshots(sh: &Shell) -> Result<()> {
    test(sh, &["readme", "--", "--ignored"])
}

/// The path of a program.
fn find(program: &str, package: &str) -> Result<PathBuf> {
    let path = env::var_os("PATH").unwrap_or_default();
    let mut files = env::split_paths(&path).map(|directory| directory.join(program));
    let found = files.find(|file| file.is_file());
    found.with_context(|| format!("`{program}` is missing; install it (Debian: {package})"))
}
