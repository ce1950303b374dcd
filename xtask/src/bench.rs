//! `cargo xtask bench`: what is measured, and beside what. Nothing here fails
//! over a figure: other work on the same machine slows all of it.

mod clean_build;
mod clients;
mod emulator;
#[cfg(unix)]
mod processor_time;
mod table;

pub(crate) use clean_build::run as clean_build;
pub(crate) use clients::run as clients;
pub(crate) use emulator::run as emulator;

/// The packages that measure; in a copy of the workspace.
const PACKAGE: &str = "benches";
