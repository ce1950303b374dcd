//! What came of one job.

use std::path::{Path, PathBuf};

use serde::Serialize;
use useapi_seed::SeedResult;

use super::seed_file::{ImageFile, SeedFile};
use crate::error::CliError;
use crate::exit::Exit;

/// What came of one job.
#[derive(Debug)]
pub(crate) struct JobReport {
    pub(crate) job_id: String,
    pub(crate) dir: PathBuf,
    pub(crate) started_job_id: Option<String>,
    /// Whose seed the job of a wait retrieves, where that was recorded.
    pub(crate) parent_job_id: Option<String>,
    /// The result, as far as there is one.
    pub(crate) seed_file: Option<SeedFile>,
    /// Whether the folder was finished before.
    pub(crate) already_present: bool,
    /// What keeps the folder from being whole.
    pub(crate) errors: Vec<CliError>,
}

impl JobReport {
    pub(crate) fn new(job_id: &str, dir: &Path) -> Self {
        Self {
            job_id: job_id.to_owned(),
            dir: dir.to_owned(),
            started_job_id: None,
            parent_job_id: None,
            seed_file: None,
            already_present: false,
            errors: Vec::new(),
        }
    }

    /// The worst of it.
    pub(crate) fn exit(&self) -> Exit {
        let exits = self.errors.iter().map(CliError::exit);
        exits.max().unwrap_or(Exit::Done)
    }

    pub(crate) fn outcome(&self) -> Outcome {
        match self.exit() {
            Exit::Done => Outcome::Done,
            exit if exit.is_waiting() => Outcome::Waiting,
            _ => Outcome::Failed,
        }
    }

    pub(crate) fn to_line(&self) -> JobReportJson<'_> {
        let seed_file = self.seed_file.as_ref();
        JobReportJson {
            requested_job_id: &self.job_id,
            outcome: self.outcome(),
            dir: self.dir.to_string_lossy().into_owned(),
            already_present: self.already_present,
            started_job_id: self.started_job_id.as_deref(),
            result: seed_file.map(|file| &file.result),
            files: seed_file.map(|file| file.files.as_slice()),
            errors: self.errors.iter().map(ErrorJson::new).collect(),
            exit_code: self.exit().code(),
        }
    }
}

/// How a job has fared.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub(crate) enum Outcome {
    /// The folder is whole.
    Done,
    /// It failed; the errors say whether the same command may do better.
    Failed,
    /// It is not over: the same command goes on.
    Waiting,
}

/// What came of one job, on a line of its own.
#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub(crate) struct JobReportJson<'a> {
    /// The job's id, as it was given.
    requested_job_id: &'a str,
    /// How it has fared.
    outcome: Outcome,
    /// Its folder, which is there when anything is.
    dir: String,
    /// Whether the folder was finished before.
    already_present: bool,
    /// Id of the job that was started for it, as far as it is known.
    started_job_id: Option<&'a str>,
    /// The result, as far as there is one.
    #[serde(flatten)]
    result: Option<&'a SeedResult>,
    /// The files of the images, as in `seed.json`; null without a result.
    files: Option<&'a [ImageFile]>,
    /// What keeps the folder from being whole.
    errors: Vec<ErrorJson<'a>>,
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
    /// Whether the same command may succeed later.
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
            retryable: error.is_resumable(),
            exit_code: error.exit().code(),
        }
    }
}
