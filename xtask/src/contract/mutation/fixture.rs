//! Changes of the documented answers.

use std::collections::BTreeSet;

use serde_json::Value;

use super::change::Change;
use crate::contract::fixtures::{Fixture, Subject};
use crate::contract::table::Row;

/// How a fixture is written, changed or not: so that it is the change that a
/// test sees.
pub(super) fn text(answer: &Value) -> String {
    format!("{answer:#}\n")
}

/// Each fixture that the row is about, with each change to it.
pub(super) fn changes<'a>(
    row: &Row,
    subject: &Subject,
    fixtures: &'a [Fixture],
) -> Vec<(&'a Fixture, String, Change, Value)> {
    // A field is changed where the row's section shows it: in the model, or in
    // the answers with the section's status.
    let shown = match row.section.strip_prefix("Responses, ") {
        Some(status) => format!("responses/{status}-"),
        None => "model/".to_owned(),
    };
    let mut found = Vec::new();
    for fixture in fixtures.iter().filter(|fixture| fixture.has(subject)) {
        let paths = match subject {
            Subject::Field(_) if !fixture.name.starts_with(&shown) => continue,
            Subject::Field(path) => BTreeSet::from([path.clone()]),
            Subject::Answer(_) => fixture.paths(),
        };
        for path in paths {
            for change in Change::ALL {
                if let Some(answer) = change.apply(&fixture.body, &path) {
                    found.push((fixture, path.clone(), change, answer));
                }
            }
        }
    }
    found
}
