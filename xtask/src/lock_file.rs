//! The workspace's lock file, lent to crates outside of it.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use anyhow::{Context, Result, ensure};

const FILE: &str = "Cargo.lock";

/// Puts a copy of the workspace's lock file into a folder.
pub(crate) fn lend(folder: &Path) -> Result<()> {
    let copy = folder.join(FILE);
    fs::copy(FILE, &copy).with_context(|| format!("cannot write {}", copy.display()))?;
    Ok(())
}

/// Fails if cargo resolved anything there that the workspace's lock file does
/// not name, but for the packages in `own`.
pub(crate) fn ensure_kept(folder: &Path, own: &[&str]) -> Result<()> {
    let (locked, used) = (packages(Path::new(FILE))?, packages(&folder.join(FILE))?);
    let strange: Vec<_> = used
        .difference(&locked)
        .filter(|(name, _)| !own.contains(&name.as_str()))
        .map(|(name, version)| format!("{name} {version}"))
        .collect();
    ensure!(
        strange.is_empty(),
        "{} has what the workspace's {FILE} has not: {}",
        folder.display(),
        strange.join(", ")
    );
    Ok(())
}

/// The versions of a package that a folder's lock file names.
pub(crate) fn versions(folder: &Path, package: &str) -> Result<Vec<String>> {
    let packages = packages(&folder.join(FILE))?.into_iter();
    Ok(packages
        .filter(|(name, _)| name == package)
        .map(|(_, version)| version)
        .collect())
}

/// Names and versions in a lock file, in which each name is followed by its
/// version on the next line.
fn packages(file: &Path) -> Result<BTreeSet<(String, String)>> {
    let text =
        fs::read_to_string(file).with_context(|| format!("cannot read {}", file.display()))?;
    let packages: BTreeSet<_> = text
        .lines()
        .zip(text.lines().skip(1))
        .filter_map(|(name, version)| Some((value(name, "name")?, value(version, "version")?)))
        .collect();
    ensure!(
        !packages.is_empty(),
        "no package is found in {}",
        file.display()
    );
    Ok(packages)
}

fn value(line: &str, key: &str) -> Option<String> {
    let value = line.strip_prefix(key)?.strip_prefix(" = \"")?;
    Some(value.strip_suffix('"')?.to_owned())
}
