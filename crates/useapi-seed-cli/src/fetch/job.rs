//! One job: its result into a directory, from whatever state it was left in.
//!
//! Whatever happens, and even if this process is killed, the same command resumes later.
//! What is about to be submitted is on disk before it is sent, and so is the started
//! job's ID before the wait for it.

use std::cell::Cell;
use std::path::Path;
use std::sync::Once;
use std::time::{Duration, Instant};

use futures_util::StreamExt;
use tokio::time::sleep;
use useapi_seed::{
    Error, ErrorKind, Job, JobEvent, JobHandle, SeedResult, SubmitOutcome, Verb, WaitOptions,
};

use super::accounts::Account;
use super::context::{Context, Mode};
use super::display::JobDisplay;
use super::job_lock::{self, JobLock};
use super::output_dir::{self, OutputDir, images_base};
use super::pending::{NAME as PENDING, Pending};
use super::placement;
use super::report::{JobReport, Status};
use super::response_file;
use super::save;
use super::seed_file::{self, NAME as SEED_FILE};
use super::submission::{JobSubmission, Locked, another_job};
use crate::atomic_file;
use crate::command_line;
use crate::error::CliError;
use crate::terminal::eprint_note;
use crate::text::sanitize;

/// How often a lock of another process is tried.
const LOCK_RETRY: Duration = Duration::from_millis(200);

/// Does what is left to do about a job. `index` is its position in the input.
pub(super) async fn run(context: &Context, index: usize, job_id: &str, dir: &Path) -> JobReport {
    let mut report = JobReport::new(job_id, dir);
    let started = Cell::new(Instant::now());
    let run = Run {
        context,
        index,
        started: &started,
    };
    let outcome = match context.mode {
        Mode::Fetch => run.fetch(job_id, &mut report).await,
        Mode::Wait => run.wait(job_id, &mut report).await,
    };
    report.errors.extend(outcome.err());
    if let (Some(exec), Status::Completed, false) =
        (&context.exec, report.status(), report.already_present)
    {
        // The job is complete whatever comes of it.
        report.exec = context.unless_interrupted(exec.run(&report)).await.ok();
    }
    report.elapsed = started.get().elapsed();
    report
}

struct Run<'a> {
    context: &'a Context,
    index: usize,
    /// Set when the job gets its slot.
    started: &'a Cell<Instant>,
}

