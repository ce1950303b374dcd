//! `pending.json`: the submission of a job that is in progress, so that another process
//! can resume after this one has died at any moment.
//!
//! It is written before each request of the submission and once more with the started
//! job, and removed when everything is saved or the job has ended.

use std::io;
use std::path::Path;
use std::time::{Duration, SystemTime};

use serde::{Deserialize, Serialize};
use useapi_seed::{Intent, SubmissionState};

use super::output_dir::OutputDir;
use crate::command_line;
use crate::error::CliError;
use crate::local_file;
use crate::text::sanitize;

pub(crate) const NAME: &str = "pending.json";

/// A job in progress.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub(crate) struct Pending {
    /// ID of the job whose seed is to be retrieved.
    pub(crate) job_id: String,
    /// The API that it is submitted to.
    pub(crate) base_url: String,
    /// The reference that it was last submitted with.
    pub(crate) reply_ref: Option<String>,
    /// When the request that started the job was recorded, in milliseconds since the
    /// Unix epoch.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) submitted_at: Option<u64>,
    /// The state of the submission.
    pub(crate) submission: SubmissionState,
}

impl Pending {
    /// When the job was submitted.
    pub(crate) fn submitted_at(&self) -> SystemTime {
        let at = self.submitted_at.map(Duration::from_millis);
        at.and_then(|at| SystemTime::UNIX_EPOCH.checked_add(at))
            .unwrap_or_else(SystemTime::now)
    }

    /// When the open request was recorded; none without one.
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

    /// The record of a job's directory.
    pub(crate) fn read(dir: &Path) -> Result<Option<Self>, CliError> {
        let path = dir.join(NAME);
        let text = match local_file::read(&path, local_file::OUTPUT_LIMIT) {
            Ok(text) => text,
            Err(error)
                if matches!(
                    error.kind(),
                    io::ErrorKind::NotFound | io::ErrorKind::NotADirectory
                ) =>
            {
                return Ok(None);
            }
            Err(error) => {
                let message = format!("cannot read {}: {error}", path.display());
                return Err(CliError::file(message));
            }
        };
        serde_json::from_slice(&text).map(Some).map_err(|error| {
            let message = format!("cannot parse {}: {error}", path.display());
            let command = format!("rm {}", command_line::quote(path.as_os_str()));
            CliError::file(message)
                .suggest(
                    "It records whether a job was started. To discard it and submit again:",
                    &command,
                )
                .permanent()
        })
    }

    /// Checks that the job is at the service that is used now.
    pub(super) fn check_base_url(&self, dir: &Path, base_url: &str) -> Result<(), CliError> {
        if self.base_url == base_url {
            return Ok(());
        }
        let (path, url) = (dir.display(), sanitize(&self.base_url));
        Err(
            CliError::usage(format!("{path} has a job in progress at {url}"))
                .hint("Use that --base-url, or another directory."),
        )
    }

    pub(crate) fn write(&self, dir: &OutputDir) -> Result<(), CliError> {
        dir.write_json(NAME, self)
    }

    pub(crate) fn remove(dir: &OutputDir) -> Result<(), CliError> {
        dir.remove(NAME)
    }
}
