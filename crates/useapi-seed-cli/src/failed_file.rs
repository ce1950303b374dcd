//! The file with the jobs that failed, which `fetch -i` reads.

use std::fs;
use std::path::{Path, PathBuf};

use crate::atomic_file;
use crate::error::CliError;
use crate::local_file::own_file_exists;
use crate::text::one_line;

/// Its name in the directory of all jobs.
pub(crate) const NAME: &str = "failed.txt";
const START: &str = "# Failed jobs of useapi-seed; to retry them: useapi-seed fetch -i FILE\n";

/// Writes the IDs of jobs, each with the reason in a comment; without any the file is
/// removed. Gives its path when it exists. A file of another program is left unchanged,
/// which is an error.
pub(crate) fn write(path: &Path, failed: &[(String, String)]) -> Result<Option<PathBuf>, CliError> {
    let exists = own_file_exists(path, START)?;
    let lines = failed
        .iter()
        .map(|(id, reason)| format!("{id}  # {}\n", one_line(reason)));
    let written = if !failed.is_empty() {
        let text = START.to_owned() + &lines.collect::<String>();
        atomic_file::write(path, text.as_bytes())
    } else if exists {
        fs::remove_file(path)
    } else {
        Ok(())
    };
    written.map_err(|error| CliError::file(format!("cannot write {}: {error}", path.display())))?;
    Ok((!failed.is_empty()).then(|| path.to_owned()))
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
        write(&path, &[]).unwrap();
        assert!(!path.exists());
        let failed = [(ID.to_owned(), "job not found\n(HTTP 404)".to_owned())];
        for _ in 0..2 {
            write(&path, &failed).unwrap();
            let line = format!("{ID}  # job not found (HTTP 404)\n");
            assert_eq!(fs::read_to_string(&path).unwrap(), format!("{START}{line}"));
        }
        write(&path, &[]).unwrap();
        assert!(!path.exists());
        // As `mktemp` leaves it.
        fs::write(&path, "").unwrap();
        write(&path, &failed).unwrap();
    }

    #[test]
    fn foreign_failed_file_is_kept() {
        let root = tempfile::tempdir().unwrap();
        let path = root.path().join("mine.txt");
        fs::write(&path, "# Mine\n1\n").unwrap();
        for failed in [&[][..], &[(ID.to_owned(), String::new())]] {
            let error = write(&path, failed).unwrap_err();
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
            write(&path, &failed).unwrap();
            let ids: Vec<_> = failed.into_iter().map(|(id, _)| id).collect();
            prop_assert_eq!(job_ids::read(&[], &[path]).unwrap(), ids);
        }
    }
}
