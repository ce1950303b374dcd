//! Changes of the documented answers, in a copy that the tests read in place of
//! their own: nothing is compiled again.

use std::collections::btree_map::Entry;
use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::{Context, Result, bail};
use serde_json::Value;
use tempfile::TempDir;

use super::Tally;
use super::change::Change;
use crate::cargo::ENVIRONMENT;
use crate::contract::fixtures::{FOLDER, Fixture, Subject};
use crate::contract::named_test::TestName;
use crate::contract::outcome::{FORMAT, failed, passed};
use crate::contract::run::target;
use crate::contract::table::Row;

/// Says to the tests where the fixtures are.
const VARIABLE: &str = "USEAPI_SEED_FIXTURES";

/// Changes the fixtures of every row that is about one.
pub(super) fn run<'a>(rows: &'a [Row], fixtures: &[Fixture], tally: &mut Tally<'a>) -> Result<()> {
    let bench = Bench::new(rows, fixtures)?;
    for row in rows {
        let Some(subject) = row.subject().filter(|_| !row.tests.is_empty()) else {
            continue;
        };
        let changes = changes(row, &subject, fixtures);
        let mut unseen = Vec::new();
        for (fixture, path, change, answer) in &changes {
            if !bench.catches(row, fixture, answer)? {
                unseen.push(format!("{}: `{path}` {change}", fixture.file()));
            }
        }
        tally.count(row, changes.len(), unseen, &subject.to_string());
    }
    Ok(())
}

/// Each fixture that the row is about, with each change to it.
fn changes<'a>(
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

/// A copy of the fixtures, and the test binaries that read it.
struct Bench {
    copy: TempDir,
    binaries: BTreeMap<(&'static str, String), PathBuf>,
}

impl Bench {
    fn new(rows: &[Row], fixtures: &[Fixture]) -> Result<Self> {
        let copy = tempfile::tempdir().context("cannot make a temporary folder")?;
        copy_folder(Path::new(FOLDER), copy.path())?;
        let mut bench = Self {
            copy,
            binaries: BTreeMap::new(),
        };
        // As it is written later: so that it is the change that is seen.
        for fixture in fixtures {
            bench.write(fixture, &fixture.body)?;
        }
        let tests: BTreeSet<&TestName> = rows
            .iter()
            .filter(|row| row.subject().is_some())
            .flat_map(|row| &row.tests)
            .collect();
        for test in tests {
            let key = (test.package, test.binary.clone());
            if let Entry::Vacant(place) = bench.binaries.entry(key) {
                place.insert(build(test)?);
            }
            let output = bench.output(test)?;
            if !passed(&output).contains(test.path.as_str()) {
                bail!("`{test}` does not pass with unchanged fixtures:\n{output}");
            }
        }
        Ok(bench)
    }

    /// Whether one of the row's tests fails with this answer.
    fn catches(&self, row: &Row, fixture: &Fixture, answer: &Value) -> Result<bool> {
        self.write(fixture, answer)?;
        let mut caught = false;
        for test in &row.tests {
            caught = caught || failed(&self.output(test)?, &test.path);
        }
        self.write(fixture, &fixture.body)?;
        Ok(caught)
    }

    fn write(&self, fixture: &Fixture, answer: &Value) -> Result<()> {
        let file = self.copy.path().join(format!("{}.json", fixture.name));
        fs::write(&file, format!("{answer:#}\n"))
            .with_context(|| format!("cannot write {}", file.display()))
    }

    fn output(&self, test: &TestName) -> Result<String> {
        let key = (test.package, test.binary.clone());
        let binary = self
            .binaries
            .get(&key)
            .context("a test that was not built")?;
        let output = Command::new(binary)
            .args(FORMAT)
            .arg(&test.path)
            // As cargo does it.
            .current_dir(test.folder)
            .envs(ENVIRONMENT)
            .env(VARIABLE, self.copy.path())
            .output()
            .with_context(|| format!("cannot start {}", binary.display()))?;
        Ok(String::from_utf8_lossy(&output.stdout).into_owned())
    }
}

fn copy_folder(from: &Path, to: &Path) -> Result<()> {
    let fault = || format!("cannot copy {}", from.display());
    fs::create_dir_all(to).with_context(fault)?;
    for entry in fs::read_dir(from).with_context(fault)? {
        let entry = entry.with_context(fault)?;
        let target = to.join(entry.file_name());
        if entry.file_type().with_context(fault)?.is_dir() {
            copy_folder(&entry.path(), &target)?;
        } else {
            fs::copy(entry.path(), target).with_context(fault)?;
        }
    }
    Ok(())
}

/// Builds the test's binary and says where it is.
fn build(test: &TestName) -> Result<PathBuf> {
    let output = Command::new(env!("CARGO"))
        .args(["test", "--no-run", "--quiet", "--message-format=json"])
        .args(["--package", test.package])
        .args(target(&test.binary))
        .stderr(Stdio::inherit())
        .output()
        .context("cannot start cargo")?;
    if !output.status.success() {
        bail!("`{test}` cannot be built: {}", output.status);
    }
    String::from_utf8_lossy(&output.stdout)
        .lines()
        .filter_map(|line| serde_json::from_str::<Value>(line).ok())
        .filter(|message| message.pointer("/profile/test") == Some(&Value::Bool(true)))
        .find_map(|message| message.get("executable")?.as_str().map(PathBuf::from))
        .with_context(|| format!("cargo did not say where the test binary of `{test}` is"))
}
