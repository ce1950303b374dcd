//! `cargo xtask peers`: clients that other generators make of the description,
//! and the documentation's own examples.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Result, ensure};

use crate::SPEC;
use crate::cargo::{Cargo, LOOPBACK};
use crate::checkout::Checkout;
use crate::emulator::{Emulator, SEED, run_in};
use crate::lock_file;
use crate::tools::Tools;

/// A folder of users' programs, one for each client.
const PROGRAMS: &str = "tests/peers";
/// The client that a program uses, in its folder.
pub(crate) const CLIENT: &str = "seed_client";

/// What every program prints when its client takes words and numbers that the
/// description does not list.
const UNDERSTOOD: &str = "understood: status paused, verb remix, seed 4294967295";

/// Generates each client in a copy of the workspace, and runs the program that
/// uses it against the emulator.
pub(crate) fn run() -> Result<()> {
    let tools = Tools::install()?;
    documentation_examples(&tools)?;
    let checkout = Checkout::new()?;
    let bench = Bench {
        tools,
        emulator: Emulator::build(&checkout)?,
        root: checkout.path().to_owned(),
    };

    let rust = bench.openapi_generator("rust", CLIENT)?;
    lock_file::lend(&rust)?;
    // The client needs packages that the workspace does not.
    let cargo = Cargo::new(&rust)?.online();
    cargo.run(&["build", "--quiet"])?;
    println!("  builds");
    bench.retrieve(Command::new(cargo.target().join("debug/peer-rust")), &rust)?;

    // A Python package lies in its project's folder, and is imported from there.
    let python = bench.openapi_generator("python", ".")?;
    bench.retrieve_by("python3", "seed.py", &python)?;

    let typescript = bench.openapi_generator("typescript-fetch", CLIENT)?;
    run_in(&mut bench.tools.command("tsc"), &typescript)?;
    println!("  builds, with every strict check");
    bench.retrieve_by("node", "built/seed.js", &typescript)?;

    let other_python = bench.openapi_python_client()?;
    bench.retrieve_by("python3", "seed.py", &other_python)
}

/// Runs the documentation's examples for Node.js and Python, as they stand there.
fn documentation_examples(tools: &Tools) -> Result<()> {
    println!("the documentation's examples for Node.js and Python");
    let mut cargo = tools.command(env!("CARGO"));
    cargo
        .args(["test", "--package", "useapi-seed-tests"])
        .args([
            "--test",
            "workspace",
            "--",
            "--ignored",
            "documentation_examples",
        ])
        .envs(LOOPBACK);
    let output = run_in(&mut cargo, Path::new("."))?;
    ensure!(
        output.contains("test result: ok. 2 passed"),
        "not both examples ran:\n{output}"
    );
    println!("  both start a job");
    Ok(())
}

/// Where clients are made and tried.
struct Bench {
    tools: Tools,
    /// The command that starts it.
    emulator: PathBuf,
    /// Of the copied workspace.
    root: PathBuf,
}

impl Bench {
    /// The folder of the program whose client comes next.
    fn folder(&self, generator: &str) -> PathBuf {
        println!("{PROGRAMS}/{generator}");
        self.root.join(PROGRAMS).join(generator)
    }

    /// Generates a client by OpenAPI Generator, into this part of the program's
    /// folder.
    fn openapi_generator(&self, generator: &str, output: &str) -> Result<PathBuf> {
        let folder = self.folder(generator);
        openapi_generator(&self.tools, generator, &self.root, &folder, output)?;
        Ok(folder)
    }

    fn openapi_python_client(&self) -> Result<PathBuf> {
        let folder = self.folder("openapi-python-client");
        let mut command = self.tools.command("openapi-python-client");
        command
            .args(["generate", "--meta", "none", "--fail-on-warning"])
            .arg("--path")
            .arg(self.root.join(SPEC))
            .args(["--output-path", CLIENT]);
        run_in(&mut command, &folder)?;
        Ok(folder)
    }

    fn retrieve_by(&self, interpreter: &str, program: &str, folder: &Path) -> Result<()> {
        let mut command = self.tools.command(interpreter);
        command.arg(program);
        self.retrieve(command, folder)
    }

    /// Runs a program with an emulator of its own.
    fn retrieve(&self, mut program: Command, folder: &Path) -> Result<()> {
        let emulator = Emulator::start(&self.emulator)?;
        emulator.run(&mut program, &[], folder, &[UNDERSTOOD, SEED])?;
        println!("  {UNDERSTOOD}\n  {SEED}");
        Ok(())
    }
}

/// Generates a client by OpenAPI Generator, from the description in `root` into
/// `folder`, there into `output`.
pub(crate) fn openapi_generator(
    tools: &Tools,
    generator: &str,
    root: &Path,
    folder: &Path,
    output: &str,
) -> Result<()> {
    let mut command = tools.command("openapi-generator-cli");
    command
        .args(["generate", "--generator-name", generator])
        .arg("--input-spec")
        .arg(root.join(SPEC))
        .args(["--additional-properties", &format!("packageName={CLIENT}")])
        .args(["--output", output]);
    run_in(&mut command, folder).map(drop)
}
