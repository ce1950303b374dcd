//! `--dry-run`: what a run would do. It only reads local files.

use std::path::Path;

use serde::Serialize;

use super::images::ImageSelection;
use super::pending::Pending;
use super::seed_file;
use crate::error::CliError;
use crate::output::Output;
use crate::terminal::{eprint, print_or_closed};
use crate::text::sanitize;

/// What a run would do about a job.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
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
#[cfg_attr(test, derive(schemars::JsonSchema))]
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
    jobs: &[(String, impl AsRef<Path>)],
    images: &ImageSelection,
    base_url: &str,
    output: &Output,
) -> Result<(), CliError> {
    let mut counts = [0; 4];
    for (job_id, dir) in jobs {
        let dir = dir.as_ref();
        let (action, reason) = match action(job_id, dir, images, base_url) {
            Ok(action) => (action, None),
            Err(error) => (Action::Reject, Some(error.message().to_owned())),
        };
        if let Some(count) = counts.get_mut(action as usize) {
            *count += 1;
        }
        let directory = dir.to_string_lossy().into_owned();
        if output.is_json() {
            output.print(&PlannedJob {
                requested_job_id: job_id.clone(),
                action,
                directory,
                reason,
            })?;
            continue;
        }
        let name = match action {
            Action::Submit => "submit",
            Action::Resume => "resume",
            Action::Skip => "skip",
            Action::Reject => "reject",
        };
        let detail = sanitize(&reason.unwrap_or(directory));
        print_or_closed(&format!("{name:<6}  {}  {detail}\n", sanitize(job_id)))?;
    }
    let [submit, resume, skip, reject] = counts;
    eprint(format_args!(
        "dry run: {submit} to submit (each is one retrieval), {resume} to resume, {skip} already \
         complete, {reject} rejected"
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
    if let Some(other) = seed_file::other_job(dir, job_id)? {
        return Err(super::submission::another_job(dir, &other));
    }
    let Some(pending) = Pending::read(dir)? else {
        // A result without all images is downloaded again, not submitted.
        let has_result = seed_file::read(dir)?.is_some();
        return Ok(if has_result {
            Action::Resume
        } else {
            Action::Submit
        });
    };
    if pending.job_id != job_id {
        return Err(super::submission::another_job(dir, &pending.job_id));
    }
    pending.check_base_url(dir, base_url)?;
    Ok(Action::Resume)
}
