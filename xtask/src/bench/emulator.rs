//! `cargo xtask bench emulator`: how fast the emulator is, beside another mock
//! of the same description, and what it holds on to.

mod http;
mod jobs;
mod prism;
mod wrk;

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use serde_json::Value;

use self::prism::Prism;
use self::wrk::{Call, Rate};
use crate::emulator::Emulator;
use crate::tools::Tools;

/// How often it is started to see how long that takes.
const STARTS: usize = 21;

/// Measures, and prints what was measured. Nothing is held against a limit:
/// other work on the same machine slows all of it.
pub(crate) fn run() -> Result<()> {
    wrk::ensure_there()?;
    let tools = Tools::install()?;
    let command = build()?;

    println!("start, as a process: median of {STARTS}");
    println!("  {:.1} ms", start_up(&command)?.as_secs_f64() * 1000.0);

    println!("resident memory, with {} jobs more", jobs::COUNT);
    let emulator = Emulator::start(&command)?;
    let grown = jobs::memory(&emulator)?;
    println!("  {grown}");
    drop(emulator);

    rates(&command, &tools)
}

/// The command as its users build it.
fn build() -> Result<PathBuf> {
    let output = Command::new(env!("CARGO"))
        .args(["build", "--release", "--package", "useapi-seed-cli"])
        .args(["--message-format", "json-render-diagnostics"])
        .stderr(Stdio::inherit())
        .output()
        .context("cannot start cargo")?;
    ensure!(output.status.success(), "cannot build the command");
    String::from_utf8_lossy(&output.stdout)
        .lines()
        .filter_map(|line| serde_json::from_str::<Value>(line).ok())
        .find_map(|news| news.get("executable")?.as_str().map(PathBuf::from))
        .context("cargo did not say where the command is")
}

/// From nothing until it says where it is.
fn start_up(command: &Path) -> Result<Duration> {
    let mut times = (0..STARTS)
        .map(|_| {
            let begun = Instant::now();
            Emulator::start(command).map(|_| begun.elapsed())
        })
        .collect::<Result<Vec<Duration>>>()?;
    times.sort_unstable();
    times.get(STARTS / 2).copied().context("it never started")
}

/// Both servers answer the same calls, one after the other: at the same time
/// they would take each other's processor.
fn rates(command: &Path, tools: &Tools) -> Result<()> {
    let emulator = Emulator::start(command)?;
    let base = emulator.news("/base_url")?;
    let token = emulator.news("/token")?;
    let progress = emulator.news("/jobs/progress")?;
    let retrieved = jobs::retrieved(&emulator)?;
    let ours = [
        Call::post(base, token, &retrieved).measure("200, the job with its seed")?,
        Call::post(base, token, progress).measure("400, the parent is in progress")?,
        Call::get(base, token, progress).measure("200, a job in progress")?,
    ];
    drop(emulator);

    let prism = Prism::start(tools)?;
    let base = prism.base();
    let post = Call::post(base, "x", "x").measure("200, the example of a started job")?;
    let get = Call::get(base, "x", "x").measure("200, the example of a job in progress")?;
    drop(prism);

    let [answered, refused, looked_up] = &ours;
    for (call, ours, theirs) in [
        ("POST /jobs/seed_async", answered, &post),
        ("POST /jobs/seed_async", refused, &post),
        ("GET /jobs/?jobid=", looked_up, &get),
    ] {
        println!("{call}, requests per second");
        print(ours, "emulator");
        print(theirs, "prism mock");
        println!("  ratio {:.1}", ours.per_second / theirs.per_second);
    }
    Ok(())
}

fn print(rate: &Rate, server: &str) {
    println!("  {:>8.0} {server:<10} ({})", rate.per_second, rate.answer);
}
