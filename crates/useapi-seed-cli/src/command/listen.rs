//! `listen`: prints callbacks as JSON lines.

use std::time::Duration;
use std::{io, iter, mem, thread};

use serde::Serialize;
use tokio::sync::mpsc::error::SendTimeoutError;
use tokio::sync::{mpsc, oneshot};
use tokio::time::{sleep, timeout};
use useapi_seed::{JobProgress, SeedResult};
use useapi_seed_callback::{Event, Events, Receiver};

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

/// How long a line may wait for stdout before stderr says so.
const STALLED: Duration = Duration::from_millis(200);
/// How often dropped callbacks are counted.
const COUNTING: Duration = Duration::from_millis(500);
/// How long the last lines may take when the command ends.
const LAST_LINES: Duration = Duration::from_millis(500);

pub(crate) async fn run(common: &Common, arguments: Listen) -> Result<Exit, CliError> {
    let output = Output::json(common, schemas::EVENT)?;
    let jobs = job_ids::of_arguments("--job", &arguments.jobs)?;
    let settings = Settings::read(common)?;
    let client = settings.client()?;
    let key_file = settings.key_file(arguments.key_file)?;
    let shutdown = Shutdown::listen()?;
    let (receiver, mut events, port) =
        callback::receiver(client, &arguments.public_url, arguments.port, key_file).await?;
    let account_url = receiver.account_url();
    eprint(format_args!("listening on 127.0.0.1:{port}"));
    eprint(format_args!("replyUrl (account): {account_url}"));
    for job in jobs {
        let url = receiver.reply_url(&job, None);
        let url = url.map_err(|error| CliError::new(error.to_string()))?;
        eprint(format_args!("replyUrl (job {}): {url}", sanitize(&job)));
    }
    let (lines, printed) = print_lines()
        .map_err(|error| CliError::new(format!("cannot start a thread for stdout: {error}")))?;
    tokio::select! {
        _ = shutdown.wait() => {}
        () = lines.closed() => {}
        queued = queue(&mut events, &output, &lines) => queued?,
        () = report_dropped(&receiver) => {}
    }
    drop(lines);
    match timeout(LAST_LINES, printed).await {
        Ok(Ok(Err(error))) if error.kind() != io::ErrorKind::BrokenPipe => {
            return Err(CliError::file(format!("cannot print an event: {error}")));
        }
        Ok(_) => {}
        Err(_) => eprint_note(
            "stdout was not read: some events were not printed; check their jobs with \
             `useapi-seed status`",
        ),
    }
    Ok(Exit::Done)
}

/// Prints lines on their own thread, since a pipe that is not read must delay neither
/// callbacks nor Ctrl-C. The receiver gets the outcome. One queued line is enough:
/// `Events` is a bounded queue itself.
fn print_lines() -> io::Result<(mpsc::Sender<String>, oneshot::Receiver<io::Result<()>>)> {
    let (lines, mut queue) = mpsc::channel::<String>(1);
    let (ended, printed) = oneshot::channel();
    // Not `spawn_blocking`, for whose end the process would wait.
    thread::Builder::new().spawn(move || {
        let mut lines = iter::from_fn(|| queue.blocking_recv());
        let _ = ended.send(lines.try_for_each(|line| print_unsynchronized(&line)));
    })?;
    Ok((lines, printed))
}

/// Queues the lines of events, which wait while stdout is not read.
async fn queue(
    events: &mut Events,
    output: &Output,
    lines: &mpsc::Sender<String>,
) -> Result<(), CliError> {
    let mut has_stalled = false;
    while let Some(event) = events.next().await {
        let line = output.line(&to_printed(&event)?)? + "\n";
        if let Err(SendTimeoutError::Timeout(line)) = lines.send_timeout(line, STALLED).await {
            if !mem::replace(&mut has_stalled, true) {
                eprint_note("stdout is not read: events wait until it is");
            }
            let _ = lines.send(line).await;
        }
    }
    Ok(())
}

/// Reports dropped callbacks on stderr: too many events were waiting, or the API lookup
/// failed. Never ends.
async fn report_dropped(receiver: &Receiver) {
    let mut reported = 0;
    loop {
        sleep(COUNTING).await;
        let dropped = receiver.stats().dropped;
        if dropped > reported {
            eprint_note(format_args!(
                "{dropped} callbacks dropped so far (too many, or failed API lookups); \
                 check jobs with `useapi-seed status`"
            ));
            reported = dropped;
        }
    }
}

/// What is printed of an event.
#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[cfg_attr(test, schemars(rename = "Event"))]
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
    Ok(match event {
        Event::Progress(update) => Printed::Progress(update),
        Event::Completed(result) => Printed::Completed(result),
        Event::Failed { job_id, error, .. } => {
            let error = CliError::from(error);
            Printed::Failed {
                job_id,
                error: error.message().to_owned(),
                kind: error.kind(),
                hint: error.hint_text().map(str::to_owned),
            }
        }
        _ => return Err(CliError::new("unknown kind of event")),
    })
}
