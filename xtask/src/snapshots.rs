//! Every snapshot is compared by a test.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Result, ensure};
use xshell::Shell;

/// Names the file to which insta appends the path of each snapshot that it compares.
pub(crate) const REFERENCES: &str = "INSTA_SNAPSHOT_REFERENCES_FILE";

/// Fails if there is a snapshot that is not in the list of those compared.
pub(crate) fn check(sh: &Shell, references: &Path) -> Result<()> {
    let references = sh.read_file(references)?;
    let compared = references
        .lines()
        .map(fs::canonicalize)
        .collect::<Result<BTreeSet<_>, _>>()?;
    let mut present = Vec::new();
    for directory in ["crates", "tests"] {
        collect(sh, &sh.current_dir().join(directory), &mut present)?;
    }
    present.retain(|snapshot| !compared.contains(snapshot));
    ensure!(
        present.is_empty(),
        "no test compares these snapshots: {present:#?}"
    );
    Ok(())
}

fn collect(sh: &Shell, directory: &Path, snapshots: &mut Vec<PathBuf>) -> Result<()> {
    for path in sh.read_dir(directory)? {
        if path.is_dir() {
            collect(sh, &path, snapshots)?;
        } else if path
            .extension()
            .is_some_and(|extension| extension == "snap")
        {
            snapshots.push(path.canonicalize()?);
        }
    }
    Ok(())
}
