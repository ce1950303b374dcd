//! The time that calls take, by criterion.

use std::fs;
use std::path::Path;

use anyhow::{Context, Result};
use serde_json::Value;

use super::programs::Programs;
use super::{HAND_WRITTEN, OURS};
use crate::bench::table::{Table, Unit};

const CALLS: [(&str, &str); 4] = [
    ("submit-1", "submit"),
    ("submit-64", "64 at once: submit"),
    ("poll-1", "one poll"),
    ("poll-64", "64 at once: one poll"),
];
const GOAL: f64 = 1.10;

pub(super) fn measure(programs: &Programs, table: &mut Table) -> Result<()> {
    println!("wall time");
    let home = programs.folder().join("criterion");
    programs.bench("wall_time", &home, &["--noplot", "--quiet"])?;
    for (name, call) in CALLS {
        let median = |client| median(&home.join(format!("{name}-{client}")));
        let figure = format!("wall time of {call}, of the hand-written client");
        table.ratio(
            &figure,
            median(OURS)?,
            median(HAND_WRITTEN)?,
            &Unit::Microseconds,
            GOAL,
        );
    }
    Ok(())
}

/// In microseconds.
fn median(folder: &Path) -> Result<f64> {
    let file = folder.join("new/estimates.json");
    let text = fs::read_to_string(&file);
    let text = text.with_context(|| format!("cannot read {}", file.display()))?;
    let estimates: Value = serde_json::from_str(&text)?;
    let median = estimates.pointer("/median/point_estimate");
    let nanoseconds = median.and_then(Value::as_f64).context("no median")?;
    Ok(nanoseconds / 1000.0)
}
