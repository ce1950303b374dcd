//! The errand: one job's result into a folder, from wherever it was left.
//!
//! Whatever happens, and even if this process is killed, the same errand goes on
//! later. What is about to be submitted is on disk before it is, and so is the
//! started job's id before the wait for it.

use std::path::Path;
use std::time::Duration;

use tokio::time::{Instant, sleep};
use useapi_seed::{Client, Delivery, Error, ErrorKind, Job, Retrieval, Submitted, Verb};
use useapi_seed_callback::Receiver;

use super::accounts::{Account, Accounts};
use super::folder::Folder;
use super::folder_name;
use super::lock::Lock;
use super::pending::Pending;
use super::progress::Progress;
use super::report::Report;
use super::save;
use super::seed_file::{NAME as SEED_FILE, SeedFile};
use crate::exit::Exit;
use crate::failure::Failure;
use crate::interrupt::Interrupt;
use crate::last_seen;
use crate::settings::state_folder;
use crate::shell;
use crate::terminal::{plain, tell};

/// A submission is no longer on its way after this time.
const SETTLED: Duration = Duration::from_secs(5 * 60);
/// How often it is tried to get into a folder that another process works in.
const KNOCK: Duration = Duration::from_millis(200);

/// What all jobs of a command share.
#[derive(Debug)]
pub(crate) struct Errand {
    pub(crate) client: Client,
    pub(crate) interval: Duration,
    pub(crate) timeout: Duration,
    /// Whether the service outlives this process, so that another can go on.
    pub(crate) is_lasting: bool,
    /// Receives the service's calls about the jobs.
    pub(crate) receiver: Option<Receiver>,
    pub(crate) reply_url: Option<String>,
    pub(crate) reply_ref: Option<String>,
    pub(crate) accounts: Accounts,
    pub(crate) interrupt: Interrupt,
}

/// How far an errand has come when nothing is to be submitted any more.
enum Begun {
    Started(Job),
    Retrieved(Box<Retrieval>),
}

impl Errand {
    /// Retrieves what belongs to a job into its folder.
    pub(crate) async fn fetch(&self, job_id: &str, out: &Path, progress: &Progress) -> Report {
        let mut report = Report::new(job_id, out);
        let outcome = self.fetched(job_id, progress, &mut report).await;
        report.failures.extend(outcome.err());
        report
    }

    /// Waits for a job that was started elsewhere.
    pub(crate) async fn wait(&self, job_id: &str, out: &Path, progress: &Progress) -> Report {
        let mut report = Report::new(job_id, out);
        let outcome = self.waited(job_id, progress, &mut report).await;
        report.failures.extend(outcome.err());
        report
    }

    async fn fetched(
        &self,
        job_id: &str,
        progress: &Progress,
        report: &mut Report,
    ) -> Result<(), Failure> {
        let account = self.accounts.of(job_id);
        let place = self.unless_interrupted(account.place()).await?;
        let folder = self.folder(progress, report).await?;
        if self.is_finished(&folder, report) {
            return Ok(());
        }
        let job = self.alone(job_id, progress).await?;
        let retrieval = match self.begin(&folder, &account, progress, report).await? {
            Begun::Retrieved(retrieval) => {
                let id = plain(retrieval.job_id());
                progress.tell(format_args!("the seed of job {id} was retrieved before"));
                *retrieval
            }
            Begun::Started(job) => {
                report.started_job_id = Some(job.id().to_owned());
                self.see_through(&folder, &job, &account, progress)
                    .await
                    .map_err(Failure::from)?
            }
        };
        // Others may go on while images are fetched.
        drop((place, job));
        self.save(&folder, &retrieval, progress, report).await
    }

    async fn waited(
        &self,
        job_id: &str,
        progress: &Progress,
        report: &mut Report,
    ) -> Result<(), Failure> {
        let folder = self.folder(progress, report).await?;
        if self.is_finished(&folder, report) {
            return Ok(());
        }
        if let Some(pending) = Pending::read(&folder)?
            .filter(|pending| pending.started_job_id.as_deref() != Some(job_id))
        {
            return Err(another_job(&folder, &pending.job_id));
        }
        report.started_job_id = Some(job_id.to_owned());
        progress.tell(format_args!("waiting for job {}", plain(job_id)));
        let (job, account) = (self.client.job(job_id), self.accounts.of(job_id));
        let retrieval = self
            .see_through(&folder, &job, &account, progress)
            .await
            .map_err(|ended| ended.of_wait(report))?;
        self.save(&folder, &retrieval, progress, report).await
    }

