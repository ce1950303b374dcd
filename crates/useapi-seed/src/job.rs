//! A started seed job.

use std::fmt;

use bytes::Bytes;
use serde::Serialize;
use tokio::time::Instant;
use useapi_seed_raw::types::{self, JobStatus, Verb};

use crate::client::Client;
use crate::error::{Error, ErrorKind, RequestStatus};
use crate::events::JobEvents;
use crate::json;
use crate::notifier::Notifier;
use crate::response::{self, Interpretation, Snapshot};
use crate::result::SeedResult;
use crate::retry_policy::Idempotency;
use crate::seed_text;
use crate::transport::{CallOptions, Operation};
use crate::wait::Wait;

/// A seed job that was started: its id, and the client to ask with.
///
/// Dropping it loses nothing. [`Client::job`] makes it anew from the id, in
/// another process too.
///
/// ```
/// # use useapi_seed_emulator::Emulator;
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # let emulator = Emulator::start().await?;
/// # let client = useapi_seed::Client::builder(emulator.token()).base_url(emulator.base_url()).build()?;
/// # let jobid = emulator.jobs().imagine.as_str();
/// # client.submit(jobid).send().await?;
/// # let id = client.executing_jobs().await?.ids.unwrap_or_default().remove(0);
/// let job = client.job(id);
/// let update = job.cancel().await?;
/// println!("{}: {:?}", job.id(), update.status);
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug)]
pub struct Job {
    client: Client,
    id: String,
    /// Whose seed it retrieves, where that is known from the request.
    parent: Option<String>,
    /// What the submission's answer said; none when the job was taken up.
    submitted: Option<(JobProgress, Instant)>,
    notifier: Notifier,
}

/// What one poll of a job showed.
///
/// ```
/// # use useapi_seed_emulator::Emulator;
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # let emulator = Emulator::start().await?;
/// # let client = useapi_seed::Client::builder(emulator.token()).base_url(emulator.base_url()).build()?;
/// # let jobid = emulator.jobs().progress.as_str();
/// use useapi_seed::PollResult;
///
/// match client.job(jobid).poll().await? {
///     PollResult::InProgress(update) => println!("{:?} %", update.percent),
///     PollResult::Completed(result) => println!("seed {}", result.seed()),
///     _ => {}
/// }
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum PollResult {
    /// It has not ended: poll again in 10 to 30 seconds.
    InProgress(JobProgress),
    /// The seed is there.
    Completed(SeedResult),
}

/// How far a job has come.
///
/// ```
/// # use useapi_seed_emulator::Emulator;
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # let emulator = Emulator::start().await?;
/// # let client = useapi_seed::Client::builder(emulator.token()).base_url(emulator.base_url()).build()?;
/// # let jobid = emulator.jobs().imagine.as_str();
/// use useapi_seed::{SubmitOutcome, JobProgress};
///
/// fn line(update: &JobProgress) -> String {
///     let percent = update.percent.map_or(String::new(), |percent| format!(" {percent} %"));
///     format!("{}{percent}", update.job_id)
/// }
///
/// fn all(update: &JobProgress) -> String {
///     let job = update.raw_job();
///     format!("{:?} since {:?}: {} bytes", job.verb, job.created, update.raw_body().len())
/// }
///
/// if let SubmitOutcome::Started(job) = client.submit(jobid).send().await? {
///     println!("{}", job.initial_progress().map_or(String::new(), line));
///     println!("{}", job.initial_progress().map_or(String::new(), all));
/// }
/// # Ok(())
/// # }
/// ```
#[derive(Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema))]
#[non_exhaustive]
pub struct JobProgress {
    /// The job's id.
    pub job_id: String,
    /// Its status; an unknown word means *still in progress*.
    #[cfg_attr(feature = "schemars", schemars(with = "Option<String>"))]
    pub status: Option<JobStatus>,
    /// The percentage in Midjourney's message, when it has one.
    pub percent: Option<u8>,
    /// Midjourney's message (Model, content).
    pub content: Option<String>,
    /// The job whose seed it retrieves, when the answer says so (Model,
    /// parentJobId).
    pub parent_job_id: Option<String>,
    #[serde(skip)]
    body: Bytes,
}

impl JobProgress {
    pub(crate) fn new(job_id: &str, snapshot: &Snapshot) -> Self {
        let job = &snapshot.job;
        Self {
            job_id: job_id.to_owned(),
            status: job.status.clone(),
            percent: job.content.as_deref().and_then(seed_text::percentage),
            content: job.content.clone(),
            parent_job_id: job.parent_job_id.clone(),
            body: snapshot.response.body.clone(),
        }
    }

