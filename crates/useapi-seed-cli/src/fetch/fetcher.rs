//! The errand: one job's result into a folder, from wherever it was left.
//!
//! Whatever happens, and even if this process is killed, the same errand goes on
//! later. What is about to be submitted is on disk before it is, and so is the
//! started job's id before the wait for it.

use std::cell::Cell;
use std::path::{Path, PathBuf};
use std::sync::Once;
use std::sync::atomic::AtomicBool;
use std::time::Duration;

use futures_util::StreamExt;
use tokio::sync::Semaphore;
use tokio::time::sleep;
use useapi_seed::{
    Client, Error, ErrorKind, Job, JobEvent, JobHandle, SeedResult, SubmitOutcome, Verb,
    WaitOptions,
};
use useapi_seed_callback::Receiver;

use super::Mode;
use super::accounts::{Account, Accounts, StopReason};
use super::job_lock::{self, JobLock};
use super::output_dir::{self, OutputDir};
use super::pending::{NAME as PENDING, Pending};
use super::progress::Progress;
use super::report::JobReport;
use super::save;
use super::seed_file::{NAME as SEED_FILE, SeedFile};
use super::submission::JobSubmission;
use crate::account_state;
use crate::atomic_file;
use crate::command_line;
use crate::error::CliError;
use crate::exit::Exit;
use crate::shutdown::Shutdown;
use crate::terminal::eprint_error;
use crate::terminal::{eprint, note_label};
use crate::text::sanitize;

/// How often it is tried to have what another process has.
const LOCK_RETRY: Duration = Duration::from_millis(200);

/// The lock on a job, and whether another process had it first; none for a service
/// that does not outlive this process.
pub(super) type Locked = Option<(JobLock, bool)>;

/// What all jobs of a command share.
#[derive(Debug)]
pub(crate) struct Fetcher {
    pub(crate) client: Client,
    pub(crate) interval: Duration,
    pub(crate) timeout: Duration,
    /// Whether the service outlives this process, so that another can go on.
    pub(crate) is_persistent: bool,
    /// Receives the service's calls about the jobs.
    pub(crate) receiver: Option<Receiver>,
    pub(crate) reply_url: Option<String>,
    pub(crate) reply_ref: Option<String>,
    /// Whether what may have been submitted is submitted again at once.
    pub(crate) resubmit: bool,
    pub(crate) accounts: Accounts,
    /// Whether the service has taken a submission.
    pub(crate) is_reached: AtomicBool,
    /// How many results are saved at once.
    pub(crate) save_permits: Semaphore,
    pub(crate) shutdown: Shutdown,
}

impl Fetcher {
    /// Does what is to be done about a job, into its folder.
    pub(crate) async fn run(
        &self,
        mode: Mode,
        job_id: &str,
        out: &Path,
        progress: &Progress,
    ) -> JobReport {
        let mut report = JobReport::new(job_id, out);
        let outcome = match mode {
            Mode::Fetch => self.fetch(job_id, progress, &mut report).await,
            Mode::Wait => self.wait(job_id, progress, &mut report).await,
        };
        report.errors.extend(outcome.err());
        report
    }

    async fn fetch(
        &self,
        job_id: &str,
        progress: &Progress,
        report: &mut JobReport,
    ) -> Result<(), CliError> {
        if self.is_finished(report)? {
            remove_leftovers(&report.dir);
            return Ok(());
        }
        let account = self.accounts.of(job_id);
        let place = self.unless_interrupted(account.place()).await?;
        self.check_interrupt()?;
        let dir = self.dir(progress, report).await?;
        // Another process may have finished it meanwhile.
        if self.is_finished(report)? {
            return Pending::remove(&dir);
        }
        let mut lock = self.lock(job_id, &dir, progress).await?;
        account.check()?;
        let result = self
            .found(&dir, &account, &mut lock, progress, report)
            .await?;
        let _saver = self.unless_interrupted(self.save_permits.acquire()).await?;
        // Others may go on meanwhile, and are told that the job has its seed.
        if let Some((lock, _)) = &mut lock {
            lock.clear();
        }
        drop((place, lock));
        self.save(&dir, &result, progress, report).await
    }