impl Run<'_> {
    fn display(&self, job_id: &str) -> JobDisplay<'_> {
        self.started.set(Instant::now());
        self.context.display.job(self.index, job_id)
    }

    async fn fetch(&self, job_id: &str, report: &mut JobReport) -> Result<(), CliError> {
        let context = self.context;
        if self.is_complete(report)? {
            remove_leftovers(&report.directory);
            if context.embed_metadata {
                save::embed_saved(report)?;
            }
            return Ok(());
        }
        let account = context.accounts.of(job_id);
        let slot = context.unless_interrupted(account.acquire_slot()).await?;
        context.check_interrupt()?;
        let display = self.display(job_id);
        let dir = self.prepare(&display, report).await?;
        // Another process may have finished it meanwhile.
        if self.is_complete(report)? {
            return Pending::remove(&dir);
        }
        let mut lock = self.lock(job_id, &dir, &display).await?;
        account.check()?;
        let result = self
            .obtain_result(&dir, &account, &mut lock, &display, report)
            .await?;
        display.prompt(result.prompt());
        display.end_of_progress();
        display.waiting("waiting to be saved");
        let _permit = context
            .unless_interrupted(context.save_permits.acquire())
            .await?;
        // Others may proceed meanwhile, and are told that the job has its seed.
        if let Some((lock, _)) = &mut lock {
            lock.clear();
        }
        drop((slot, lock));
        self.save(&dir, &result, &display, report).await
    }

    /// The result, from whatever state the job is in.
    async fn obtain_result(
        &self,
        dir: &OutputDir,
        account: &Account,
        lock: &mut Locked,
        display: &JobDisplay<'_>,
        report: &mut JobReport,
    ) -> Result<SeedResult, CliError> {
        let submission = JobSubmission {
            context: self.context,
            dir,
            account,
            lock,
            display,
            report,
        };
        match submission.run().await? {
            SubmitOutcome::AlreadyRetrieved(result) => {
                display.detail("seed already available");
                Ok(result)
            }
            SubmitOutcome::Started(job) => {
                let waited = self.wait_for_completion(dir, &job, account, display);
                waited.await?.map_err(|error| {
                    // Another submission may have been recorded since.
                    if let (true, Some((lock, _))) = (has_ended(&error), lock)
                        && lock.is_about(job.id())
                    {
                        lock.clear();
                    }
                    explain(&error, dir)
                })
            }
        }
    }

    /// Waits for a job that was started elsewhere.
    async fn wait(&self, job_id: &str, report: &mut JobReport) -> Result<(), CliError> {
        if self.is_complete(report)? {
            remove_leftovers(&report.directory);
            return Ok(());
        }
        let display = self.display(job_id);
        let dir = self.prepare(&display, report).await?;
        if self.is_complete(report)? {
            return Pending::remove(&dir);
        }
        let mut handle = JobHandle::new(job_id);
        if let Some(pending) = Pending::read(dir.path())? {
            pending.check_base_url(dir.path(), self.context.client.base_url())?;
            if pending.started_job_id() != Some(job_id) {
                return Err(another_job(dir.path(), &pending.job_id));
            }
            handle = handle.with_parent(&pending.job_id);
            report.parent_job_id = Some(pending.job_id);
        }
        report.started_job_id = Some(job_id.to_owned());
        display.detail(format_args!("waiting for {}", sanitize(job_id)));
        let account = self.context.accounts.of(job_id);
        let job = self.context.client.job(handle);
        let waited = self.wait_for_completion(&dir, &job, &account, &display);
        let result = waited.await?.map_err(|error| explain_wait(&error, &dir))?;
        self.save(&dir, &result, &display, report).await
    }

    /// The directory, before anything is sent about the job.
    async fn prepare(
        &self,
        display: &JobDisplay<'_>,
        report: &JobReport,
    ) -> Result<OutputDir, CliError> {
        let path = report.directory.display();
        let reason = format!("{path} is in use by another process; waiting");
        let take = || OutputDir::prepare(&report.directory);
        let dir = self.wait_until_free(display, &reason, take).await?;
        if let Some(other) = seed_file::other_job(dir.path(), &report.job_id)? {
            return Err(another_job(dir.path(), &other));
        }
        // A killed process may have moved only some of the images.
        if let Some(earlier) = seed_file::read_as_is(dir.path())? {
            let _ = placement::move_images(dir.path(), images_base(dir.path()), &earlier.files);
        }
        Ok(dir)
    }

    /// Lets no other process of this user submit the job meanwhile, into whichever
    /// directory. Without that, the lock on the directory must suffice.
    async fn lock(
        &self,
        job_id: &str,
        dir: &OutputDir,
        display: &JobDisplay<'_>,
    ) -> Result<Locked, CliError> {
        if !self.context.is_persistent {
            return Ok(None);
        }
        let has_waited = Cell::new(false);
        let take = || {
            let base_url = self.context.client.base_url();
            let lock = job_lock::try_take(base_url, job_id, dir.is_locked())?;
            has_waited.set(has_waited.get() || lock.is_none());
            Ok(lock)
        };
        let reason = "another process is fetching this job; waiting";
        let lock = self.wait_until_free(display, reason, take).await?;
        if let JobLock::Output(cause) = &lock {
            static REPORTED: Once = Once::new();
            REPORTED.call_once(|| {
                let cause = sanitize(cause);
                eprint_note(format_args!(
                    "jobs are locked in their own directories only: {cause}"
                ));
            });
        }
        Ok(Some((lock, has_waited.get())))
    }

    /// Tries until there is something, and reports once what it waits for.
    async fn wait_until_free<T>(
        &self,
        display: &JobDisplay<'_>,
        reason: &str,
        take: impl Fn() -> Result<Option<T>, CliError>,
    ) -> Result<T, CliError> {
        let mut is_reported = false;
        loop {
            if let Some(taken) = take()? {
                return Ok(taken);
            }
            if !is_reported {
                display.detail(reason);
                is_reported = true;
            }
            self.context.unless_interrupted(sleep(LOCK_RETRY)).await?;
        }
    }

    fn is_complete(&self, report: &mut JobReport) -> Result<bool, CliError> {
        if !self.context.is_persistent {
            return Ok(false);
        }
        report.seed_file =
            seed_file::complete(&report.directory, &report.job_id, &self.context.images)?;
        report.already_present = report.seed_file.is_some();
        Ok(report.already_present)
    }

    async fn wait_for_completion(
        &self,
        dir: &OutputDir,
        job: &Job,
        account: &Account,
        display: &JobDisplay<'_>,
    ) -> Result<Result<SeedResult, Error>, CliError> {
        let context = self.context;
        display.polling();
        let options = WaitOptions::default()
            .poll_interval(context.interval)
            .timeout(context.timeout)
            // An outage may last as long as the job.
            .max_poll_errors(u32::MAX);
        let wait = job.wait().with_options(options);
        let started = Instant::now();
        let mut events = match &context.receiver {
            Some(receiver) => receiver.watch(wait).boxed(),
            None => wait.into_stream().boxed(),
        };
        let outcome = loop {
            match context.unless_interrupted(events.next()).await? {
                Some(Ok(JobEvent::Completed(result))) => {
                    context.display.reachable();
                    break Ok(result);
                }
                Some(Ok(JobEvent::Progress(job))) => {
                    context.display.reachable();
                    display.progress(&job);
                }
                Some(Ok(JobEvent::Sleeping(pause))) => display.sleeping(pause),
                Some(Ok(JobEvent::PollError(error))) => {
                    // What cannot be parsed is kept, in case nothing better comes.
                    response_file::write(dir.path(), &error);
                    let left = context.timeout.saturating_sub(started.elapsed());
                    if !context.on_connection_error(&error, left) {
                        let message = CliError::from(&error);
                        display.detail(format_args!("{}; retrying", message.message()));
                    }
                }
                Some(Ok(_)) => {}
                Some(Err(error)) => break Err(error),
                None => return Err(CliError::new("the wait ended without a result")),
            }
        };
        if let Err(error) = &outcome {
            response_file::keep(dir.path(), error);
            context.stop_others(account, error);
            // Waiting again for a job that has ended would only show that again.
            if has_ended(error) {
                Pending::remove(dir)?;
            }
        }
        Ok(outcome)
    }

    async fn save(
        &self,
        dir: &OutputDir,
        result: &SeedResult,
        display: &JobDisplay<'_>,
        report: &mut JobReport,
    ) -> Result<(), CliError> {
        let saving = save::all(self.context, dir, result, display, report);
        self.context.unless_interrupted(saving).await?;
        if report.errors.is_empty() {
            return Pending::remove(dir);
        }
        // What could not be saved must not be lost with it.
        let (seed, id) = (result.seed(), sanitize(result.job_id()));
        display.detail(format_args!(
            "seed {seed}, job {id} (some files are missing)"
        ));
        Ok(())
    }
}

