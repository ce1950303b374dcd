//! The lock on a job: one process of this user submits it at a time, into whichever
//! directory, and notes that for the next one.

use std::io::{self, ErrorKind};
use std::path::{Path, PathBuf};

use super::directory_name;
use super::lock::Lock;
use super::pending::Pending;
use crate::error::CliError;
use crate::settings::{state_dir, temp_dir};

/// What protects a submission.
#[derive(Debug)]
pub(crate) enum JobLock {
    /// The job itself is locked.
    Job(Lock),
    /// Only its output directory is; why the job itself cannot be locked.
    Output(String),
}

impl JobLock {
    /// What another process recorded of its submission, and did not come to clear.
    pub(crate) fn recorded(&self) -> Option<Result<Pending, serde_json::Error>> {
        match self {
            Self::Job(lock) if !lock.note().is_empty() => Some(serde_json::from_slice(lock.note())),
            _ => None,
        }
    }

    /// Records where a submission stands.
    pub(crate) fn record(&mut self, pending: &Pending) -> Result<(), CliError> {
        let Self::Job(lock) = self else { return Ok(()) };
        let note = serde_json::to_vec(pending).map_err(io::Error::from);
        note.and_then(|note| lock.set_note(note))
            .map_err(|error| unlocked(&error.to_string()))
    }

    /// Whether what is recorded has started this job.
    pub(crate) fn is_about(&self, started_job_id: &str) -> bool {
        let recorded = self.recorded().and_then(Result::ok);
        recorded.is_some_and(|pending| pending.started_job_id() == Some(started_job_id))
    }

    /// Nothing that was sent is left unknown.
    pub(crate) fn clear(&mut self) {
        if let Self::Job(lock) = self {
            lock.clear_note();
        }
    }
}

/// Where the lock is, the first directory that can be used. All processes have to
/// come to the same one.
const DIRECTORIES: [fn() -> io::Result<PathBuf>; 2] = [
    || state_dir().ok_or_else(|| io::Error::new(ErrorKind::NotFound, "HOME is not set")),
    temp_dir,
];

/// Takes the lock; none when another process has it. Where neither the job nor its
/// output directory can be locked, it must not be submitted.
pub(crate) fn try_take(
    base_url: &str,
    job_id: &str,
    output_is_locked: bool,
) -> Result<Option<JobLock>, CliError> {
    // The same id at another service is another job.
    let mut name = directory_name::of(job_id).into_os_string();
    name.push(format!(".{}", directory_name::hash(&[base_url, job_id])));
    try_take_in(&DIRECTORIES, Path::new(&name), output_is_locked)
}

fn try_take_in(
    directories: &[impl Fn() -> io::Result<PathBuf>],
    name: &Path,
    output_is_locked: bool,
) -> Result<Option<JobLock>, CliError> {
    let mut causes = Vec::new();
    for directory in directories {
        let path = match directory() {
            Ok(directory) => directory.join("jobs").join(name),
            Err(error) if is_permanent(&error) => {
                causes.push(error.to_string());
                continue;
            }
            Err(error) => return Err(unlocked(&error.to_string())),
        };
        match Lock::try_take(&path) {
            Ok(lock) => return Ok(lock.map(JobLock::Job)),
            // Unless the lock itself is there, such as another user's.
            Err(error) if is_permanent(&error) && path.symlink_metadata().is_err() => {
                causes.push(error.to_string());
            }
            // Another process may well have the lock there.
            Err(error) => return Err(unlocked(&error.to_string())),
        }
    }
    let causes = causes.join("; ");
    if output_is_locked {
        Ok(Some(JobLock::Output(causes)))
    } else {
        Err(unlocked(&causes).permanent())
    }
}

/// Whether every process meets the same error, so that all of them use another
/// directory.
fn is_permanent(error: &io::Error) -> bool {
    matches!(
        error.kind(),
        ErrorKind::NotFound
            | ErrorKind::PermissionDenied
            | ErrorKind::ReadOnlyFilesystem
            | ErrorKind::NotADirectory
            | ErrorKind::AlreadyExists
            | ErrorKind::InvalidFilename
            | ErrorKind::InvalidInput
            | ErrorKind::Unsupported
    )
}

fn unlocked(causes: &str) -> CliError {
    CliError::file(format!("the job cannot be locked: {causes}")).hint(
        "Nothing was submitted, since another process could submit the same job. Set \
         XDG_STATE_HOME or TMPDIR to a directory on a local disk that you can write to.",
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::exit::Exit;

    fn take(
        directories: &[Result<PathBuf, ErrorKind>],
        output_is_locked: bool,
    ) -> Result<Option<JobLock>, CliError> {
        let directories: Vec<_> = directories
            .iter()
            .map(|directory| || directory.clone().map_err(io::Error::from))
            .collect();
        try_take_in(&directories, Path::new("5"), output_is_locked)
    }

    #[test]
    fn the_first_usable_directory_is_locked() {
        let root = tempfile::tempdir().unwrap();
        std::fs::write(root.path().join("file"), "").unwrap();
        let path = |name: &str| Ok(root.path().join(name));
        let read_only = Err(ErrorKind::ReadOnlyFilesystem);
        for unusable in [path("file"), path("file/below"), read_only] {
            let taken = take(&[unusable.clone(), path("second")], false).unwrap();
            assert!(matches!(taken, Some(JobLock::Job(_))), "{taken:?}");
            // Another process gets to the same directory.
            assert!(take(&[path("second")], true).unwrap().is_none());

            let taken = take(&[unusable.clone(), unusable.clone()], true).unwrap();
            assert!(matches!(taken, Some(JobLock::Output(_))), "{taken:?}");
            let error = take(&[unusable.clone(), unusable], false).unwrap_err();
            assert_eq!(error.exit(), Exit::File);
        }
    }

    /// Another process may hold the lock of a directory that cannot be used now.
    #[test]
    fn a_passing_error_is_not_passed_over() {
        let root = tempfile::tempdir().unwrap();
        let second = Ok(root.path().to_owned());
        for passing in [ErrorKind::StorageFull, ErrorKind::Other] {
            let error = take(&[Err(passing), second.clone()], true).unwrap_err();
            assert_eq!(error.exit(), Exit::File);
        }
    }
}
