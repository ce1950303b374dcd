//! What came of all jobs.

use std::collections::BTreeSet;
use std::path::PathBuf;
use std::time::Instant;

use indicatif::HumanBytes;
use serde::Serialize;

use super::display::{plural, short};
use super::report::{JobReport, Status, seconds};
use crate::command_line;
use crate::error::CliError;
use crate::exit::Exit;
use crate::terminal::{eprint, eprint_always, eprint_details};
use crate::text::sanitize;

/// How many IDs of a group are printed; `failed.txt` has all.
const IDS_SHOWN: usize = 10;

/// What came of all jobs.
#[derive(Debug)]
pub(crate) struct Summary {
    started: Instant,
    counts: Counts,
    groups: Vec<Group>,
    completed: BTreeSet<String>,
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
#[cfg_attr(test, derive(schemars::JsonSchema), schemars(rename = "Summary"))]
pub(crate) struct SummaryJson {
    summary: Counts,
}

#[derive(Clone, Debug, Default, Serialize)]
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
            counts: Counts::default(),
            groups: Vec::new(),
            completed: BTreeSet::new(),
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
        if status == Status::Completed {
            self.completed.insert(report.job_id.clone());
        }
        let counts = &mut self.counts;
        match status {
            Status::Completed if report.already_present => counts.skipped += 1,
            Status::Completed => counts.completed += 1,
            Status::Failed => counts.failed += 1,
            Status::Pending => counts.pending += 1,
        }
        if status == Status::Pending && report.is_running() {
            counts.running += 1;
        }
        if let (Some(file), false) = (&report.seed_file, report.already_present) {
            let (images, bytes) = file.saved();
            let (kept_images, kept_bytes) = report.kept;
            counts.images += images.saturating_sub(kept_images);
            counts.bytes += bytes.saturating_sub(kept_bytes);
        }
        for error in &report.errors {
            if error.is_resumable() {
                self.resumable.insert(error.exit());
            }
            let is_same =
                |group: &&mut Group| group.status == status && group.error.group() == error.group();
            match self.groups.iter_mut().find(is_same) {
                Some(group) if group.job_ids.last() == Some(&report.job_id) => {}
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
                elapsed_s: seconds(self.started.elapsed()),
                exit_code: self.exit.code(),
                ..self.counts.clone()
            },
        }
    }

    /// The IDs of the jobs that are complete.
    pub(crate) fn completed(&self) -> &BTreeSet<String> {
        &self.completed
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
        let counts = &self.counts;
        let mut parts = vec![format!("{} saved", counts.completed)];
        for (count, what) in [
            (counts.skipped, "already complete"),
            (counts.failed, "failed"),
            (counts.running, "still running at useapi.net"),
            (counts.pending - counts.running, "not finished"),
        ] {
            if count > 0 {
                parts.push(format!("{count} {what}"));
            }
        }
        let images = match counts.images {
            0 => String::new(),
            images => format!(
                " ({}, {})",
                plural(images, "image"),
                HumanBytes(counts.bytes)
            ),
        };
        eprint(format_args!("\n{} in {elapsed}{images}", parts.join(", ")));
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
        let (message, count) = (self.error.group(), self.job_ids.len());
        let jobs = plural(count, "job");
        eprint_always(format_args!("\n{what}: {message}, {jobs}"));
        let ids = if self.error.is_about_all() {
            &[]
        } else {
            self.job_ids.as_slice()
        };
        for id in ids.iter().take(IDS_SHOWN) {
            eprint_always(format_args!("  {}", sanitize(id)));
        }
        if ids.len() > IDS_SHOWN {
            eprint_always(format_args!("  and {} more", count - IDS_SHOWN));
        }
        eprint_details(&self.error);
    }
}