    /// The result, from wherever it was left.
    async fn found(
        &self,
        dir: &OutputDir,
        account: &Account,
        lock: &mut Locked,
        progress: &Progress,
        report: &mut JobReport,
    ) -> Result<SeedResult, CliError> {
        let submission = JobSubmission {
            fetcher: self,
            dir,
            account,
            lock,
            progress,
            report,
        };
        match submission.run().await? {
            SubmitOutcome::AlreadyRetrieved(result) => {
                let id = sanitize(result.job_id());
                progress.eprint(format_args!("the seed of job {id} was retrieved before"));
                Ok(result)
            }
            SubmitOutcome::Started(job) => {
                let waited = self.wait_for_completion(dir, &job, account, progress);
                waited.await?.map_err(|error| {
                    // Another submission may have been noted since.
                    if let (true, Some((lock, _))) = (is_over(&error), lock)
                        && lock.is_about(job.id())
                    {
                        lock.clear();
                    }
                    explain(error, dir)
                })
            }
        }
    }

    /// Waits for a job that was started elsewhere.
    async fn wait(
        &self,
        job_id: &str,
        progress: &Progress,
        report: &mut JobReport,
    ) -> Result<(), CliError> {
        if self.is_finished(report)? {
            remove_leftovers(&report.dir);
            return Ok(());
        }
        let dir = self.dir(progress, report).await?;
        if self.is_finished(report)? {
            return Pending::remove(&dir);
        }
        let mut handle = JobHandle::new(job_id);
        if let Some(pending) = Pending::read(&dir)? {
            self.check_place(&dir, &pending)?;
            if pending.started_job_id() != Some(job_id) {
                return Err(another_job(&dir, &pending.job_id));
            }
            handle = handle.with_parent(&pending.job_id);
            report.parent_job_id = Some(pending.job_id);
        }
        report.started_job_id = Some(job_id.to_owned());
        progress.eprint(format_args!("waiting for job {}", sanitize(job_id)));
        let account = self.accounts.of(job_id);
        let job = self.client.job(handle);
        let waited = self.wait_for_completion(&dir, &job, &account, progress);
        let result = waited
            .await?
            .map_err(|error| explain_of_wait(error, &dir))?;
        self.save(&dir, &result, progress, report).await
    }

    /// The folder, before anything is sent about the job.
    async fn dir(&self, progress: &Progress, report: &JobReport) -> Result<OutputDir, CliError> {
        let path = report.dir.display();
        let news = format!("another process works in {path}; waiting until it has ended");
        let take = || OutputDir::prepare(&report.dir);
        let dir = self.wait_until_free(progress, &news, take).await?;
        if let Some(other) = other_result(&dir, &report.job_id)? {
            return Err(another_job(&dir, &other));
        }
        Ok(dir)
    }

    /// Lets no other process of this user submit the job meanwhile, into whichever
    /// folder. Without that, the lock on the folder has to do.
    async fn lock(
        &self,
        job_id: &str,
        dir: &OutputDir,
        progress: &Progress,
    ) -> Result<Locked, CliError> {
        if !self.is_persistent {
            return Ok(None);
        }
        let has_waited = Cell::new(false);
        let take = || {
            let lock = job_lock::try_take(self.client.base_url(), job_id, dir.is_locked())?;
            has_waited.set(has_waited.get() || lock.is_none());
            Ok(lock)
        };
        let news = "another process retrieves this job; waiting until it has";
        let lock = self.wait_until_free(progress, news, take).await?;
        if let JobLock::Output(cause) = &lock {
            static IS_TOLD: Once = Once::new();
            IS_TOLD.call_once(|| {
                eprint(format_args!(
                    "{} jobs are locked in their own directories only: {}",
                    note_label(),
                    sanitize(cause)
                ));
            });
        }
        Ok(Some((lock, has_waited.get())))
    }

    /// Tries until there is something, and tells once what it waits for.
    async fn wait_until_free<T>(
        &self,
        progress: &Progress,
        news: &str,
        take: impl Fn() -> Result<Option<T>, CliError>,
    ) -> Result<T, CliError> {
        let mut is_told = false;
        loop {
            if let Some(taken) = take()? {
                return Ok(taken);
            }
            if !is_told {
                progress.eprint(news);
                is_told = true;
            }
            self.unless_interrupted(sleep(LOCK_RETRY)).await?;
        }
    }

