//! The project's chores: `cargo xtask --help` lists them.

mod codegen;
mod test;

use std::path::Path;
use std::process::ExitCode;

use anyhow::{Context, Result};
use clap::{Parser, Subcommand};

/// Chores of this workspace.
#[derive(Parser)]
#[command(name = "cargo xtask", bin_name = "cargo xtask")]
struct Arguments {
    #[command(subcommand)]
    chore: Chore,
}

#[derive(Subcommand)]
enum Chore {
    /// Write the generated source of the raw layer, from the description in openapi.
    Codegen {
        /// Write nothing; show what would change, and fail if anything would.
        #[arg(long)]
        check: bool,
    },
    /// Run every test of the workspace.
    Test {
        /// Passed on to `cargo test`, after `--workspace`.
        #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
        arguments: Vec<String>,
    },
}

fn main() -> ExitCode {
    match run(&Arguments::parse()) {
        Ok(()) => ExitCode::SUCCESS,
        // Not by returning it: that would print a backtrace of this program.
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn run(arguments: &Arguments) -> Result<()> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"))
        .parent()
        .context("xtask has no parent folder")?;
    // Everything below, the complaints of the generator too, names files from
    // the root.
    std::env::set_current_dir(root).with_context(|| format!("cannot enter {}", root.display()))?;
    match &arguments.chore {
        Chore::Codegen { check } => codegen::run(*check),
        Chore::Test { arguments } => test::run(arguments),
    }
}
