//! Clients that other generators make of the spec, and the documentation's examples.

use anyhow::Result;
use xshell::{Shell, cmd};

use crate::server::{Emulator, SEED};
use crate::{SPEC, build, tools};

/// A directory of programs, one for each client.
const PROGRAMS: &str = "tests/peers";
/// The client that a program uses, in its directory.
const CLIENT: &str = "seed_client";
/// What every program prints when its client accepts values that the spec does not list.
const UNLISTED: &str = "parsed: status paused, verb remix, seed 4294967295";

/// Generates each client, and runs the program that uses it against an emulator.
pub(crate) fn run(sh: &Shell) -> Result<()> {
    let _path = sh.push_env("PATH", tools::install(sh)?);
    let examples = [
        "--test",
        "workspace",
        "documentation_examples",
        "--",
        "--ignored",
    ];
    cmd!(sh, "cargo test --workspace {examples...}").run()?;

    let command = build::command(sh, &[])?;
    let target = build::target()?;
    let spec = sh.current_dir().join(SPEC);
    let lock_file = sh.current_dir().join("Cargo.lock");
    // In a copy, since the generators write beside the programs.
    let copy = target.join("peers");
    sh.remove_path(&copy)?;
    cmd!(sh, "cp -R {PROGRAMS} {copy}").run()?;
    let generate = |generator: &str, output: &str| {
        let client = format!("packageName={CLIENT}");
        cmd!(
            sh,
            "openapi-generator-cli generate --generator-name {generator}"
        )
        .args([
            "--additional-properties",
            &client,
            "--output",
            output,
            "--input-spec",
        ])
        .arg(&spec)
        .ignore_stdout()
        .run()
    };
    let retrieve = |program| {
        let emulator = Emulator::start(sh, &command)?;
        emulator.run(program, &[UNLISTED, SEED])
    };

    let directory = sh.push_dir(copy.join("rust"));
    generate("rust", CLIENT)?;
    sh.copy_file(lock_file, ".")?;
    cmd!(sh, "cargo build --quiet")
        .env("CARGO_TARGET_DIR", &target)
        .run()?;
    let program = build::directory()?.join("peer-rust");
    retrieve(cmd!(sh, "{program}"))?;
    drop(directory);

    let directory = sh.push_dir(copy.join("python"));
    // A Python package is imported from the program's directory.
    generate("python", ".")?;
    retrieve(cmd!(sh, "python3 seed.py"))?;
    drop(directory);

    let directory = sh.push_dir(copy.join("typescript-fetch"));
    generate("typescript-fetch", CLIENT)?;
    cmd!(sh, "tsc").run()?;
    retrieve(cmd!(sh, "node built/seed.js"))?;
    drop(directory);

    let _directory = sh.push_dir(copy.join("openapi-python-client"));
    cmd!(
        sh,
        "openapi-python-client generate --meta none --fail-on-warning"
    )
    .args(["--output-path", CLIENT, "--path"])
    .arg(&spec)
    .run()?;
    retrieve(cmd!(sh, "python3 seed.py"))
}