    /// Whether all is there, so that nothing is left to do. It only reads.
    fn is_finished(&self, report: &mut JobReport) -> Result<bool, CliError> {
        if !self.is_persistent {
            return Ok(false);
        }
        let size = |name: &str| atomic_file::size(&report.dir.join(name));
        let is_whole = |file: &SeedFile| {
            file.is_about(&report.job_id) && file.is_whole(size) && size("job.json").is_some()
        };
        let seed_file = output_dir::read_json(&report.dir.join(SEED_FILE))?;
        let Some(seed_file) = seed_file.filter(is_whole) else {
            return Ok(false);
        };
        report.seed_file = Some(seed_file);
        report.already_present = true;
        Ok(true)
    }

    /// That what is under way is so at the service that is asked now.
    pub(super) fn check_place(&self, dir: &OutputDir, pending: &Pending) -> Result<(), CliError> {
        if pending.base_url == self.client.base_url() {
            return Ok(());
        }
        let (path, url) = (dir.path().display(), sanitize(&pending.base_url));
        Err(CliError::usage(format!("{path} is under way at {url}"))
            .hint("Go on with that base URL, or choose another folder."))
    }

    /// An account that is halted, or a token that is of no use, will not do better
    /// for another job.
    pub(super) fn stop_others(&self, account: &Account, error: &Error) {
        match error.kind() {
            ErrorKind::Halted { .. } => {
                account_state::record_halted(self.client.base_url(), account.channel());
                account.stop(StopReason::Halted);
            }
            ErrorKind::Unauthorized | ErrorKind::PaymentRequired => {
                account.stop_all(StopReason::Auth);
            }
            _ => {}
        }
    }

    async fn wait_for_completion(
        &self,
        dir: &OutputDir,
        job: &Job,
        account: &Account,
        progress: &Progress,
    ) -> Result<Result<SeedResult, Error>, CliError> {
        progress.status("started");
        let options = WaitOptions::default()
            .poll_interval(self.interval)
            .timeout(self.timeout)
            // An outage is waited out as long as the job is.
            .max_poll_errors(u32::MAX);
        let wait = job.wait().with_options(options);
        let mut events = match &self.receiver {
            Some(receiver) => receiver.watch(wait).boxed(),
            None => wait.into_stream().boxed(),
        };
        let outcome = loop {
            match self.unless_interrupted(events.next()).await? {
                Some(Ok(JobEvent::Completed(result))) => break Ok(result),
                Some(Ok(JobEvent::Progress(job))) => progress.update(&job),
                Some(Ok(JobEvent::Sleeping(pause))) => progress.pause(pause),
                Some(Ok(JobEvent::PollError(error))) => {
                    // What cannot be parsed is kept, in case nothing better comes.
                    if let Some(Err(error)) = keep_response(dir.path(), &error) {
                        eprint_error(&error);
                    }
                    progress.poll_error(&error);
                }
                Some(Ok(_)) => {}
                Some(Err(error)) => break Err(error),
                None => return Err(CliError::new("the wait ended without a result")),
            }
        };
        if let Err(error) = &outcome {
            keep(dir, error);
            self.stop_others(account, error);
            // To wait again for what is over would only show that again.
            if is_over(error) {
                Pending::remove(dir)?;
            }
        }
        Ok(outcome)
    }

    async fn save(
        &self,
        dir: &OutputDir,
        result: &SeedResult,
        progress: &Progress,
        report: &mut JobReport,
    ) -> Result<(), CliError> {
        let saving = save::all(&self.client, dir, result, progress, report);
        self.unless_interrupted(saving).await?;
        if report.errors.is_empty() {
            return Pending::remove(dir);
        }
        // What could not be saved must not be lost with it.
        let (seed, id) = (result.seed(), sanitize(result.job_id()));
        progress.eprint(format_args!("the seed is {seed}, of job {id}"));
        Ok(())
    }

    pub(super) fn check_interrupt(&self) -> Result<(), CliError> {
        self.shutdown
            .now()
            .map_or(Ok(()), |signal| Err(interrupted(signal)))
    }

    pub(super) async fn unless_interrupted<T>(
        &self,
        work: impl Future<Output = T>,
    ) -> Result<T, CliError> {
        tokio::select! {
            // What is done is done, even if a signal came too.
            biased;
            outcome = work => Ok(outcome),
            signal = self.shutdown.wait() => Err(interrupted(signal)),
        }
    }
}

