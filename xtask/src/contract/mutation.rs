//! Changes what rows are about, and expects a test of the row to fail.
//!
//! A row about a documented answer has its fixture changed, one field after the
//! other. For most other rows a change is written down: of the description
//! where that is what decides, else of the client, of the emulator, which stands
//! for the service, or of a fixture.

mod bench;
mod change;
mod fixture;
mod listed;

use anyhow::{Context, Result, bail, ensure};

use super::fixtures::Fixture;
use super::table::Row;
use bench::Bench;

/// How many changes there were, and those that no test saw.
#[derive(Default)]
struct Tally {
    rows: usize,
    changes: usize,
    missed: Vec<String>,
}

impl Tally {
    /// Counts a row, and says what became of its changes.
    fn count(&mut self, row: &Row, changes: usize, unseen: &[String], about: &str) -> Result<()> {
        ensure!(changes > 0, row.complaint("there is nothing to change"));
        let outcome = if unseen.is_empty() {
            "caught"
        } else {
            "MISSED"
        };
        let caught = changes - unseen.len();
        println!("{}: {outcome} ({caught} of {changes}): {about}", row.number);
        self.rows += 1;
        self.changes += changes;
        let complaint = |change| row.complaint(&format!("{change}: no test of the row failed"));
        self.missed.extend(unseen.iter().map(complaint));
        Ok(())
    }
}

/// What does not hold in the list of changes.
pub(super) fn complaints(rows: &[Row]) -> Result<Vec<String>> {
    Ok(listed::complaints(rows, &listed::read()?))
}

pub(super) fn run(rows: &[Row], fixtures: &[Fixture]) -> Result<()> {
    let list = listed::read()?;
    let bench = Bench::new(rows, fixtures)?;
    let mut tally = Tally::default();
    for row in rows {
        let Some(subject) = row.subject().filter(|_| !row.tests.is_empty()) else {
            continue;
        };
        let changes = fixture::changes(row, &subject, fixtures);
        let mut unseen = Vec::new();
        for (fixture, path, change, answer) in &changes {
            let file = fixture.file();
            if !bench.catches(row, &file, &fixture::text(answer), false)? {
                unseen.push(format!("{file}: `{path}` {change}"));
            }
        }
        tally.count(row, changes.len(), &unseen, &subject.to_string())?;
    }
    for mutation in &list {
        let row = rows.iter().find(|row| row.number == mutation.row);
        let row = row.context("a change without a row")?;
        let changed = mutation.apply(&bench.read(&mutation.file)?)?;
        let unseen = if bench.catches(row, &mutation.file, &changed, true)? {
            Vec::new()
        } else {
            vec![format!("{}: {}", listed::LIST, mutation.file)]
        };
        tally.count(row, 1, &unseen, &mutation.file)?;
    }
    for change in &tally.missed {
        eprintln!("{change}");
    }
    println!(
        "mutate: {} rows, {} changes, {} missed; {} rows have no test or no change",
        tally.rows,
        tally.changes,
        tally.missed.len(),
        rows.len() - tally.rows,
    );
    if !tally.missed.is_empty() {
        bail!("{} changes were missed", tally.missed.len());
    }
    Ok(())
}
