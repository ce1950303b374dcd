//! `cargo xtask lint-spec`.

use anyhow::{Context, Result, bail};

use crate::SPEC;
use crate::tools::Tools;

/// Two linters that know nothing of each other, and of nothing here.
const LINTERS: [(&str, &[&str]); 2] = [
    ("openapi-spec-validator", &[SPEC]),
    (
        "redocly",
        &["lint", SPEC, "--config", "openapi/redocly.yaml"],
    ),
];

/// Holds the description against both.
pub(crate) fn run() -> Result<()> {
    let tools = Tools::install()?;
    for (linter, arguments) in LINTERS {
        println!("== {linter}");
        let status = tools
            .command(linter)
            .args(arguments)
            // It has nobody to tell.
            .env("REDOCLY_TELEMETRY", "off")
            .env("REDOCLY_SUPPRESS_UPDATE_NOTICE", "true")
            .status()
            .with_context(|| format!("cannot start {linter}"))?;
        if !status.success() {
            bail!("{linter} finds fault with {SPEC}, or could not run: {status}");
        }
    }
    println!("== no faults in {SPEC}");
    Ok(())
}
