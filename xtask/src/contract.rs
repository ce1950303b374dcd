//! `cargo xtask contract`: the documentation's statements, held against the
//! description, the fixtures and the tests.

mod fixtures;
mod mutation;
mod named_test;
mod outcome;
mod place;
mod table;

use std::collections::BTreeSet;

use anyhow::{Result, bail};

use crate::SPEC;
use fixtures::{Fixture, Subject};
use named_test::{Sources, TestName};
pub(crate) use outcome::Passed;
use place::Description;
use table::Row;

/// The table, from the root.
const TABLE: &str = "openapi/README.md";

/// The cell of a row without a location in the spec, or without a test.
const NONE: &str = "-";

/// Reads the table and complains about every row that does not hold: also of
/// those whose tests are not among the ones that passed, if that is known.
pub(crate) fn check(passed: Option<&Passed>) -> Result<()> {
    let rows = table::read(TABLE)?;
    let fixtures = fixtures::read()?;
    let description = Description::read(SPEC)?;
    let mut complaints = complaints(&rows, &fixtures, &description, Sources::below(""));
    complaints.extend(without_row(&rows, &fixtures));
    complaints.extend(mutation::complaints(&rows)?);
    if let Some(passed) = passed {
        complaints.extend(not_passed(&rows, passed));
    }
    if !complaints.is_empty() {
        for complaint in &complaints {
            eprintln!("{complaint}");
        }
        bail!(
            "the contract does not hold; complaints above: {}",
            complaints.len()
        );
    }
    let ran = if passed.is_some() {
        ", which passed"
    } else {
        ""
    };
    println!("{}{ran}", coverage(&rows));
    Ok(())
}

/// Changes the fixtures of rows and what is listed, and expects their tests to fail.
pub(crate) fn mutate() -> Result<()> {
    check(None)?;
    mutation::run(&table::read(TABLE)?, &fixtures::read()?)
}

fn not_passed(rows: &[Row], passed: &Passed) -> Vec<String> {
    let mut found = Vec::new();
    for row in rows {
        for test in row.tests.iter().filter(|test| !passed.has(test)) {
            found.push(row.complaint(&format!("`{test}` did not pass in this run")));
        }
    }
    found
}

/// What does not hold in the rows there are.
fn complaints(
    rows: &[Row],
    fixtures: &[Fixture],
    description: &Description,
    mut sources: Sources,
) -> Vec<String> {
    let mut found = Vec::new();
    let mut is_counted = true;
    for (row, number) in rows.iter().zip(1..) {
        let mut complain = |message: String| found.push(row.complaint(&message));
        // After the first one, all that follow are wrong.
        if row.number != number && is_counted {
            complain(format!("has to have the number {number}"));
            is_counted = false;
        }
        if row.statement.is_empty() || row.section.is_empty() {
            complain("has no statement, or no section".into());
        }
        let has_place = row.pointer != NONE;
        if has_place && !description.has(&row.pointer) {
            complain(format!("`{}` is not in {SPEC}", row.pointer));
        }
        if (row.tests.is_empty() || !has_place) && row.reading.is_empty() {
            complain("has no place or no test, and gives no reason".into());
        }
        for test in &row.tests {
            if let Err(fault) = sources.check(test) {
                complain(format!("`{test}`: {fault:#}"));
            }
        }
        if let Some(subject) = row.subject() {
            if !fixtures.iter().any(|fixture| fixture.has(&subject)) {
                complain(format!("no documented answer has `{subject}`"));
            }
            if let Subject::Field(path) = &subject
                && has_place
                && !description.describes(path, &row.pointer)
            {
                complain(format!("`{path}` is not what `{}` describes", row.pointer));
            }
        }
    }
    found
}

/// The fields and answers of the fixtures that no row is about.
fn without_row(rows: &[Row], fixtures: &[Fixture]) -> Vec<String> {
    let told: BTreeSet<Subject> = rows.iter().filter_map(Row::subject).collect();
    let mut found = Vec::new();
    let mut seen = BTreeSet::new();
    for fixture in fixtures {
        let answer = Subject::Answer(fixture.name.clone());
        // The model is one example of every field, not an answer of its own.
        if fixture.is_response() && !told.contains(&answer) {
            found.push(format!("{}: no row of {TABLE} is about it", fixture.file()));
        }
        for path in fixture.paths() {
            let field = Subject::Field(path);
            if !told.contains(&field) && seen.insert(field.clone()) {
                found.push(format!(
                    "{}: no row of {TABLE} is about its field `{field}`",
                    fixture.file()
                ));
            }
        }
    }
    found
}

