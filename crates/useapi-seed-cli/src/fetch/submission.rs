//! The submission: the library's steps, recorded before each next one.

use std::path::Path;
use std::time::{Duration, SystemTime};

use tokio::time::{Instant, sleep};
use useapi_seed::{
    Error, ErrorKind, Intent, JobHandle, Next, Resubmit, RetryPolicy, Step, Submission,
    SubmissionState, SubmitOptions, SubmitOutcome,
};

use super::accounts::Account;
use super::context::Context;
use super::display::{JobDisplay, short};
use super::job_lock::JobLock;
use super::output_dir::OutputDir;
use super::pending::Pending;
use super::report::JobReport;
use super::response_file;
use super::seed_file::{NAME as SEED_FILE, SeedFile};
use crate::account_state;
use crate::error::CliError;
use crate::exit::Exit;
use crate::terminal::eprint;
use crate::text::sanitize;

/// The longest time between two searches for a job.
const MAX_SEARCH_BACKOFF: Duration = Duration::from_secs(10);
/// Twice this is the time between the first two.
const MAX_INITIAL_BACKOFF: Duration = Duration::from_millis(500);
/// How often a request that never arrived is sent, and how soon again.
const ATTEMPTS: u32 = 4;
const FIRST_RETRY_DELAY: Duration = Duration::from_secs(2);

/// The lock on a job, and whether another process held it first; none for a service
/// that does not outlive this process.
pub(super) type Locked = Option<(JobLock, bool)>;

/// The submission of one job.
pub(super) struct JobSubmission<'a> {
    pub(super) context: &'a Context,
    pub(super) dir: &'a OutputDir,
    pub(super) account: &'a Account,
    pub(super) lock: &'a mut Locked,
    pub(super) display: &'a JobDisplay<'a>,
    pub(super) report: &'a mut JobReport,
}

