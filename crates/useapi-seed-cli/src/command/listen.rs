//! `listen`: prints callbacks as JSON lines.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;
use std::{io, thread};

use serde::Serialize;
use tokio::runtime::Handle;
use tokio::sync::oneshot;
use tokio::time::sleep;
use useapi_seed::{JobProgress, SeedResult};
use useapi_seed_callback::{Event, Events};

use super::callback;
use crate::arguments::{Common, Listen};
use crate::error::CliError;
use crate::exit::Exit;
use crate::job_ids;
use crate::output::Output;
use crate::schemas;
use crate::settings::Settings;
use crate::shutdown::Shutdown;
use crate::terminal::{eprint, eprint_note, print_unsynchronized};
use crate::text::sanitize;

/// How often dropped callbacks are counted.
const COUNTING: Duration = Duration::from_millis(500);
/// How long the last line may take when the command ends.
const LAST_LINE: Duration = Duration::from_millis(500);

pub(crate) async fn run(common: &Common, arguments: Listen) -> Result<Exit, CliError> {
    let output = Output::json(common, schemas::EVENT)?;
    let jobs = arguments.jobs.iter().map(|job| job_ids::of_argument(job));
    let jobs = jobs.collect::<Result<Vec<_>, _>>()?;
    let settings = Settings::read(common)?;
    let client = settings.client()?;
    let key_file = settings.key_file(arguments.key_file)?;
    let shutdown = Shutdown::listen()?;
    let (receiver, events, port) =
        callback::receiver(client, &arguments.public_url, arguments.port, key_file).await?;
    let account_url = receiver.account_url();
    eprint(format_args!("listening on 127.0.0.1:{port}"));
    eprint(format_args!("replyUrl (account): {account_url}"));
    for job in jobs {
        let url = receiver.reply_url(&job, None);
        let url = url.map_err(|error| CliError::new(error.to_string()))?;
        eprint(format_args!("replyUrl (job {}): {url}", sanitize(&job)));
    }
    let is_printing = Arc::new(AtomicBool::new(false));
    let (ended, mut printed) = oneshot::channel();
    let (runtime, printing) = (Handle::current(), Arc::clone(&is_printing));
    // Not `spawn_blocking`, for whose end the process would wait.
    thread::Builder::new()
        .spawn(move || ended.send(print(&runtime, events, &output, &printing)))
        .map_err(|error| CliError::new(format!("cannot start a thread for stdout: {error}")))?;
    let mut reported = 0;
    loop {
        tokio::select! {
            Ok(ended) = &mut printed => return ended,
            _ = shutdown.wait() => break,
            () = sleep(COUNTING) => {}
        }
        let dropped = receiver.stats().dropped;
        if dropped > reported {
            eprint_note(format_args!(
                "{dropped} callbacks dropped so far (too many, or failed API lookups); \
                 check jobs with `useapi-seed status`"
            ));
            reported = dropped;
        }
    }
    if is_printing.load(Ordering::Relaxed) {
        sleep(LAST_LINE).await;
    }
    if is_printing.load(Ordering::Relaxed) {
        eprint_note(
            "stdout was not read: some events were not printed; check their jobs with \
             `useapi-seed status`",
        );
    }
    Ok(Exit::Done)
}

/// Prints events, on a thread of its own: a pipe that is not read must delay neither
/// callbacks nor Ctrl-C.
fn print(
    runtime: &Handle,
    mut events: Events,
    output: &Output,
    is_printing: &AtomicBool,
) -> Result<Exit, CliError> {
    while let Some(event) = runtime.block_on(events.next()) {
        let line = output.line(&to_printed(&event)?)? + "\n";
        is_printing.store(true, Ordering::Relaxed);
        match print_unsynchronized(&line) {
            Ok(()) => is_printing.store(false, Ordering::Relaxed),
            // The reader needs no more.
            Err(error) if error.kind() == io::ErrorKind::BrokenPipe => break,
            Err(error) => return Err(CliError::file(format!("cannot print an event: {error}"))),
        }
    }
    Ok(Exit::Done)
}

/// What is printed of an event.
#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema), schemars(rename = "Event"))]
#[serde(tag = "event", rename_all = "snake_case")]
pub(crate) enum Printed<'a> {
    /// The progress of a running job.
    Progress(&'a JobProgress),
    /// A job that has its seed.
    Completed(&'a SeedResult),
    /// A job that has ended without a seed, or could not be requested.
    Failed {
        /// The job's ID.
        job_id: &'a str,
        /// The error.
        error: String,
        /// The name of the error's kind, as in `result`.
        kind: &'static str,
        /// What to do about it.
        hint: Option<String>,
    },
}

fn to_printed(event: &Event) -> Result<Printed<'_>, CliError> {
    match event {
        Event::Progress(update) => Ok(Printed::Progress(update)),
        Event::Completed(result) => Ok(Printed::Completed(result)),
        Event::Failed { job_id, error, .. } => {
            let error = CliError::from(error);
            Ok(Printed::Failed {
                job_id,
                error: error.message().to_owned(),
                kind: error.kind(),
                hint: error.hint_text().map(str::to_owned),
            })
        }
        _ => Err(CliError::new("unknown kind of event")),
    }
}
