//! `status`, `jobs` and `cancel`: a row of a table for each job, or JSON.

use std::mem;

use console::{Term, measure_text_width};
use futures_util::{StreamExt, TryStreamExt, stream};
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
#[cfg_attr(test, derive(schemars::JsonSchema), schemars(rename = "Jobs"))]
pub(crate) struct Printed<'a> {
    /// Their IDs; null when the response has an unknown form, and it is not known
    /// whether any job is running.
    ids: Option<Vec<String>>,
    /// Their details; with `--watch`, also of those that have ended meanwhile.
    jobs: &'a [JobRow],
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
    let ids = ids.transpose()?.unwrap_or_default();
    let settings = Settings::read(common)?;
    let mut shown = Shown {
        client: settings.client()?,
        output,
        subject,
        rows: ids.into_iter().map(JobRow::unknown).collect(),
        head: String::new(),
        drawn: 0,
    };
    let Some(interval) = watch.and_then(|watch| watch.watch) else {
        return shown.round().await;
    };
    let interval = settings.interval(interval)?.value;
    let shutdown = Shutdown::listen()?;
    let repeat = async {
        loop {
            match shown.round().await {
                Err(error) if error.exit().is_pending() => eprint_error(&error),
                Ok(_) if !shown.rows.iter().all(|row| row.has_ended) => {}
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

/// The jobs, and what is shown of them.
#[derive(Debug)]
struct Shown {
    client: Client,
    output: Output,
    subject: Subject,
    /// As they were in the last round.
    rows: Vec<JobRow>,
    /// The last printed head of the table.
    head: String,
    /// On a terminal: the lines of the table, which the next one replaces.
    drawn: usize,
}

impl Shown {
    /// Requests the jobs that have not ended, and shows all. The exit code is the most
    /// severe.
    async fn round(&mut self) -> Result<Exit, CliError> {
        let mut running = None;
        if self.subject == Subject::Running {
            running = self.client.executing_jobs().await?.ids;
            for id in running.iter().flatten() {
                if !self.rows.iter().any(|row| row.job_id == *id) {
                    self.rows.push(JobRow::unknown(id.clone()));
                }
            }
        }
        let requests = self.rows.iter().map(|row| self.request(row));
        let requests = stream::iter(requests).buffered(CONCURRENT);
        let outcomes: Vec<_> = requests.try_collect().await?;
        let (rows, errors): (Vec<_>, Vec<_>) = outcomes.into_iter().unzip();
        // Errors are above the table.
        let _ = Term::stdout().clear_last_lines(mem::take(&mut self.drawn));
        let mut hint = None;
        for error in errors.iter().flatten() {
            // A repeated hint is printed once.
            if error.hint_text() == hint {
                eprint_error(&error.clone().without_hint());
            } else {
                eprint_error(error);
            }
            hint = error.hint_text();
        }
        if self.output.is_json() {
            self.print_json(running, &rows)?;
        } else if self.subject == Subject::Running && running.is_none() {
            eprint_note("unrecognized response: not known whether jobs are running");
        } else if rows.is_empty() {
            eprint("no running jobs");
        } else {
            self.print_table(&rows)?;
        }
        self.rows = rows;
        let exits = self.rows.iter().map(|row| row.exit);
        Ok(exits.max().unwrap_or_default())
    }

    /// A job as it is now, and a new error. Denied access is an error of all jobs.
    async fn request(&self, row: &JobRow) -> Result<(JobRow, Option<CliError>), CliError> {
        let id = &row.job_id;
        let outcome = match self.subject {
            _ if row.has_ended => Ok(row.clone()),
            Subject::Cancelled => JobRow::cancel(&self.client, id).await,
            _ => JobRow::poll(&self.client, id).await,
        };
        match outcome {
            Ok(now) => Ok((now, None)),
            Err(error) if error.exit() == Exit::Auth => Err(error),
            Err(error) => {
                let now = JobRow::of_error(id, &error);
                let is_new = now != *row;
                Ok((now, is_new.then(|| error.for_job(id))))
            }
        }
    }

    fn changed<'a>(&'a self, rows: &'a [JobRow]) -> impl Iterator<Item = &'a JobRow> {
        let rows = rows.iter().zip(&self.rows);
        rows.filter(|(now, before)| now != before).map(|row| row.0)
    }

    fn print_json(&self, ids: Option<Vec<String>>, jobs: &[JobRow]) -> Result<(), CliError> {
        let mut changed = self.changed(jobs);
        if self.subject != Subject::Running {
            changed.try_for_each(|job| self.output.print(job))
        } else if jobs.is_empty() || changed.next().is_some() {
            self.output.print(&Printed { ids, jobs })
        } else {
            Ok(())
        }
    }

    /// On a terminal that it fits on, prints the complete table; otherwise the rows that
    /// have changed.
    fn print_table(&mut self, rows: &[JobRow]) -> Result<(), CliError> {
        if let Some((height, width)) = Term::stdout().size_checked() {
            let table = table(rows.iter());
            let lines = |line| measure_text_width(line).div_ceil(width.max(1).into());
            let lines = table.lines().map(lines).sum();
            if lines < usize::from(height) {
                self.drawn = lines;
                return print_or_closed(&table);
            }
        }
        let table = table(self.changed(rows));
        let (head, rows) = table.split_once('\n').unwrap_or_default();
        if rows.is_empty() || self.head == head {
            return print_or_closed(rows);
        }
        head.clone_into(&mut self.head);
        print_or_closed(&table)
    }
}

fn table<'a>(rows: impl Iterator<Item = &'a JobRow>) -> String {
    let mut table = Table::new(&HEAD);
    for row in rows {
        table.push(row.cells());
    }
    table.render(terminal_width())
}
