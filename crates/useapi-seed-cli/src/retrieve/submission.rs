//! The submission: from what a folder says is under way to a started job.

use std::sync::atomic::Ordering;
use std::time::Duration;

use tokio::time::{Instant, sleep};
use useapi_seed::{Error, ErrorKind, Job, RetryPolicy, SubmitOutcome, SubmitSeed};

use super::accounts::{Account, Refusal};
use super::errand::{Errand, Locked, another_job, keep};
use super::folder::Folder;
use super::pending::{NAME as PENDING, Pending};
use super::progress::Progress;
use super::report::Report;
use super::seed_file::{NAME as SEED_FILE, SeedFile};
use crate::exit::Exit;
use crate::failure::Failure;
use crate::last_seen;
use crate::terminal::{plain, tell};

/// The longest time between two searches for a job.
const SEARCH_INTERVAL: Duration = Duration::from_secs(10);
/// Between the searches of the library after a lost response.
const LONGEST_FIRST_PAUSE: Duration = Duration::from_millis(500);
/// What did not arrive is sent so often, and so soon.
const ATTEMPTS: u32 = 4;
const SOON: Duration = Duration::from_secs(2);

impl Errand {
    /// Goes to where nothing is left to be submitted.
    pub(super) async fn begin(
        &self,
        folder: &Folder,
        account: &Account,
        lock: &mut Locked,
        progress: &Progress,
        report: &mut Report,
    ) -> Result<SubmitOutcome, Failure> {
        let elsewhere = self.elsewhere(lock, &report.job_id);
        let recorded = match (Pending::read(folder)?, elsewhere) {
            // What was sent last is settled last.
            (Some(here), Some(elsewhere))
                if here.started_job_id.is_none() && elsewhere.settles_in() > here.settles_in() =>
            {
                Some(elsewhere)
            }
            (here, elsewhere) => here.or(elsewhere),
        };
        let pending = match recorded {
            Some(pending) => pending,
            None => match self.known(folder, &report.job_id)? {
                Some(pending) => {
                    pending.write(folder)?;
                    pending
                }
                None => return self.submit(folder, account, lock, progress, report).await,
            },
        };
        if pending.job_id != report.job_id {
            return Err(another_job(folder, &pending.job_id));
        }
        self.check_place(folder, &pending)?;
        if let Some(id) = &pending.started_job_id {
            report.started_job_id = Some(id.clone());
            let shown = plain(id);
            progress.since(pending.submitted_at.age());
            progress.tell(format_args!(
                "going on with job {shown}, which was started before"
            ));
            let job = self.client.job(id).of_parent(&pending.job_id);
            return Ok(SubmitOutcome::Started(job));
        }
        let found = self.search(&pending, account, progress).await?;
        match found {
            Some(SubmitOutcome::Started(job)) => {
                started(folder, pending, lock, &job, progress, report)?;
                Ok(SubmitOutcome::Started(job))
            }
            Some(found) => Ok(found),
            None => {
                let submitted = self.submit(folder, account, lock, progress, report).await;
                // A rejection of the second submission says nothing about the first.
                if folder.size(PENDING).is_none()
                    && submitted.is_err()
                    && !pending.settles_in().is_zero()
                {
                    record(&pending, folder, lock)?;
                }
                submitted
            }
        }
    }

    /// What another process may have submitted, for another folder.
    fn elsewhere(&self, lock: &Locked, job_id: &str) -> Option<Pending> {
        let (lock, has_waited) = lock.as_ref()?;
        match (lock.intent(), has_waited) {
            (Some(intent), _) => Some(Pending {
                // It may be over for long: that is for the search to find out.
                started_job_id: None,
                ..intent.unwrap_or_else(|_| self.pending(job_id))
            }),
            // It has ended, and most likely the job has its seed.
            (None, true) => Some(Pending {
                settle_time: 0,
                ..self.pending(job_id)
            }),
            (None, false) => None,
        }
    }

    /// The job that the folder's result is of, when something of that is missing.
    fn known(&self, folder: &Folder, job_id: &str) -> Result<Option<Pending>, Failure> {
        let seed_file: Option<SeedFile> = folder.read_json(SEED_FILE)?;
        let known = seed_file.filter(|file| self.is_lasting && file.is_about(job_id));
        Ok(known.map(|file| Pending {
            started_job_id: Some(file.job_id),
            ..self.pending(job_id)
        }))
    }

    fn pending(&self, job_id: &str) -> Pending {
        Pending::intent(job_id, &self.client, self.reply_ref.as_deref())
    }

    /// Whether an earlier submission, perhaps another process's, has started a job.
    ///
    /// Only a search that was answered, and found nothing after that submission was
    /// settled, shows that it has not.
    async fn search(
        &self,
        pending: &Pending,
        account: &Account,
        progress: &Progress,
    ) -> Result<Option<SubmitOutcome>, Failure> {
        progress.tell("a submission may have been sent before: searching for its job");
        let begun = Instant::now();
        let settles_in = pending.settles_in();
        let mut is_reported = false;
        loop {
            let left = settles_in.saturating_sub(begun.elapsed());
            // Whatever its reference: a second job of the same parent is never wanted.
            let find = self.client.find_seed_job(&pending.job_id);
            let found = self.unless_interrupted(find.into_future()).await?;
            let found = found.inspect_err(|error| self.stop_others(account, error))?;
            if found.is_some() {
                return Ok(found);
            }
            if left.is_zero() {
                progress.tell("no job was started");
                return Ok(None);
            }
            if self.resubmit {
                progress.tell("submitting again, although a second job may run");
                return Ok(None);
            }
            if !is_reported {
                progress.tell(format_args!(
                    "no job found yet; the submission may still arrive: searching for another {} s \
                     (--resubmit skips this)",
                    left.as_secs() + 1
                ));
                progress.status("searching for the job");
                is_reported = true;
            }
            if begun.elapsed() >= self.timeout {
                return Err(unsettled(left));
            }
            let pause = self.interval.min(SEARCH_INTERVAL).min(left);
            self.unless_interrupted(sleep(pause)).await?;
        }
    }

