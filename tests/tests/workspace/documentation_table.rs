//! The table in `openapi/README.md`: every statement has a location in the spec and
//! tests, or a reason, and every documented response has its rows.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use serde_json::Value;
use useapi_seed_tests::{Fixture, Spec, workspace};

/// One statement of the documentation.
struct Row<'a> {
    number: &'a str,
    statement: &'a str,
    section: &'a str,
    pointer: &'a str,
    /// `FILE.rs::FUNCTION`.
    tests: Vec<&'a str>,
    reading: &'a str,
}

impl<'a> Row<'a> {
    /// None for a line that is not a numbered row.
    fn parse(line: &'a str) -> Option<Self> {
        let cells: Vec<_> = line.split('|').map(str::trim).collect();
        let ["", number, statement, section, pointer, tests, reading, ""] = cells[..] else {
            return None;
        };
        let tests = tests.split(", ").map(|test| test.trim_matches('`'));
        number.parse::<usize>().ok().map(|_| Self {
            number,
            statement,
            section,
            pointer: pointer.trim_matches('`'),
            tests: tests.filter(|test| *test != "-").collect(),
            reading,
        })
    }

    /// The field or response that the row is about. Requests have no fixtures.
    fn subject(&self) -> Option<&'a str> {
        let is_response = ["Model", "Responses"]
            .iter()
            .any(|it| self.section.starts_with(it));
        let (name, _) = self.statement.strip_prefix('`')?.split_once("`: ")?;
        is_response.then_some(name)
    }

    fn errors(&self, spec: &Spec, subjects: &BTreeSet<String>) -> Vec<String> {
        let mut errors = Vec::new();
        let has_location = self.pointer != "-";
        if self.statement.is_empty() || self.section.is_empty() {
            errors.push("no statement or no section".to_owned());
        }
        if has_location && spec.at(self.pointer).is_none() {
            errors.push(format!("`{}` is not in the spec", self.pointer));
        }
        if (self.tests.is_empty() || !has_location) && self.reading.is_empty() {
            errors.push("no location or no test, and no reason".to_owned());
        }
        let missing = self.tests.iter().filter(|test| !exists(test));
        errors.extend(missing.map(|test| format!("there is no test `{test}`")));
        if let Some(subject) = self.subject() {
            if !subjects.contains(subject) {
                errors.push(format!("no documented response has `{subject}`"));
            }
            let field = subject.rsplit('.').next().unwrap_or(subject);
            if has_location
                && !subject.contains('/')
                && !self.pointer.ends_with(&format!("/{field}"))
            {
                errors.push(format!("`{}` is another field's location", self.pointer));
            }
        }
        errors
    }
}

/// Whether the file has this test, and `cargo test` runs it.
fn exists(test: &str) -> bool {
    let Some((file, name)) = test.split_once("::") else {
        return false;
    };
    let file = workspace().join(file);
    let source = fs::read_to_string(&file).unwrap_or_default();
    let is_fixture = Fixture::all()
        .iter()
        .any(|fixture| fixture.test_name() == name);
    is_compiled(&file)
        && (has_test(&source, name) || is_fixture && source.contains("\nfixture_tests!("))
}

/// Whether a function of this name has the attribute of a test, and is not ignored.
fn has_test(source: &str, name: &str) -> bool {
    let mut attributes = Vec::new();
    for line in source.lines().map(str::trim_start) {
        let function = line
            .strip_prefix("async ")
            .unwrap_or(line)
            .strip_prefix("fn ");
        if line.starts_with("#[") {
            attributes.push(line);
        } else if let Some((found, _)) = function.and_then(|function| function.split_once('(')) {
            let has = |start: &str| attributes.iter().any(|it| it.starts_with(start));
            if found == name && (has("#[test]") || has("#[tokio::test")) && !has("#[ignore") {
                return true;
            }
            attributes.clear();
        } else if !line.starts_with("//") {
            attributes.clear();
        }
    }
    false
}

/// Whether the file is a root of a crate, or a module from there.
fn is_compiled(file: &Path) -> bool {
    let (Some(directory), Some(name)) = (file.parent(), file.file_stem()) else {
        return false;
    };
    let has_manifest = |path: &Path| path.join("Cargo.toml").is_file();
    let is_test_root = directory.ends_with("tests") && directory.parent().is_some_and(has_manifest);
    if is_test_root || name == "lib" || name == "main" {
        return file.is_file();
    }
    let declaration = format!("mod {};", name.display());
    let parents = ["lib.rs", "main.rs"].map(|root| directory.join(root));
    let mut parents = parents.into_iter().chain([directory.with_extension("rs")]);
    parents.any(|parent| {
        let source = fs::read_to_string(&parent).unwrap_or_default();
        source.lines().any(|line| line.ends_with(&declaration)) && is_compiled(&parent)
    })
}