fn coverage(rows: &[Row]) -> String {
    let placed = rows.iter().filter(|row| row.pointer != NONE).count();
    let shown = rows.iter().filter(|row| !row.tests.is_empty()).count();
    let tests: BTreeSet<&TestName> = rows.iter().flat_map(|row| &row.tests).collect();
    format!(
        "contract: {} statements, {placed} with a location in the spec, \
         {} not shown here (reasons given), {shown} shown by {} tests",
        rows.len(),
        rows.len() - shown,
        tests.len(),
    )
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::{Description, Fixture, Sources, complaints, table, without_row};

    const HEAD: &str = "| # | statement | section | in the spec | test | reading |\n";

    fn fixtures() -> Vec<Fixture> {
        [
            (
                "model/every-field",
                json!({"jobid": "1", "seed": {"value": 1}}),
            ),
            ("responses/401-x", json!({"code": 401})),
        ]
        .map(|(name, body)| Fixture {
            name: name.into(),
            body,
        })
        .into()
    }

    #[test]
    fn rows_that_do_not_hold_are_named() {
        let test = "`tests::wire::body_has_only_the_given_fields`";
        let description = Description::parse(
            "a: 1\ncomponents:\n  schemas:\n    Job: {properties: {seed: {$ref: '#/components/schemas/Seed'}}}\n\
             \x20   Seed: {properties: {value: 1}}\n    ErrorBody: {properties: {value: 1, code: 2}}\n",
        )
        .unwrap();
        for (row, complaint) in [
            (
                format!(
                    "| 1 | `seed.value`: x | Model | `/components/schemas/Seed/properties/value` | {test} | |"
                ),
                "",
            ),
            ("| 1 | x | Model | - | - | a reason |".into(), ""),
            (
                format!("| 2 | x | Model | `/a` | {test} | |"),
                "has to have the number 1",
            ),
            (
                format!("| 1 | x | | `/a` | {test} | |"),
                "has no statement, or no section",
            ),
            (
                format!("| 1 | x | Model | `/b` | {test} | |"),
                "`/b` is not in",
            ),
            (
                "| 1 | x | Model | `/a` | - | |".into(),
                "has no place or no test",
            ),
            (
                format!("| 1 | x | Model | - | {test} | |"),
                "has no place or no test",
            ),
            (
                "| 1 | x | Model | `/a` | `tests::wire::no` | |".into(),
                "`tests::wire::no`: ",
            ),
            (
                format!("| 1 | `seed.x`: x | Model | `/a` | {test} | |"),
                "no documented answer has `seed.x`",
            ),
            (
                format!(
                    "| 1 | `seed.value`: x | Model | `/components/schemas/ErrorBody/properties/value` | {test} | |"
                ),
                "`seed.value` is not what",
            ),
        ] {
            let rows = table::parse("a.md", &format!("{HEAD}{row}\n")).unwrap();
            let sources = Sources::below(concat!(env!("CARGO_MANIFEST_DIR"), "/.."));
            let found = complaints(&rows, &fixtures(), &description, sources);
            if complaint.is_empty() {
                assert!(found.is_empty(), "{found:?}");
            } else {
                assert!(
                    found.iter().any(|found| found.starts_with("a.md:2: row ") && found.contains(complaint)),
                    "{complaint}: {found:?}"
                );
            }
        }
    }

    #[test]
    fn fields_and_answers_without_a_row_are_named() {
        let text = format!(
            "{HEAD}| 1 | `seed.value`: x | Model | - | - | x |\n| 2 | `code`: x | Model | - | - | x |\n"
        );
        let rows = table::parse("a.md", &text).unwrap();
        let found = without_row(&rows, &fixtures());
        let ends: Vec<_> = found
            .iter()
            .filter_map(|line| line.rsplit(' ').next())
            .collect();
        // The last is the answer itself.
        assert_eq!(ends, ["`jobid`", "`seed`", "it"]);
    }
}
