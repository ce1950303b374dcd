//! Instructions of calls and of decoding, by Callgrind.

use std::collections::BTreeMap;

use anyhow::{Context, Result};
use serde_json::Value;

use super::programs::Programs;
use super::{GENERATED, HAND_WRITTEN, OURS};
use crate::bench::table::{Table, Unit};

/// As often as a benchmark does each.
const TIMES: f64 = 100.0;

/// The names of the calls there, in words, and how many times the hand-written
/// client's theirs may be.
const CALLS: [(&str, &str, f64); 3] = [
    ("submit", "submit", 1.15),
    ("poll", "one poll", 1.15),
    ("last_poll", "the poll that finds the job completed", 1.15),
];
const DECODING: (&str, &str, f64) = ("decode_completed", "decoding a completed job", 1.30);

pub(super) fn measure(programs: &Programs, table: &mut Table) -> Result<()> {
    println!("instructions");
    // Of an earlier run there, it would tell the difference.
    let home = programs.folder().join("gungraun");
    // The benchmarks find the service in a variable.
    let arguments = ["--output-format=json", "--env-clear=false"];
    let output = programs.bench("instructions", &home, &arguments)?;
    let counts = counts(&output)?;
    let count = |name: &str, client: &str| {
        let count = counts.get(&(name.to_owned(), client.to_owned()));
        count
            .copied()
            .with_context(|| format!("{name} by {client} was not counted"))
    };
    for (name, call, goal) in CALLS {
        let ours = count(name, OURS)?;
        let rivals = [
            ("the hand-written client", HAND_WRITTEN, goal),
            ("OpenAPI Generator's", GENERATED, 1.0),
        ];
        for (rival, theirs, goal) in rivals {
            let figure = format!("instructions of {call}, of {rival}");
            table.ratio(
                &figure,
                ours,
                count(name, theirs)?,
                &Unit::Instructions,
                goal,
            );
        }
    }
    let (name, decoding, goal) = DECODING;
    table.ratio(
        &format!("instructions of {decoding}, of plain serde structs"),
        count(name, OURS)?,
        count(name, HAND_WRITTEN)?,
        &Unit::Instructions,
        goal,
    );
    Ok(())
}

/// By benchmark and client, for doing it once. Gungraun prints a line of JSON for
/// each.
fn counts(output: &str) -> Result<BTreeMap<(String, String), f64>> {
    output
        .lines()
        .map(|line| {
            let summary: Value = serde_json::from_str(line).ok()?;
            let word = |place| summary.pointer(place)?.as_str().map(ToOwned::to_owned);
            let total = "/profiles/0/data/total/metrics/Ir/values/new";
            let count = summary.pointer(total)?.as_f64()?;
            Some(((word("/function_name")?, word("/id")?), count / TIMES))
        })
        .collect::<Option<_>>()
        .with_context(|| format!("gungraun printed something else:\n{output}"))
}