/// The names of the documented responses, and the paths of all their fields.
fn subjects() -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    for fixture in Fixture::all() {
        // Those of the service are not from the documentation, and the model is one
        // example of every field, not a response of its own.
        if !fixture.name.starts_with("service/") {
            collect(&fixture.json(), "", &mut found);
        }
        if fixture.name.starts_with("responses/") {
            found.insert(fixture.name);
        }
    }
    found
}

/// The path of every field: `seed.attachments[].url`.
fn collect(value: &Value, path: &str, found: &mut BTreeSet<String>) {
    match value {
        Value::Object(fields) => {
            for (name, value) in fields {
                let path = format!("{path}{name}");
                collect(value, &format!("{path}."), found);
                found.insert(path);
            }
        }
        Value::Array(items) => {
            let path = format!("{}[].", path.trim_end_matches('.'));
            for item in items {
                collect(item, &path, found);
            }
        }
        _ => {}
    }
}

fn table() -> Vec<Row<'static>> {
    let text = include_str!("../../../openapi/README.md");
    text.lines().filter_map(Row::parse).collect()
}

#[test]
fn every_statement_has_location_and_tests() {
    let (spec, subjects) = (Spec::read(), subjects());
    let rows = table();
    let errors = rows.iter().flat_map(|row| {
        let errors = row.errors(&spec, &subjects).into_iter();
        errors.map(|error| format!("row {}: {error}", row.number))
    });
    let errors: Vec<_> = errors.collect();
    assert!(errors.is_empty(), "{}", errors.join("\n"));
    // A row that is not parsed leaves a gap.
    let numbers: Vec<_> = rows.iter().map(|row| row.number.to_owned()).collect();
    let expected: Vec<_> = (1..=rows.len()).map(|number| number.to_string()).collect();
    assert_eq!(numbers, expected);
}

#[test]
fn every_documented_field_has_a_row() {
    let rows: BTreeSet<_> = table()
        .iter()
        .filter_map(Row::subject)
        .map(str::to_owned)
        .collect();
    let without_row: Vec<_> = subjects()
        .into_iter()
        .filter(|subject| !rows.contains(subject))
        .collect();
    assert!(without_row.is_empty(), "{without_row:?}");
}

#[test]
fn invalid_rows_are_rejected() {
    let (spec, subjects) = (Spec::read(), subjects());
    let test = "`tests/tests/workspace/documentation_table.rs::invalid_rows_are_rejected`";
    let at = "`/components/schemas/Job/properties/status`";
    for (row, expected) in [
        (format!("| 1 | `status`: x | Model | {at} | {test} | |"), ""),
        ("| 1 | x | Model | - | - | a reason |".to_owned(), ""),
        (format!("| 1 | x | | {at} | {test} | |"), "no section"),
        (
            format!("| 1 | x | Model | `/nothing` | {test} | |"),
            "not in the spec",
        ),
        (format!("| 1 | x | Model | {at} | - | |"), "no reason"),
        (format!("| 1 | x | Model | - | {test} | |"), "no reason"),
        (format!("| 1 | x | Model | {at} | `a.rs::b` | |"), "no test"),
        (format!("| 1 | x | Model | {at} | {test}x | |"), "no test"),
        (
            format!("| 1 | `x`: x | Model | {at} | {test} | |"),
            "no documented response",
        ),
        (
            format!("| 1 | `verb`: x | Model | {at} | {test} | |"),
            "another field",
        ),
    ] {
        let parsed = Row::parse(&row).expect("a row");
        let errors = parsed.errors(&spec, &subjects).join(", ");
        assert_eq!(errors.is_empty(), expected.is_empty(), "{row}: {errors}");
        assert!(errors.contains(expected), "{row}: {errors}");
    }
}

#[test]
fn only_tests_that_run_exist() {
    let source = "#[test]\n#[ignore]\nfn a() {}\n\
                  fn b() {}\n\
                  #[tokio::test(start_paused = true)]\n// why\nasync fn c() {}\n\
                  proptest! {\n    #[test]\n    fn d(x: u8) {}\n}\n";
    for (name, expected) in [("a", false), ("b", false), ("c", true), ("d", true)] {
        assert_eq!(has_test(source, name), expected, "{name}");
    }
    let orphan = workspace().join("tests/src/orphan.rs");
    assert!(!is_compiled(&orphan));
    assert!(is_compiled(&workspace().join("tests/src/spec.rs")));
}
