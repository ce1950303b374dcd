//! Whether every snapshot in the workspace is compared by a test.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};
use walkdir::WalkDir;

/// Tells insta where to list the snapshots that it compares, one a line.
pub(crate) const LIST: &str = "INSTA_SNAPSHOT_REFERENCES_FILE";
/// Where snapshots may be.
pub(crate) const SOURCES: [&str; 3] = ["crates", "tests", "xtask"];

/// Fails if a folder holds a snapshot that is not in the list.
pub(crate) fn ensure_compared(list: &Path, folders: &[impl AsRef<Path>]) -> Result<()> {
    let list = fs::read_to_string(list).context("cannot read which snapshots were compared")?;
    let compared = list.lines().map(known).collect::<Result<BTreeSet<_>>>()?;
    let mut count = 0;
    let mut stray = Vec::new();
    for entry in folders.iter().flat_map(WalkDir::new) {
        let file = entry.context("cannot look for snapshots")?.into_path();
        if file
            .extension()
            .is_some_and(|extension| extension == "snap")
        {
            count += 1;
            if !compared.contains(&known(&file)?) {
                stray.push(file.display().to_string());
            }
        }
    }
    if !stray.is_empty() {
        bail!(
            "no test compares these snapshots: remove them\n{}",
            stray.join("\n")
        );
    }
    println!("snapshots: all {count} are compared by a test");
    Ok(())
}

fn known(file: impl AsRef<Path>) -> Result<PathBuf> {
    let file = file.as_ref();
    fs::canonicalize(file).with_context(|| format!("cannot find {}", file.display()))
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::ensure_compared;

    #[test]
    fn a_snapshot_that_no_test_compares_is_named() {
        let folder = tempfile::tempdir().unwrap();
        let inside = folder.path().join("inside");
        fs::create_dir(&inside).unwrap();
        let (compared, stray) = (inside.join("compared.snap"), inside.join("stray.snap"));
        fs::write(&compared, "").unwrap();
        let list = folder.path().join("list");
        fs::write(&list, format!("{}\n", compared.display())).unwrap();
        ensure_compared(&list, &[folder.path()]).unwrap();

        fs::write(&stray, "").unwrap();
        let complaint = ensure_compared(&list, &[folder.path()])
            .unwrap_err()
            .to_string();
        assert!(complaint.contains("stray.snap"), "{complaint}");
        assert!(!complaint.contains("compared.snap"), "{complaint}");
    }
}
