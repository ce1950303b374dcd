//! Jobs' results into folders: what `fetch`, `wait` and `demo` share.

pub(crate) mod accounts;
mod errand;
mod folder;
mod folder_name;
mod job_lock;
mod lock;
mod pending;
mod progress;
mod report;
mod save;
mod seed_file;
mod submission;

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use futures_util::stream::{FuturesUnordered, StreamExt};

use crate::exit::Exit;
use crate::failure::Failure;
use crate::gallery;
use crate::json::Output;
use crate::open_files;
use crate::shell;
use crate::terminal::{error_mark, give_on, good, note_mark, plain, tell};
pub(crate) use errand::Errand;
pub(crate) use folder_name::of as folder_name;
#[cfg(test)]
pub(crate) use pending::Pending;
use progress::{Progress, Total};
#[cfg(test)]
pub(crate) use report::Line;
use report::{Outcome, Report};
pub(crate) use seed_file::{SeedFile, listed};

/// How many results are saved concurrently.
pub(crate) const SAVERS: usize = 4;
/// What is open concurrently: files and connections of four images and a lock for each of
/// these, two locks, a connection and a file for each job that is active, and what all
/// share.
const SAVER_FILES: usize = 9;
const ACTIVE_FILES: usize = 4;
const FILES: usize = 16;

/// Whether a folder can be made, or written to.
pub(crate) fn is_writable(folder: &Path) -> Result<(), Failure> {
    // Where another process works in it, it can be.
    folder::Folder::prepare(folder).map(drop)
}

/// What is done for a job.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Task {
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
    errand: &Errand,
    task: Task,
    jobs: Vec<(String, PathBuf)>,
    pages: &Pages,
    output: &Output,
) -> Result<Exit, Failure> {
    let count = jobs.len();
    let active = errand
        .accounts
        .active(jobs.iter().map(|(id, _)| id.as_str()));
    open_files::check_for(FILES + SAVER_FILES * count.min(SAVERS) + ACTIVE_FILES * active)?;
    let mut total = Total::new(count);
    let mut under_way: FuturesUnordered<_> = jobs
        .iter()
        .map(async |(job_id, out)| {
            let progress = Progress::new((count > 1).then_some(job_id));
            errand.run(task, job_id, out, &progress).await
        })
        .collect();
    let mut tally = Tally::default();
    while let Some(report) = under_way.next().await {
        total.one_more();
        if count == 1 {
            report.failures.iter().for_each(Failure::report);
        } else {
            tell_in_a_line(&report);
        }
        if let Err(failure) = print(&report, count, output) {
            failure.report();
            tally.exit = tally.exit.max(failure.exit());
        }
        tally.add(report);
    }
    drop(total);
    write_pages(&jobs, pages);
    if count > 1 {
        tally.tell();
    }
    if errand.is_lasting {
        tally.tell_how_to_go_on();
    }
    Ok(tally.exit)
}

/// That a page cannot be written is only noted: what matters is saved.
fn write_pages(jobs: &[(String, PathBuf)], pages: &Pages) {
    let outcomes = match pages {
        Pages::None => Vec::new(),
        Pages::Each => {
            let folders = jobs.iter().map(|(_, folder)| folder);
            folders.map(|folder| gallery::write_one(folder)).collect()
        }
        Pages::All(parent) => vec![gallery::write_all(parent)],
    };
    for outcome in outcomes {
        match outcome {
            Ok(written) => written.tell_left_alone(),
            Err(failure) => tell(format_args!("{} {}", note_mark(), failure.message())),
        }
    }
}

/// For one job the seed, the prompt to paste, and in the last line the folder; for
/// many a line for each that is done.
fn print(report: &Report, count: usize, output: &Output) -> Result<(), Failure> {
    if output.is_json() {
        return output.give(&report.to_line());
    }
    let Some(seed_file) = &report.seed_file else {
        return Ok(());
    };
    let result = &seed_file.result;
    let (seed, folder) = (result.seed(), report.folder.to_string_lossy());
    if count > 1 {
        return give_on(&format!("seed {seed}  {folder}\n"));
    }
    let prompt = result.prompt_with_seed().map(plain);
    let prompt = prompt.map_or(String::new(), |prompt| format!("{prompt}\n"));
    give_on(&format!("seed {seed}\n{prompt}{folder}\n"))
}

fn tell_in_a_line(report: &Report) {
    let id = plain(&report.job_id);
    match report.outcome() {
        Outcome::Done if report.was_there => tell(format_args!("{id}: was done before")),
        Outcome::Done => tell(format_args!("{id}: {}", good("done"))),
        // Of each it would be too much; the end tells how many.
        _ if report.exit().is_interrupt() => {}
        Outcome::Failed | Outcome::Waiting => {
            for failure in &report.failures {
                tell(format_args!("{} {id}: {}", error_mark(), failure.message()));
            }
        }
    }
}

/// What came of all.
#[derive(Debug, Default)]
struct Tally {
    done: usize,
    failed: Vec<String>,
    waiting: Vec<String>,
    interrupted: usize,
    exit: Exit,
    /// How those end that the same command may do better with.
    going_on: BTreeSet<Exit>,
    /// Each once, in the order in which they came.
    advice: Vec<Vec<String>>,
}

impl Tally {
    fn add(&mut self, report: Report) {
        let exit = report.exit();
        self.exit = self.exit.max(exit);
        let line = || {
            let why: Vec<_> = report.failures.iter().map(Failure::message).collect();
            format!("{}: {}", plain(&report.job_id), why.join("; "))
        };
        match report.outcome() {
            Outcome::Done => self.done += 1,
            _ if exit.is_interrupt() => self.interrupted += 1,
            Outcome::Failed => self.failed.push(line()),
            Outcome::Waiting => self.waiting.push(line()),
        }
        for failure in report.failures {
            if failure.can_go_on() {
                self.going_on.insert(failure.exit());
            }
            let advice = failure.advice();
            if !advice.is_empty() && !self.advice.iter().any(|known| known == advice) {
                self.advice.push(advice.to_vec());
            }
        }
    }

    fn tell(&self) {
        tell(format_args!(
            "\n{} done, {} failed, {} waiting",
            self.done,
            self.failed.len(),
            self.waiting.len() + self.interrupted
        ));
        for (what, lines) in [("failed", &self.failed), ("waiting", &self.waiting)] {
            for line in lines {
                tell(format_args!("  {what}  {line}"));
            }
        }
        if self.interrupted > 0 {
            let count = self.interrupted;
            tell(format_args!("  waiting  {count} that were interrupted"));
        }
        for line in self.advice.iter().flatten() {
            tell(format_args!("\n  {line}"));
        }
        if !self.advice.is_empty() {
            tell("");
        }
    }

    /// The last line: what is begun is not lost.
    fn tell_how_to_go_on(&self) {
        let has = |exit| self.going_on.contains(&exit);
        let what = match self.going_on.len() {
            0 => return,
            1 if has(Exit::JobFailed) => "to start another job",
            _ if has(Exit::JobFailed) => "to go on, and start another job for those that ended",
            _ if has(Exit::Halted) || has(Exit::NoAccess) => "when that is done, to go on",
            _ => "to go on",
        };
        tell(format_args!("{what}: {}", shell::again()));
    }
}
