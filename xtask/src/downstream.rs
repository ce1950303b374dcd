//! `cargo xtask downstream`: the workspace as its users meet it.

mod programs;
mod regeneration;

use anyhow::Result;

use crate::cargo::Cargo;
use crate::checkout::Checkout;
use crate::emulator::Emulator;
use crate::lock_file;
use crate::tree;

/// The crates outside of the workspace.
const RAW: &str = "tests/downstream/raw";
const ERGONOMIC: &str = "tests/downstream/ergonomic";

/// Builds and runs the programs of users in a copy of the workspace, looks for
/// a generator among what they compile, and changes the description there.
pub(crate) fn run() -> Result<()> {
    let checkout = Checkout::new()?;
    let command = Emulator::build(&checkout)?;
    for (folder, name) in [(RAW, "downstream-raw"), (ERGONOMIC, "downstream-ergonomic")] {
        println!("{folder}");
        let path = checkout.path().join(folder);
        lock_file::lend(&path)?;
        let cargo = Cargo::new(&path)?;
        cargo.run(&["build", "--quiet"])?;
        lock_file::ensure_kept(&path, &[name])?;
        println!("  builds, with the versions of the workspace's lock file");
        let packages = tree::ensure_no_generator(&cargo, &[])?;
        println!("  compiles no generator ({packages} packages)");
        let program = cargo.target().join("debug").join(name);
        match folder {
            RAW => programs::raw(&program, &command)?,
            _ => programs::ergonomic(&program, &command)?,
        }
    }
    regeneration::run(&checkout)
}
