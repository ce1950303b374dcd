//! Jobs' results into folders: what `fetch`, `wait` and `demo` share.

pub(crate) mod accounts;
mod dir_name;
mod fetcher;
mod job_lock;
mod lock;
#[allow(dead_code, reason = "called by the rewritten fetch")]
mod metadata;
mod output_dir;
#[allow(dead_code, reason = "called by the rewritten fetch")]
mod output_template;
mod pending;
#[allow(dead_code, reason = "called by the rewritten fetch")]
mod placement;
mod progress;
mod report;
mod save;
mod seed_file;
mod submission;

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use futures_util::stream::{FuturesUnordered, StreamExt};

use crate::command_line;
use crate::error::CliError;
use crate::exit::Exit;
use crate::gallery;
use crate::open_files;
use crate::output::Output;
use crate::terminal::eprint_error;
use crate::terminal::{eprint, error_label, note_label, print_or_closed, success};
use crate::text::sanitize;
pub(crate) use dir_name::of as dir_name;
pub(crate) use fetcher::Fetcher;
#[cfg(test)]
pub(crate) use pending::Pending;
pub(crate) use placement::{STATE_DIR, images_base};
use progress::{Progress, Total};
#[cfg(test)]
pub(crate) use report::JobReportJson;
use report::{JobReport, Outcome};
pub(crate) use seed_file::{SeedFile, listed};

/// How many results are saved concurrently.
pub(crate) const SAVE_PERMITS: usize = 4;
/// What is open concurrently: files and connections of four images and a lock for each of
/// these, two locks, a connection and a file for each job that is active, and what all
/// share.
const SAVE_FILES: usize = 9;
const ACTIVE_FILES: usize = 4;
const FILES: usize = 16;

/// Whether a folder can be made, or written to.
pub(crate) fn is_writable(dir: &Path) -> Result<(), CliError> {
    // Where another process works in it, it can be.
    output_dir::OutputDir::prepare(dir).map(drop)
}

/// What is done for a job.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Mode {
    /// Whatever it takes.
    Fetch,
    /// Nothing is submitted.
    Wait,
}

/// The HTML pages that are written at the end.
#[derive(Debug)]
pub(crate) enum Pages {
    None,
    /// One in each job's directory.
    Each,
    /// The same, and one about all jobs below this directory, in it.
    All(PathBuf),
}

/// Runs the errand for each job, and tells what came of them.
pub(crate) async fn run(
    fetcher: &Fetcher,
    mode: Mode,
    jobs: Vec<(String, PathBuf)>,
    pages: &Pages,
    output: &Output,
) -> Result<Exit, CliError> {
    let count = jobs.len();
    let active = fetcher
        .accounts
        .active(jobs.iter().map(|(id, _)| id.as_str()));
    check_open_files(FILES + SAVE_FILES * count.min(SAVE_PERMITS) + ACTIVE_FILES * active)?;
    let mut total = Total::new(count);
    let mut under_way: FuturesUnordered<_> = jobs
        .iter()
        .map(async |(job_id, out)| {
            let progress = Progress::new((count > 1).then_some(job_id));
            fetcher.run(mode, job_id, out, &progress).await
        })
        .collect();
    let mut summary = Summary::default();
    while let Some(report) = under_way.next().await {
        total.one_more();
        if count == 1 {
            report.errors.iter().for_each(eprint_error);
        } else {
            tell_in_a_line(&report);
        }
        if let Err(error) = print(&report, count, output) {
            eprint_error(&error);
            summary.exit = summary.exit.max(error.exit());
        }
        summary.add(report);
    }
    drop(total);
    write_pages(&jobs, pages);
    if count > 1 {
        summary.eprint();
    }
    if fetcher.is_persistent {
        summary.tell_how_to_go_on();
    }
    Ok(summary.exit)
}

