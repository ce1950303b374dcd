//! `cargo xtask peers`: clients that other generators make of the description.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, ensure};

use crate::cargo::Cargo;
use crate::checkout::Checkout;
use crate::emulator::Emulator;
use crate::lock_file;
use crate::tools::Tools;

const SPEC: &str = "openapi/seed_async.yaml";
/// A folder of users' programs, one for each client.
const PROGRAMS: &str = "tests/peers";
/// The client that a program uses, in its folder.
const CLIENT: &str = "seed_client";

/// What every program prints: that its client takes words and numbers that the
/// description does not list, and the seed of the emulator's imagine job.
const LINES: [&str; 2] = [
    "understood: status paused, verb remix, seed 4294967295",
    "seed 3058471692",
];

/// Generates each client in a copy of the workspace, and runs the program that
/// uses it against the emulator.
pub(crate) fn run() -> Result<()> {
    let tools = Tools::install()?;
    let checkout = Checkout::new()?;
    let workspace = Cargo::new(checkout.path())?;
    workspace.run(&["build", "--quiet", "--package", "useapi-seed-cli"])?;
    let bench = Bench {
        tools,
        emulator: workspace.target().join("debug/useapi-seed"),
        root: checkout.path().to_owned(),
    };

    let rust = bench.openapi_generator("rust")?;
    lock_file::lend(&rust)?;
    // The client needs packages that the workspace does not.
    let cargo = Cargo::new(&rust)?.online();
    cargo.run(&["build", "--quiet"])?;
    println!("  builds");
    bench.retrieve(Command::new(cargo.target().join("debug/peer-rust")), &rust)?;

    let python = bench.openapi_generator("python")?;
    bench.retrieve_by("python3", "seed.py", &python)?;

    let typescript = bench.openapi_generator("typescript-fetch")?;
    run_in(&mut bench.tools.command("tsc"), &typescript)?;
    println!("  builds, with every strict check");
    bench.retrieve_by("node", "built/seed.js", &typescript)?;

    let other_python = bench.folder("openapi-python-client");
    println!("{PROGRAMS}/openapi-python-client");
    let mut generator = bench.tools.command("openapi-python-client");
    generator
        .args(["generate", "--meta", "none", "--fail-on-warning"])
        .arg("--path")
        .arg(bench.root.join(SPEC))
        .args(["--output-path", CLIENT]);
    run_in(&mut generator, &other_python)?;
    bench.retrieve_by("python3", "seed.py", &other_python)
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
    fn folder(&self, program: &str) -> PathBuf {
        self.root.join(PROGRAMS).join(program)
    }

    /// Generates a client by OpenAPI Generator into the folder of the program
    /// that is named after it.
    fn openapi_generator(&self, generator: &str) -> Result<PathBuf> {
        println!("{PROGRAMS}/{generator}");
        let folder = self.folder(generator);
        let mut command = self.tools.command("openapi-generator-cli");
        command
            .args(["generate", "--generator-name", generator])
            .arg("--input-spec")
            .arg(self.root.join(SPEC))
            .args(["--additional-properties", &format!("packageName={CLIENT}")]);
        // A Python package lies in its project's folder, and is imported from there.
        let output = if generator == "python" { "." } else { CLIENT };
        command.args(["--output", output]);
        run_in(&mut command, &folder)?;
        Ok(folder)
    }

    fn retrieve_by(&self, interpreter: &str, program: &str, folder: &Path) -> Result<()> {
        let mut command = self.tools.command(interpreter);
        command.arg(program);
        self.retrieve(command, folder)
    }

    /// Runs a program with an emulator of its own, which has to retrieve a seed.
    fn retrieve(&self, mut program: Command, folder: &Path) -> Result<()> {
        let emulator = Emulator::start(&self.emulator)?;
        program
            .arg(emulator.news("/jobs/imagine")?)
            .env("USEAPI_BASE_URL", emulator.news("/base_url")?)
            .env("USEAPI_TOKEN", emulator.news("/token")?)
            .env("NO_PROXY", "127.0.0.1");
        let output = run_in(&mut program, folder)?;
        for line in LINES {
            ensure!(
                output.lines().any(|printed| printed == line),
                "`{line}` is missing in the output:\n{output}"
            );
            println!("  {line}");
        }
        Ok(())
    }
}

/// Runs a command in a folder, and gives its output.
fn run_in(command: &mut Command, folder: &Path) -> Result<String> {
    let name = command.get_program().display().to_string();
    let output = command
        .current_dir(folder)
        .output()
        .with_context(|| format!("cannot start {name}"))?;
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    ensure!(
        output.status.success(),
        "{name} in {} failed: {}\n{text}{}",
        folder.display(),
        output.status,
        String::from_utf8_lossy(&output.stderr)
    );
    Ok(text)
}