    /// The folder, before anything is sent about the job.
    async fn folder(&self, progress: &Progress, report: &Report) -> Result<Folder, Failure> {
        let mut is_told = false;
        loop {
            if let Some(folder) = Folder::prepare(&report.folder)? {
                if let Some(other) = other_result(&folder, &report.job_id) {
                    return Err(another_job(&folder, &other));
                }
                return Ok(folder);
            }
            if !is_told {
                let folder = report.folder.display();
                progress.tell(format_args!(
                    "another process works in {folder}; waiting until it has ended"
                ));
                is_told = true;
            }
            self.unless_interrupted(sleep(KNOCK)).await?;
        }
    }

    /// Lets no other process of this user submit the job meanwhile, into whichever
    /// folder. None where there is no place to note that down.
    async fn alone(&self, job_id: &str, progress: &Progress) -> Result<Option<Lock>, Failure> {
        let Some(state) = state_folder().filter(|_| self.is_lasting) else {
            return Ok(None);
        };
        let file = state.join("jobs").join(folder_name::of(job_id));
        let mut is_told = false;
        loop {
            match Lock::try_take(&file) {
                Ok(Some(lock)) => return Ok(Some(lock)),
                Ok(None) => {}
                Err(_) => return Ok(None),
            }
            if !is_told {
                progress.tell("another process retrieves this job; waiting until it has");
                is_told = true;
            }
            self.unless_interrupted(sleep(KNOCK)).await?;
        }
    }

    /// Whether all is there, so that nothing is left to do.
    fn is_finished(&self, folder: &Folder, report: &mut Report) -> bool {
        let seed_file = self
            .is_lasting
            .then(|| folder.read_json::<SeedFile>(SEED_FILE))
            .flatten()
            .filter(|file| {
                file.is_about(&report.job_id)
                    && file.is_whole(|name| folder.has(name))
                    && folder.has("job.json")
            });
        let Some(seed_file) = seed_file else {
            return false;
        };
        // Perhaps the last process did not come to it.
        report.failures.extend(Pending::remove(folder).err());
        report.seed_file = Some(seed_file);
        report.was_there = true;
        true
    }

    /// Goes to where nothing is left to be submitted.
    async fn begin(
        &self,
        folder: &Folder,
        account: &Account,
        progress: &Progress,
        report: &mut Report,
    ) -> Result<Begun, Failure> {
        let job_id = report.job_id.as_str();
        let Some(pending) = Pending::read(folder)? else {
            let pending =
                Pending::begun_now(job_id, self.client.base_url(), self.reply_ref.as_deref());
            return self.submit(folder, account, pending, progress).await;
        };
        if pending.job_id != job_id {
            return Err(another_job(folder, &pending.job_id));
        }
        if pending.base_url != self.client.base_url() {
            let (path, url) = (folder.path().display(), plain(&pending.base_url));
            return Err(Failure::wrong_use(format!("{path} is under way at {url}"))
                .advise("Go on with that base URL, or choose another folder."));
        }
        if let Some(id) = &pending.started_job_id {
            let shown = plain(id);
            progress.tell(format_args!(
                "going on with job {shown}, which was started before"
            ));
            return Ok(Begun::Started(self.client.job(id)));
        }
        match self.look_for_started(&pending, progress).await? {
            Some(begun) => {
                if let Begun::Started(job) = &begun {
                    started(folder, pending, job, progress)?;
                }
                Ok(begun)
            }
            None => self.submit(folder, account, pending, progress).await,
        }
    }

    /// For a process that died around the submission: whether a job was started.
    async fn look_for_started(
        &self,
        pending: &Pending,
        progress: &Progress,
    ) -> Result<Option<Begun>, Failure> {
        progress.tell("it may have been submitted before: looking for the job");
        // What was sent just before may not have arrived yet.
        let looks = if pending.age() < SETTLED { 2 } else { 1 };
        for look in 0..looks {
            if look > 0 {
                progress.status("looking once more, a little later");
                self.unless_interrupted(sleep(self.interval)).await?;
            }
            let mut find = self.client.find_started(&pending.job_id);
            if let Some(reference) = &pending.reply_ref {
                find = find.reply_ref(reference);
            }
            let found = self.unless_interrupted(find.into_future()).await??;
            match found {
                Some(Submitted::Started(job)) => return Ok(Some(Begun::Started(job))),
                Some(Submitted::AlreadyRetrieved(retrieval)) => {
                    return Ok(Some(Begun::Retrieved(Box::new(retrieval))));
                }
                _ => {}
            }
        }
        progress.tell("nothing was started");
        Ok(None)
    }

