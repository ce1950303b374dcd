//! The results of jobs into directories: what `fetch`, `wait` and `demo` share.

mod accounts;
mod context;
mod directory_name;
mod display;
mod exec;
mod images;
mod job;
mod job_lock;
mod lock;
mod metadata;
mod output_dir;
mod output_template;
mod pending;
mod placement;
pub(crate) mod plan;
mod report;
mod response_file;
mod save;
mod seed_file;
mod submission;
mod summary;

use std::path::{Path, PathBuf};

use futures_util::stream::{FuturesUnordered, StreamExt};
use tokio::time::{MissedTickBehavior, interval};

use crate::error::CliError;
use crate::exit::Exit;
use crate::open_files;
use crate::output::Output;
use crate::terminal::{eprint_error, eprint_note, print_or_closed};
use crate::text::sanitize;
use context::SAVE_PERMITS;
pub(crate) use context::{Context, Mode};
pub(crate) use directory_name::of as directory_name;
pub(crate) use display::Display;
pub(crate) use exec::Exec;
pub(crate) use images::ImageSelection;
pub(crate) use output_dir::{STATE_DIR, images_base};
pub(crate) use output_template::{FLAT, OutputTemplate};
#[cfg(test)]
pub(crate) use pending::Pending;
pub(crate) use placement::reserved_names;
#[cfg(test)]
pub(crate) use report::JobReportJson;
use report::{JobReport, Status};
pub(crate) use seed_file::{SeedFile, listed};
pub(crate) use summary::Summary;
#[cfg(test)]
pub(crate) use summary::SummaryJson;

/// What is open concurrently: files and connections of four images and a lock for each of
/// these, two locks, a connection and a file for each job that is active, and what all
/// share.
const SAVE_FILES: usize = 9;
const ACTIVE_FILES: usize = 4;
const FILES: usize = 16;

/// Whether a directory exists or can be created, and is writable.
pub(crate) fn is_writable(dir: &Path) -> Result<(), CliError> {
    // Where another process uses it, it is.
    output_dir::OutputDir::prepare(dir).map(drop)
}

/// Saves all jobs, and reports what came of them.
pub(crate) async fn run(
    context: &Context,
    jobs: &[(String, PathBuf)],
    output: &Output,
) -> Result<Summary, CliError> {
    let count = jobs.len();
    let active = context
        .accounts
        .active(jobs.iter().map(|(id, _)| id.as_str()));
    let needed = FILES + SAVE_FILES * count.min(SAVE_PERMITS) + ACTIVE_FILES * active;
    open_files::check(needed).map_err(CliError::file)?;
    let mut active: FuturesUnordered<_> = jobs
        .iter()
        .enumerate()
        .map(|(index, (id, dir))| job::run(context, index, id, dir))
        .collect();
    let mut ticks = interval(display::TICK);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Skip);
    let mut summary = Summary::new();
    loop {
        let report = tokio::select! {
            biased;
            report = active.next() => report,
            _ = ticks.tick() => {
                context.display.tick();
                continue;
            }
        };
        let Some(report) = report else { break };
        finish(context, &report, count, output, &mut summary);
        summary.add(&report);
    }
    context.display.close();
    Ok(summary)
}

/// Reports what came of a job.
fn finish(
    context: &Context,
    report: &JobReport,
    count: usize,
    output: &Output,
    summary: &mut Summary,
) {
    let id = sanitize(&report.job_id);
    context.display.finished(report);
    if count == 1 {
        for error in &report.errors {
            eprint_error(&error.clone().for_job(&id));
        }
    }
    let failure = match &report.exec {
        Some(Ok(status)) if !status.success() => Some(status.to_string()),
        Some(Err(error)) => Some(error.to_string()),
        _ => None,
    };
    if let Some(failure) = failure {
        eprint_note(format_args!("--exec: {failure}, job {id}"));
        summary.worsen(Exit::Failed);
    }
    if let Err(error) = print(report, count, output) {
        eprint_error(&error);
        summary.worsen(error.exit());
    }
    if context.fail_fast && report.status() == Status::Failed {
        let message = "not submitted after the first failure (--fail-fast)";
        let error = CliError::of_kind("fail_fast", Exit::Pending, message);
        context.accounts.stop_all(&error);
    }
}

/// For one job the seed, the prompt to paste, and in the last line the directory, or
/// the images that are not in one of their own.
fn print(report: &JobReport, count: usize, output: &Output) -> Result<(), CliError> {
    let base = images_base(&report.directory);
    if output.is_json() {
        return output.print(&report.to_json(base));
    }
    let Some(seed_file) = report.seed_file.as_ref().filter(|_| count == 1) else {
        return Ok(());
    };
    let result = &seed_file.result;
    let mut lines = vec![format!("seed {}", result.seed())];
    lines.extend(result.prompt_with_seed().map(sanitize));
    if base == report.directory {
        lines.push(report.directory.display().to_string());
    } else {
        let names = seed_file.files.iter().filter_map(|file| file.file.as_ref());
        lines.extend(names.map(|name| base.join(name).display().to_string()));
    }
    print_or_closed(&(lines.join("\n") + "\n"))
}
