//! Jobs that are polled and shown, once or until they have ended: for `status` and
//! `jobs`.

use std::mem;

use console::Term;
use futures_util::{TryStreamExt, stream};
use indicatif::{ProgressBar, ProgressStyle};
use jiff::Timestamp;
use tokio::time::sleep;
use useapi_seed::Client;

use super::status::Printed;
use crate::arguments::Watch;
use crate::error::CliError;
use crate::exit::Exit;
use crate::output::Output;
use crate::settings::Settings;
use crate::shutdown::Shutdown;
use crate::table::{Table, terminal_width};
use crate::terminal::{PROGRESS, eprint_error, print_or_closed};
use crate::text::sanitize;

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
                Err(error) if !error.exit().is_waiting() => return Err(error),
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
    printed: Printed,
    error: Option<CliError>,
    has_ended: bool,
    /// Since it was last shown.
    has_changed: bool,
}

impl Job {
    /// Access denied is an error of all jobs.
    async fn poll(&mut self, client: &Client) -> Result<(), CliError> {
        let job_id = &self.printed.job_id;
        let (printed, has_ended, error) = match Printed::poll(client, job_id).await {
            Ok((printed, has_ended)) => (printed, has_ended, None),
            Err(error) => {
                let error = CliError::from(error);
                if error.exit() == Exit::Auth {
                    return Err(error);
                }
                let has_ended = !error.exit().is_waiting();
                (Printed::of_error(job_id, &error), has_ended, Some(error))
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
    jobs: Vec<Job>,
    /// The last printed head of the table.
    head: String,
    /// On a terminal with `--watch`: the table, redrawn in place.
    live: Option<ProgressBar>,
}

impl Jobs {
    pub(super) fn new(client: Client, is_watching: bool) -> Self {
        let is_live = is_watching && Term::stdout().is_term() && Term::stderr().is_term();
        let live = is_live.then(|| {
            let bar = PROGRESS.add(ProgressBar::no_length());
            bar.with_style(
                ProgressStyle::default_spinner()
                    .template("{msg}")
                    .unwrap_or_else(|_| ProgressStyle::default_spinner()),
            )
        });
        Self {
            client,
            jobs: Vec::new(),
            head: String::new(),
            live,
        }
    }

    /// Adds those that are not known yet.
    pub(super) fn add(&mut self, job_ids: Vec<String>) {
        for job_id in job_ids {
            if self.jobs.iter().all(|job| job.printed.job_id != job_id) {
                let printed = Printed {
                    job_id,
                    ..Printed::default()
                };
                self.jobs.push(Job {
                    printed,
                    error: None,
                    has_ended: false,
                    has_changed: true,
                });
            }
        }
    }

    /// Polls those that have not ended.
    pub(super) async fn poll(&mut self) -> Result<(), CliError> {
        let client = &self.client;
        let running = self.jobs.iter_mut().filter(|job| !job.has_ended);
        stream::iter(running.map(Ok))
            .try_for_each_concurrent(CONCURRENT, |job| job.poll(client))
            .await
    }

    pub(super) fn have_ended(&self) -> bool {
        self.jobs.iter().all(|job| job.has_ended)
    }

    pub(super) fn printed(&self) -> Vec<&Printed> {
        self.jobs.iter().map(|job| &job.printed).collect()
    }

    /// Prints the jobs that have changed since the last call.
    pub(super) fn show(&mut self, output: &Output) -> Result<(), CliError> {
        let table = self.table();
        if let Some(live) = &self.live {
            live.set_message(table.trim_end().to_owned());
        } else if !output.is_json() {
            let mut text = String::new();
            let changed = self.jobs.iter().map(|job| job.has_changed);
            let mut lines = table.split_inclusive('\n');
            let head = lines.next().unwrap_or_default();
            for (line, _) in lines.zip(changed).filter(|(_, has_changed)| *has_changed) {
                if self.head != head {
                    self.head = head.to_owned();
                    text += head;
                }
                text += line;
            }
            print_or_closed(&text)?;
        } else {
            for job in self.jobs.iter().filter(|job| job.has_changed) {
                output.print(&job.printed)?;
            }
        }
        self.take_changes();
        Ok(())
    }

    /// Whether any job has changed since the last call. Prints their errors, and a
    /// repeated hint once.
    pub(super) fn take_changes(&mut self) -> bool {
        let (mut any, mut hint) = (false, None);
        for job in &mut self.jobs {
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
        let mut table = Table::new(&["ID", "VERB", "STATUS", "%", "AGE", "SEED", "PROMPT"]);
        for Job {
            printed: job,
            error,
            ..
        } in &self.jobs
        {
            let text = |text: &Option<String>| sanitize(text.as_deref().unwrap_or_default());
            let status = if error.is_some() {
                "error".to_owned()
            } else {
                text(&job.status)
            };
            table.push(vec![
                sanitize(&job.job_id),
                text(&job.verb),
                status,
                job.percent
                    .map_or(String::new(), |percent| format!("{percent}%")),
                job.created.as_deref().and_then(age).unwrap_or_default(),
                job.seed.map_or(String::new(), |seed| seed.to_string()),
                sanitize(prompt(job).unwrap_or_default()),
            ]);
        }
        table.render(terminal_width())
    }

    /// Ends the display. The exit code is the most severe.
    pub(super) fn finish(&self, exit: Result<Exit, CliError>) -> Result<Exit, CliError> {
        if let Some(live) = &self.live {
            live.finish_and_clear();
            print_or_closed(&self.table())?;
        }
        let errors = self.jobs.iter().filter_map(|job| job.error.as_ref());
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

/// A seed job has it in Midjourney's message only.
fn prompt(job: &Printed) -> Option<&str> {
    let quoted = || job.content.as_deref()?.split("**").nth(1);
    job.prompt.as_deref().or_else(quoted)
}

/// How long ago it was, in the largest unit.
fn age(created: &str) -> Option<String> {
    let created: Timestamp = created.parse().ok()?;
    let seconds = Timestamp::now().duration_since(created).as_secs().max(0);
    let units = [(86_400, 'd'), (3_600, 'h'), (60, 'm'), (1, 's')];
    let (length, unit) = units.into_iter().find(|(length, _)| seconds >= *length)?;
    Some(format!("{}{unit}", seconds / length))
}
