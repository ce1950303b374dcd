//! The table of statements, read from Markdown.

use std::fs;

use anyhow::{Context, Result, bail};

use super::NONE;
use super::fixtures::Subject;
use super::named_test::TestName;

/// A table with these columns is one of statements; there may be several.
const COLUMNS: [&str; 6] = [
    "#",
    "statement",
    "section",
    "in the spec",
    "test",
    "reading",
];

/// One statement of the documentation.
pub(crate) struct Row {
    /// `FILE:LINE`.
    place: String,
    pub(crate) number: usize,
    pub(crate) statement: String,
    pub(crate) section: String,
    pub(crate) pointer: String,
    pub(crate) tests: Vec<TestName>,
    /// How a contradiction is read, or why there is no test.
    pub(crate) reading: String,
}

impl Row {
    pub(crate) fn complaint(&self, message: &str) -> String {
        format!("{}: row {}: {message}", self.place, self.number)
    }

    /// What of the fixtures the row is about: what its statement begins with,
    /// in backquotes and followed by a colon. Requests have no fixtures.
    pub(crate) fn subject(&self) -> Option<Subject> {
        if !self.section.starts_with("Model") && !self.section.starts_with("Responses") {
            return None;
        }
        let (name, _) = self.statement.strip_prefix('`')?.split_once("`: ")?;
        Some(Subject::named(name))
    }
}

/// All rows, in their order.
pub(crate) fn read(file: &str) -> Result<Vec<Row>> {
    let text = fs::read_to_string(file).with_context(|| format!("cannot read {file}"))?;
    parse(file, &text)
}

/// `file` stands for the text in complaints.
pub(crate) fn parse(file: &str, text: &str) -> Result<Vec<Row>> {
    let mut rows = Vec::new();
    let mut inside = false;
    for (line, number) in text.lines().zip(1..) {
        let place = format!("{file}:{number}");
        let Some(cells) = cells(line) else {
            inside = false;
            continue;
        };
        if cells.iter().map(String::as_str).eq(COLUMNS) {
            inside = true;
        } else if inside && cells.iter().all(|cell| is_rule(cell)) {
            // The line between the columns' names and the rows.
        } else if inside {
            rows.push(row(place, cells)?);
        } else if cells
            .first()
            .is_some_and(|cell| cell.parse::<usize>().is_ok())
        {
            // It would be lost without a word.
            bail!("{place}: a numbered row stands in no table of statements");
        }
    }
    if rows.is_empty() {
        bail!("{file}: there is no table with the columns {COLUMNS:?}");
    }
    Ok(rows)
}

fn row(place: String, cells: Vec<String>) -> Result<Row> {
    let count = cells.len();
    let Ok([number, statement, section, pointer, tests, reading]) =
        <[String; COLUMNS.len()]>::try_from(cells)
    else {
        bail!("{place}: the row has {count} cells, not {}", COLUMNS.len());
    };
    let number = number
        .parse()
        .with_context(|| format!("{place}: `{number}` is no number"))?;
    let tests = if tests == NONE {
        Vec::new()
    } else {
        tests
            .split(", ")
            .map(|test| TestName::parse(bare(test)))
            .collect::<Result<_>>()
            .with_context(|| format!("{place}: row {number}"))?
    };
    Ok(Row {
        place,
        number,
        statement,
        section,
        pointer: bare(&pointer).to_owned(),
        tests,
        reading,
    })
}

/// The cells of a table's line, or nothing if it is none.
fn cells(line: &str) -> Option<Vec<String>> {
    let inner = line.trim().strip_prefix('|')?.strip_suffix('|')?;
    let mut cells = vec![String::new()];
    let mut characters = inner.chars().peekable();
    while let Some(character) = characters.next() {
        match character {
            '\\' if characters.next_if_eq(&'|').is_some() => cells.last_mut()?.push('|'),
            '|' => cells.push(String::new()),
            other => cells.last_mut()?.push(other),
        }
    }
    Some(cells.iter().map(|cell| cell.trim().to_owned()).collect())
}

fn is_rule(cell: &str) -> bool {
    !cell.is_empty() && cell.chars().all(|character| matches!(character, '-' | ':'))
}

fn bare(cell: &str) -> &str {
    cell.trim().trim_matches('`')
}

#[cfg(test)]
mod tests {
    use super::{COLUMNS, parse};
    use crate::contract::fixtures::Subject;

    fn table(rows: &str) -> String {
        let names = COLUMNS.join(" | ");
        format!(
            "# Title\n\n| column | what |\n| --- | --- |\n| test | - |\n\n| {names} |\n|---|---|---|---|---|:--|\n{rows}"
        )
    }

    #[test]
    fn rows_are_read() {
        let text = table(
            "| 1 | `seed.value`: a \\| b | Model | `/a` | `tests::a::b`, `seed::lib::c::d` | |\n\
             | 2 | `jobid`: x | Request Body | - | - | why |\n",
        );
        let rows = parse("a.md", &text).unwrap();
        let [first, second] = rows.as_slice() else {
            panic!("{} rows", rows.len());
        };
        assert_eq!(first.statement, "`seed.value`: a | b");
        assert_eq!(first.subject(), Some(Subject::Field("seed.value".into())));
        assert_eq!(first.pointer, "/a");
        assert_eq!(first.tests.len(), 2);
        assert_eq!(first.complaint("is odd"), "a.md:9: row 1: is odd");
        assert_eq!(second.subject(), None);
        assert!(second.tests.is_empty());
        assert_eq!(second.reading, "why");
    }

    #[test]
    fn what_would_be_lost_is_refused() {
        let row = "| 1 | a | Model | /a | - | why |\n";
        for text in [
            String::new(),
            row.to_owned(),
            table("| 1 | a | Model | /a | - |\n"),
            table("| one | a | Model | /a | - | why |\n"),
            table("| 1 | a | Model | /a | a_test | |\n"),
            table(&format!("{row}\n{row}")),
        ] {
            assert!(parse("a.md", &text).is_err(), "{text}");
        }
        parse("a.md", &table(row)).unwrap();
    }
}
