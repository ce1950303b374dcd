//! What can go wrong, and what to do about it.

mod class;
mod kind;
mod predicates;
mod words;

use std::error::Error as StdError;
use std::fmt;
#[cfg(feature = "images")]
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use reqwest::StatusCode;
use reqwest::header::HeaderMap;
use tokio::time::Instant;
use useapi_seed_raw::{BuildError, Received};

pub(crate) use class::Class;
pub use kind::{Delivery, ErrorKind};

use crate::retry::{Effect, Tried};
use crate::retry_after::retry_after;

/// A failure, with all that is known of it.
///
/// `Display` is one line: what happened, the HTTP status and the service's own
/// words, the job's id, and whether the request may have been sent.
/// [`advice`](Self::advice) says what to do next.
///
/// ```
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), useapi_seed::Error> {
/// let client = useapi_seed::Client::builder("a-token").build()?;
/// let error = client.retrieve(" ").await.unwrap_err();
/// assert_eq!(error.to_string(), "jobid is blank");
/// # Ok(())
/// # }
/// ```
///
/// It says everything about what went wrong:
///
/// ```
/// # use useapi_seed_emulator::Emulator;
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # let emulator = Emulator::start().await?;
/// # let client = useapi_seed::Client::builder(emulator.token()).base_url(emulator.base_url()).build()?;
/// let error = client.job("no such job").poll().await.unwrap_err();
/// eprintln!("{}", error.report()); // the line with its usual cause and what to do
/// println!("{} {}", error.usual_cause(), error.advice());
/// println!("job {:?} of {:?}", error.job_id(), error.parent_job_id());
/// println!("{:?}: {:?}", error.status(), error.service_message());
/// println!("said by the service itself: {}", error.is_from_service());
/// println!("may still start a job for {:?}", error.settles_in());
/// println!("{} attempts in {:?}", error.attempts(), error.elapsed());
/// println!("{:?} {:?}", error.headers().map(|headers| headers.len()), error.retry_after());
/// println!("{:?} {}", error.body(), error.received().is_some());
/// # Ok(())
/// # }
/// ```
pub struct Error(Box<Inner>);

struct Inner {
    kind: ErrorKind,
    delivery: Delivery,
    received: Option<Received>,
    service_message: Option<String>,
    job_id: Option<String>,
    parent_job_id: Option<String>,
    tried: Tried,
    search: Option<Search>,
    /// Its number, and the folder that it was to be saved in.
    #[cfg(feature = "images")]
    image: Option<(usize, PathBuf)>,
    /// What the request would have done.
    effect: Effect,
    /// A job was started by the same call.
    has_started: bool,
    /// Whether the response's body is the service's own error.
    is_from_service: bool,
    /// When what may have been sent can no longer be carried out.
    settles_at: Option<Instant>,
    source: Option<Box<dyn StdError + Send + Sync>>,
}

/// What came of the search for a job whose submission's answer was lost.
#[derive(Debug)]
pub(crate) enum Search {
    /// Searched so often for a job of this parent, and found none.
    Nothing {
        looks: u32,
        parent: String,
        /// Whether the last search began when the submission was settled.
        is_settled: bool,
    },
    /// It could not be looked for.
    Failed { parent: String, why: String },
}

impl fmt::Display for Search {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Nothing { looks, parent, .. } => {
                write!(
                    f,
                    "looked {looks} times for a job started for {parent}, and found none"
                )
            }
            Self::Failed { parent, why } => {
                write!(f, "a job for {parent} could not be looked for: {why}")
            }
        }
    }
}

impl Error {
    pub(crate) fn new(kind: ErrorKind, delivery: Delivery) -> Self {
        Self(Box::new(Inner {
            kind,
            delivery,
            received: None,
            service_message: None,
            job_id: None,
            parent_job_id: None,
            tried: Tried {
                attempts: 1,
                elapsed: Duration::ZERO,
            },
            search: None,
            #[cfg(feature = "images")]
            image: None,
            effect: Effect::Change,
            has_started: false,
            is_from_service: false,
            settles_at: None,
            source: None,
        }))
    }

