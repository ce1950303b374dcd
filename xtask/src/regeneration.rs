//! The README's steps to regenerate, in a copy of the workspace.

use std::fs;
use std::path::PathBuf;

use anyhow::{Context, Result, ensure};
use xshell::{Shell, cmd};

use crate::codegen::GENERATED;
use crate::{SPEC, build, downstream};

/// The snapshot of the public items of the generated source.
const SURFACE: &str =
    "crates/useapi-seed-raw/tests/shapes/snapshots/shapes__surface__public_surface.snap";
/// What the workspace consists of.
const SOURCES: [&str; 7] = [
    ".cargo",
    "Cargo.lock",
    "Cargo.toml",
    "crates",
    "openapi",
    "tests",
    "xtask",
];

/// What the README says to do.
struct Steps {
    /// The field to add, as a property of the schema `Job`.
    field: String,
    commands: String,
}

impl Steps {
    fn read(readme: &str) -> Option<Self> {
        let (_, section) = readme.split_once("\n## Regenerate\n")?;
        let block = |language: &str| {
            let (_, rest) = section.split_once(&format!("```{language}\n"))?;
            Some(rest.split_once("```")?.0.to_owned())
        };
        Some(Self {
            field: block("yaml")?,
            commands: block("sh")?,
        })
    }

    fn name(&self) -> &str {
        self.field
            .trim_start()
            .split(':')
            .next()
            .unwrap_or_default()
    }

    /// The spec with the field.
    fn apply(&self, spec: &str) -> Option<String> {
        let (before, job) = spec.split_once("\n    Job:\n")?;
        let (head, properties) = job.split_once("\n      properties:\n")?;
        let field = &self.field;
        Some(format!(
            "{before}\n    Job:\n{head}\n      properties:\n{field}{properties}"
        ))
    }
}

/// Follows the steps, and expects that they change what the README says.
pub(crate) fn run(sh: &Shell) -> Result<()> {
    println!("== the README's steps to regenerate");
    let readme = sh.read_file("README.md")?;
    let steps = Steps::read(&readme).context("README.md has no steps to regenerate")?;
    let target = build::target()?;
    let root = copy_sources(sh, target.join("regeneration"))?;
    let _root = sh.push_dir(&root);
    let _target = sh.push_env("CARGO_TARGET_DIR", &target);
    let _offline = sh.push_env("CARGO_NET_OFFLINE", "true");
    cmd!(sh, "cargo update --workspace --quiet").run()?;
    cmd!(sh, "git init --quiet").run()?;
    cmd!(sh, "git add --all").run()?;

    let spec = sh.read_file(SPEC)?;
    let spec = steps.apply(&spec).context("the spec has no schema `Job`")?;
    sh.write_file(SPEC, spec)?;
    let name = steps.name();
    let check = cmd!(sh, "cargo xtask codegen --check")
        .ignore_status()
        .output()?;
    let difference = String::from_utf8_lossy(&check.stdout);
    ensure!(
        !check.status.success() && difference.contains(&format!("+        pub {name}:")),
        "`codegen --check` does not show the field `{name}`:\n{difference}{}",
        String::from_utf8_lossy(&check.stderr)
    );

    let commands = &steps.commands;
    cmd!(sh, "sh -ec {commands}").run()?;
    let changed = cmd!(sh, "git ls-files --modified --others --exclude-standard").read()?;
    let changed: Vec<_> = changed.lines().collect();
    ensure!(
        changed == [GENERATED, SURFACE, SPEC],
        "these files changed: {changed:#?}"
    );

    cmd!(sh, "cargo xtask codegen --check").run()?;
    let commands = commands.replace("INSTA_UPDATE=always", "INSTA_UPDATE=no");
    cmd!(sh, "sh -ec {commands}").run()?;

    let program = format!("{}/raw/src/main.rs", downstream::PROGRAMS);
    let user = format!(
        "#[allow(dead_code)]\nfn {name}(job: &useapi_seed_raw::types::Job) -> Option<&str> {{\n    \
         job.{name}.as_deref()\n}}\n"
    );
    sh.write_file(&program, sh.read_file(&program)? + &user)?;
    downstream::build(sh)
}

/// Copies the workspace as it is, committed or not. Always to the same place, so that
/// cargo finds what it has built there, and as another version, so that it does not
/// take it for what it has built here.
fn copy_sources(sh: &Shell, root: PathBuf) -> Result<PathBuf> {
    sh.remove_path(&root)?;
    sh.create_dir(&root)?;
    cmd!(sh, "cp -pPR {SOURCES...} .gitignore README.md {root}").run()?;
    let manifest = root.join("Cargo.toml");
    let text = fs::read_to_string(&manifest)?;
    let other = text.replacen("\"\nedition", "+copy\"\nedition", 1);
    ensure!(text != other, "Cargo.toml has no version above the edition");
    fs::write(manifest, other)?;
    Ok(root)
}

#[cfg(test)]
mod tests {
    use super::Steps;

    #[test]
    fn readme_has_the_steps() {
        let steps = Steps::read(include_str!("../../README.md")).unwrap();
        assert_eq!(steps.name(), "mood");
        assert!(steps.commands.starts_with("cargo xtask codegen\n"));
        // Without arguments, it would follow the steps again, and so on.
        assert!(
            steps
                .commands
                .lines()
                .all(|line| !line.ends_with("xtask test"))
        );
        assert!(Steps::read("\n## Regenerate\n```yaml\na:\n```\n").is_none());
    }
}
