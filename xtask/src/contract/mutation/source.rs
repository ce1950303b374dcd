//! Changes of the sources, in a copy of the workspace.

use std::fs;

use anyhow::{Context, Result, bail};

use super::Tally;
use super::listed::Mutation;
use crate::cargo::Cargo;
use crate::checkout::Checkout;
use crate::contract::SPEC;
use crate::contract::named_test::TestName;
use crate::contract::outcome::{FORMAT, failed, passed};
use crate::contract::run::target;
use crate::contract::table::Row;

/// Makes each change and undoes it.
pub(super) fn run<'a>(rows: &'a [Row], list: &[Mutation], tally: &mut Tally<'a>) -> Result<()> {
    crate::cargo::fetch()?;
    let checkout = Checkout::new()?;
    let cargo = Cargo::new(checkout.path())?;
    for mutation in list {
        let row = rows
            .iter()
            .find(|row| row.number == mutation.row)
            .context("a change without a row")?;
        let file = checkout.path().join(&mutation.file);
        let content =
            fs::read_to_string(&file).with_context(|| format!("cannot read {}", mutation.file))?;
        let changed = mutation.apply(&content)?;
        for test in &row.tests {
            let output = tried(&cargo, test)?;
            if !passed(&output).contains(test.path.as_str()) {
                bail!("`{test}` does not pass with unchanged sources:\n{output}");
            }
        }
        let write = |content| {
            fs::write(&file, content)
                .with_context(|| format!("cannot write {}", file.display()))?;
            if mutation.file == SPEC {
                cargo.run(&["xtask", "codegen"])?;
            }
            Ok::<_, anyhow::Error>(())
        };
        write(&changed)?;
        let mut caught = false;
        for test in &row.tests {
            caught = caught || failed(&tried(&cargo, test)?, &test.path);
        }
        write(&content)?;
        let unseen = if caught {
            Vec::new()
        } else {
            vec![format!("the change of {} in the list", mutation.file)]
        };
        tally.count(row, 1, unseen, &mutation.file);
    }
    Ok(())
}

/// The output of a test. A change that it cannot be compiled with proves
/// nothing, and is an error.
fn tried(cargo: &Cargo, test: &TestName) -> Result<String> {
    let select = [&["--package", test.package][..], &target(&test.binary)].concat();
    cargo.run(&[&["test", "--quiet", "--no-run"], &select[..]].concat())?;
    let output = cargo.try_run(
        &[
            &["test", "--quiet"],
            &select[..],
            &["--"],
            &FORMAT,
            &[&test.path],
        ]
        .concat(),
    )?;
    Ok(String::from_utf8_lossy(&output.stdout).into_owned())
}
