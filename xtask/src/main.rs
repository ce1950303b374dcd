//! The project's chores: `cargo xtask --help` lists them.

mod bench;
mod browser;
mod cargo;
mod checkout;
mod codegen;
mod contract;
mod dist;
mod downstream;
mod emulator;
mod features;
mod lint_spec;
mod lock_file;
mod package;
mod peers;
mod snapshots;
mod test;
mod test_s3;
mod tools;
mod tree;

use std::path::Path;
use std::process::ExitCode;

use anyhow::{Context, Result};
use clap::{Parser, Subcommand};

/// The description, and the source that is made from it; from the root.
const SPEC: &str = "openapi/seed_async.yaml";
const GENERATED: &str = "crates/useapi-seed-raw/src/generated.rs";

/// Chores of this workspace.
#[derive(Parser)]
#[command(name = "cargo xtask", bin_name = "cargo xtask")]
struct Arguments {
    #[command(subcommand)]
    chore: Chore,
}

#[derive(Subcommand)]
enum Chore {
    /// Measure the client beside others, in instructions, time and memory. Takes ten minutes. Needs
    /// Valgrind, curl, Python and Node.js.
    Bench {
        #[command(subcommand)]
        other: Option<Bench>,
    },
    /// Write the generated source of the raw layer, from the description in openapi.
    Codegen {
        /// Write nothing; show what would change, and fail if anything would.
        #[arg(long)]
        check: bool,
    },
    /// Hold the table of the documentation's statements against the description and the tests.
    Contract {
        /// In a copy of the workspace, change the fixtures that rows are about, and what
        /// openapi/mutations.yaml lists, and expect a test of the row to fail. Takes a quarter of
        /// an hour.
        #[arg(long)]
        mutate: bool,
    },
    /// Make the command's archive for this platform, with completions and manual pages.
    Dist,
    /// Build and run programs of users, and follow the README's steps to regenerate.
    Downstream,
    /// Hold what each choice of TLS brings along against what it should.
    Features,
    /// Hold the description against two linters. Needs Python and Node.js.
    LintSpec,
    /// Make the packages, and build the raw layer from its own.
    Package,
    /// Make clients of the description by other generators, retrieve a seed with each, and run the
    /// documentation's examples. Needs Python and Node.js.
    Peers,
    /// Make the README's pictures anew, in a browser. Needs what `test --browser` needs.
    Pictures,
    /// Run every test of the workspace that needs no browser, then `contract` and `downstream`.
    Test {
        /// Run the tests of pages in a browser, and nothing else. Needs Chromium, its driver and
        /// Node.js.
        #[arg(long)]
        browser: bool,
        /// Which tests to run, and nothing else: arguments of `cargo test`.
        #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
        arguments: Vec<String>,
    },
    /// Run the tests of the image sinks against an S3 server on loopback. Needs Python.
    TestS3,
}

/// What else is measured.
#[derive(Subcommand)]
enum Bench {
    /// The first build of each layer, beside reqwest's. Takes five minutes.
    Build,
    /// The emulator: requests per second, beside Prism's; start-up time; memory. Takes a minute, and
    /// needs wrk.
    Emulator,
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
        Chore::Bench { other: None } => bench::clients(),
        Chore::Bench {
            other: Some(Bench::Build),
        } => bench::clean_build(),
        Chore::Bench {
            other: Some(Bench::Emulator),
        } => bench::emulator(),
        Chore::Codegen { check } => codegen::run(*check),
        Chore::Contract { mutate: false } => contract::check(None),
        Chore::Contract { mutate: true } => contract::mutate(),
        Chore::Dist => dist::run(),
        Chore::Downstream => downstream::run(),
        Chore::Features => features::run(),
        Chore::LintSpec => lint_spec::run(),
        Chore::Package => package::run(),
        Chore::Peers => peers::run(),
        Chore::Pictures => browser::pictures(),
        Chore::Test {
            browser: true,
            arguments,
        } => browser::test(arguments),
        Chore::Test {
            browser: false,
            arguments,
        } => test::run(arguments),
        Chore::TestS3 => test_s3::run(),
    }
}