    /// The response's body, byte for byte; the API token, if it repeats it, reads
    /// `***`.
    #[must_use]
    pub fn raw_body(&self) -> &[u8] {
        &self.body
    }

    /// The response as the raw layer's type: verb, created, updated, discord
    /// (masked), channel, replyUrl, replyRef and all else (Responses, 200). Parsed
    /// from the body at each call.
    #[must_use]
    pub fn raw_job(&self) -> types::Job {
        let value = json::parse(&self.body).ok();
        let job = value.and_then(json::read::<types::Job>);
        job.map(|(job, _)| json::without_empty(job))
            .unwrap_or_default()
    }

    /// Whether a caller has nothing new to see; each response differs in
    /// `updated`.
    pub(crate) fn is_same(&self, other: &Self) -> bool {
        self.status == other.status
            && self.content == other.content
            && self.parent_job_id == other.parent_job_id
    }

    /// For a wait, which is to stay small.
    pub(crate) fn without_body(&self) -> Self {
        Self {
            body: Bytes::new(),
            ..self.clone()
        }
    }
}

impl fmt::Debug for JobProgress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("JobProgress")
            .field("job_id", &self.job_id)
            .field("status", &self.status)
            .field("percent", &self.percent)
            .field("content", &self.content)
            .field("parent_job_id", &self.parent_job_id)
            .finish_non_exhaustive()
    }
}

impl Job {
    pub(crate) fn new(client: Client, id: String, submitted: Option<JobProgress>) -> Self {
        Self {
            client,
            id,
            parent: None,
            submitted: submitted.map(|update| (update, Instant::now())),
            notifier: Notifier::default(),
        }
    }

    /// Says whose seed it retrieves, for a job that is made from its id. Where the
    /// job has no seed itself, and does not name its parent, that one is asked.
    ///
    /// ```
    /// # fn main() -> Result<(), useapi_seed::Error> {
    /// let client = useapi_seed::Client::builder("a-token").build()?;
    /// let job = client.job("the-started-job").of_parent("the-original-job");
    /// assert_eq!(job.id(), "the-started-job");
    /// # Ok(())
    /// # }
    /// ```
    #[must_use]
    pub fn of_parent(mut self, parent_job_id: impl Into<String>) -> Self {
        self.parent = Some(parent_job_id.into());
        self
    }

    pub(crate) fn has_parent(&self) -> bool {
        self.parent.is_some()
    }

    pub(crate) fn options(&self) -> CallOptions {
        self.client.options()
    }

    pub(crate) fn notifier(&self) -> &Notifier {
        &self.notifier
    }

    /// The job's id. Keep it: the result can be had with it for at least 31 days.
    #[must_use]
    pub fn id(&self) -> &str {
        &self.id
    }

    /// What the answer to the submission said of the job; none when the job was
    /// taken up by its id.
    #[must_use]
    pub fn initial_progress(&self) -> Option<&JobProgress> {
        self.submitted.as_ref().map(|(update, _)| update)
    }

    /// When that answer came.
    pub(crate) fn submitted_at(&self) -> Option<Instant> {
        self.submitted.as_ref().map(|(_, time)| *time)
    }

    /// Waits for the result: `.await` it as it is, or set options first.
    pub fn wait(&self) -> Wait {
        Wait::new(self.clone())
    }

    /// The job's news as they come, to show progress: each change once, and the
    /// result at the end. For options, [`wait`](Self::wait) and then
    /// [`Wait::updates`].
    ///
    /// ```
    /// # use useapi_seed_emulator::Emulator;
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let emulator = Emulator::start().await?;
    /// # let client = useapi_seed::Client::builder(emulator.token()).base_url(emulator.base_url()).build()?;
    /// # let jobid = emulator.jobs().imagine.as_str();
    /// # let useapi_seed::SubmitOutcome::Started(job) = client.submit(jobid).send().await? else { panic!() };
    /// let mut news = job.events();
    /// if let Some(event) = news.next().await {
    ///     println!("{:?}", event?);
    /// }
    /// // It has heard enough; the job runs on.
    /// drop(news);
    /// # Ok(())
    /// # }
    /// ```
    pub fn events(&self) -> JobEvents {
        self.wait().updates()
    }

