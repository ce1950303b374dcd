//! `cargo xtask bench build`: what a first build costs those who use a layer.

use std::fs;
use std::io::ErrorKind;
use std::path::Path;

use anyhow::{Context, Result};

use super::PACKAGE;
use super::table::{Table, Unit};
use crate::cargo::{self, Cargo};
use crate::checkout::Checkout;
use crate::lock_file;

/// The folder of packages that do nothing but depend on one, what they depend
/// on, and how many times the first one's time theirs may be.
const FOLDER: &str = "clean-build";
const ALONE: &str = "reqwest";
const LAYERS: [(&str, &str, f64); 3] = [
    ("raw-checked-in", "raw layer, checked-in source", 1.08),
    ("ergonomic", "ergonomic layer", 1.15),
    ("raw-build-time", "raw layer, generated at build time", 1.5),
];

/// Builds each from nothing, as cargo does unless told otherwise, but for debug
/// information and the state of incremental builds.
pub(crate) fn run() -> Result<()> {
    cargo::fetch()?;
    let checkout = Checkout::new()?;
    let packages = checkout.path().join(PACKAGE).join(FOLDER);
    let alone = seconds(&packages.join(ALONE))?;
    let mut table = Table::default();
    for (name, layer, goal) in LAYERS {
        let figure = format!("clean build, processor time: {layer}, of reqwest alone");
        let ours = seconds(&packages.join(name))?;
        table.ratio(&figure, ours, alone, &Unit::Seconds, goal);
    }
    print!("{table}");
    Ok(())
}

/// Processor time, which other work on the machine changes less than the time
/// that passes.
#[cfg(unix)]
fn seconds(package: &Path) -> Result<f64> {
    use super::processor_time;

    lock_file::lend(package)?;
    let target = package.join("target");
    let cargo = Cargo::new(package)?.into_folder(&target);
    let before = processor_time::of_children()?.as_secs_f64();
    cargo.run(&["build", "--quiet"])?;
    let spent = processor_time::of_children()?.as_secs_f64() - before;
    // Each takes hundreds of MB.
    match fs::remove_dir_all(&target) {
        Err(fault) if fault.kind() != ErrorKind::NotFound => {
            Err(fault).with_context(|| format!("cannot remove {}", target.display()))
        }
        _ => Ok(spent),
    }
}

#[cfg(not(unix))]
fn seconds(_package: &Path) -> Result<f64> {
    anyhow::bail!("the processor time of programs is told on Unix only")
}
