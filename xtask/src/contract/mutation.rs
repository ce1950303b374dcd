//! Changes what each row is about, and expects a test of the row to fail.
//!
//! A row about a documented answer has its fixture changed, one field after the
//! other. For every other row a change of the sources is written down: of the
//! description where that is what decides, else of the client, or of the
//! emulator, which stands for the service.

mod change;
mod fixture;
mod listed;
mod source;

use anyhow::{Result, bail};

use super::fixtures::Fixture;
use super::table::Row;

/// A row, and what was changed without any of its tests failing.
struct Missed<'a>(&'a Row, String);

/// How many changes there were, and how many no test saw.
#[derive(Default)]
struct Tally<'a> {
    rows: usize,
    changes: usize,
    missed: Vec<Missed<'a>>,
}

impl<'a> Tally<'a> {
    /// Counts a row whose changes these were, and says what became of them.
    fn count(&mut self, row: &'a Row, changes: usize, unseen: Vec<String>, about: &str) {
        let caught = changes - unseen.len();
        let outcome = if unseen.is_empty() {
            "caught"
        } else {
            "MISSED"
        };
        println!("{}: {outcome} ({caught} of {changes}): {about}", row.number);
        self.rows += 1;
        self.changes += changes;
        self.missed
            .extend(unseen.into_iter().map(|change| Missed(row, change)));
    }
}

/// What does not hold in the list of changes.
pub(super) fn complaints(rows: &[Row]) -> Result<Vec<String>> {
    Ok(listed::complaints(rows, &listed::read()?))
}

pub(super) fn run(rows: &[Row], fixtures: &[Fixture]) -> Result<()> {
    let mut tally = Tally::default();
    fixture::run(rows, fixtures, &mut tally)?;
    source::run(rows, &listed::read()?, &mut tally)?;
    for Missed(row, change) in &tally.missed {
        eprintln!(
            "{}",
            row.complaint(&format!("{change}: no test of the row failed"))
        );
    }
    let untested = rows.iter().filter(|row| row.tests.is_empty()).count();
    println!(
        "mutate: {} rows, {} changes, {} missed; {untested} rows have no test",
        tally.rows,
        tally.changes,
        tally.missed.len(),
    );
    if !tally.missed.is_empty() {
        bail!("{} changes were missed", tally.missed.len());
    }
    Ok(())
}
