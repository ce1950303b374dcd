//! The submission: the library's steps, recorded before each next one.

use std::sync::atomic::Ordering;
use std::time::{Duration, SystemTime};

use tokio::time::{Instant, sleep};
use useapi_seed::{
    Error, ErrorKind, Intent, JobHandle, Next, Resubmit, RetryPolicy, Step, Submission,
    SubmissionState, SubmitOptions, SubmitOutcome,
};

use super::accounts::{Account, StopReason};
use super::fetcher::{Fetcher, Locked, another_job, keep};
use super::output_dir::OutputDir;
use super::pending::Pending;
use super::progress::Progress;
use super::report::JobReport;
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

/// The submission of one job.
pub(super) struct JobSubmission<'a> {
    pub(super) fetcher: &'a Fetcher,
    pub(super) dir: &'a OutputDir,
    pub(super) account: &'a Account,
    pub(super) lock: &'a mut Locked,
    pub(super) progress: &'a Progress,
    pub(super) report: &'a mut JobReport,
}

impl JobSubmission<'_> {
    /// Goes to where nothing is left to be submitted, from what is recorded.
    pub(super) async fn run(mut self) -> Result<SubmitOutcome, CliError> {
        let (fetcher, dir, progress) = (self.fetcher, self.dir, self.progress);
        let mut pending = match self.recorded()? {
            Some(pending) => pending,
            None => self.pending(SubmissionState::Planned),
        };
        if pending.job_id != self.report.job_id {
            return Err(another_job(dir, &pending.job_id));
        }
        fetcher.check_place(dir, &pending)?;
        if let SubmissionState::Started { job, .. } = pending.submission.clone() {
            self.report.started_job_id = Some(job.job_id.clone());
            let shown = sanitize(&job.job_id);
            progress.since(pending.submitted_at().elapsed().unwrap_or_default());
            progress.eprint(format_args!(
                "going on with job {shown}, which was started before"
            ));
            return Ok(SubmitOutcome::Started(fetcher.client.job(job)));
        }
        let resubmit = match pending.settles_in() {
            None => Resubmit::Never,
            Some(left) if fetcher.resubmit && !left.is_zero() => Resubmit::Immediately,
            Some(_) => Resubmit::WhenSettled,
        };
        let mut submission = self.submission(resubmit)?;
        if resubmit != Resubmit::Never {
            let found = self.search(&mut submission, &mut pending).await?;
            if let Some(found) = found {
                return Ok(found);
            }
        }
        let _turn = fetcher.unless_interrupted(self.account.turn()).await?;
        self.account.check()?;
        progress.status("submitting");
        self.send(submission, pending).await
    }

    /// What was recorded about the job, here or by another process.
    fn recorded(&self) -> Result<Option<Pending>, CliError> {
        match (Pending::read(self.dir)?, self.elsewhere()) {
            // What was sent last is settled last.
            (Some(or_current_dir), Some(elsewhere))
                if or_current_dir.settles_in().is_some()
                    && elsewhere.settles_in() > or_current_dir.settles_in() =>
            {
                Ok(Some(elsewhere))
            }
            (None, None) => self.known(),
            (or_current_dir, elsewhere) => Ok(or_current_dir.or(elsewhere)),
        }
    }

    /// What another process may have submitted, for another folder.
    fn elsewhere(&self) -> Option<Pending> {
        let (lock, has_waited) = self.lock.as_ref()?;
        let settle_time = self.fetcher.client.settle_time();
        let now = SystemTime::now();
        let intent = match (lock.recorded(), has_waited) {
            (Some(Ok(noted)), _) if noted.started_job_id().is_none() => return Some(noted),
            // The job may be over for long: that is for the search to find out.
            (Some(Ok(noted)), _) => Intent::foreign(noted.submitted_at(), settle_time),
            (Some(Err(_)), _) => Intent::foreign(now, settle_time),
            // It has ended, and most likely the job has its seed.
            (None, true) => Intent::foreign(now, Duration::ZERO),
            (None, false) => return None,
        };
        Some(self.pending(SubmissionState::Intent(intent)))
    }

    /// The job that the folder's result is of, when something of that is missing.
    fn known(&self) -> Result<Option<Pending>, CliError> {
        let seed_file: Option<SeedFile> = self.dir.read_json(SEED_FILE)?;
        let job_id = self.report.job_id.as_str();
        let known = seed_file.filter(|file| self.fetcher.is_persistent && file.is_about(job_id));
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
            base_url: self.fetcher.client.base_url().to_owned(),
            reply_ref: self.fetcher.reply_ref.clone(),
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
        let (fetcher, progress) = (self.fetcher, self.progress);
        progress.eprint("a submission may have been sent before: searching for its job");
        let begun = Instant::now();
        let mut is_reported = false;
        loop {
            let left = pending.settles_in().unwrap_or_default();
            let step = submission.step(pending.submission.clone());
            let step = fetcher.unless_interrupted(step).await?;
            if let Some(error) = step.error {
                fetcher.stop_others(self.account, &error);
                return Err(error.into());
            }
            if self.record(pending, step.state)? {
                match &pending.submission {
                    SubmissionState::Planned => progress.eprint("no job was started"),
                    SubmissionState::Intent(_) => {
                        progress.eprint("submitting again, although a second job may run");
                    }
                    _ => {}
                }
                return Ok(found(submission, pending));
            }
            if !is_reported {
                progress.eprint(format_args!(
                    "no job found yet; the submission may still arrive: searching for another {} s \
                     (--resubmit skips this)",
                    left.as_secs() + 1
                ));
                progress.status("searching for the job");
                is_reported = true;
            }
            if begun.elapsed() >= fetcher.timeout {
                return Err(unsettled(left));
            }
            if let Next::After(pause) = step.next {
                fetcher.unless_interrupted(sleep(pause)).await?;
            }
        }
    }

    /// Takes the steps to a started job. An interrupt is heard between them.
    async fn send(
        &mut self,
        mut submission: Submission,
        mut pending: Pending,
    ) -> Result<SubmitOutcome, CliError> {
        let fetcher = self.fetcher;
        let begun = Instant::now();
        // Whether the next step sends what is recorded.
        let mut is_recorded = pending.settles_in().is_some();
        loop {
            let step = submission.step(pending.submission.clone());
            let step = if is_recorded {
                // It is sent even now: else the next run would wait until it is settled.
                fetcher.finish(step).await
            } else {
                fetcher.check_interrupt()?;
                fetcher.unless_interrupted(step).await?
            };
            let Step {
                state, next, error, ..
            } = step;
            let is_new = self.record(&mut pending, state)?;
            is_recorded = is_new && error.is_none() && pending.settles_in().is_some();
            if let Some(found) = found(&submission, &pending) {
                if let SubmitOutcome::Started(_) = found {
                    fetcher.is_reached.store(true, Ordering::Relaxed);
                    account_state::record_active(fetcher.client.base_url(), self.account.channel());
                }
                return Ok(found);
            }
            let pause = match (&error, next) {
                // It was rejected before it was processed, or did not arrive.
                (Some(error), _)
                    if matches!(pending.submission, SubmissionState::Planned)
                        || error.is_too_many_jobs() =>
                {
                    self.pause(error, begun)
                }
                (_, Next::Now) => continue,
                (_, Next::After(pause)) => Some(pause),
                (_, Next::Stop) => None,
            };
            match pause {
                Some(pause) => fetcher.unless_interrupted(sleep(pause)).await?,
                None => return Err(self.failed(error)),
            }
        }
    }

    /// How long until a request that was not processed is sent again, if it is.
    fn pause(&self, error: &Error, begun: Instant) -> Option<Duration> {
        let interval = self.fetcher.interval;
        // What responded before will respond again.
        let is_patient =
            error.is_too_many_jobs() || self.fetcher.is_reached.load(Ordering::Relaxed);
        let least = if is_patient {
            interval
        } else if error.attempts() < ATTEMPTS {
            interval.min(FIRST_RETRY_DELAY)
        } else {
            return None;
        };
        let pause = error.retry_after().unwrap_or_default().max(least);
        let end = begun.elapsed().checked_add(pause)?;
        (end < self.fetcher.timeout).then_some(pause)
    }

    fn failed(&self, error: Option<Error>) -> CliError {
        let Some(error) = error else {
            return CliError::new("the submission ended without a job");
        };
        keep(self.dir, &error);
        self.fetcher.stop_others(self.account, &error);
        if error.is_too_many_jobs() {
            self.account.stop(StopReason::Busy);
        }
        if matches!(error.kind(), ErrorKind::Transport) && !error.may_have_been_sent() {
            self.account.stop_all(StopReason::Unavailable);
        }
        error.into()
    }

    /// Records where the submission stands, before the next step; whether that is new.
    /// Where the service does not outlive this process, there is nothing to resume.
    fn record(&mut self, pending: &mut Pending, state: SubmissionState) -> Result<bool, CliError> {
        if state == pending.submission {
            return Ok(false);
        }
        let mut next = self.pending(state);
        if let SubmissionState::Started { job, .. } = &next.submission {
            next.submitted_at = pending.recorded_at();
            self.report.started_job_id = Some(job.job_id.clone());
            let shown = sanitize(&job.job_id);
            self.progress.eprint(format_args!("started job {shown}"));
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
        let (fetcher, job_id) = (self.fetcher, &self.report.job_id);
        // It is for the searches, too: a first run's end soon.
        let retry = match resubmit {
            Resubmit::Never => RetryPolicy::disabled(),
            _ => RetryPolicy::default(),
        };
        let retry = retry
            .initial_backoff(fetcher.interval.min(MAX_INITIAL_BACKOFF))
            .max_backoff(fetcher.interval.min(MAX_SEARCH_BACKOFF));
        let mut options = SubmitOptions::default()
            .resubmit(resubmit)
            .retry(retry)
            // It is stopped between two steps.
            .timeout(Duration::MAX);
        if let Some(url) = &fetcher.reply_url {
            options = options.reply_url(url);
        }
        if let Some(receiver) = &fetcher.receiver {
            let address = receiver.reply_url(job_id, fetcher.reply_ref.as_deref());
            options = options.reply_url(address.map_err(|error| CliError::new(error.to_string()))?);
        }
        if let Some(reference) = &fetcher.reply_ref {
            options = options.reply_ref(reference);
        }
        Ok(fetcher.client.submission(job_id, options)?)
    }
}

impl Fetcher {
    /// Not cancelled by an interrupt: its response is worth the time.
    async fn finish(&self, step: impl Future<Output = Step>) -> Step {
        let mut step = std::pin::pin!(step);
        tokio::select! {
            step = &mut step => return step,
            _ = self.shutdown.wait() => {
                eprint("finishing the submission before the end; again ends at once");
            }
        }
        step.await
    }
}

/// The job or result that the submission has come to.
fn found(submission: &Submission, pending: &Pending) -> Option<SubmitOutcome> {
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

/// The time was over before it was known whether there is a job.
fn unsettled(left: Duration) -> CliError {
    let seconds = left.as_secs() + 1;
    CliError::new(format!(
        "not known yet whether a job was started: the submission may still arrive within {seconds} s"
    ))
    .with_exit(Exit::Pending)
    .hint(
        "The same command searches for the job, and submits again only when none was started. With \
         --resubmit it submits at once, and a second job may run.",
    )
}
