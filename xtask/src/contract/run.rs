//! Runs the tests that the table names.

use std::collections::{BTreeMap, BTreeSet};
use std::process::{Command, Stdio};

use anyhow::{Context, Result, bail};

use super::named_test::{TestName, UNIT_TESTS};
use super::outcome::{FORMAT, passed};
use super::table::Row;
use crate::cargo::LOOPBACK;

/// Runs each test once, one test binary after the other, and names those that
/// did not pass, with their rows.
pub(crate) fn run(rows: &[Row]) -> Result<()> {
    let mut binaries: BTreeMap<(&str, &str), BTreeSet<&TestName>> = BTreeMap::new();
    for test in rows.iter().flat_map(|row| &row.tests) {
        let binary = (test.package, test.binary.as_str());
        binaries.entry(binary).or_default().insert(test);
    }
    let mut good = BTreeSet::new();
    let mut bad = BTreeSet::new();
    for ((package, binary), tests) in binaries {
        println!("contract: {package}, {binary}: {} tests", tests.len());
        let output = Command::new(env!("CARGO"))
            .args(["test", "--quiet", "--package", package])
            .args(target(binary))
            .arg("--")
            .args(FORMAT)
            .args(tests.iter().map(|test| &test.path))
            .envs(LOOPBACK)
            // One that differs is to leave no file behind.
            .env("INSTA_UPDATE", "no")
            .stderr(Stdio::inherit())
            .output()
            .context("cannot start cargo")?;
        let text = String::from_utf8_lossy(&output.stdout);
        let passed = passed(&text);
        let before = bad.len();
        for test in tests {
            if passed.contains(test.path.as_str()) {
                good.insert(test);
            } else {
                bad.insert(test);
            }
        }
        if bad.len() > before {
            print!("{text}");
        } else if !output.status.success() {
            bail!("{package}, {binary}: {}", output.status);
        }
    }
    for row in rows {
        for test in row.tests.iter().filter(|test| bad.contains(test)) {
            eprintln!("{}", row.complaint(&format!("`{test}` did not pass")));
        }
    }
    if !bad.is_empty() {
        bail!("{} of the named tests did not pass", bad.len());
    }
    println!("contract: {} tests passed", good.len());
    Ok(())
}

/// Cargo's words for a test binary.
pub(crate) fn target(binary: &str) -> Vec<&str> {
    if binary == UNIT_TESTS {
        vec!["--lib"]
    } else {
        vec!["--test", binary]
    }
}
