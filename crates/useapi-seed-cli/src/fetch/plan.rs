//! `--dry-run`: what a run would do. It only reads local files.

use std::path::{Path, PathBuf};

use serde::Serialize;

use super::images::ImageSelection;
use super::pending::Pending;
use super::seed_file;
use super::submission::another_job;
use crate::error::CliError;
use crate::output::Output;
use crate::terminal::{eprint, print_or_closed};
use crate::text::sanitize;

/// What a run would do about a job.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub(crate) enum Action {
    /// Submit a retrieval.
    Submit,
    /// Resume a submission that was recorded; nothing is submitted twice.
    Resume,
    /// Nothing: everything is saved.
    Skip,
    /// Nothing: its directory cannot be used for it.
    Reject,
}

/// What a run would do about a job, on a line of its own.
#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema), schemars(rename = "Plan"))]
pub(crate) struct PlannedJob {
    /// The job's ID, as it was given.
    requested_job_id: String,
    /// What a run would do.
    action: Action,
    /// Its directory.
    directory: String,
    /// Why it would be rejected.
    reason: Option<String>,
}

/// Prints what a run would do about each job, and how many retrievals that is.
pub(crate) fn print(
    jobs: &[(String, PathBuf)],
    images: &ImageSelection,
    base_url: &str,
    output: &Output,
) -> Result<(), CliError> {
    let mut actions = Vec::new();
    for (job_id, dir) in jobs {
        let (action, reason) = match action(job_id, dir, images, base_url) {
            Ok(action) => (action, None),
            Err(error) => (Action::Reject, Some(error.message().to_owned())),
        };
        actions.push(action);
        let job = PlannedJob {
            requested_job_id: job_id.clone(),
            action,
            directory: dir.to_string_lossy().into_owned(),
            reason,
        };
        if output.is_json() {
            output.print(&job)?;
        } else {
            let name = format!("{action:?}").to_lowercase();
            let detail = sanitize(job.reason.as_ref().unwrap_or(&job.directory));
            print_or_closed(&format!("{name:<6}  {}  {detail}\n", sanitize(job_id)))?;
        }
    }
    let count = |action| actions.iter().filter(|it| **it == action).count();
    eprint(format_args!(
        "dry run: {} to submit (each is one retrieval), {} to resume, {} already complete, \
         {} rejected",
        count(Action::Submit),
        count(Action::Resume),
        count(Action::Skip),
        count(Action::Reject)
    ));
    Ok(())
}

fn action(
    job_id: &str,
    dir: &Path,
    images: &ImageSelection,
    base_url: &str,
) -> Result<Action, CliError> {
    if seed_file::complete(dir, job_id, images)?.is_some() {
        return Ok(Action::Skip);
    }
    let pending = Pending::read(dir)?;
    let other = match &pending {
        Some(pending) if pending.job_id != job_id => Some(pending.job_id.clone()),
        _ => seed_file::other_job(dir, job_id)?,
    };
    if let Some(other) = other {
        return Err(another_job(dir, &other));
    }
    if let Some(pending) = &pending {
        pending.check_base_url(dir, base_url)?;
    }
    // A result without all images is downloaded again, not submitted.
    let is_started = pending.is_some() || seed_file::read(dir)?.is_some();
    Ok(if is_started {
        Action::Resume
    } else {
        Action::Submit
    })
}
