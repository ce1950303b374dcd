//! `cargo xtask codegen`.

use std::fs;
use std::path::Path;

use crate::{GENERATED, SPEC};
use anyhow::{Context, Result, bail};
use similar::TextDiff;

/// Writes the generated source, or compares it when `check` is set.
pub(crate) fn run(check: bool) -> Result<()> {
    let wanted = useapi_seed_codegen::generate(Path::new(SPEC))?;
    let present = match fs::read_to_string(GENERATED) {
        Ok(text) => text,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => String::new(),
        Err(error) => return Err(error).context(format!("cannot read {GENERATED}")),
    };
    if wanted == present {
        println!("{GENERATED} is up to date");
        return Ok(());
    }
    if check {
        let difference = TextDiff::from_lines(&present, &wanted);
        print!(
            "{}",
            difference
                .unified_diff()
                .header(GENERATED, &format!("generated from {SPEC}"))
        );
        bail!("{GENERATED} is not what {SPEC} gives: run `cargo xtask codegen` and commit it");
    }
    fs::write(GENERATED, wanted).with_context(|| format!("cannot write {GENERATED}"))?;
    println!("{GENERATED} written");
    Ok(())
}
