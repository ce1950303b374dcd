//! The results of jobs into directories: what `fetch`, `wait` and `demo` share.

mod accounts;
mod context;
mod directory_name;
mod display;
mod exec;
mod images;
mod job;
mod job_lock;
mod layout;
mod lock;
mod output_dir;
mod pending;
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
use crate::gallery;
use crate::open_files;
use crate::output::Output;
use crate::terminal::{eprint_error, eprint_note, print_or_closed};
use crate::text::sanitize;
pub(crate) use accounts::Accounts;
pub(crate) use context::{Context, Mode};
pub(crate) use display::Display;
pub(crate) use exec::Exec;
pub(crate) use images::ImageSelection;
pub(crate) use layout::Layout;
#[cfg(test)]
pub(crate) use pending::Pending;
#[cfg(test)]
pub(crate) use report::JobReportJson;
use report::{JobReport, Status};
pub(crate) use seed_file::{SeedFile, listed};
use summary::Summary;
#[cfg(test)]
pub(crate) use summary::SummaryJson;

/// How many results are saved concurrently.
pub(crate) const SAVE_PERMITS: usize = 4;
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

/// What is done beside saving the jobs.
#[derive(Debug, Default)]
pub(crate) struct Extras {
    pub(crate) no_gallery: bool,
    pub(crate) open: bool,
    pub(crate) fail_fast: bool,
    pub(crate) failed_file: Option<PathBuf>,
    /// Whether the last JSON record is a summary.
    pub(crate) summary: bool,
}

/// Saves all jobs, and reports what came of them.
pub(crate) async fn run(
    context: &Context,
    layout: &Layout,
    extras: &Extras,
    output: &Output,
) -> Result<Exit, CliError> {
    let count = layout.jobs.len();
    let ids = layout.jobs.iter().map(|(id, _)| id.as_str());
    let active = context.accounts.active(ids);
    check_open_files(FILES + SAVE_FILES * count.min(SAVE_PERMITS) + ACTIVE_FILES * active)?;
    let mut jobs: FuturesUnordered<_> = layout
        .jobs
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
            report = jobs.next() => report,
            _ = ticks.tick() => {
                context.display.tick();
                continue;
            }
        };
        let Some(report) = report else { break };
        finish(context, &report, count, output, &mut summary);
        if extras.fail_fast && report.status() == Status::Failed {
            let message = "not submitted after the first failure (--fail-fast)";
            context
                .accounts
                .stop_all(&CliError::of_kind("fail_fast", Exit::Pending, message));
        }
        summary.add(&report);
    }
    drop(jobs);
    context.display.close();
    let files = write_files(layout, extras, &summary);
    if count > 1 {
        summary.print(&files);
    }
    if extras.summary && output.is_json() {
        output.print(&summary.to_json())?;
    }
    if context.is_persistent {
        summary.print_resume_hint();
    }
    if extras.open {
        open(layout);
    }
    Ok(summary.exit())
}

/// Reports what came of a job.
fn finish(
    context: &Context,
    report: &JobReport,
    count: usize,
    output: &Output,
    summary: &mut Summary,
) {
    context.display.finished(report);
    if count == 1 {
        let id = sanitize(&report.job_id);
        for error in &report.errors {
            eprint_error(&error.clone().for_job(&id));
        }
    }
    if let Some(code) = report.exec.filter(|code| *code != Some(0)) {
        let code = code.map_or("no exit code".to_owned(), |code| {
            format!("exit code {code}")
        });
        eprint_note(format_args!(
            "--exec: {code}, job {}",
            sanitize(&report.job_id)
        ));
        summary.worsen(Exit::Failed);
    }
    if let Err(error) = print(report, count, output) {
        eprint_error(&error);
        summary.worsen(error.exit());
    }
}

/// For one job the seed, the prompt to paste, and in the last line the directory.
fn print(report: &JobReport, count: usize, output: &Output) -> Result<(), CliError> {
    if output.is_json() {
        return output.print(&report.to_json(&report.directory));
    }
    let Some(seed_file) = report.seed_file.as_ref().filter(|_| count == 1) else {
        return Ok(());
    };
    let result = &seed_file.result;
    let (seed, dir) = (result.seed(), report.directory.to_string_lossy());
    let prompt = result.prompt_with_seed().map(sanitize);
    let prompt = prompt.map_or(String::new(), |prompt| format!("{prompt}\n"));
    print_or_closed(&format!("seed {seed}\n{prompt}{dir}\n"))
}

/// Writes pages and lists; gives their names and paths. That one cannot be written is
/// only noted: what matters is saved.
fn write_files(layout: &Layout, extras: &Extras, summary: &Summary) -> Vec<(&'static str, String)> {
    let mut files = Vec::new();
    let note = |error: CliError| eprint_note(error.message());
    if !extras.no_gallery {
        let reports = match &layout.parent {
            None => layout
                .jobs
                .iter()
                .map(|(_, dir)| gallery::write_one(dir))
                .collect(),
            Some(parent) => vec![gallery::write_all(parent)],
        };
        for report in reports {
            match report {
                Ok(report) => {
                    report.tell_left_alone();
                    files.extend(
                        report
                            .page
                            .map(|page| ("Gallery", page.display().to_string())),
                    );
                }
                Err(error) => note(error),
            }
        }
    }
    files
}

/// Opens the page, or without one the directory.
fn open(layout: &Layout) {
    let dir = layout
        .parent
        .as_ref()
        .or(layout.jobs.first().map(|(_, dir)| dir));
    let Some(dir) = dir else { return };
    let page = dir.join(gallery::PAGE);
    let target = if page.is_file() { &page } else { dir };
    if let Err(error) = open::that_detached(target) {
        eprint_note(format_args!("cannot open {}: {error}", target.display()));
    }
}

fn check_open_files(needed: usize) -> Result<(), CliError> {
    match open_files::missing(needed) {
        None => Ok(()),
        Some((left, error)) => Err(CliError::file(format!(
            "{needed} more files must be opened, and only {left} can be: {error}"
        ))),
    }
}
