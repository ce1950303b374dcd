//! `pending.json`: what is under way about a folder, so that another process can
//! go on after this one has died at any moment.
//!
//! It is written before each request of the submission, once more with the started
//! job, and goes when the folder is whole, or the job is over.

use std::io;
use std::time::{Duration, SystemTime};

use serde::{Deserialize, Serialize};
use useapi_seed::{Intent, SubmissionState};

use super::output_dir::OutputDir;
use crate::command_line;
use crate::error::CliError;
use crate::local_file;

pub(crate) const NAME: &str = "pending.json";

/// What is under way.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub(crate) struct Pending {
    /// Id of the job whose seed is to be retrieved.
    pub(crate) job_id: String,
    /// Where it is submitted to.
    pub(crate) base_url: String,
    /// The reference that it was submitted with last.
    pub(crate) reply_ref: Option<String>,
    /// When the request that started the job was recorded, in milliseconds since the
    /// Unix epoch.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) submitted_at: Option<u64>,
    /// Where the submission stands.
    pub(crate) submission: SubmissionState,
}

impl Pending {
    /// When the job was submitted.
    pub(crate) fn submitted_at(&self) -> SystemTime {
        let at = self.submitted_at.map(Duration::from_millis);
        at.and_then(|at| SystemTime::UNIX_EPOCH.checked_add(at))
            .unwrap_or_else(SystemTime::now)
    }

    /// When the open request was recorded; none where there is no open one.
    pub(crate) fn recorded_at(&self) -> Option<u64> {
        self.intent().map(|intent| intent.recorded_at)
    }

    /// How long the open request may still start a job.
    pub(crate) fn settles_in(&self) -> Option<Duration> {
        self.intent().map(Intent::settles_in)
    }

    fn intent(&self) -> Option<&Intent> {
        match &self.submission {
            SubmissionState::Intent(intent) => Some(intent),
            _ => None,
        }
    }

    pub(crate) fn started_job_id(&self) -> Option<&str> {
        match &self.submission {
            SubmissionState::Started { job, .. } => Some(&job.job_id),
            _ => None,
        }
    }

    /// What a folder has of it.
    pub(crate) fn read(dir: &OutputDir) -> Result<Option<Self>, CliError> {
        let path = dir.path().join(NAME);
        let text = match local_file::read(&path, local_file::OUTPUT_LIMIT) {
            Ok(text) => text,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            Err(error) => {
                let message = format!("cannot read {}: {error}", path.display());
                return Err(CliError::file(message));
            }
        };
        serde_json::from_slice(&text).map(Some).map_err(|error| {
            let message = format!("cannot understand {}: {error}", path.display());
            let line = format!("rm {}", command_line::quote(path.as_os_str()));
            CliError::file(message)
                .suggest(
                    "It says whether a job was started for this folder. Look at it; without it, \
                     the same command submits anew:",
                    &line,
                )
                .permanent()
        })
    }

    pub(crate) fn write(&self, dir: &OutputDir) -> Result<(), CliError> {
        dir.write_json(NAME, self)
    }

    pub(crate) fn remove(dir: &OutputDir) -> Result<(), CliError> {
        dir.remove(NAME)
    }
}