fn interrupted(signal: Exit) -> CliError {
    CliError::new("interrupted").with_exit(signal)
}

/// Whether a job has ended without a seed.
fn is_over(error: &Error) -> bool {
    matches!(
        error.kind(),
        ErrorKind::JobFailed { .. }
            | ErrorKind::Halted {
                job_failed: true,
                ..
            }
    )
}

/// Removes what a process that was killed has left in a finished folder, unless it
/// cannot be written to.
fn remove_leftovers(path: &Path) {
    let is_there = |name: &&str| path.join(name).symlink_metadata().is_ok();
    if [PENDING, output_dir::LOCK].iter().any(is_there)
        && let Ok(Some(dir)) = OutputDir::prepare(path)
    {
        let _ = Pending::remove(&dir);
    }
}

/// For `fetch`: a started job that gives nothing is not passed over.
fn explain(error: Error, dir: &OutputDir) -> CliError {
    let is_stuck = matches!(
        error.kind(),
        ErrorKind::SeedMissing { .. } | ErrorKind::NotFound
    );
    let error = CliError::from(error);
    // With a seed there is nothing to submit anew for.
    if is_stuck && dir.size(SEED_FILE).is_none() {
        let file = command_line::quote(dir.path().join(PENDING).as_os_str());
        error.suggest(
            "If it stays so, give that job up; the same fetch then submits anew:",
            &format!("rm {file}"),
        )
    } else {
        error
    }
}

/// For `wait`, which does not submit: what else to call.
fn explain_of_wait(error: Error, dir: &OutputDir) -> CliError {
    let fetch = |id: Option<&str>| id.map(|id| command_line::line("fetch", id, dir.path()));
    let (why, line) = match error.kind() {
        ErrorKind::Halted {
            job_failed: true, ..
        } => (
            "When that is done, start anew:",
            fetch(error.parent_job_id()),
        ),
        ErrorKind::SeedMissing {
            verb: Some(Verb::Imagine | Verb::Button | Verb::Blend),
            ..
        } => (
            "This is no started seed job. To retrieve its seed:",
            fetch(error.job_id()),
        ),
        _ => ("", None),
    };
    let is_over = is_over(&error) || line.is_some();
    let error = CliError::from(error);
    let error = if is_over { error.permanent() } else { error };
    match line {
        Some(line) => error.suggest(why, &line),
        None => error,
    }
}

/// The job whose result the folder has, if it is another one: the two would mix.
fn other_result(dir: &OutputDir, job_id: &str) -> Result<Option<String>, CliError> {
    let seed_file: Option<serde_json::Value> = dir.read_json(SEED_FILE)?;
    let id = |name: &str| {
        let seed_file = seed_file.as_ref()?;
        seed_file.get(name)?.as_str().map(str::to_owned)
    };
    let (present, original) = (id("job_id"), id("parent_job_id"));
    let requested = id("requested_job_id");
    let is_same = [&present, &original, &requested]
        .into_iter()
        .any(|id| id.as_deref() == Some(job_id));
    Ok(requested.or(original).or(present).filter(|_| !is_same))
}

pub(super) fn another_job(dir: &OutputDir, job_id: &str) -> CliError {
    let (path, job_id) = (dir.path().display(), sanitize(job_id));
    CliError::usage(format!("{path} is job {job_id}'s"))
        .hint("Nothing was submitted. Choose another folder.")
}

/// Keeps a response that is of no use, and reports where.
pub(super) fn keep(dir: &OutputDir, error: &Error) {
    match keep_response(dir.path(), error) {
        Some(Ok(path)) => eprint(format_args!("response kept in {}", path.display())),
        Some(Err(error)) => eprint_error(&error),
        None => {}
    }
}

/// A response that cannot be parsed, or may hide a started job, may be the only
/// trace of that.
fn keep_response(directory: &Path, error: &Error) -> Option<Result<PathBuf, CliError>> {
    let is_trace =
        matches!(error.kind(), ErrorKind::InvalidResponse { .. }) || error.may_have_been_sent();
    let body = error.body().filter(|body| is_trace && !body.is_empty())?;
    let path = directory.join("response.txt");
    Some(match atomic_file::write(&path, body) {
        Ok(()) => Ok(path),
        Err(source) => Err(CliError::file(format!(
            "cannot write {}: {source}",
            path.display()
        ))),
    })
}
