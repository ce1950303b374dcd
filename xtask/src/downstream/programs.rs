//! Running the programs against the emulator.

use std::fs;
use std::path::Path;
use std::process::Command;
use std::thread;
use std::time::Duration;

use anyhow::{Context, Result, ensure};

use crate::emulator::{Emulator, SEED};

const PROMPT_LINE: &str = "Steampunk cat --s 750 --v 5.2 --seed 3058471692";
const IMAGES: [&str; 4] = ["image-1.png", "image-2.png", "image-3.png", "image-4.png"];
const PNG_SIGNATURE: &[u8] = b"\x89PNG\r\n\x1a\n";
/// Two minutes of the emulator's clock, longer than a job takes.
const JOB: Duration = Duration::from_millis(200);

/// Runs the raw layer's program twice: before and after the seed is retrieved.
pub(super) fn raw(program: &Path, command: &Path) -> Result<()> {
    let emulator = Emulator::start(command)?;
    let here = tempfile::tempdir().context("cannot make a temporary folder")?;
    let run = |parts: &[&str]| emulator.run(&mut Command::new(program), &[], here.path(), parts);
    run(&[
        "404 Not Found",
        "content-type: application/json",
        "\"error\":\"Unable to locate job no-such-job\"",
        "200 OK",
        "\"verb\":\"seed_async\"",
        "status Some(Started)",
    ])?;
    println!("  shows status, headers and body of a refusal, and the job that it started");
    thread::sleep(JOB);
    run(&["status Some(Completed)", SEED])?;
    println!("  shows {SEED} of a job whose seed was retrieved before");
    Ok(())
}

/// Runs the ergonomic layer's program, and looks at the files it leaves.
pub(super) fn ergonomic(program: &Path, command: &Path) -> Result<()> {
    let emulator = Emulator::start(command)?;
    let here = tempfile::tempdir().context("cannot make a temporary folder")?;
    let mut program = Command::new(program);
    emulator.run(
        &mut program,
        &["pictures"],
        here.path(),
        &[SEED, PROMPT_LINE],
    )?;
    println!("  waits, and shows {SEED} and the prompt with it");

    let folder = here.path().join("pictures");
    let mut names: Vec<_> = fs::read_dir(&folder)
        .and_then(|entries| entries.map(|entry| Ok(entry?.file_name())).collect())
        .context("the program has left no folder of pictures")?;
    names.sort_unstable();
    ensure!(
        names == IMAGES,
        "the folder of pictures holds {names:?} instead of {IMAGES:?}"
    );
    let mut contents = Vec::new();
    for name in IMAGES {
        let content = fs::read(folder.join(name)).with_context(|| format!("cannot read {name}"))?;
        ensure!(content.starts_with(PNG_SIGNATURE), "{name} is no PNG file");
        contents.push(content);
    }
    let bytes: usize = contents.iter().map(Vec::len).sum();
    contents.sort_unstable();
    contents.dedup();
    ensure!(
        contents.len() == IMAGES.len(),
        "two of the pictures are the same"
    );
    println!(
        "  leaves {} different PNG files, {bytes} bytes",
        IMAGES.len()
    );
    Ok(())
}