    /// Lets every wait for this job, made from this value or a clone of it, look
    /// at once instead of at the end of its interval: for whoever hears of the
    /// job in another way, such as a callback.
    ///
    /// ```
    /// # use std::time::Duration;
    /// # use useapi_seed_emulator::Emulator;
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let emulator = Emulator::builder().stopped().start().await?;
    /// # let client = useapi_seed::Client::builder(emulator.token()).base_url(emulator.base_url()).build()?;
    /// # let jobid = emulator.jobs().imagine.as_str();
    /// # let useapi_seed::SubmitOutcome::Started(job) = client.submit(jobid).send().await? else { panic!() };
    /// let hour = Duration::from_secs(3600);
    /// let wait = tokio::spawn(job.wait().interval(hour).timeout(hour).into_future());
    /// # emulator.advance(Duration::from_secs(60));
    /// job.wake(); // a callback came
    /// println!("seed {}", wait.await??.seed());
    /// # Ok(())
    /// # }
    /// ```
    pub fn wake(&self) {
        self.notifier.give();
    }

    /// Asks how far the job has come; a call that fails in passing is repeated as
    /// the client's [`RetryPolicy`](crate::RetryPolicy) says.
    ///
    /// # Errors
    ///
    /// When the job has ended without a result, or could not be asked for; the
    /// two are different [kinds](crate::ErrorKind). Each error has the job's
    /// id.
    pub async fn poll(&self) -> Result<PollResult, Error> {
        self.poll_in(&self.client.options()).await
    }

    pub(crate) async fn poll_in(&self, options: &CallOptions) -> Result<PollResult, Error> {
        self.check_id()?;
        let snapshot = self.client.snapshot(&self.id, &self.id, options).await?;
        let interpret = snapshot.interpret(Some(&self.id));
        match interpret.map_err(|error| error.for_call(Idempotency::Safe))? {
            Interpretation::Completed(result) => Ok(PollResult::Completed(result)),
            Interpretation::InProgress(snapshot) => Ok(PollResult::InProgress(JobProgress::new(
                &self.id, &snapshot,
            ))),
            Interpretation::WithoutSeed(snapshot) => self
                .fetch_seed_from_parent(*snapshot, options)
                .await
                .map(PollResult::Completed),
        }
    }

    /// Gives the job up, when it has not ended.
    ///
    /// # Errors
    ///
    /// When the job is not known, or the service refuses for another reason.
    /// Each error has the job's id.
    pub async fn cancel(&self) -> Result<JobProgress, Error> {
        self.check_id()?;
        let (id, options) = (self.id.as_str(), self.client.options());
        self.client
            .call(Operation::CancelJob, Some(id), &options, async |raw| {
                let snapshot = response::snapshot(raw.cancel_job(id).await, Some(id))?;
                Ok((JobProgress::new(id, &snapshot), snapshot.response.status))
            })
            .await
    }

    fn check_id(&self) -> Result<(), Error> {
        if self.id.trim().is_empty() {
            return Err(Error::invalid_input("jobid", "is empty"));
        }
        Ok(())
    }

    /// A completed job that carries no seed itself: its parent should.
    async fn fetch_seed_from_parent(
        &self,
        snapshot: Snapshot,
        options: &CallOptions,
    ) -> Result<SeedResult, Error> {
        // Other jobs have parents too: those that they were made from.
        let is_seed_job = matches!(snapshot.job.verb, Some(Verb::SeedAsync) | None);
        let parent = snapshot.job.parent_job_id.as_deref();
        let parent = parent.filter(|_| is_seed_job).or(self.parent.as_deref());
        if let Some(parent) = parent {
            match self.client.snapshot(parent, &self.id, options).await {
                Ok(answer) => match answer.interpret(Some(parent)) {
                    Ok(Interpretation::Completed(result)) => return Ok(result),
                    Err(error) if error.is_halted() => {
                        return Err(error.with_job_id(Some(&self.id)));
                    }
                    _ => {}
                },
                // The parent is gone, this job is not.
                Err(error) if matches!(error.kind(), ErrorKind::NotFound) => {}
                Err(error) => return Err(error),
            }
        }
        let verb = snapshot.job.verb;
        Err(Error::new(
            ErrorKind::SeedMissing { verb },
            RequestStatus::ResponseReceived,
        )
        .with_response(Some(snapshot.response))
        .with_parent_job_id(snapshot.job.parent_job_id)
        .with_job_id(Some(&self.id)))
    }
}
