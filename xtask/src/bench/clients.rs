//! `cargo xtask bench`: the client beside a hand-written one, beside one that
//! another generator makes, beside bare reqwest and beside curl.

mod instructions;
mod pictures;
mod programs;
mod versions;
mod wall_time;

use anyhow::Result;

use self::programs::Programs;
use super::table::{Table, Unit};

/// What the programs call the clients.
const OURS: &str = "ergonomic";
const HAND_WRITTEN: &str = "hand_written";
const GENERATED: &str = "generated";

const KIBIBYTE: f64 = 1024.0;

/// Measures, and prints what was measured beside what is aimed at.
pub(crate) fn run() -> Result<()> {
    versions::ensure_there()?;
    let programs = Programs::build()?;
    let mut table = Table::default();
    instructions::measure(&programs, &mut table)?;
    wall_time::measure(&programs, &mut table)?;
    waits(&programs, &mut table)?;
    pictures::measure(&programs, &mut table)?;
    print!("{table}");
    versions::print(&programs)
}

/// 1,000 jobs waited for in one process.
fn waits(programs: &Programs, table: &mut Table) -> Result<()> {
    for (begun, goal) in [("in-turn", Some(4.0 * KIBIBYTE)), ("at-once", None)] {
        let each = programs.number(&["heap", begun], "/each")?;
        let figure = format!("heap for each of 1,000 waits, begun {begun}");
        match goal {
            Some(goal) => table.value(&figure, each, &Unit::Bytes, goal),
            None => table.remark(&figure, each, &Unit::Bytes),
        }
    }
    println!("waits of half a minute");
    // Both at the same time: what else the machine does slows both.
    let ours = programs.start(&["waits", "ergonomic"])?;
    let theirs = programs.start(&["waits", "reqwest"])?;
    let (ours, theirs) = (ours.number("/seconds")?, theirs.number("/seconds")?);
    table.ratio(
        "processor time of 3,000 polls by 1,000 waits at the default interval, of bare reqwest",
        ours,
        theirs,
        &Unit::Seconds,
        1.2,
    );
    Ok(())
}
