//! Jobs of the emulator: one whose seed is retrieved, and very many.

use std::fs;

use anyhow::{Context, Result};
use serde_json::{Value, json};

use super::http::Connection;
use crate::emulator::Emulator;

/// How many jobs are started to see what they weigh.
pub(super) const COUNT: usize = 10_000;

const SEED_ASYNC: &str = "/jobs/seed_async";
/// Longer than a retrieval takes.
const RETRIEVAL: u64 = 60_000;

fn connection(emulator: &Emulator) -> Result<Connection> {
    Connection::open(emulator.news("/base_url")?, emulator.news("/token")?)
}

/// Starts a job, and gives its id.
fn start(connection: &mut Connection, parent: &str) -> Result<String> {
    let job = connection.post(SEED_ASYNC, &json!({ "jobid": parent }))?;
    let id = job.get("jobid").and_then(Value::as_str);
    id.map(ToOwned::to_owned).context("the job has no id")
}

/// A job whose seed has been retrieved, with its pictures painted.
pub(super) fn retrieved(emulator: &Emulator) -> Result<String> {
    let parent = emulator.news("/jobs/imagine")?;
    let mut connection = connection(emulator)?;
    start(&mut connection, parent)?;
    connection.advance(RETRIEVAL)?;
    let answer = connection.post(SEED_ASYNC, &json!({ "jobid": parent }))?;
    let seed = answer.pointer("/seed/value");
    seed.context("the seed is not retrieved")?;
    Ok(parent.to_owned())
}

/// What resident memory grows by while jobs are started. Each is given up, which
/// makes room for the next: the service executes three at a time, but forgets
/// none for 31 days.
pub(super) fn memory(emulator: &Emulator) -> Result<String> {
    let parent = emulator.news("/jobs/imagine")?;
    let mut connection = connection(emulator)?;
    // What the first call brings along is not the jobs' weight.
    connection.get("/jobs")?;
    let before = resident(emulator.id())?;
    let mut last = String::new();
    for _ in 0..COUNT {
        last = start(&mut connection, parent)?;
        connection.get(&format!("/jobs/cancel/?jobid={last}"))?;
    }
    let after = resident(emulator.id())?;
    // They are all still there: the last one as well as the number of them.
    connection.get(&format!("/jobs/?jobid={last}"))?;
    let counts = connection.job_counts()?;
    let counts = counts.get(parent).context("the jobs are not counted")?;
    Ok(format!(
        "{:.1} MiB, from {:.1} to {:.1}; {counts}",
        after - before,
        before,
        after
    ))
}

/// A process's resident memory in MiB. Linux tells it, and no other system in
/// this way.
fn resident(process: u32) -> Result<f64> {
    let file = format!("/proc/{process}/status");
    let status = fs::read_to_string(&file).with_context(|| format!("cannot read {file}"))?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    let kibibytes = line.and_then(|line| line.trim().strip_suffix(" kB"));
    let kibibytes: f64 = kibibytes
        .and_then(|number| number.trim().parse().ok())
        .with_context(|| format!("{file} has no VmRSS"))?;
    Ok(kibibytes / 1024.0)
}
