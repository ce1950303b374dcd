//! A copy of the workspace to change, and the tests that look at it.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::PathBuf;
use std::process::Command;

use anyhow::{Context, Result, bail};
use serde_json::Value;

use super::fixture;
use crate::cargo::{self, Cargo, LOOPBACK};
use crate::checkout::Checkout;
use crate::contract::fixtures::Fixture;
use crate::contract::named_test::TestName;
use crate::contract::outcome::{FORMAT, failed, passed};
use crate::contract::table::Row;
use crate::{GENERATED, SPEC};

pub(super) struct Bench {
    checkout: Checkout,
    cargo: Cargo,
    /// Where each package's test binary is.
    binaries: BTreeMap<(&'static str, String), PathBuf>,
}

impl Bench {
    /// Makes the copy, in which every test of a row passes.
    pub(super) fn new(rows: &[Row], fixtures: &[Fixture]) -> Result<Self> {
        cargo::fetch()?;
        let checkout = Checkout::new()?;
        let cargo = Cargo::new(checkout.path())?;
        let mut bench = Self {
            checkout,
            cargo,
            binaries: BTreeMap::new(),
        };
        for fixture in fixtures {
            bench.write(&fixture.file(), &fixture::text(&fixture.body))?;
        }
        let tests: BTreeSet<&TestName> = rows.iter().flat_map(|row| &row.tests).collect();
        for test in tests {
            let key = (test.package, test.binary.clone());
            if !bench.binaries.contains_key(&key) {
                let binary = bench.build(test)?;
                bench.binaries.insert(key, binary);
            }
            let output = bench.output(test)?;
            if !passed(&output).contains(test.path.as_str()) {
                bail!("`{test}` does not pass before anything is changed:\n{output}");
            }
        }
        Ok(bench)
    }

    /// Whether one of the row's tests fails while a file has this content.
    pub(super) fn catches(
        &self,
        row: &Row,
        file: &str,
        content: &str,
        is_compiled: bool,
    ) -> Result<bool> {
        let before = self.read(file)?;
        self.write(file, content)?;
        let mut caught = false;
        for test in &row.tests {
            if !caught {
                if is_compiled {
                    self.build(test)?;
                }
                caught = failed(&self.output(test)?, &test.path);
            }
        }
        self.write(file, &before)?;
        Ok(caught)
    }

    pub(super) fn read(&self, file: &str) -> Result<String> {
        fs::read_to_string(self.checkout.path().join(file))
            .with_context(|| format!("cannot read {file}"))
    }

    fn write(&self, file: &str, content: &str) -> Result<()> {
        let root = self.checkout.path();
        fs::write(root.join(file), content).with_context(|| format!("cannot write {file}"))?;
        if file == SPEC {
            let source = useapi_seed_codegen::generate(&root.join(SPEC))?;
            fs::write(root.join(GENERATED), source)
                .with_context(|| format!("cannot write {GENERATED}"))?;
        }
        Ok(())
    }

    /// Builds a test's binary, and says where it is. A change that it cannot be
    /// built with proves nothing, and is an error.
    fn build(&self, test: &TestName) -> Result<PathBuf> {
        let format = "--message-format=json-diagnostic-short";
        let select = ["--package", test.package];
        let arguments = [
            &["test", "--no-run", "--quiet", format],
            &select[..],
            &test.target(),
        ]
        .concat();
        let output = self.cargo.try_run(&arguments)?;
        if !output.status.success() {
            let complaint = String::from_utf8_lossy(&output.stderr);
            bail!("`{test}` cannot be built: {}\n{complaint}", output.status);
        }
        String::from_utf8_lossy(&output.stdout)
            .lines()
            .filter_map(|line| serde_json::from_str::<Value>(line).ok())
            .filter(|message| message.pointer("/profile/test") == Some(&Value::Bool(true)))
            .find_map(|message| message.get("executable")?.as_str().map(PathBuf::from))
            .with_context(|| format!("cargo did not say where the test binary of `{test}` is"))
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
            .current_dir(self.checkout.path().join(test.folder))
            .envs(LOOPBACK)
            // A snapshot that differs is to leave no file behind.
            .env("INSTA_UPDATE", "no")
            .output()
            .with_context(|| format!("cannot start {}", binary.display()))?;
        Ok(String::from_utf8_lossy(&output.stdout).into_owned())
    }
}
