//! `cargo xtask lint-spec`.

use anyhow::{Context, Result, bail};

use crate::SPEC;
use crate::tools::Tools;

/// The service's description, and that of the emulator's own routes.
const DESCRIPTIONS: [&str; 2] = [SPEC, "openapi/emulator.yaml"];

/// Two linters that know nothing of each other, and of nothing here.
const LINTERS: [(&str, &[&str]); 2] = [
    ("openapi-spec-validator", &[]),
    ("redocly", &["lint", "--config", "openapi/redocly.yaml"]),
];

/// Holds the descriptions against both.
pub(crate) fn run() -> Result<()> {
    let tools = Tools::install()?;
    for (linter, arguments) in LINTERS {
        println!("== {linter}");
        let status = tools
            .command(linter)
            .args(arguments)
            .args(DESCRIPTIONS)
            // It has nobody to tell.
            .env("REDOCLY_TELEMETRY", "off")
            .env("REDOCLY_SUPPRESS_UPDATE_NOTICE", "true")
            .status()
            .with_context(|| format!("cannot start {linter}"))?;
        if !status.success() {
            bail!("{linter} finds fault, or could not run: {status}");
        }
    }
    println!("== no faults in {}", DESCRIPTIONS.join(" and "));
    Ok(())
}