    pub(crate) fn invalid_input(field: &'static str, problem: impl Into<String>) -> Self {
        let problem = problem.into();
        Self::new(
            ErrorKind::InvalidInput { field, problem },
            Delivery::NotSent,
        )
    }

    /// The caller's time was over before a request could be sent.
    pub(crate) fn time_is_up() -> Self {
        let source = std::io::Error::new(std::io::ErrorKind::TimedOut, "time is up");
        Self::new(ErrorKind::Transport, Delivery::NotSent).with_source(source)
    }

    /// A success whose body is of no use.
    pub(crate) fn unreadable(problem: impl Into<String>) -> Self {
        let problem = problem.into();
        Self::new(ErrorKind::UnreadableAnswer { problem }, Delivery::Answered)
    }

    pub(crate) fn from_build(
        error: BuildError,
        token: &'static str,
        base_url: &'static str,
    ) -> Self {
        match error {
            BuildError::Token(problem) => Self::invalid_input(token, problem),
            BuildError::BaseUrl(problem) => Self::invalid_input(base_url, problem),
            other => Self::http_settings(other),
        }
    }

    pub(crate) fn http_settings(source: impl StdError + Send + Sync + 'static) -> Self {
        Self::invalid_input("HTTP settings", "cannot be applied").with_source(source)
    }

    /// What the call would have done, which decides what its failure means.
    pub(crate) fn of_a_call(mut self, effect: Effect) -> Self {
        self.0.effect = effect;
        if self.class() == Class::Ambiguous {
            self.0.delivery = Delivery::MayHaveBeenSent;
        }
        self
    }

    /// Whether the body is the service's own error.
    pub(crate) fn with_is_from_service(mut self, is_from_service: bool) -> Self {
        self.0.is_from_service = is_from_service;
        self
    }

    pub(crate) fn with_settles_at(mut self, settles_at: Option<Instant>) -> Self {
        self.0.settles_at = settles_at;
        self
    }

    pub(crate) fn settles_at(&self) -> Option<Instant> {
        self.0.settles_at
    }

    /// The same call again would start another job.
    pub(crate) fn after_start(mut self) -> Self {
        self.0.has_started = true;
        self
    }

    pub(crate) fn with_tried(mut self, tried: Tried) -> Self {
        self.0.tried = tried;
        self
    }

    /// With all that went before and after the request itself.
    pub(crate) fn with_elapsed(mut self, elapsed: Duration) -> Self {
        self.0.tried.elapsed = elapsed;
        self
    }

    /// Which image it is about, and where that was to be saved.
    #[cfg(feature = "images")]
    pub(crate) fn of_image(mut self, number: usize, folder: &Path) -> Self {
        self.0.image = Some((number, folder.to_owned()));
        self
    }

    pub(crate) fn without_job_id(mut self) -> Self {
        self.0.job_id = None;
        self
    }

    pub(crate) fn search(&self) -> Option<&Search> {
        self.0.search.as_ref()
    }

    /// What a search for the job of a lost answer came to.
    pub(crate) fn with_search(mut self, search: Search) -> Self {
        self.0.search = Some(search);
        self
    }

    pub(crate) fn with_source(
        mut self,
        source: impl Into<Box<dyn StdError + Send + Sync>>,
    ) -> Self {
        self.0.source = Some(source.into());
        self
    }

    pub(crate) fn with_received(mut self, received: Option<Received>) -> Self {
        self.0.received = received;
        self
    }

    pub(crate) fn with_service_message(mut self, message: Option<String>) -> Self {
        self.0.service_message = message;
        self
    }

    pub(crate) fn with_parent_job_id(mut self, parent_job_id: Option<String>) -> Self {
        self.0.parent_job_id = parent_job_id;
        self
    }

    pub(crate) fn with_job_id(mut self, job_id: Option<&str>) -> Self {
        if let Some(job_id) = job_id {
            self.0.job_id = Some(job_id.to_owned());
        }
        self
    }

    /// What went wrong.
    #[must_use]
    pub fn kind(&self) -> &ErrorKind {
        &self.0.kind
    }

    /// What became of the request.
    #[must_use]
    pub fn delivery(&self) -> Delivery {
        self.0.delivery
    }

