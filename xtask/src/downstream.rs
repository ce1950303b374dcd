//! The programs of users in `tests/downstream`, outside the workspace.

use std::path::Path;
use std::thread::sleep;
use std::time::Duration;

use anyhow::{Result, ensure};
use xshell::{Shell, cmd};

use crate::build;
use crate::server::{Emulator, SEED};

pub(crate) const PROGRAMS: &str = "tests/downstream";
/// Crates that only generation needs.
const GENERATORS: [&str; 4] = ["openapiv3", "progenitor", "typify", "useapi-seed-codegen"];
/// Two minutes of the emulator's clock, longer than a job takes.
const JOB: Duration = Duration::from_millis(200);

/// Builds and runs them.
pub(crate) fn run(sh: &Shell) -> Result<()> {
    println!("== programs of users");
    build(sh)?;
    let tree = cmd!(
        sh,
        "cargo tree --offline --edges normal,build --target all --prefix none"
    );
    let tree = tree
        .arg("--manifest-path")
        .arg(format!("{PROGRAMS}/Cargo.toml"))
        .read()?;
    let compiles = |name: &str| {
        tree.lines()
            .any(|line| line.split(' ').next() == Some(name))
    };
    ensure!(
        compiles("useapi-seed-raw"),
        "the tree has no raw layer:\n{tree}"
    );
    for generator in GENERATORS {
        ensure!(!compiles(generator), "{generator} is compiled");
    }

    let command = build::command(sh, &[])?;
    let programs = build::directory()?;
    let raw = programs.join("downstream-raw");
    let emulator = Emulator::start(sh, &command)?;
    let first = [
        "404 Not Found",
        "content-type: application/json",
        "\"error\":\"Unable to locate job no-such-job\"",
        "status Some(Started)",
    ];
    emulator.run(cmd!(sh, "{raw}"), &first)?;
    sleep(JOB);
    // The seed was retrieved before.
    emulator.run(
        cmd!(sh, "{raw}"),
        &["200 OK", "status Some(Completed)", SEED],
    )?;

    let ergonomic = programs.join("downstream-ergonomic");
    let directory = sh.create_temp_dir()?;
    let directory = directory.path();
    let emulator = Emulator::start(sh, &command)?;
    let prompt = "Steampunk cat --s 750 --v 5.2 --seed 3058471692";
    emulator.run(cmd!(sh, "{ergonomic} {directory}"), &[SEED, prompt])?;
    check_images(sh, directory)
}

/// Builds them with the versions of the workspace's lock file.
pub(crate) fn build(sh: &Shell) -> Result<()> {
    sh.copy_file("Cargo.lock", PROGRAMS)?;
    let manifest = Path::new(PROGRAMS).join("Cargo.toml");
    Ok(cmd!(
        sh,
        "cargo build --offline --quiet --manifest-path {manifest}"
    )
    .env("CARGO_TARGET_DIR", build::target()?)
    .run()?)
}

fn check_images(sh: &Shell, directory: &Path) -> Result<()> {
    let mut images = Vec::new();
    for number in 1..=4 {
        let image = sh.read_binary_file(directory.join(format!("image-{number}.png")))?;
        ensure!(
            image.starts_with(b"\x89PNG\r\n\x1a\n"),
            "image {number} is not a PNG file"
        );
        images.push(image);
    }
    images.sort_unstable();
    images.dedup();
    ensure!(images.len() == 4, "two images are the same");
    Ok(())
}
