//! `cargo xtask lint-spec`.

use std::io::ErrorKind;
use std::process::Command;

use anyhow::{Context, Result, bail};

const SPEC: &str = "openapi/seed_async.yaml";

/// Two linters that know nothing of each other, and of nothing here.
const LINTERS: [(&str, &[&str], &str); 2] = [
    (
        "openapi-spec-validator",
        &[SPEC],
        "pip install openapi-spec-validator",
    ),
    (
        "redocly",
        &["lint", SPEC, "--config", "openapi/redocly.yaml"],
        "npm install --global @redocly/cli",
    ),
];

/// Holds the description against both.
pub(crate) fn run() -> Result<()> {
    for (linter, arguments, install) in LINTERS {
        println!("== {linter}");
        let status = Command::new(linter)
            .args(arguments)
            // It has nobody to tell.
            .env("REDOCLY_TELEMETRY", "off")
            .env("REDOCLY_SUPPRESS_UPDATE_NOTICE", "true")
            .status();
        let status = match status {
            Err(fault) if fault.kind() == ErrorKind::NotFound => {
                bail!("{linter} is missing; install it by `{install}`")
            }
            status => status.with_context(|| format!("cannot start {linter}"))?,
        };
        if !status.success() {
            bail!("{linter} finds fault with {SPEC}");
        }
    }
    println!("== no faults in {SPEC}");
    Ok(())
}
