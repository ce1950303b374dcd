//! What came of all jobs.

use std::collections::BTreeSet;
use std::path::PathBuf;
use std::time::Instant;

use indicatif::HumanBytes;
use serde::Serialize;

use super::display::short;
use super::report::{JobReport, Status, seconds};
use crate::command_line;
use crate::error::CliError;
use crate::exit::Exit;
use crate::terminal::{eprint, eprint_always};
use crate::text::sanitize;

/// How many IDs of a group are printed; `failed.txt` has all.
const IDS_SHOWN: usize = 10;

/// What came of all jobs.
#[derive(Debug)]
pub(crate) struct Summary {
    started: Instant,
    saved: usize,
    skipped: usize,
    failed: usize,
    /// Jobs that are not finished: those that run at the service, and the others.
    running: usize,
    not_submitted: usize,
    images: usize,
    bytes: u64,
    groups: Vec<Group>,
    exit: Exit,
    /// The exit codes of what the same command may do better with.
    resumable: BTreeSet<Exit>,
}

/// Jobs with the same error.
#[derive(Debug)]
struct Group {
    status: Status,
    error: CliError,
    job_ids: Vec<String>,
}

/// The last record, on request.
#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub(crate) struct SummaryJson {
    summary: Counts,
}

#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
struct Counts {
    /// Jobs that were saved by this run.
    completed: usize,
    /// Jobs that were complete before.
    skipped: usize,
    /// Jobs that failed.
    failed: usize,
    /// Jobs that are not finished: the same command resumes them.
    pending: usize,
    /// Of these, jobs that still run at the service.
    running: usize,
    /// Images that were saved by this run.
    images: usize,
    /// Their bytes.
    bytes: u64,
    /// How long the command took, in seconds.
    elapsed_s: f64,
    /// The command's exit code.
    exit_code: u8,
}

impl Summary {
    pub(crate) fn new() -> Self {
        Self {
            started: Instant::now(),
            saved: 0,
            skipped: 0,
            failed: 0,
            running: 0,
            not_submitted: 0,
            images: 0,
            bytes: 0,
            groups: Vec::new(),
            exit: Exit::default(),
            resumable: BTreeSet::new(),
        }
    }

    pub(crate) fn exit(&self) -> Exit {
        self.exit
    }

    /// Raises the exit code.
    pub(crate) fn worsen(&mut self, exit: Exit) {
        self.exit = self.exit.max(exit);
    }

    pub(crate) fn add(&mut self, report: &JobReport) {
        self.worsen(report.exit());
        let status = report.status();
        match status {
            Status::Completed if report.already_present => self.skipped += 1,
            Status::Completed => self.saved += 1,
            Status::Failed => self.failed += 1,
            Status::Pending if report.started_job_id.is_some() => self.running += 1,
            Status::Pending => self.not_submitted += 1,
        }
        if let Some(file) = report
            .seed_file
            .as_ref()
            .filter(|_| !report.already_present)
        {
            let (images, bytes) = file.saved();
            self.images += images;
            self.bytes += bytes;
        }
        for error in &report.errors {
            if error.is_resumable() {
                self.resumable.insert(error.exit());
            }
            let is_same = |group: &&mut Group| {
                group.status == status && group.error.message() == error.message()
            };
            match self.groups.iter_mut().find(is_same) {
                Some(group) => group.job_ids.push(report.job_id.clone()),
                None => self.groups.push(Group {
                    status,
                    error: error.clone(),
                    job_ids: vec![report.job_id.clone()],
                }),
            }
        }
    }

    pub(crate) fn to_json(&self) -> SummaryJson {
        SummaryJson {
            summary: Counts {
                completed: self.saved,
                skipped: self.skipped,
                failed: self.failed,
                pending: self.running + self.not_submitted,
                running: self.running,
                images: self.images,
                bytes: self.bytes,
                elapsed_s: seconds(self.started.elapsed()),
                exit_code: self.exit.code(),
            },
        }
    }

    /// The failed jobs, each with its first error.
    pub(crate) fn failures(&self) -> Vec<(String, String)> {
        let mut seen = BTreeSet::new();
        let failed = self
            .groups
            .iter()
            .filter(|group| group.status == Status::Failed);
        failed
            .flat_map(|group| group.job_ids.iter().map(move |id| (id, group)))
            .filter(|(id, _)| seen.insert(*id))
            .map(|(id, group)| (id.clone(), group.error.message().to_owned()))
            .collect()
    }

    /// Prints the counts, the files that were written, and the errors, each once.
    pub(crate) fn print(&self, files: &[(&str, PathBuf)]) {
        let elapsed = short(self.started.elapsed());
        let mut counts = vec![format!("{} saved", self.saved)];
        for (count, what) in [
            (self.skipped, "already complete"),
            (self.failed, "failed"),
            (self.running, "still running at useapi.net"),
            (self.not_submitted, "not submitted"),
        ] {
            if count > 0 {
                counts.push(format!("{count} {what}"));
            }
        }
        let images = match self.images {
            0 => String::new(),
            images => format!(" ({images} images, {})", HumanBytes(self.bytes)),
        };
        eprint(format_args!("\n{} in {elapsed}{images}", counts.join(", ")));
        let files: Vec<_> = files
            .iter()
            .map(|(name, path)| format!("{name}: {}", sanitize(&path.to_string_lossy())))
            .collect();
        if !files.is_empty() {
            eprint(files.join("     "));
        }
        for group in &self.groups {
            if !group.error.exit().is_interrupt() {
                group.print();
            }
        }
    }

    /// The last line: nothing that was started is lost.
    pub(crate) fn print_resume_hint(&self) {
        let has = |exit| self.resumable.contains(&exit);
        let what = match self.resumable.len() {
            0 => return,
            1 if has(Exit::JobFailed) => "To retry with a new job, run",
            _ if has(Exit::JobFailed) => "To resume, and retry the jobs that ended, run",
            _ if has(Exit::Halted) || has(Exit::Auth) => "After fixing this, run",
            _ => "To resume, run",
        };
        eprint_always(format_args!("{what}: {}", command_line::rerun_command()));
    }
}

impl Group {
    fn print(&self) {
        let what = match self.status {
            Status::Pending => "pending",
            _ => "failed",
        };
        let (message, count) = (self.error.message(), self.job_ids.len());
        let jobs = if count == 1 { "job" } else { "jobs" };
        eprint_always(format_args!("\n{what}: {message}, {count} {jobs}"));
        for id in self.job_ids.iter().take(IDS_SHOWN) {
            eprint_always(format_args!("  {}", sanitize(id)));
        }
        if count > IDS_SHOWN {
            eprint_always(format_args!("  and {} more", count - IDS_SHOWN));
        }
        for line in self.error.hint_text().into_iter().flat_map(str::lines) {
            eprint_always(format_args!("  {line}"));
        }
    }
}