    /// The HTTP status, when there was an answer.
    #[must_use]
    pub fn status(&self) -> Option<StatusCode> {
        self.0.received.as_ref().map(|received| received.status)
    }

    /// What was received, when anything was: status, headers and body.
    #[must_use]
    pub fn received(&self) -> Option<&Received> {
        self.0.received.as_ref()
    }

    /// The answer's headers, when there was an answer.
    #[must_use]
    pub fn headers(&self) -> Option<&HeaderMap> {
        self.received().map(|received| &received.headers)
    }

    /// The answer's body as far as it was read, 8 MiB at most.
    #[must_use]
    pub fn body(&self) -> Option<&[u8]> {
        self.received().map(|received| &*received.body)
    }

    /// How long the answer asks to wait before another call: its `Retry-After`,
    /// in seconds or until a date.
    #[must_use]
    pub fn retry_after(&self) -> Option<Duration> {
        retry_after(self.headers()?, SystemTime::now())
    }

    /// For a submission that [may have been sent](Self::may_have_been_sent): how
    /// long until it is settled. Until then it may still start a job, so that an
    /// unsuccessful search for one proves nothing.
    #[must_use]
    pub fn settles_in(&self) -> Option<Duration> {
        let left = |end: Instant| end.saturating_duration_since(Instant::now());
        self.0.settles_at.map(left)
    }

    /// Whether the response is the service's own error: a JSON object with
    /// `error`, and with the status as its `code` (Responses, 400 to 596). A status without it may come
    /// from a gateway or proxy, and says nothing about the job.
    #[must_use]
    pub fn is_from_service(&self) -> bool {
        self.0.is_from_service
    }

    /// How often the request was sent, or tried to be; of a wait that ended over
    /// polls that failed, how many in a row did.
    #[must_use]
    pub fn attempts(&self) -> u32 {
        self.0.tried.attempts
    }

    /// How long that took, with the pauses in between; of a wait, how long it
    /// waited. Zero where it was not measured.
    #[must_use]
    pub fn elapsed(&self) -> Duration {
        self.0.tried.elapsed
    }

    /// The service's own words: `error`, and `errorDetails` after a colon.
    #[must_use]
    pub fn service_message(&self) -> Option<&str> {
        self.0.service_message.as_deref()
    }

    /// Id of the job this is about, once there is one. Go on with it by
    /// [`Client::job`](crate::Client::job).
    #[must_use]
    pub fn job_id(&self) -> Option<&str> {
        self.0.job_id.as_deref()
    }

    /// Id of the job whose seed that job was to retrieve, when the answer says
    /// so (Model, parentJobId); of a submission, the one that it named.
    #[must_use]
    pub fn parent_job_id(&self) -> Option<&str> {
        self.0.parent_job_id.as_deref()
    }

    /// What went wrong, in a word, as spans have it in `error.type`.
    pub(crate) fn type_name(&self) -> &'static str {
        match self.0.kind {
            ErrorKind::InvalidInput { .. } => "invalid_input",
            ErrorKind::Refused(_) => "refused",
            ErrorKind::Unauthorized => "unauthorized",
            ErrorKind::NoSubscription => "no_subscription",
            ErrorKind::NotFound => "not_found",
            ErrorKind::TooManyJobs { .. } => "too_many_jobs",
            ErrorKind::Halted { .. } => "halted",
            ErrorKind::JobEnded { .. } => "job_ended",
            ErrorKind::StillRunning { .. } => "still_running",
            ErrorKind::UnexpectedStatus => "unexpected_status",
            ErrorKind::NoSeed { .. } => "no_seed",
            ErrorKind::Transport | ErrorKind::UnreadableAnswer { .. } if self.is_timeout() => {
                "timeout"
            }
            ErrorKind::UnreadableAnswer { .. } => "unreadable_answer",
            ErrorKind::Transport => "transport",
            #[cfg(feature = "images")]
            ErrorKind::Image(_) => "image",
            #[cfg(feature = "images")]
            ErrorKind::File => "file",
        }
    }
}

impl StdError for Error {
    fn source(&self) -> Option<&(dyn StdError + 'static)> {
        self.0
            .source
            .as_deref()
            .map(|source| source as &(dyn StdError + 'static))
    }
}