    async fn submit(
        &self,
        folder: &Folder,
        account: &Account,
        pending: Pending,
        progress: &Progress,
    ) -> Result<Begun, Failure> {
        account.check()?;
        let turn = self.unless_interrupted(account.turn()).await?;
        account.check()?;
        self.check_interrupt()?;
        let deadline = Instant::now().checked_add(self.timeout);
        let has_time = || deadline.is_none_or(|deadline| Instant::now() < deadline);
        if self.is_lasting {
            pending.write(folder)?;
        }
        let error = loop {
            progress.status("submitting");
            match self.submitted(&pending.job_id).await? {
                Ok(Submitted::Started(job)) => {
                    drop(turn);
                    last_seen::working(self.client.base_url(), account.channel());
                    if self.is_lasting {
                        started(folder, pending, &job, progress)?;
                    } else {
                        progress.tell(format_args!("started job {}", plain(job.id())));
                    }
                    return Ok(Begun::Started(job));
                }
                Ok(Submitted::AlreadyRetrieved(retrieval)) => {
                    return Ok(Begun::Retrieved(Box::new(retrieval)));
                }
                Ok(_) => return Err(Failure::new("the answer is of a kind that is not known")),
                Err(error) if error.is_busy() && has_time() => {
                    progress.status("waiting for a place in the busy account");
                    let pause = error.retry_after().unwrap_or_default().max(self.interval);
                    if let Err(interrupted) = self.unless_interrupted(sleep(pause)).await {
                        Pending::remove(folder)?;
                        return Err(interrupted);
                    }
                }
                Err(error) => break error,
            }
        };
        keep(folder, &error);
        if !error.may_have_been_sent() {
            Pending::remove(folder)?;
        }
        self.stop_others(account, &error);
        Err(error.into())
    }

    /// Not given up for an interrupt: its answer is worth the time.
    async fn submitted(&self, job_id: &str) -> Result<Result<Submitted, Error>, Failure> {
        let mut submit = self.client.submit(job_id);
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
        let send = submit.send();
        let mut send = std::pin::pin!(send);
        tokio::select! {
            outcome = &mut send => return Ok(outcome),
            _ = self.interrupt.came() => {
                tell("finishing the submission before the end; again ends at once");
            }
        }
        Ok(send.await)
    }

    /// An account that is halted, or a token that is of no use, will not do better
    /// for another job.
    fn stop_others(&self, account: &Account, error: &Error) {
        match error.kind() {
            ErrorKind::Halted { .. } => {
                last_seen::halted(self.client.base_url(), account.channel());
                account.stop(Exit::Halted, "its account is halted");
            }
            ErrorKind::Unauthorized | ErrorKind::NoSubscription => {
                account.stop_all(Exit::NoAccess, "the token gives no access");
            }
            ErrorKind::TooManyJobs { .. } => {
                account.stop(Exit::NotYet, "its account has no place for another job");
            }
            _ => {}
        }
    }

    async fn see_through(
        &self,
        folder: &Folder,
        job: &Job,
        account: &Account,
        progress: &Progress,
    ) -> Result<Retrieval, Ended> {
        progress.status("started");
        let wait = job
            .wait()
            .interval(self.interval)
            .timeout(self.timeout)
            .on_update(progress.updates())
            .on_fault(progress.faults())
            .on_pause(progress.pauses());
        let wait = async {
            match &self.receiver {
                Some(receiver) => receiver.wait(wait).await,
                None => wait.await,
            }
        };
        let error = match self
            .unless_interrupted(wait)
            .await
            .map_err(Ended::Failure)?
        {
            Ok(retrieval) => return Ok(retrieval),
            Err(error) => error,
        };
        keep(folder, &error);
        self.stop_others(account, &error);
        // To wait again for what is over would only show that again.
        if matches!(
            error.kind(),
            ErrorKind::JobEnded { .. }
                | ErrorKind::Halted {
                    job_failed: true,
                    ..
                }
        ) {
            Pending::remove(folder).map_err(Ended::Failure)?;
        }
        Err(Ended::Error(Box::new(error)))
    }

