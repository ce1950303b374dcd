//! The list of changes, at most one for a row that is about no fixture.

use std::collections::BTreeMap;
use std::fs;

use anyhow::{Context, Result, bail};
use saphyr::YamlOwned;

use crate::contract::place;
use crate::contract::table::Row;

pub(super) const LIST: &str = "openapi/mutations.yaml";
/// Of an entry.
const KEYS: [&str; 4] = ["row", "file", "text", "becomes"];

/// A change of one place in a file.
pub(super) struct Mutation {
    pub(super) row: usize,
    /// From the root.
    pub(super) file: String,
    text: String,
    becomes: String,
}

impl Mutation {
    /// The file with the change.
    pub(super) fn apply(&self, content: &str) -> Result<String> {
        match content.matches(&self.text).count() {
            _ if self.text == self.becomes => {
                bail!("the change for row {} changes nothing", self.row)
            }
            1 => Ok(content.replacen(&self.text, &self.becomes, 1)),
            count => bail!("{} has `{}` {count} times, not once", self.file, self.text),
        }
    }
}

/// All of them, by their files, so that what depends on a file is compiled anew
/// for that file's changes only.
pub(super) fn read() -> Result<Vec<Mutation>> {
    let text = fs::read_to_string(LIST).with_context(|| format!("cannot read {LIST}"))?;
    let mut list = parse(&text).context(LIST)?;
    list.sort_by(|one, other| (&one.file, one.row).cmp(&(&other.file, other.row)));
    Ok(list)
}

fn parse(text: &str) -> Result<Vec<Mutation>> {
    let document = place::document(text)?;
    let entries = document.as_vec().context("is no list")?;
    entries
        .iter()
        .zip(1..)
        .map(|(entry, number)| mutation(entry).with_context(|| format!("entry {number}")))
        .collect()
}

fn mutation(entry: &YamlOwned) -> Result<Mutation> {
    let fields = entry.as_mapping().context("is no mapping")?;
    if fields.len() != KEYS.len() {
        bail!("has to have just the keys {KEYS:?}");
    }
    let text = |key| {
        let value = entry.as_mapping_get(key).and_then(YamlOwned::as_str);
        Ok::<_, anyhow::Error>(
            value
                .with_context(|| format!("has no text `{key}`"))?
                .to_owned(),
        )
    };
    let row = entry.as_mapping_get("row").and_then(YamlOwned::as_integer);
    Ok(Mutation {
        row: row
            .and_then(|row| row.try_into().ok())
            .context("has no number `row`")?,
        file: text("file")?,
        text: text("text")?,
        becomes: text("becomes")?,
    })
}

/// What does not hold: an entry that changes nothing, that has no row, or that
/// is the second one of its row.
pub(super) fn complaints(rows: &[Row], list: &[Mutation]) -> Vec<String> {
    let mut found = Vec::new();
    let mut counts: BTreeMap<usize, usize> = BTreeMap::new();
    for mutation in list {
        *counts.entry(mutation.row).or_default() += 1;
        let content = fs::read_to_string(&mutation.file)
            .with_context(|| format!("cannot read {}", mutation.file));
        if let Err(fault) = content.and_then(|content| mutation.apply(&content)) {
            found.push(format!(
                "{LIST}: the change for row {}: {fault:#}",
                mutation.row
            ));
        }
    }
    for row in rows {
        let most = usize::from(row.subject().is_none() && !row.tests.is_empty());
        let count = counts.remove(&row.number).unwrap_or_default();
        if count > most {
            found.push(row.complaint(&format!("changes in {LIST}: {count}, not {most}")));
        }
    }
    for row in counts.keys() {
        found.push(format!("{LIST}: there is no row {row}"));
    }
    found
}

#[cfg(test)]
mod tests {
    use super::{Mutation, complaints, parse};
    use crate::contract::table;

    fn parsed(text: &str) -> Mutation {
        let [mutation] = <[_; 1]>::try_from(parse(text).unwrap()).ok().unwrap();
        mutation
    }

    #[test]
    fn a_change_has_one_place() {
        let mutation = parsed("- {row: 3, file: a.rs, text: b, becomes: c}");
        assert_eq!(mutation.row, 3);
        assert_eq!(mutation.apply("abd").unwrap(), "acd");
        for content in ["", "abb"] {
            assert!(mutation.apply(content).is_err(), "{content}");
        }
    }

    #[test]
    fn an_entry_is_whole() {
        for text in [
            "{}",
            "- 5",
            "- {row: 3, file: a, text: b}",
            "- {row: -3, file: a, text: b, becomes: c}",
            "- {row: 3, file: a, text: 4, becomes: c}",
            "- {row: 3, file: a, text: b, becomes: c, more: d}",
        ] {
            assert!(parse(text).is_err(), "{text}");
        }
    }

    #[test]
    fn only_rows_without_a_fixture_have_one() {
        let rows = table::parse(
            "a.md",
            "| # | statement | section | in the spec | test | reading |\n\
             | 1 | x | Introduction | - | `tests::wire::a` | |\n\
             | 2 | x | Introduction | - | - | a reason |\n\
             | 3 | `jobid`: x | Model | - | `tests::wire::a` | |\n",
        )
        .unwrap();
        let file = concat!(env!("CARGO_MANIFEST_DIR"), "/Cargo.toml");
        let entry = |row: usize| Mutation {
            row,
            file: file.into(),
            text: "name = \"xtask\"".into(),
            becomes: String::new(),
        };
        for list in [vec![entry(1)], vec![]] {
            assert!(complaints(&rows, &list).is_empty());
        }
        for (list, complaint) in [
            (vec![entry(1), entry(1)], "yaml: 2, not 1"),
            (vec![entry(1), entry(2)], "yaml: 1, not 0"),
            (vec![entry(1), entry(3)], "row 3: changes"),
            (vec![entry(1), entry(4)], "there is no row 4"),
            (
                vec![Mutation {
                    text: "nowhere".into(),
                    ..entry(1)
                }],
                "0 times, not once",
            ),
        ] {
            let found = complaints(&rows, &list);
            assert!(
                found.iter().any(|found| found.contains(complaint)),
                "{found:?}"
            );
        }
    }
}
