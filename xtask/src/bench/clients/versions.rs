//! What measured, and what was measured beside.

use std::io::ErrorKind;
use std::process::Command;

use anyhow::{Context, Result, bail};

use super::programs::{Programs, version};

/// Programs that are not installed by the chore, and Debian's packages of them.
const NEEDED: [&str; 2] = ["curl", "valgrind"];
const CRATES: [&str; 6] = [
    "reqwest",
    "serde",
    "serde_json",
    "tokio",
    "criterion",
    "gungraun",
];

pub(super) fn ensure_there() -> Result<()> {
    for program in NEEDED {
        match Command::new(program).arg("--version").output() {
            Ok(_) => {}
            Err(fault) if fault.kind() == ErrorKind::NotFound => {
                bail!("`{program}` is missing; install it (Debian: {program})")
            }
            Err(fault) => return Err(fault).with_context(|| format!("cannot start {program}")),
        }
    }
    Ok(())
}

pub(super) fn print(programs: &Programs) -> Result<()> {
    for package in CRATES {
        println!("{package} {}", version(programs.folder(), package)?);
    }
    let generator = programs
        .tools()
        .command("openapi-generator-cli")
        .arg("version")
        .output()
        .context("cannot start openapi-generator-cli")?;
    let generator = String::from_utf8_lossy(&generator.stdout);
    println!("OpenAPI Generator {}", generator.trim());
    for program in NEEDED {
        let output = Command::new(program).arg("--version").output();
        let output = output.with_context(|| format!("cannot start {program}"))?;
        let text = String::from_utf8_lossy(&output.stdout);
        println!("{}", text.lines().next().unwrap_or(program));
    }
    Ok(())
}
