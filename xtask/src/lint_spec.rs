//! `cargo xtask lint-spec`.

use anyhow::{Context, Result, bail};

use crate::SPEC;
use crate::tools::Tools;

/// The spec of the service, and that of the emulator's own routes.
const SPECS: [&str; 2] = [SPEC, "openapi/emulator.yaml"];

/// Two independent linters.
const LINTERS: [(&str, &[&str]); 2] = [
    ("openapi-spec-validator", &[]),
    ("redocly", &["lint", "--config", "openapi/redocly.yaml"]),
];

/// Lints the specs with both.
pub(crate) fn run() -> Result<()> {
    let tools = Tools::install()?;
    for (linter, arguments) in LINTERS {
        println!("== {linter}");
        let status = tools
            .command(linter)
            .args(arguments)
            .args(SPECS)
            .env("REDOCLY_TELEMETRY", "off")
            .env("REDOCLY_SUPPRESS_UPDATE_NOTICE", "true")
            .status()
            .with_context(|| format!("cannot start {linter}"))?;
        if !status.success() {
            bail!("{linter} reports errors, or could not run: {status}");
        }
    }
    println!("== no errors in {}", SPECS.join(" and "));
    Ok(())
}