impl JobSubmission<'_> {
    /// Resumes from what is recorded, and returns when nothing is left to be submitted.
    pub(super) async fn run(mut self) -> Result<SubmitOutcome, CliError> {
        let (context, dir, display) = (self.context, self.dir, self.display);
        let mut pending = match self.recorded()? {
            Some(pending) => pending,
            None => self.pending(SubmissionState::Planned),
        };
        if pending.job_id != self.report.job_id {
            return Err(another_job(dir.path(), &pending.job_id));
        }
        pending.check_base_url(dir.path(), context.client.base_url())?;
        if let SubmissionState::Started { job, .. } = pending.submission.clone() {
            self.report.started_job_id = Some(job.job_id.clone());
            display.set_age(pending.submitted_at().elapsed().unwrap_or_default());
            display.detail(format_args!("resuming {}", sanitize(&job.job_id)));
            return Ok(SubmitOutcome::Started(context.client.job(job)));
        }
        let resubmit = match pending.settles_in() {
            None => Resubmit::Never,
            Some(left) if context.resubmit && !left.is_zero() => Resubmit::Immediately,
            Some(_) => Resubmit::WhenSettled,
        };
        let mut submission = self.submission(resubmit)?;
        if resubmit != Resubmit::Never
            && let Some(found) = self.search(&mut submission, &mut pending).await?
        {
            return Ok(found);
        }
        display.waiting("waiting for its turn");
        let _lock = context
            .unless_interrupted(self.account.submit_lock())
            .await?;
        self.account.check()?;
        display.requesting("submitting");
        self.send(submission, pending).await
    }

    /// What was recorded about the job, here or by another process.
    fn recorded(&self) -> Result<Option<Pending>, CliError> {
        match (Pending::read(self.dir.path())?, self.recorded_elsewhere()) {
            // What was sent last is settled last.
            (Some(here), Some(elsewhere))
                if here.settles_in().is_some() && elsewhere.settles_in() > here.settles_in() =>
            {
                Ok(Some(elsewhere))
            }
            (None, None) => self.pending_from_result(),
            (here, elsewhere) => Ok(here.or(elsewhere)),
        }
    }

    /// What another process may have submitted, for another directory.
    fn recorded_elsewhere(&self) -> Option<Pending> {
        let (lock, has_waited) = self.lock.as_ref()?;
        let settle_time = self.context.client.settle_time();
        let now = SystemTime::now();
        let intent = match (lock.recorded(), has_waited) {
            (Some(Ok(recorded)), _) if recorded.started_job_id().is_none() => {
                return Some(recorded);
            }
            // The job may have ended long ago: the search finds out.
            (Some(Ok(recorded)), _) => Intent::foreign(recorded.submitted_at(), settle_time),
            (Some(Err(_)), _) => Intent::foreign(now, settle_time),
            // It has exited, and most likely the job has its seed.
            (None, true) => Intent::foreign(now, Duration::ZERO),
            (None, false) => return None,
        };
        Some(self.pending(SubmissionState::Intent(intent)))
    }

    /// The job of the directory's result, when something of that is missing.
    fn pending_from_result(&self) -> Result<Option<Pending>, CliError> {
        let seed_file: Option<SeedFile> = self.dir.read_json(SEED_FILE)?;
        let job_id = self.report.job_id.as_str();
        let known = seed_file.filter(|file| self.context.is_persistent && file.is_about(job_id));
        let Some(seed_file) = known else {
            return Ok(None);
        };
        let pending = self.pending(SubmissionState::Started {
            job: JobHandle::new(seed_file.result.job_id()).with_parent(job_id),
            progress: None,
        });
        pending.write(self.dir)?;
        Ok(Some(pending))
    }

    fn pending(&self, submission: SubmissionState) -> Pending {
        Pending {
            job_id: self.report.job_id.clone(),
            base_url: self.context.client.base_url().to_owned(),
            reply_ref: self.context.reply_ref.clone(),
            submitted_at: None,
            submission,
        }
    }

    /// Searches for what an earlier submission, perhaps another process's, has started;
    /// none once another request may follow.
    async fn search(
        &mut self,
        submission: &mut Submission,
        pending: &mut Pending,
    ) -> Result<Option<SubmitOutcome>, CliError> {
        let (context, display) = (self.context, self.display);
        display.detail("previous submission unconfirmed; checking for a running job");
        let started = Instant::now();
        let mut is_reported = false;
        loop {
            let left = pending.settles_in().unwrap_or_default();
            let step = submission.step(pending.submission.clone());
            let step = context.unless_interrupted(step).await?;
            if let Some(error) = step.error {
                if self.is_outage(&error)
                    && let Some(pause) = self.pause(&error, started)
                {
                    context.unless_interrupted(sleep(pause)).await?;
                    continue;
                }
                context.stop_others(self.account, &error);
                return Err(error.into());
            }
            if self.record(pending, step.state)? {
                match &pending.submission {
                    SubmissionState::Planned => display.detail("no running job found"),
                    SubmissionState::Intent(_) => {
                        display.detail("submitting again, although a second job may run");
                    }
                    _ => {}
                }
                return Ok(outcome(submission, pending));
            }
            if !is_reported {
                display.detail(format_args!(
                    "no running job found yet; the submission may still arrive: checking for \
                     another {} (--resubmit skips this)",
                    short(left + Duration::from_secs(1))
                ));
                is_reported = true;
            }
            if started.elapsed() >= context.timeout {
                return Err(unsettled(left));
            }
            if let Next::After(pause) = step.next {
                display.sleeping(pause);
                context.unless_interrupted(sleep(pause)).await?;
            }
        }
    }

    /// Takes the steps to a started job. An interrupt is handled between them.
    async fn send(
        &mut self,
        mut submission: Submission,
        mut pending: Pending,
    ) -> Result<SubmitOutcome, CliError> {
        let context = self.context;
        let started = Instant::now();
        // Whether the next step sends what is recorded.
        let mut is_recorded = pending.settles_in().is_some();
        loop {
            let step = submission.step(pending.submission.clone());
            let step = if is_recorded {
                // It is sent even now: else the next run would wait until it is settled.
                finish(context, step).await
            } else {
                context.check_interrupt()?;
                context.unless_interrupted(step).await?
            };
            let Step {
                state, next, error, ..
            } = step;
            let is_new = self.record(&mut pending, state)?;
            is_recorded = is_new && error.is_none() && pending.settles_in().is_some();
            if let Some(outcome) = outcome(&submission, &pending) {
                context.display.reachable();
                if let SubmitOutcome::Started(_) = outcome {
                    context.is_reached.set(true);
                    account_state::record_active(context.client.base_url(), self.account.channel());
                }
                return Ok(outcome);
            }
            let pause = match (&error, next) {
                // It was rejected before it was processed, or did not arrive.
                (Some(error), _)
                    if matches!(pending.submission, SubmissionState::Planned)
                        || error.is_too_many_jobs() =>
                {
                    self.pause(error, started)
                }
                // The search for a lost submission's job.
                (Some(error), Next::Stop) if self.is_outage(error) => self.pause(error, started),
                (_, Next::Now) => continue,
                (_, Next::After(pause)) => Some(pause),
                (_, Next::Stop) => None,
            };
            match pause {
                Some(pause) => context.unless_interrupted(sleep(pause)).await?,
                None => return Err(self.failed(error)),
            }
        }
    }

    /// Whether a service that has responded cannot be reached at the moment.
    fn is_outage(&self, error: &Error) -> bool {
        self.context.is_reached.get() && matches!(error.kind(), ErrorKind::Transport)
    }

    /// How long until a request that was not processed is sent again, if it is.
    fn pause(&self, error: &Error, started: Instant) -> Option<Duration> {
        let (interval, timeout) = (self.context.interval, self.context.timeout);
        // What responded before will respond again.
        let is_patient = error.is_too_many_jobs() || self.context.is_reached.get();
        let least = if is_patient {
            interval
        } else if error.attempts() < ATTEMPTS {
            interval.min(FIRST_RETRY_DELAY)
        } else {
            return None;
        };
        let pause = error.retry_after().unwrap_or_default().max(least);
        let end = started.elapsed().checked_add(pause)?;
        if end >= timeout {
            return None;
        }
        if error.is_too_many_jobs() {
            self.display.phase("account busy; waiting for a free slot");
        } else if is_patient {
            let left = timeout.saturating_sub(started.elapsed());
            self.context.on_connection_error(error, left);
        }
        self.display.sleeping(pause);
        Some(pause)
    }

    fn failed(&self, error: Option<Error>) -> CliError {
        let Some(error) = error else {
            return CliError::new("the submission ended without a job");
        };
        let context = self.context;
        response_file::keep(self.dir.path(), &error);
        context.stop_others(self.account, &error);
        let cli_error = CliError::from(&error);
        if error.is_too_many_jobs() {
            self.account.stop(&cli_error);
        }
        if matches!(error.kind(), ErrorKind::Transport) && !error.may_have_been_sent() {
            context.accounts.stop_all(&cli_error);
        }
        cli_error
    }

    /// Records the state of the submission before the next step; whether that is new.
    /// Where the service does not outlive this process, there is nothing to resume.
    fn record(&mut self, pending: &mut Pending, state: SubmissionState) -> Result<bool, CliError> {
        if state == pending.submission {
            return Ok(false);
        }
        let mut next = self.pending(state);
        if let SubmissionState::Started { job, .. } = &next.submission {
            next.submitted_at = pending.recorded_at();
            self.report.started_job_id = Some(job.job_id.clone());
            self.display
                .detail(format_args!("submitted as {}", sanitize(&job.job_id)));
        }
        *pending = next;
        let Some((lock, _)) = self.lock else {
            return Ok(true);
        };
        match &pending.submission {
            SubmissionState::Intent(_) | SubmissionState::Started { .. } => {
                pending.write(self.dir)?;
                lock.record(pending)?;
            }
            // The result is saved next, with its response, which is not in this state.
            SubmissionState::Completed { .. } => {}
            SubmissionState::Planned
            | SubmissionState::Failed { .. }
            | SubmissionState::Halted { .. } => {
                lock.clear();
                Pending::remove(self.dir)?;
            }
        }
        Ok(true)
    }

    fn submission(&self, resubmit: Resubmit) -> Result<Submission, CliError> {
        let (context, job_id) = (self.context, &self.report.job_id);
        // It is for the searches, too: a first run's end soon.
        let retry = match resubmit {
            Resubmit::Never => RetryPolicy::disabled(),
            _ => RetryPolicy::default(),
        };
        let retry = retry
            .initial_backoff(context.interval.min(MAX_INITIAL_BACKOFF))
            .max_backoff(context.interval.min(MAX_SEARCH_BACKOFF));
        let mut options = SubmitOptions::default()
            .resubmit(resubmit)
            .retry(retry)
            // It is stopped between two steps.
            .timeout(Duration::MAX);
        if let Some(url) = &context.reply_url {
            options = options.reply_url(url);
        }
        if let Some(receiver) = &context.receiver {
            let url = receiver.reply_url(job_id, context.reply_ref.as_deref());
            options = options.reply_url(url.map_err(|error| CliError::new(error.to_string()))?);
        }
        if let Some(reference) = &context.reply_ref {
            options = options.reply_ref(reference);
        }
        Ok(context.client.submission(job_id, options)?)
    }
}

