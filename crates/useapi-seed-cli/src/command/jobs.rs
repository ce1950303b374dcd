//! `status`, `jobs` and `cancel`: a row of a table for each job, or JSON.

use std::collections::BTreeSet;
use std::mem;

use console::{Term, measure_text_width};
use futures_util::{TryStreamExt, stream};
use serde::Serialize;
use tokio::time::sleep;
use useapi_seed::Client;

use super::job_row::{HEAD, JobRow};
use crate::arguments::{Cancel, Common, JobIds, Jobs, Status, Watch};
use crate::error::CliError;
use crate::exit::Exit;
use crate::job_ids;
use crate::output::Output;
use crate::schemas;
use crate::settings::Settings;
use crate::shutdown::Shutdown;
use crate::table::{Table, terminal_width};
use crate::terminal::{eprint, eprint_error, eprint_note, print_or_closed};

/// How many requests are sent concurrently.
const CONCURRENT: usize = 4;

/// The running jobs.
#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[cfg_attr(test, schemars(rename = "Jobs"))]
pub(crate) struct Printed<'a> {
    /// Their IDs; null when the response has an unknown form, and it is not known
    /// whether any job is running.
    ids: Option<Vec<String>>,
    /// Their details; with `--watch`, also of those that have ended meanwhile.
    jobs: Vec<&'a JobRow>,
}

pub(crate) async fn status(common: &Common, arguments: Status) -> Result<Exit, CliError> {
    let Status { jobs, watch } = arguments;
    run(common, Subject::Given, Some(&jobs), Some(watch)).await
}

pub(crate) async fn jobs(common: &Common, Jobs { watch }: Jobs) -> Result<Exit, CliError> {
    run(common, Subject::Running, None, Some(watch)).await
}

pub(crate) async fn cancel(common: &Common, Cancel { jobs }: Cancel) -> Result<Exit, CliError> {
    run(common, Subject::Cancelled, Some(&jobs), None).await
}

/// The jobs that are shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Subject {
    Given,
    Running,
    Cancelled,
}

async fn run(
    common: &Common,
    subject: Subject,
    given: Option<&JobIds>,
    watch: Option<Watch>,
) -> Result<Exit, CliError> {
    let schema = match subject {
        Subject::Running => schemas::JOBS,
        _ => schemas::STATUS,
    };
    let output = Output::new(common, schema)?;
    let ids = given.map(|given| job_ids::read(&given.job_ids, &given.input_files));
    let settings = Settings::read(common)?;
    let mut shown = Shown {
        client: settings.client()?,
        output,
        subject,
        jobs: Vec::new(),
        last: String::new(),
        drawn: 0,
    };
    shown.add(ids.transpose()?.unwrap_or_default());
    let Some(interval) = watch.and_then(|watch| watch.watch) else {
        return shown.round().await;
    };
    let interval = settings.interval(interval)?.value;
    let shutdown = Shutdown::listen()?;
    let repeat = async {
        loop {
            match shown.round().await {
                Err(error) if error.exit().is_pending() => eprint_error(&error),
                Ok(_) if !shown.jobs.iter().all(|job| job.has_ended) => {}
                ended => return ended,
            }
            sleep(interval).await;
        }
    };
    tokio::select! {
        ended = repeat => ended,
        signal = shutdown.wait() => Ok(signal),
    }
}

/// A job as it was when it was last requested.
#[derive(Debug)]
struct Job {
    row: JobRow,
    error: Option<CliError>,
    has_ended: bool,
    /// Since it was last shown.
    has_changed: bool,
}

impl Job {
    /// Denied access is an error of all jobs.
    async fn request(&mut self, client: &Client, subject: Subject) -> Result<(), CliError> {
        let job_id = &self.row.job_id;
        let outcome = match subject {
            Subject::Cancelled => JobRow::cancel(client, job_id).await,
            _ => JobRow::poll(client, job_id).await,
        };
        let (row, has_ended, error) = match outcome {
            Ok((row, has_ended)) => (row, has_ended, None),
            Err(error) if error.exit() == Exit::Auth => return Err(error),
            Err(error) => (
                JobRow::of_error(job_id, &error),
                !error.exit().is_pending(),
                Some(error.for_job(job_id)),
            ),
        };
        self.has_changed |= self.row != row;
        (self.row, self.has_ended, self.error) = (row, has_ended, error);
        Ok(())
    }
}