/// Whether a job has ended without a seed.
fn has_ended(error: &Error) -> bool {
    matches!(
        error.kind(),
        ErrorKind::JobFailed { .. }
            | ErrorKind::Halted {
                job_failed: true,
                ..
            }
    )
}

/// Removes what a killed process has left in a complete directory, unless it is
/// read-only.
fn remove_leftovers(path: &Path) {
    let exists = |name: &&str| path.join(name).symlink_metadata().is_ok();
    if [PENDING, output_dir::LOCK].iter().any(exists)
        && let Ok(Some(dir)) = OutputDir::prepare(path)
    {
        let _ = Pending::remove(&dir);
    }
}

/// For `fetch`: a started job without a result is not passed over.
fn explain(error: &Error, dir: &OutputDir) -> CliError {
    let is_stuck = matches!(
        error.kind(),
        ErrorKind::SeedMissing { .. } | ErrorKind::NotFound
    );
    let cli_error = CliError::from(error);
    // With a seed there is nothing to submit again for.
    if is_stuck && atomic_file::size(&dir.path().join(SEED_FILE)).is_none() {
        let file = command_line::quote(dir.path().join(PENDING).as_os_str());
        cli_error.suggest(
            "If this persists, discard that job; `fetch` will submit a new one:",
            &format!("rm {file}"),
        )
    } else {
        cli_error
    }
}

/// For `wait`, which does not submit: what else to run.
fn explain_wait(error: &Error, dir: &OutputDir) -> CliError {
    let fetch = |id: Option<&str>| id.map(|id| command_line::command_line("fetch", id, dir.path()));
    let (why, command) = match error.kind() {
        ErrorKind::Halted {
            job_failed: true, ..
        } => ("Then start again:", fetch(error.parent_job_id())),
        ErrorKind::SeedMissing {
            verb: Some(Verb::Imagine | Verb::Button | Verb::Blend),
            ..
        } => ("Not a seed job. To get its seed:", fetch(error.job_id())),
        _ => ("", None),
    };
    let cli_error = CliError::from(error);
    let cli_error = if has_ended(error) || command.is_some() {
        cli_error.permanent()
    } else {
        cli_error
    };
    match command {
        Some(command) => cli_error.without_hint().suggest(why, &command),
        None => cli_error,
    }
}
