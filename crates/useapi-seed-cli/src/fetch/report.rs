//! What came of one job.

use std::io;
use std::path::{Path, PathBuf};
use std::process::ExitStatus;
use std::time::Duration;

use serde::Serialize;
use useapi_seed::SeedResult;

use super::seed_file::{ImageFile, SeedFile};
use crate::error::CliError;
use crate::exit::Exit;

/// What came of one job.
#[derive(Debug)]
pub(crate) struct JobReport {
    pub(crate) job_id: String,
    pub(crate) directory: PathBuf,
    pub(crate) started_job_id: Option<String>,
    /// The job whose seed a `wait` retrieves, where that was recorded.
    pub(crate) parent_job_id: Option<String>,
    /// The result, as far as there is one.
    pub(crate) seed_file: Option<SeedFile>,
    /// Whether everything was saved before.
    pub(crate) already_present: bool,
    /// How many images an earlier run saved, and their bytes.
    pub(crate) kept: (usize, u64),
    /// What is missing, and why.
    pub(crate) errors: Vec<CliError>,
    pub(crate) elapsed: Duration,
    /// How `--exec` exited, if it ran.
    pub(crate) exec: Option<io::Result<ExitStatus>>,
}

impl JobReport {
    pub(crate) fn new(job_id: &str, directory: &Path) -> Self {
        Self {
            job_id: job_id.to_owned(),
            directory: directory.to_owned(),
            started_job_id: None,
            parent_job_id: None,
            seed_file: None,
            already_present: false,
            kept: (0, 0),
            errors: Vec::new(),
            elapsed: Duration::ZERO,
            exec: None,
        }
    }

    /// Whether its seed job may still run at the service.
    pub(crate) fn is_running(&self) -> bool {
        self.started_job_id.is_some() && self.seed_file.is_none()
    }

    /// The most severe.
    pub(crate) fn exit(&self) -> Exit {
        let exits = self.errors.iter().map(CliError::exit);
        exits.max().unwrap_or_default()
    }

    pub(crate) fn status(&self) -> Status {
        match self.exit() {
            Exit::Done => Status::Completed,
            exit if exit.is_pending() => Status::Pending,
            _ => Status::Failed,
        }
    }

    /// `base` is the directory that the files' paths are relative to.
    pub(crate) fn to_json(&self, base: &Path) -> JobReportJson<'_> {
        let seed_file = self.seed_file.as_ref();
        let path = |file: &String| base.join(file).to_string_lossy().into_owned();
        let files = |file: &'_ SeedFile| {
            let files = file.files.iter();
            files.map(|file| file.file.as_ref().map(path)).collect()
        };
        let exec = self.exec.as_ref().and_then(|exec| exec.as_ref().ok());
        JobReportJson {
            requested_job_id: &self.job_id,
            status: self.status(),
            directory: self.directory.to_string_lossy().into_owned(),
            already_present: self.already_present,
            started_job_id: self.started_job_id.as_deref(),
            result: seed_file.map(|file| &file.result),
            retrieved_at: seed_file.and_then(|file| file.retrieved_at.as_deref()),
            files: seed_file.map(|file| file.files.as_slice()),
            image_paths: seed_file.map(files),
            errors: self.errors.iter().map(ErrorJson::new).collect(),
            elapsed_s: seconds(self.elapsed),
            exec_exit_code: exec.and_then(ExitStatus::code),
            exit_code: self.exit().code(),
        }
    }
}

/// In milliseconds' precision.
pub(crate) fn seconds(time: Duration) -> f64 {
    (time.as_secs_f64() * 1e3).round() / 1e3
}

/// The state of a job.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub(crate) enum Status {
    /// Everything that was requested is saved.
    Completed,
    /// It failed; the errors say whether the same command may succeed later.
    Failed,
    /// It is not finished: the same command resumes it.
    Pending,
}

/// The outcome of a job.
#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema), schemars(rename = "Result"))]
pub(crate) struct JobReportJson<'a> {
    /// The job's ID, as it was given.
    requested_job_id: &'a str,
    /// The state of the job.
    status: Status,
    /// Its directory, which exists when anything was saved.
    directory: String,
    /// Whether everything was saved before.
    already_present: bool,
    /// ID of the seed job that was started for it, as far as it is known.
    started_job_id: Option<&'a str>,
    /// The result, as far as there is one.
    #[serde(flatten)]
    result: Option<&'a SeedResult>,
    /// When the result was retrieved, as in RFC 3339.
    retrieved_at: Option<&'a str>,
    /// The files of the images, as in `seed.json`; null without a result.
    files: Option<&'a [ImageFile]>,
    /// The paths of the images, in the order of `files`; null where one is not saved.
    image_paths: Option<Vec<Option<String>>>,
    /// What is missing, and why.
    errors: Vec<ErrorJson<'a>>,
    /// How long the job took, in seconds.
    elapsed_s: f64,
    /// The exit code of `--exec`; null when it did not or could not run, or was killed.
    exec_exit_code: Option<i32>,
    /// The exit code that this job alone would lead to.
    exit_code: u8,
}

/// An error.
#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
struct ErrorJson<'a> {
    /// What failed: a stable name, such as `not_found` or `account_halted`.
    kind: &'static str,
    /// What went wrong, in one line.
    message: &'a str,
    /// What to do about it.
    hint: Option<&'a str>,
    /// The HTTP status of the API's response; null without one.
    http_status: Option<u16>,
    /// Whether the same command may succeed later, without a change by a person.
    retryable: bool,
    /// The exit code that this error alone would lead to.
    exit_code: u8,
}

impl<'a> ErrorJson<'a> {
    fn new(error: &'a CliError) -> Self {
        Self {
            kind: error.kind(),
            message: error.message(),
            hint: error.hint_text(),
            http_status: error.http_status(),
            retryable: error.is_resumable() && !matches!(error.exit(), Exit::Halted | Exit::Auth),
            exit_code: error.exit().code(),
        }
    }
}