/// The jobs, and what is shown of them.
#[derive(Debug)]
struct Shown {
    client: Client,
    output: Output,
    subject: Subject,
    jobs: Vec<Job>,
    /// The last printed head of the table, or document.
    last: String,
    /// On a terminal: the lines of the table, which the next one replaces.
    drawn: usize,
}

impl Shown {
    /// Adds those that are not known yet.
    fn add(&mut self, ids: Vec<String>) {
        let known: BTreeSet<_> = self.jobs.iter().map(|job| job.row.job_id.clone()).collect();
        let new = ids.into_iter().filter(|id| !known.contains(id));
        self.jobs.extend(new.map(|id| Job {
            row: JobRow::unknown(id),
            error: None,
            has_ended: false,
            has_changed: true,
        }));
    }

    /// Requests the jobs that have not ended, and shows them. The exit code is the most
    /// severe.
    async fn round(&mut self) -> Result<Exit, CliError> {
        let mut ids = None;
        if self.subject == Subject::Running {
            ids = self.client.executing_jobs().await?.ids;
            self.add(ids.clone().unwrap_or_default());
        }
        let (client, subject) = (&self.client, self.subject);
        let running = self.jobs.iter_mut().filter(|job| !job.has_ended);
        stream::iter(running.map(Ok))
            .try_for_each_concurrent(CONCURRENT, |job| job.request(client, subject))
            .await?;
        // Errors are above the table.
        let _ = Term::stdout().clear_last_lines(mem::take(&mut self.drawn));
        self.eprint_errors();
        if self.output.is_json() {
            self.print_json(ids)?;
        } else {
            if self.subject == Subject::Running && ids.is_none() {
                eprint_note("unrecognized response: not known whether jobs are running");
            } else if self.jobs.is_empty() {
                eprint("no running jobs");
            }
            self.print_table()?;
        }
        for job in &mut self.jobs {
            job.has_changed = false;
        }
        let errors = self.jobs.iter().filter_map(|job| job.error.as_ref());
        Ok(errors.map(CliError::exit).max().unwrap_or_default())
    }

    fn changed(&self) -> impl Iterator<Item = &Job> {
        self.jobs.iter().filter(|job| job.has_changed)
    }

    /// Prints new errors, and a repeated hint once.
    fn eprint_errors(&self) {
        let mut hint = None;
        for error in self.changed().filter_map(|job| job.error.as_ref()) {
            if error.hint_text() == hint {
                eprint_error(&error.clone().without_hint());
            } else {
                eprint_error(error);
            }
            hint = error.hint_text();
        }
    }

    fn print_json(&mut self, ids: Option<Vec<String>>) -> Result<(), CliError> {
        if self.subject != Subject::Running {
            return self
                .changed()
                .try_for_each(|job| self.output.print(&job.row));
        }
        let jobs = self.jobs.iter().map(|job| &job.row).collect();
        let line = self.output.line(&Printed { ids, jobs })? + "\n";
        if self.last != line {
            print_or_closed(&line)?;
        }
        self.last = line;
        Ok(())
    }

    /// On a terminal that it fits on, prints the whole table; otherwise the rows that
    /// have changed.
    fn print_table(&mut self) -> Result<(), CliError> {
        if self.jobs.is_empty() {
            return Ok(());
        }
        if let Some((rows, columns)) = Term::stdout().size_checked() {
            let table = table(self.jobs.iter());
            let width = |line| measure_text_width(line).max(1);
            let lines = table.lines();
            let lines = lines.map(|line| width(line).div_ceil(columns.max(1).into()));
            let lines = lines.sum();
            if lines < usize::from(rows) {
                self.drawn = lines;
                return print_or_closed(&table);
            }
        }
        let table = table(self.changed());
        let (head, rows) = table.split_once('\n').unwrap_or_default();
        if rows.is_empty() || self.last == head {
            return print_or_closed(rows);
        }
        head.clone_into(&mut self.last);
        print_or_closed(&table)
    }
}

fn table<'a>(jobs: impl Iterator<Item = &'a Job>) -> String {
    let mut table = Table::new(&HEAD);
    for job in jobs {
        table.push(job.row.cells());
    }
    table.render(terminal_width())
}
