//! The file with the jobs that failed, which `fetch -i` reads.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use crate::atomic_file;
use crate::error::CliError;
use crate::local_file::own_file_exists;
use crate::text::one_line;

/// Its name in the directory of all jobs.
pub(crate) const NAME: &str = "failed.txt";
const START: &str = "# Failed jobs; to retry them: useapi-seed fetch -i FILE -d DIR\n";

/// Writes the IDs of failed jobs, each with the reason in a comment, beside those of
/// earlier runs that are not completed since; without any the file is removed. Gives its
/// path when it exists. A file of another program is left unchanged, which is an error.
pub(crate) fn write(
    path: &Path,
    failed: &[(String, String)],
    completed: &BTreeSet<String>,
) -> Result<Option<PathBuf>, CliError> {
    let exists = own_file_exists(path, START)?;
    let id = |line: &str| line.split("  # ").next().unwrap_or_default().to_owned();
    let is_failed = |id: &String| failed.iter().any(|(failed, _)| failed == id);
    let earlier = fs::read_to_string(path).unwrap_or_default();
    let earlier = earlier.lines().skip(1);
    let earlier = earlier.filter(|line| !completed.contains(&id(line)) && !is_failed(&id(line)));
    let new = failed
        .iter()
        .map(|(id, reason)| format!("{id}  # {}", one_line(reason)));
    let lines: Vec<_> = earlier.map(str::to_owned).chain(new).collect();
    let written = if !lines.is_empty() {
        let text = format!("{START}{}\n", lines.join("\n"));
        atomic_file::write(path, text.as_bytes())
    } else if exists {
        fs::remove_file(path)
    } else {
        Ok(())
    };
    written.map_err(|error| CliError::file(format!("cannot write {}: {error}", path.display())))?;
    Ok((!lines.is_empty()).then(|| path.to_owned()))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::job_ids;

    const ID: &str = "20240225145303538-user:1234-channel:1114555266835431444";

    #[test]
    fn failed_file_is_removed_without_failures() {
        let root = tempfile::tempdir().unwrap();
        let path = root.path().join("failed.txt");
        let completed = BTreeSet::from([ID.to_owned()]);
        write(&path, &[], &completed).unwrap();
        assert!(!path.exists());
        let failed = [(ID.to_owned(), "job not found\n(HTTP 404)".to_owned())];
        for _ in 0..2 {
            write(&path, &failed, &BTreeSet::new()).unwrap();
            let line = format!("{ID}  # job not found (HTTP 404)\n");
            assert_eq!(fs::read_to_string(&path).unwrap(), format!("{START}{line}"));
        }
        write(&path, &[], &completed).unwrap();
        assert!(!path.exists());
        // As `mktemp` leaves it.
        fs::write(&path, "").unwrap();
        write(&path, &failed, &BTreeSet::new()).unwrap();
    }

    #[test]
    fn foreign_failed_file_is_kept() {
        let root = tempfile::tempdir().unwrap();
        let path = root.path().join("mine.txt");
        fs::write(&path, "# Mine\n1\n").unwrap();
        for failed in [&[][..], &[(ID.to_owned(), String::new())]] {
            let error = write(&path, failed, &BTreeSet::new()).unwrap_err();
            assert!(
                error
                    .message()
                    .ends_with("mine.txt was not created by useapi-seed; left unchanged")
            );
        }
        assert_eq!(fs::read_to_string(&path).unwrap(), "# Mine\n1\n");
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(32))]

        #[test]
        fn failed_file_is_read_as_input(reasons in prop::collection::vec(".{0,40}", 1..4)) {
            let root = tempfile::tempdir().unwrap();
            let path = root.path().join("failed.txt");
            let ids = (1..).map(|number| format!("{number}-user:1-channel:2"));
            let failed: Vec<_> = ids.zip(reasons).collect();
            write(&path, &failed, &BTreeSet::new()).unwrap();
            let ids: Vec<_> = failed.into_iter().map(|(id, _)| id).collect();
            prop_assert_eq!(job_ids::read(&[], &[path]).unwrap(), ids);
        }
    }
}
