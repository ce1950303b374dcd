//! Whether every snapshot in the workspace is compared by a test.

use std::collections::BTreeSet;
use std::fs;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};

/// Tells insta where to list the snapshots that it compares, one a line.
pub(crate) const VARIABLE: &str = "INSTA_SNAPSHOT_REFERENCES_FILE";
/// That list.
const LIST: &str = "target/snapshots-compared";
const SOURCES: [&str; 3] = ["crates", "tests", "xtask"];

/// Begins an empty list, for [`VARIABLE`].
pub(crate) fn begin() -> Result<PathBuf> {
    match fs::remove_file(LIST) {
        Err(fault) if fault.kind() != ErrorKind::NotFound => {
            return Err(fault).with_context(|| format!("cannot remove {LIST}"));
        }
        _ => {}
    }
    std::path::absolute(LIST).context("the current folder has no path")
}

/// Fails if there is a snapshot that is not in the list.
pub(crate) fn ensure_compared() -> Result<()> {
    let list = fs::read_to_string(LIST).with_context(|| format!("cannot read {LIST}"))?;
    let compared = list
        .lines()
        .map(fs::canonicalize)
        .collect::<Result<BTreeSet<_>, _>>();
    let compared = compared.with_context(|| format!("{LIST} names a file that is not there"))?;
    let mut found = Vec::new();
    for folder in SOURCES {
        collect(Path::new(folder), &mut found)?;
    }
    let mut unreferenced = Vec::new();
    for file in &found {
        let path =
            fs::canonicalize(file).with_context(|| format!("cannot find {}", file.display()))?;
        if !compared.contains(&path) {
            unreferenced.push(file.display().to_string());
        }
    }
    if !unreferenced.is_empty() {
        bail!(
            "no test compares these snapshots; remove them: {}",
            unreferenced.join(", ")
        );
    }
    println!("snapshots: all {} are compared by a test", found.len());
    Ok(())
}

fn collect(folder: &Path, found: &mut Vec<PathBuf>) -> Result<()> {
    let entries = fs::read_dir(folder)
        .and_then(Iterator::collect::<std::io::Result<Vec<_>>>)
        .with_context(|| format!("cannot list {}", folder.display()))?;
    for entry in entries {
        let path = entry.path();
        let kind = entry
            .file_type()
            .with_context(|| format!("cannot read {}", path.display()))?;
        if kind.is_dir() && path.file_name().is_some_and(|name| name != "target") {
            collect(&path, found)?;
        } else if path
            .extension()
            .is_some_and(|extension| extension == "snap")
        {
            found.push(path);
        }
    }
    Ok(())
}
