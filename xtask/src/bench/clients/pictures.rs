//! Saving four pictures, beside four curls.

use std::fs;
use std::path::Path;
use std::process::{Child, Command};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};

use super::programs::Programs;
use crate::bench::table::{Table, Unit};
use crate::cargo::LOOPBACK;

const TIMES: usize = 21;
const PICTURES: usize = 4;
const MEBIBYTE: f64 = 1024.0 * 1024.0;

pub(super) fn measure(programs: &Programs, table: &mut Table) -> Result<()> {
    println!("pictures");
    let folder = programs.folder().join("pictures");
    let (mut ours, mut theirs, mut grown) = (Vec::new(), Vec::new(), 0.0_f64);
    // By turns: what else the machine does slows both.
    for _ in 0..TIMES {
        // What is there already would not be fetched.
        if folder.exists() {
            fs::remove_dir_all(&folder)
                .with_context(|| format!("cannot remove {}", folder.display()))?;
        }
        fs::create_dir_all(&folder).with_context(|| format!("cannot make {}", folder.display()))?;
        let begun = Instant::now();
        let path = folder.to_str().context("its path is no Unicode text")?;
        grown = grown.max(programs.number(&["images", path], "/grown")?);
        ours.push(begun.elapsed());
        theirs.push(curl(programs, &folder)?);
    }
    table.ratio(
        "four images of 5 MB, written to disk, of four `curl` at once",
        median(&mut ours)?,
        median(&mut theirs)?,
        &Unit::Milliseconds,
        1.10,
    );
    let figure = "memory above the idle client's, largest";
    table.value(figure, grown, &Unit::Bytes, 16.0 * MEBIBYTE);
    Ok(())
}

/// The same files by as many curls as there are files, all at once.
fn curl(programs: &Programs, folder: &Path) -> Result<Duration> {
    let base = programs.news("/base_url")?;
    let host = base.strip_suffix("/v2").context("another base URL")?;
    let begun = Instant::now();
    let curls = (0..PICTURES)
        .map(|number| {
            Command::new("curl")
                .args(["--silent", "--fail", "--output"])
                .arg(folder.join(format!("curl-{number}.png")))
                .arg(format!("{host}/pictures/{number}"))
                .envs(LOOPBACK)
                .spawn()
                .context("cannot start curl")
        })
        .collect::<Result<Vec<Child>>>()?;
    for mut curl in curls {
        let status = curl.wait().context("cannot await curl")?;
        ensure!(status.success(), "curl failed: {status}");
    }
    Ok(begun.elapsed())
}

/// In milliseconds.
fn median(times: &mut [Duration]) -> Result<f64> {
    times.sort_unstable();
    let median = times.get(times.len() / 2).context("nothing was measured")?;
    Ok(median.as_secs_f64() * 1000.0)
}