    async fn submit(
        &self,
        folder: &Folder,
        account: &Account,
        lock: &mut Locked,
        progress: &Progress,
        report: &mut Report,
    ) -> Result<SubmitOutcome, Failure> {
        let turn = self.unless_interrupted(account.turn()).await?;
        account.check()?;
        let deadline = Instant::now().checked_add(self.timeout);
        let mut attempts = 0;
        progress.status("submitting");
        let error = loop {
            self.check_interrupt()?;
            let submit = self.submission(&report.job_id)?;
            // Anew each time: from now on it may have been sent.
            let pending = self.pending(&report.job_id);
            record(&pending, folder, lock)?;
            if pending.is_outdated() {
                continue;
            }
            attempts += 1;
            let error = match self.send(submit).await {
                Ok(SubmitOutcome::Started(job)) => {
                    drop(turn);
                    self.is_answered.store(true, Ordering::Relaxed);
                    last_seen::working(self.client.base_url(), account.channel());
                    started(folder, pending, lock, &job, progress, report)?;
                    return Ok(SubmitOutcome::Started(job));
                }
                Ok(submitted) => return Ok(submitted),
                Err(error) => error,
            };
            if error.may_have_been_sent() {
                break error;
            }
            Pending::remove(folder)?;
            if let Some((lock, _)) = lock {
                lock.clear();
            }
            match self.pause(&error, attempts, deadline) {
                Some(pause) => {
                    if error.is_too_many_jobs() {
                        progress.status("waiting for a place in the busy account");
                    }
                    self.unless_interrupted(sleep(pause)).await?;
                }
                None => break error,
            }
        };
        keep(folder, &error);
        self.stop_others(account, &error);
        if error.is_too_many_jobs() {
            account.stop(Refusal::Busy);
        }
        if matches!(error.kind(), ErrorKind::Transport) && !error.may_have_been_sent() {
            account.stop_all(Refusal::NoAnswer);
        }
        Err(error.into())
    }

    /// How long until it may be sent once more, if it may.
    fn pause(&self, error: &Error, attempts: u32, deadline: Option<Instant>) -> Option<Duration> {
        let asked = error.retry_after().unwrap_or_default();
        let pause = if error.is_too_many_jobs() {
            asked.max(self.interval)
        } else if error.is_retryable() && self.is_answered.load(Ordering::Relaxed) {
            // It was there before, so it will be again.
            asked.max(self.interval)
        } else if error.is_retryable() && attempts < ATTEMPTS {
            asked.max(self.interval.min(SOON))
        } else {
            return None;
        };
        let until = Instant::now().checked_add(pause)?;
        deadline
            .is_none_or(|deadline| until < deadline)
            .then_some(pause)
    }

    fn submission(&self, job_id: &str) -> Result<SubmitSeed, Failure> {
        // An interrupt is heard between two attempts, which are made here.
        let once = RetryPolicy::disabled().initial_backoff(self.interval.min(LONGEST_FIRST_PAUSE));
        let mut submit = self.client.submit(job_id).retry(once);
        if let Some(url) = &self.reply_url {
            submit = submit.reply_url(url);
        }
        if let Some(receiver) = &self.receiver {
            let address = receiver.reply_url(job_id, self.reply_ref.as_deref());
            submit = submit.reply_url(address.map_err(|error| Failure::new(error.to_string()))?);
        }
        if let Some(reference) = &self.reply_ref {
            submit = submit.reply_ref(reference);
        }
        Ok(submit)
    }

    /// Not given up for an interrupt: its answer is worth the time.
    async fn send(&self, submit: SubmitSeed) -> Result<SubmitOutcome, Error> {
        let mut send = std::pin::pin!(submit.send());
        tokio::select! {
            outcome = &mut send => return outcome,
            _ = self.interrupt.came() => {
                tell("finishing the submission before the end; again ends at once");
            }
        }
        send.await
    }
}

/// Tells the started job's id, and writes it down.
fn started(
    folder: &Folder,
    mut pending: Pending,
    lock: &mut Locked,
    job: &Job,
    progress: &Progress,
    report: &mut Report,
) -> Result<(), Failure> {
    report.started_job_id = Some(job.id().to_owned());
    progress.tell(format_args!("started job {}", plain(job.id())));
    pending.started_job_id = Some(job.id().to_owned());
    record(&pending, folder, lock)
}

/// The time was over before it was known whether there is a job.
fn unsettled(left: Duration) -> Failure {
    let seconds = left.as_secs() + 1;
    Failure::new(format!(
        "not known yet whether a job was started: the submission may still arrive within {seconds} s"
    ))
    .ends(Exit::NotYet)
    .advise(
        "The same command searches for the job, and submits again only when none was started. With \
         --resubmit it submits at once, and a second job may run.",
    )
}

/// Notes a submission in the job's directory and lock, where it outlives this
/// process.
fn record(pending: &Pending, folder: &Folder, lock: &mut Locked) -> Result<(), Failure> {
    let Some((lock, _)) = lock else {
        return Ok(());
    };
    pending.write(folder)?;
    lock.record(pending)
}
