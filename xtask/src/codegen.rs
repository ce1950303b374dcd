//! `cargo xtask codegen`.

use std::path::Path;

use anyhow::{Context, Result};
use xshell::{Shell, cmd};

use crate::{SPEC, build};

pub(crate) const GENERATED: &str = "crates/useapi-seed-raw/src/generated.rs";

pub(crate) fn write(sh: &Shell) -> Result<()> {
    generate(sh, Path::new(GENERATED))
}

/// Compares the checked-in source with a new one.
pub(crate) fn check(sh: &Shell) -> Result<()> {
    let directory = sh.create_temp_dir()?;
    let new = directory.path().join("generated.rs");
    generate(sh, &new)?;
    cmd!(sh, "git diff --no-index --no-ext-diff {GENERATED} {new}")
        .quiet()
        .run()
        .context("the generated source differs: run `cargo xtask codegen`")
}

fn generate(sh: &Shell, output: &Path) -> Result<()> {
    // Without the command, which would need the generated source to compile.
    cmd!(sh, "cargo build --quiet --workspace --example generate")
        .quiet()
        .run()?;
    let generate = build::directory()?.join("examples/generate");
    Ok(cmd!(sh, "{generate} {SPEC} {output}").quiet().run()?)
}