/// Not cancelled by an interrupt: its response is worth the time.
async fn finish(context: &Context, step: impl Future<Output = Step>) -> Step {
    let mut step = std::pin::pin!(step);
    tokio::select! {
        step = &mut step => return step,
        _ = context.shutdown.wait() => {
            eprint("finishing the current request; press Ctrl-C again to quit now");
        }
    }
    step.await
}

/// The job or result of the submission.
fn outcome(submission: &Submission, pending: &Pending) -> Option<SubmitOutcome> {
    match &pending.submission {
        SubmissionState::Started { job, .. } => {
            Some(SubmitOutcome::Started(submission.job(job.clone())))
        }
        SubmissionState::Completed { result } => {
            Some(SubmitOutcome::AlreadyRetrieved(result.clone()))
        }
        _ => None,
    }
}

pub(super) fn another_job(dir: &Path, job_id: &str) -> CliError {
    let (path, job_id) = (dir.display(), sanitize(job_id));
    CliError::usage(format!("{path} belongs to another job ({job_id})"))
        .hint("Nothing was submitted. Use another directory.")
}

/// The time was over before it was known whether there is a job.
fn unsettled(left: Duration) -> CliError {
    let left = short(left + Duration::from_secs(1));
    CliError::of_kind(
        "unsettled",
        Exit::Pending,
        format!(
            "unconfirmed whether a job was started; the submission may still arrive within {left}"
        ),
    )
    .hint(
        "The same command checks for the job, and submits again only when none was started. With \
         --resubmit it submits immediately, and a second job may run.",
    )
}