    async fn save(
        &self,
        folder: &Folder,
        retrieval: &Retrieval,
        progress: &Progress,
        report: &mut Report,
    ) -> Result<(), Failure> {
        let saving = save::all(&self.client, folder, retrieval, progress, report);
        self.unless_interrupted(saving).await?;
        if report.failures.is_empty() {
            return Pending::remove(folder);
        }
        // What could not be saved must not be lost with it.
        let (seed, id) = (retrieval.seed(), plain(retrieval.job_id()));
        progress.tell(format_args!("the seed is {seed}, of job {id}"));
        Ok(())
    }

    fn check_interrupt(&self) -> Result<(), Failure> {
        self.interrupt
            .now()
            .map_or(Ok(()), |signal| Err(interrupted(signal)))
    }

    async fn unless_interrupted<T>(&self, work: impl Future<Output = T>) -> Result<T, Failure> {
        tokio::select! {
            // What is done is done, even if a signal came too.
            biased;
            outcome = work => Ok(outcome),
            signal = self.interrupt.came() => Err(interrupted(signal)),
        }
    }
}

fn interrupted(signal: Exit) -> Failure {
    Failure::new("interrupted").ends(signal)
}

/// Why a wait brought nothing.
enum Ended {
    Error(Box<Error>),
    Failure(Failure),
}

impl Ended {
    /// For `wait`, which does not submit: what else to call.
    fn of_wait(self, report: &Report) -> Failure {
        let Self::Error(error) = self else {
            return self.into();
        };
        let fetch = |id: Option<&str>| id.map(|id| shell::line("fetch", id, &report.folder));
        let (why, line) = match error.kind() {
            ErrorKind::Halted {
                job_failed: true, ..
            } => (
                "When that is done, start anew:",
                fetch(error.parent_job_id()),
            ),
            ErrorKind::NoSeed {
                verb: Some(Verb::Imagine | Verb::Button | Verb::Blend),
                ..
            } => (
                "This is no started seed job. To retrieve its seed:",
                fetch(error.job_id()),
            ),
            _ => ("", None),
        };
        let failure = Failure::from(*error);
        match line {
            Some(line) => failure.suggest(why, &line),
            None => failure,
        }
    }
}

impl From<Ended> for Failure {
    fn from(ended: Ended) -> Self {
        match ended {
            Ended::Error(error) => (*error).into(),
            Ended::Failure(failure) => failure,
        }
    }
}

/// Tells the started job's id, and writes it down.
fn started(
    folder: &Folder,
    mut pending: Pending,
    job: &Job,
    progress: &Progress,
) -> Result<(), Failure> {
    progress.tell(format_args!("started job {}", plain(job.id())));
    pending.started_job_id = Some(job.id().to_owned());
    pending.write(folder)
}

/// The job whose result the folder has, if it is another one: the two would mix.
fn other_result(folder: &Folder, job_id: &str) -> Option<String> {
    let seed_file: serde_json::Value = folder.read_json(SEED_FILE)?;
    let id = |name: &str| seed_file.get(name)?.as_str().map(str::to_owned);
    let present = id("job_id")?;
    let is_same = present == job_id || id("original_job_id").as_deref() == Some(job_id);
    (!is_same).then_some(present)
}

fn another_job(folder: &Folder, job_id: &str) -> Failure {
    let (path, job_id) = (folder.path().display(), plain(job_id));
    Failure::wrong_use(format!("{path} is job {job_id}'s"))
        .advise("Nothing was submitted. Choose another folder.")
}

/// An answer that is of no use may still be the only trace of a job.
fn keep(folder: &Folder, error: &Error) {
    let is_puzzling = matches!(error.kind(), ErrorKind::UnreadableAnswer { .. })
        || error.delivery() == Delivery::MayHaveBeenSent;
    let body = error.received().map(|received| &received.body);
    if let Some(body) = body.filter(|body| is_puzzling && !body.is_empty()) {
        match folder.write("answer.txt", body) {
            Ok(()) => {
                let file = folder.path().join("answer.txt");
                tell(format_args!("the answer is kept in {}", file.display()));
            }
            Err(fault) => fault.report(),
        }
    }
}