/// That a page cannot be written is only noted: what matters is saved.
fn write_pages(jobs: &[(String, PathBuf)], pages: &Pages) {
    let outcomes = match pages {
        Pages::None => Vec::new(),
        Pages::Each => {
            let dirs = jobs.iter().map(|(_, dir)| dir);
            dirs.map(|dir| gallery::write_one(dir)).collect()
        }
        Pages::All(parent) => vec![gallery::write_all(parent)],
    };
    for outcome in outcomes {
        match outcome {
            Ok(written) => written.eprint_foreign(),
            Err(error) => eprint(format_args!("{} {}", note_label(), error.message())),
        }
    }
}

/// For one job the seed, the prompt to paste, and in the last line the folder; for
/// many a line for each that is done.
fn print(report: &JobReport, count: usize, output: &Output) -> Result<(), CliError> {
    if output.is_json() {
        return output.print(&report.to_line());
    }
    let Some(seed_file) = &report.seed_file else {
        return Ok(());
    };
    let result = &seed_file.result;
    let (seed, dir) = (result.seed(), report.dir.to_string_lossy());
    if count > 1 {
        return print_or_closed(&format!("seed {seed}  {dir}\n"));
    }
    let prompt = result.prompt_with_seed().map(sanitize);
    let prompt = prompt.map_or(String::new(), |prompt| format!("{prompt}\n"));
    print_or_closed(&format!("seed {seed}\n{prompt}{dir}\n"))
}

fn tell_in_a_line(report: &JobReport) {
    let id = sanitize(&report.job_id);
    match report.outcome() {
        Outcome::Done if report.already_present => eprint(format_args!("{id}: was done before")),
        Outcome::Done => eprint(format_args!("{id}: {}", success("done"))),
        // Of each it would be too much; the end tells how many.
        _ if report.exit().is_interrupt() => {}
        Outcome::Failed | Outcome::Waiting => {
            for error in &report.errors {
                eprint(format_args!("{} {id}: {}", error_label(), error.message()));
            }
        }
    }
}

/// What came of all.
#[derive(Debug, Default)]
struct Summary {
    done: usize,
    failed: Vec<String>,
    waiting: Vec<String>,
    interrupted: usize,
    exit: Exit,
    /// How those end that the same command may do better with.
    going_on: BTreeSet<Exit>,
    /// Each once, in the order in which they came.
    hints: Vec<String>,
}

impl Summary {
    fn add(&mut self, report: JobReport) {
        let exit = report.exit();
        self.exit = self.exit.max(exit);
        let line = || {
            let why: Vec<_> = report.errors.iter().map(CliError::message).collect();
            format!("{}: {}", sanitize(&report.job_id), why.join("; "))
        };
        match report.outcome() {
            Outcome::Done => self.done += 1,
            _ if exit.is_interrupt() => self.interrupted += 1,
            Outcome::Failed => self.failed.push(line()),
            Outcome::Waiting => self.waiting.push(line()),
        }
        for error in report.errors {
            if error.is_resumable() {
                self.going_on.insert(error.exit());
            }
            if let Some(hint) = error.hint_text()
                && !self.hints.iter().any(|known| known == hint)
            {
                self.hints.push(hint.to_owned());
            }
        }
    }

    fn eprint(&self) {
        eprint(format_args!(
            "\n{} done, {} failed, {} waiting",
            self.done,
            self.failed.len(),
            self.waiting.len() + self.interrupted
        ));
        for (what, lines) in [("failed", &self.failed), ("waiting", &self.waiting)] {
            for line in lines {
                eprint(format_args!("  {what}  {line}"));
            }
        }
        if self.interrupted > 0 {
            let count = self.interrupted;
            eprint(format_args!("  waiting  {count} that were interrupted"));
        }
        for line in &self.hints {
            eprint(format_args!("\n  {line}"));
        }
        if !self.hints.is_empty() {
            eprint("");
        }
    }

    /// The last line: what is begun is not lost.
    fn tell_how_to_go_on(&self) {
        let has = |exit| self.going_on.contains(&exit);
        let what = match self.going_on.len() {
            0 => return,
            1 if has(Exit::JobFailed) => "to start another job",
            _ if has(Exit::JobFailed) => "to go on, and start another job for those that ended",
            _ if has(Exit::Halted) || has(Exit::Auth) => "when that is done, to go on",
            _ => "to go on",
        };
        eprint(format_args!("{what}: {}", command_line::rerun_command()));
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
