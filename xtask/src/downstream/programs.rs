//! Running the programs against the emulator.

use std::fs;
use std::path::Path;
use std::process::Command;
use std::thread;
use std::time::Duration;

use anyhow::{Context, Result, bail, ensure};

use crate::emulator::Emulator;

/// The seed of the emulator's imagine job.
const SEED: &str = "seed 3058471692";
const PROMPT_LINE: &str = "Steampunk cat --s 750 --v 5.2 --seed 3058471692";
const IMAGES: [&str; 4] = ["image-1.png", "image-2.png", "image-3.png", "image-4.png"];
const PNG_SIGNATURE: &[u8] = b"\x89PNG\r\n\x1a\n";
/// Two minutes of the emulator's clock, longer than a job takes.
const JOB: Duration = Duration::from_millis(200);

/// Runs the raw layer's program twice: before and after the seed is retrieved.
pub(super) fn raw(program: &Path, command: &Path) -> Result<()> {
    let emulator = Emulator::start(command)?;
    let here = tempfile::tempdir().context("cannot make a temporary folder")?;
    let started = run(program, &emulator, here.path(), &[])?;
    ensure_shows(
        &started,
        &[
            "404 Not Found",
            "content-type: application/json",
            "\"error\":\"Unable to locate job no-such-job\"",
            "200 OK",
            "\"verb\":\"seed_async\"",
            "status Some(Started)",
        ],
    )?;
    println!("  shows status, headers and body of a refusal, and the job that it started");
    thread::sleep(JOB);
    let retrieved = run(program, &emulator, here.path(), &[])?;
    ensure_shows(&retrieved, &["status Some(Completed)", SEED])?;
    println!("  shows {SEED} of a job whose seed was retrieved before");
    Ok(())
}

/// Runs the ergonomic layer's program, and looks at the files it leaves.
pub(super) fn ergonomic(program: &Path, command: &Path) -> Result<()> {
    let emulator = Emulator::start(command)?;
    let here = tempfile::tempdir().context("cannot make a temporary folder")?;
    let output = run(program, &emulator, here.path(), &["pictures"])?;
    ensure_shows(&output, &[SEED, PROMPT_LINE])?;
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

/// Runs a program with the emulator's imagine job, and gives its output.
fn run(program: &Path, emulator: &Emulator, here: &Path, more: &[&str]) -> Result<String> {
    let output = Command::new(program)
        .arg(emulator.news("/jobs/imagine")?)
        .args(more)
        .current_dir(here)
        .env("USEAPI_BASE_URL", emulator.news("/base_url")?)
        .env("USEAPI_TOKEN", emulator.news("/token")?)
        .output()
        .with_context(|| format!("cannot start {}", program.display()))?;
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    if !output.status.success() {
        let fault = String::from_utf8_lossy(&output.stderr);
        bail!(
            "{} failed: {}\n{text}{fault}",
            program.display(),
            output.status
        );
    }
    Ok(text)
}

fn ensure_shows(output: &str, parts: &[&str]) -> Result<()> {
    for part in parts {
        ensure!(
            output.contains(part),
            "`{part}` is missing in the output:\n{output}"
        );
    }
    Ok(())
}
