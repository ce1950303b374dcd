//! Jobs that are polled and shown, once or until they have ended: for `status` and
//! `jobs`.

use std::collections::BTreeSet;
use std::mem;

use console::Term;
use futures_util::{TryStreamExt, stream};
use indicatif::{ProgressBar, ProgressStyle};
use tokio::time::sleep;
use useapi_seed::Client;

use super::job_row::{HEAD, JobRow};
use crate::arguments::Watch;
use crate::error::CliError;
use crate::exit::Exit;
use crate::output::Output;
use crate::settings::Settings;
use crate::shutdown::Shutdown;
use crate::table::{Table, terminal_width};
use crate::terminal::{PROGRESS, begin_progress, end_progress, eprint_error, print_or_closed};

/// How many jobs are polled concurrently.
const CONCURRENT: usize = 4;

/// Runs `round` once, or with `--watch` until it returns that all jobs have ended, or a
/// signal comes.
pub(super) async fn watch(
    settings: &Settings,
    Watch { watch }: &Watch,
    mut round: impl AsyncFnMut() -> Result<bool, CliError>,
) -> Result<Exit, CliError> {
    let Some(interval) = *watch else {
        return round().await.map(|_| Exit::Done);
    };
    let interval = settings.interval(interval)?.value;
    let shutdown = Shutdown::listen()?;
    let repeat = async {
        loop {
            match round().await {
                Ok(true) => return Ok(Exit::Done),
                Err(error) if !error.exit().is_pending() => return Err(error),
                Err(error) => eprint_error(&error),
                Ok(false) => {}
            }
            sleep(interval).await;
        }
    };
    tokio::select! {
        ended = repeat => ended,
        signal = shutdown.wait() => Ok(signal),
    }
}

#[derive(Debug)]
struct Job {
    printed: JobRow,
    error: Option<CliError>,
    has_ended: bool,
    /// Since it was last shown.
    has_changed: bool,
}

impl Job {
    fn new(job_id: String) -> Self {
        Self {
            printed: JobRow::unknown(job_id),
            error: None,
            has_ended: false,
            has_changed: true,
        }
    }

    /// Access denied is an error of all jobs.
    async fn poll(&mut self, client: &Client) -> Result<(), CliError> {
        let job_id = &self.printed.job_id;
        let (printed, has_ended, error) = match JobRow::poll(client, job_id).await {
            Ok((printed, has_ended)) => (printed, has_ended, None),
            Err(error) => {
                let error = CliError::from(error);
                if error.exit() == Exit::Auth {
                    return Err(error);
                }
                let has_ended = !error.exit().is_pending();
                (JobRow::of_error(job_id, &error), has_ended, Some(error))
            }
        };
        self.has_changed |= self.printed != printed;
        (self.printed, self.has_ended, self.error) = (printed, has_ended, error);
        Ok(())
    }
}

/// The jobs, and what is shown of them.
#[derive(Debug)]
pub(super) struct Jobs {
    client: Client,
    polled: Vec<Job>,
    /// The last printed head of the table.
    head: String,
    /// On a terminal with `--watch`: the table, redrawn in place.
    live: Option<ProgressBar>,
}

impl Jobs {
    pub(super) fn new(client: Client, output: &Output, Watch { watch }: &Watch) -> Self {
        let is_live = watch.is_some()
            && !output.is_json()
            && [Term::stdout(), Term::stderr()].iter().all(Term::is_term);
        let style = ProgressStyle::with_template("{msg}").ok();
        let style = style.filter(|_| is_live);
        if is_live {
            begin_progress();
        }
        Self {
            client,
            polled: Vec::new(),
            head: String::new(),
            live: style.map(|style| PROGRESS.add(ProgressBar::no_length().with_style(style))),
        }
    }

    /// Adds those that are not known yet.
    pub(super) fn add(&mut self, job_ids: Vec<String>) {
        let known: BTreeSet<_> = self
            .printed()
            .iter()
            .map(|job| job.job_id.clone())
            .collect();
        let new = job_ids.into_iter().filter(|id| !known.contains(id));
        self.polled.extend(new.map(Job::new));
    }

    /// Polls those that have not ended.
    pub(super) async fn poll(&mut self) -> Result<(), CliError> {
        let client = &self.client;
        let running = self.polled.iter_mut().filter(|job| !job.has_ended);
        stream::iter(running.map(Ok))
            .try_for_each_concurrent(CONCURRENT, |job| job.poll(client))
            .await
    }

    pub(super) fn have_ended(&self) -> bool {
        self.polled.iter().all(|job| job.has_ended)
    }

    pub(super) fn printed(&self) -> Vec<&JobRow> {
        self.polled.iter().map(|job| &job.printed).collect()
    }

    /// Prints the jobs that have changed since the last call.
    pub(super) fn show(&mut self, output: &Output) -> Result<(), CliError> {
        let changed = self.polled.iter().filter(|job| job.has_changed);
        if output.is_json() {
            for job in changed {
                output.print(&job.printed)?;
            }
        } else if let Some(live) = &self.live {
            live.set_message(self.table().trim_end().to_owned());
        } else if changed.count() > 0 {
            let table = self.table();
            let (head, rows) = table.split_once('\n').unwrap_or_default();
            let rows = rows.split_inclusive('\n').zip(&self.polled);
            let changed = rows.filter(|(_, job)| job.has_changed);
            let mut text: String = changed.map(|(row, _)| row).collect();
            if self.head != head {
                text = format!("{head}\n{text}");
                head.clone_into(&mut self.head);
            }
            print_or_closed(&text)?;
        }
        self.take_changes();
        Ok(())
    }

    /// Whether any job has changed since the last call. Prints their errors, and a
    /// repeated hint once.
    pub(super) fn take_changes(&mut self) -> bool {
        let (mut any, mut hint) = (false, None);
        for job in &mut self.polled {
            if !mem::take(&mut job.has_changed) {
                continue;
            }
            any = true;
            if let Some(error) = &job.error {
                let next = error
                    .hint_text()
                    .filter(|text| hint.as_deref() != Some(*text));
                eprint_error(&about(&job.printed.job_id, error, next));
                hint = error.hint_text().map(str::to_owned);
            }
        }
        any
    }

    fn table(&self) -> String {
        let mut table = Table::new(&HEAD);
        for job in &self.polled {
            table.push(job.printed.row());
        }
        table.render(terminal_width())
    }

    /// Ends the display. The exit code is the most severe.
    pub(super) fn finish(&self, exit: Result<Exit, CliError>) -> Result<Exit, CliError> {
        if let Some(live) = &self.live {
            live.finish_and_clear();
            end_progress();
            print_or_closed(&self.table())?;
        }
        let errors = self.polled.iter().filter_map(|job| job.error.as_ref());
        Ok(errors.map(CliError::exit).fold(exit?, Exit::max))
    }
}

/// The error, with the job that it is about.
pub(super) fn about(job_id: &str, error: &CliError, hint: Option<&str>) -> CliError {
    let message = format!("{job_id}: {}", error.message());
    let error =
        CliError::of_kind(error.kind(), error.exit(), message).with_causes(error.causes().to_vec());
    hint.into_iter().fold(error, CliError::hint)
}
