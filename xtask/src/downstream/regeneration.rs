//! A change of the description, and all that it asks for.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, ensure};

use super::RAW;
use crate::cargo::Cargo;
use crate::checkout::{self, Checkout};
use crate::{GENERATED, SPEC};

/// Where the properties of a job begin.
const JOB: &str = "\n    Job:\n";
const PROPERTIES: &str = "\n      properties:\n";
const PROPERTY: &str = "        mood:
          type: string
          nullable: true
          description: A field that is not documented anywhere.
";

/// What a user may then write.
const USE: &str = "
#[allow(dead_code)]
fn mood(job: &useapi_seed_raw::types::Job) -> Option<&str> {
    job.mood.as_deref()
}
";

/// Adds a field to the description in the copy, and generates anew.
pub(super) fn run(checkout: &Checkout) -> Result<()> {
    println!("a new field of a job, `mood`, in {SPEC}");
    let before = checkout.files()?;
    let cargo = Cargo::new(checkout.path())?;
    add_field(&checkout.path().join(SPEC))?;

    let check = cargo.try_run(&["xtask", "codegen", "--check"])?;
    let difference = String::from_utf8_lossy(&check.stdout);
    let complaint = String::from_utf8_lossy(&check.stderr);
    // It is to fail for the field, not because it could not be compiled.
    ensure!(
        !check.status.success()
            && complaint.contains("is not what")
            && difference.contains("+        pub mood:"),
        "`cargo xtask codegen --check` did not show the new field: {}\n{difference}{complaint}",
        check.status
    );
    println!("  `cargo xtask codegen --check` fails, and shows the field");

    cargo.run(&["xtask", "codegen"])?;
    let changed = checkout::changed(&before, &checkout.files()?);
    ensure!(
        changed.iter().eq(&[PathBuf::from(GENERATED), SPEC.into()]),
        "these files changed: {changed:?}"
    );
    println!("  `cargo xtask codegen` writes {GENERATED}, and no other file");

    cargo.run(&["xtask", "codegen", "--check"])?;
    println!("  `cargo xtask codegen --check` passes");

    let user = checkout.path().join(RAW);
    add(&user.join("src/main.rs"), USE)?;
    Cargo::new(&user)?.run(&["check", "--quiet"])?;
    println!("  {RAW} compiles with `job.mood`");
    Ok(())
}

fn add_field(spec: &Path) -> Result<()> {
    let text = fs::read_to_string(spec).with_context(|| format!("cannot read {SPEC}"))?;
    let (above, job) = text
        .split_once(JOB)
        .with_context(|| format!("{SPEC} has no schema Job"))?;
    let (head, properties) = job
        .split_once(PROPERTIES)
        .with_context(|| format!("the schema Job of {SPEC} has no properties"))?;
    let text = [above, JOB, head, PROPERTIES, PROPERTY, properties].concat();
    fs::write(spec, text).context("cannot change the copy of the description")
}

fn add(file: &Path, lines: &str) -> Result<()> {
    let text =
        fs::read_to_string(file).with_context(|| format!("cannot read {}", file.display()))?;
    fs::write(file, text + lines).with_context(|| format!("cannot write {}", file.display()))
}
