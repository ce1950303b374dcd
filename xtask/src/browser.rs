//! Pages in Chromium and in Firefox.

use std::env;
use std::path::PathBuf;

use anyhow::{Context, Result};
use xshell::{Shell, cmd};

use crate::{build, tools};

const FEATURES: [&str; 2] = ["--features", "useapi-seed-tests/browser"];

/// Runs the tests of the pages, or those that the arguments choose, in both browsers.
pub(crate) fn test(sh: &Shell, arguments: &[&str]) -> Result<()> {
    let chromium = find("chromium", "chromium")?;
    let chromedriver = find("chromedriver", "chromium-driver")?;
    let firefox = find("firefox-esr", "firefox-esr").or_else(|error| {
        // The name elsewhere.
        find("firefox", "firefox-esr").map_err(|_| error)
    })?;
    let geckodriver = tools::geckodriver(sh)?;
    run(sh, "chromium", chromium, chromedriver, arguments)?;
    let separator: &[&str] = if arguments.contains(&"--") {
        &[]
    } else {
        &["--"]
    };
    let others = [arguments, separator, &["--skip", "_in_chromium"]].concat();
    run(sh, "firefox", firefox, geckodriver, &others)
}

fn run(
    sh: &Shell,
    browser: &str,
    binary: PathBuf,
    driver: PathBuf,
    arguments: &[&str],
) -> Result<()> {
    let axe = tools::node_packages(sh)?.join("axe-core/axe.min.js");
    let command = build::command(sh, &FEATURES)?;
    cmd!(
        sh,
        "cargo test --workspace {FEATURES...} --test browser {arguments...}"
    )
    .env("BROWSER_TESTS_BROWSER", browser)
    .env("BROWSER_TESTS_BINARY", binary)
    .env("BROWSER_TESTS_DRIVER", driver)
    .env("BROWSER_TESTS_AXE", axe)
    .env("BROWSER_TESTS_COMMAND", command)
    .run()?;
    Ok(())
}

/// Makes the README's screenshots.
pub(crate) fn make_screenshots(sh: &Shell) -> Result<()> {
    let driver = find("chromedriver", "chromium-driver")?;
    let arguments = ["readme", "--", "--ignored"];
    run(
        sh,
        "chromium",
        find("chromium", "chromium")?,
        driver,
        &arguments,
    )
}

/// The path of a program.
fn find(program: &str, package: &str) -> Result<PathBuf> {
    let path = env::var_os("PATH").unwrap_or_default();
    let mut files = env::split_paths(&path).map(|directory| directory.join(program));
    let found = files.find(|file| file.is_file());
    found.with_context(|| format!("`{program}` is missing; install it (Debian: {package})"))
}
