//! The README's steps to regenerate, followed in a copy of the workspace.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, ensure};

use super::RAW;
use crate::cargo::Cargo;
use crate::checkout::{self, Checkout};
use crate::{GENERATED, SPEC};

const README: &str = "README.md";
const SECTION: &str = "\n## Regenerate\n";
/// Where the properties of a job begin.
const JOB: &str = "\n    Job:\n";
const PROPERTIES: &str = "\n      properties:\n";
/// The snapshot of the public surface.
const SURFACE: &str = "crates/useapi-seed-codegen/tests/snapshots/surface__public_surface.snap";

/// What the README says to do.
#[derive(Debug, PartialEq, Eq)]
struct Steps {
    /// The field to add, as a property of the schema `Job`.
    field: String,
    /// The commands to run afterwards.
    commands: String,
}

impl Steps {
    fn read(readme: &str) -> Result<Self> {
        let (_, section) = readme
            .split_once(SECTION)
            .context("no section `Regenerate`")?;
        let (section, _) = section.split_once("\n## ").unwrap_or((section, ""));
        let block = |language: &str| {
            let start = format!("```{language}\n");
            let (_, rest) = section.split_once(&start)?;
            Some(rest.split_once("```")?.0.to_owned())
        };
        Ok(Self {
            field: block("yaml").context("no YAML in the section `Regenerate`")?,
            commands: block("sh").context("no commands in the section `Regenerate`")?,
        })
    }

    fn name(&self) -> Result<&str> {
        let name = self.field.trim_start().split(':').next();
        name.filter(|name| !name.is_empty())
            .with_context(|| format!("a field without a name: {}", self.field))
    }

    /// The same for another field, if `spec` has this one: whoever followed the
    /// README still has it.
    fn for_new_field(mut self, spec: &str) -> Result<Self> {
        loop {
            let name = self.name()?.to_owned();
            if !spec.contains(&format!("\n        {name}:\n")) {
                return Ok(self);
            }
            self.field = self.field.replacen(&name, &format!("{name}_again"), 1);
        }
    }
}

/// Follows the steps, and expects what the README says to come of them.
pub(super) fn run(checkout: &Checkout) -> Result<()> {
    let root = checkout.path();
    let spec = root.join(SPEC);
    let text = read(&spec)?;
    let steps = Steps::read(&read(&root.join(README))?).context(README)?;
    let steps = steps.for_new_field(&text)?;
    let name = steps.name()?;
    println!("a new field of a job, `{name}`, as the README says");
    let before = checkout.files()?;
    let cargo = Cargo::new(root)?;
    write(&spec, &with_field(&text, &steps.field)?)?;

    let check = cargo.try_run(&["xtask", "codegen", "--check"])?;
    let difference = String::from_utf8_lossy(&check.stdout);
    let complaint = String::from_utf8_lossy(&check.stderr);
    // It is to fail for the field, not because it could not be compiled.
    ensure!(
        !check.status.success()
            && complaint.contains("is not what")
            && difference.contains(&format!("+        pub {name}:")),
        "`cargo xtask codegen --check` did not show the new field: {}\n{difference}{complaint}",
        check.status
    );
    println!("  `cargo xtask codegen --check` fails, and shows the field");

    cargo.run_script(&steps.commands)?;
    for command in steps.commands.lines() {
        println!("  `{command}` succeeds");
    }
    let changed = checkout::changed(&before, &checkout.files()?);
    let is_snapshot = |path: &&PathBuf| path.extension().is_some_and(|kind| kind == "snap");
    let others: Vec<_> = changed.iter().filter(|path| !is_snapshot(path)).collect();
    ensure!(
        others == [Path::new(GENERATED), Path::new(SPEC)] && changed.contains(Path::new(SURFACE)),
        "these files changed: {changed:?}"
    );
    let snapshots = changed.len() - others.len();
    println!("  {GENERATED} and {snapshots} snapshots change, and no other file");

    cargo.run(&["xtask", "codegen", "--check"])?;
    // Nothing is left to accept.
    cargo.run_script(
        &steps
            .commands
            .replace("INSTA_UPDATE=always", "INSTA_UPDATE=no"),
    )?;
    println!("  the same commands pass again, and nothing is left to accept");

    let user = root.join(RAW);
    let program = user.join("src/main.rs");
    let lines = format!(
        "\n#[allow(dead_code)]\nfn {name}(job: &useapi_seed_raw::types::Job) -> Option<&str> {{\n    \
         job.{name}.as_deref()\n}}\n"
    );
    write(&program, &(read(&program)? + &lines))?;
    Cargo::new(&user)?.run(&["check", "--quiet"])?;
    println!("  {RAW} compiles with `job.{name}`");
    Ok(())
}

fn with_field(spec: &str, field: &str) -> Result<String> {
    let (above, job) = spec
        .split_once(JOB)
        .with_context(|| format!("{SPEC} has no schema Job"))?;
    let (head, properties) = job
        .split_once(PROPERTIES)
        .with_context(|| format!("the schema Job of {SPEC} has no properties"))?;
    Ok([above, JOB, head, PROPERTIES, field, properties].concat())
}

fn read(file: &Path) -> Result<String> {
    fs::read_to_string(file).with_context(|| format!("cannot read {}", file.display()))
}

fn write(file: &Path, text: &str) -> Result<()> {
    fs::write(file, text).with_context(|| format!("cannot write {}", file.display()))
}

#[cfg(test)]
mod tests {
    use super::Steps;

    #[test]
    fn readme_has_the_steps() {
        let readme = include_str!("../../../README.md");
        let steps = Steps::read(readme).unwrap();
        assert_eq!(steps.name().unwrap(), "mood");
        assert!(steps.field.starts_with("        mood:\n"), "{steps:?}");
        assert!(steps.commands.starts_with("cargo xtask codegen\n"));
        // All tests would follow the steps again, and so on.
        for line in steps.commands.lines() {
            assert!(!line.ends_with("xtask test"), "{line}");
        }
    }

    #[test]
    fn field_that_is_there_gets_another_name() {
        let steps = |name: &str| Steps {
            field: format!("        {name}:\n          type: string\n"),
            commands: String::new(),
        };
        let spec = "      properties:\n        mood:\n          type: string\n";
        let found = steps("mood").for_new_field(spec).unwrap();
        assert_eq!(found, steps("mood_again"));
        assert_eq!(found.for_new_field(spec).unwrap(), steps("mood_again"));
    }

    #[test]
    fn readme_without_steps_is_an_error() {
        for readme in [
            "",
            "\n## Regenerate\n",
            "\n## Regenerate\n```yaml\na:\n```\n",
        ] {
            assert!(Steps::read(readme).is_err(), "{readme}");
        }
    }
}
