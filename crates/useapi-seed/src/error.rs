//! What can go wrong, and what to do about it.

use std::error::Error as StdError;
use std::fmt::{self, Write};
use std::time::Duration;

use reqwest::StatusCode;
use useapi_seed_raw::types::{JobStatus, Verb};
use useapi_seed_raw::{BodyEnd, BuildError, Received};

#[cfg(feature = "images")]
use crate::images::ImageFault;
use crate::refusal::Refusal;

/// How much of the service's words the one-line form shows.
const SHOWN_CHARACTERS: usize = 300;

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
pub struct Error(Box<Inner>);

struct Inner {
    kind: ErrorKind,
    delivery: Delivery,
    received: Option<Received>,
    service_message: Option<String>,
    job_id: Option<String>,
    parent_job_id: Option<String>,
    source: Option<Box<dyn StdError + Send + Sync>>,
}

/// What went wrong.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum ErrorKind {
    /// A value that the caller gave cannot be right. Nothing was sent.
    #[non_exhaustive]
    InvalidInput {
        /// The field's name, as the documentation or the environment has it.
        field: &'static str,
        /// What is wrong with the value. Never the value of a secret.
        problem: String,
    },
    /// 400: the request cannot be carried out as it is (Responses, 400).
    Refused(Refusal),
    /// 401: the API token is not accepted (Responses, 401).
    Unauthorized,
    /// 402: no subscription, or it has run out (Responses, 402).
    NoSubscription,
    /// 404: no job has this id, or no longer (Responses, 404); or no account
    /// has this channel.
    NotFound,
    /// 429: the account runs all the jobs it may, or calls come too fast.
    /// Nothing was started (Model, executingJobs).
    #[non_exhaustive]
    TooManyJobs {
        /// Ids of the jobs that occupy the account, when the answer has them.
        executing: Vec<String>,
        /// How long the service asks to wait, when it says so in seconds.
        retry_after: Option<Duration>,
    },
    /// 596 or 569: Midjourney waits for a person, and the account's calls are
    /// halted (Responses, 596).
    #[non_exhaustive]
    Halted {
        /// Whether the job itself has failed by it. Otherwise it was only not
        /// looked at, and may well have a result once the account is reset.
        job_failed: bool,
    },
    /// The job ended without a result.
    #[non_exhaustive]
    JobEnded {
        /// `failed`, `moderated` or `cancelled`.
        status: JobStatus,
    },
    /// The deadline came before the job's end. The job runs on.
    #[non_exhaustive]
    StillRunning {
        /// The job's status at the last poll that was answered.
        status: Option<JobStatus>,
        /// How long the wait was.
        elapsed: Duration,
        /// How many times the service was asked.
        polls: u32,
    },
    /// Another HTTP status than the documented ones.
    UnexpectedStatus,
    /// The job has completed, and neither its answer nor its parent's holds a
    /// seed.
    #[non_exhaustive]
    NoSeed {
        /// What kind of job it is. Only seed jobs can be waited for.
        verb: Option<Verb>,
    },
    /// A success whose body is of no use.
    #[non_exhaustive]
    UnreadableAnswer {
        /// What is wrong with it, or missing from it.
        problem: String,
    },
    /// No answer came.
    Transport,
    /// A picture could not be had.
    #[cfg(feature = "images")]
    Image(ImageFault),
    /// A local file could not be written.
    #[cfg(feature = "images")]
    File,
}

/// What became of the request: whether it may have had an effect.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Delivery {
    /// Nothing left this machine.
    NotSent,
    /// The request may have arrived, and the answer is lost.
    MayHaveBeenSent,
    /// The service answered.
    Answered,
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

    #[cfg(feature = "images")]
    pub(crate) fn file(source: std::io::Error) -> Self {
        Self::new(ErrorKind::File, Delivery::Answered).with_source(source)
    }

    pub(crate) fn from_build(
        error: BuildError,
        token: &'static str,
        base_url: &'static str,
    ) -> Self {
        match error {
            BuildError::Token(problem) => Self::invalid_input(token, problem),
            BuildError::BaseUrl(problem) => Self::invalid_input(base_url, problem),
            other => Self::invalid_input("HTTP settings", "cannot be applied").with_source(other),
        }
    }

    /// A gateway's failure may come after the call has got through.
    pub(crate) fn of_a_submission(mut self) -> Self {
        let status = self.status().map_or(0, |status| status.as_u16());
        let is_failure = matches!(self.0.kind, ErrorKind::UnexpectedStatus);
        if is_failure && (500..600).contains(&status) && status != 503 {
            self.0.delivery = Delivery::MayHaveBeenSent;
        }
        self
    }

    pub(crate) fn with_source(mut self, source: impl StdError + Send + Sync + 'static) -> Self {
        self.0.source = Some(Box::new(source));
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
    /// so (Model, parentJobId).
    #[must_use]
    pub fn parent_job_id(&self) -> Option<&str> {
        self.0.parent_job_id.as_deref()
    }

    /// What to do next, in a sentence or two.
    #[must_use]
    pub fn advice(&self) -> &'static str {
        match (&self.0.kind, self.0.delivery) {
            (ErrorKind::InvalidInput { .. }, _) => "Correct the value and call again.",
            (ErrorKind::Refused(refusal), _) => refusal.advice(),
            (ErrorKind::Unauthorized, _) => {
                "Check the API token: it is the one of your useapi.net account, not the Discord \
                 token."
            }
            (ErrorKind::NoSubscription, _) => {
                "Renew the subscription of the useapi.net account, then call again."
            }
            (ErrorKind::NotFound, _) if !self.is_about_an_id() => {
                "Check the id, and the base URL, which ends in /v2 as https://api.useapi.net/v2 does."
            }
            (ErrorKind::NotFound, _) => {
                "Check the id. Jobs are kept for 31 days, and only the account that made a job can \
                 see it."
            }
            (ErrorKind::TooManyJobs { .. } | ErrorKind::UnexpectedStatus, _)
                if self.0.job_id.is_some() =>
            {
                "The job is not affected: wait for it again with its id, after a while."
            }
            (ErrorKind::TooManyJobs { .. }, _) => {
                "Nothing was started. Wait as long as the service asks, or until an executing job \
                 has ended, then call again."
            }
            (ErrorKind::Halted { .. }, _) => {
                "Log in to Discord and acknowledge Midjourney's message or solve its CAPTCHA. Then \
                 reset the account: POST /account/midjourney/<channel>/reset. Do not call again \
                 before: it puts the Midjourney account at risk."
            }
            (ErrorKind::JobEnded { .. }, _) => {
                "The job will not go on. The service's words, if any, say why; a new call starts a \
                 new job."
            }
            (ErrorKind::StillRunning { .. }, _) => {
                "The job runs on. Wait for it again with its id; do not submit it again."
            }
            (ErrorKind::UnexpectedStatus, Delivery::MayHaveBeenSent) => {
                "The service, or something before it, failed with the call in hand. A job may be \
                 running: look for it before you submit again."
            }
            (ErrorKind::UnexpectedStatus, _) => {
                "The service answered with a status that its documentation does not know. If it \
                 persists, look at the body and ask its support."
            }
            (ErrorKind::NoSeed { .. }, _) => {
                "Only a seed job can be waited for. To retrieve the seed of an imagine, button or \
                 blend job, submit that job's id."
            }
            (ErrorKind::UnreadableAnswer { .. }, _) if self.0.job_id.is_some() => {
                "The answer cannot be used, but the job is not lost: wait for it again with its id."
            }
            (ErrorKind::UnreadableAnswer { .. }, _) => {
                "The service accepted the call, but its answer cannot be used. If this was a \
                 submission, a job may be running: look for it before you submit again."
            }
            (ErrorKind::Transport, Delivery::NotSent) => {
                "Nothing was sent. Check the network and the base URL, then call again."
            }
            (ErrorKind::Transport, _) if self.0.job_id.is_some() => {
                "The answer is lost, but the job is not: wait for it again with its id."
            }
            (ErrorKind::Transport, _) => {
                "The request may have been sent, and its answer is lost. If this was a submission, \
                 a job may be running: look for it before you submit again."
            }
            #[cfg(feature = "images")]
            (ErrorKind::Image(fault), _) => fault.advice(),
            #[cfg(feature = "images")]
            (ErrorKind::File, _) => {
                "Check that the folder exists, may be written to and has room. The result itself \
                 is not lost: save it elsewhere."
            }
        }
    }

    /// Whether a 404 is the service's own, about an id; not about the address.
    fn is_about_an_id(&self) -> bool {
        self.service_message()
            .is_some_and(|message| message.contains("locate"))
    }

    fn headline(&self, f: &mut String) -> fmt::Result {
        match &self.0.kind {
            ErrorKind::InvalidInput { field, problem } => write!(f, "{field} {problem}"),
            ErrorKind::Refused(refusal) => write!(f, "the request was refused: {refusal}"),
            ErrorKind::Unauthorized => f.write_str("the API token is not accepted"),
            ErrorKind::NoSubscription => {
                f.write_str("the account has no subscription, or it has expired")
            }
            ErrorKind::NotFound => f.write_str("not found"),
            ErrorKind::TooManyJobs {
                executing,
                retry_after,
            } => {
                if executing.is_empty() {
                    f.write_str("the account is busy, or calls come too fast")?;
                } else {
                    write!(f, "the account is busy with {} jobs", executing.len())?;
                }
                match retry_after {
                    Some(wait) => write!(f, "; to be called again in {} s", wait.as_secs()),
                    None => Ok(()),
                }
            }
            ErrorKind::Halted { .. } => f.write_str(
                "the account is halted until a person acknowledges a message from Midjourney",
            ),
            ErrorKind::JobEnded { status } => write!(f, "the job ended as {status}"),
            ErrorKind::StillRunning {
                status,
                elapsed,
                polls,
            } => {
                let status = status.as_ref().map_or("not known", JobStatus::as_str);
                write!(
                    f,
                    "the job still runs (status {status}) after {:.1} s and {polls} polls",
                    elapsed.as_secs_f64()
                )
            }
            ErrorKind::UnexpectedStatus => f.write_str("unexpected answer"),
            ErrorKind::NoSeed { .. } => f.write_str("the job has completed, but holds no seed"),
            ErrorKind::UnreadableAnswer { problem } => write!(f, "the answer {problem}"),
            ErrorKind::Transport => f.write_str("no answer"),
            #[cfg(feature = "images")]
            ErrorKind::Image(fault) => write!(f, "{fault}"),
            #[cfg(feature = "images")]
            ErrorKind::File => f.write_str("a file cannot be written"),
        }
    }

    /// The HTTP status and the service's words, or else the body's first bytes.
    fn answer(&self, f: &mut String) -> fmt::Result {
        let Some(received) = &self.0.received else {
            return Ok(());
        };
        let is_said = |message: &&str| f.ends_with(*message);
        let words = self.service_message().map(shortened);
        let is_repetition = words.as_deref().as_ref().is_some_and(is_said);
        write!(f, " (HTTP {}", received.status.as_u16())?;
        match words {
            Some(_) if is_repetition => {}
            Some(words) => write!(f, ": {words}")?,
            // What came of the job is said; the rest is a whole job.
            None if matches!(self.0.kind, ErrorKind::JobEnded { .. }) => {}
            None if received.body.is_empty() => f.write_str(", no body")?,
            None => write!(f, ": {}", received.excerpt())?,
        }
        if received.end == BodyEnd::Cut {
            f.write_str(", cut short")?;
        }
        f.write_str(")")
    }

    fn line(&self, f: &mut String) -> fmt::Result {
        self.headline(f)?;
        self.answer(f)?;
        if let Some(job_id) = &self.0.job_id {
            write!(f, "; job {job_id}")?;
        }
        match (&self.0.kind, self.0.delivery) {
            // Goes without saying, or costs nothing.
            (ErrorKind::InvalidInput { .. }, _) | (_, Delivery::Answered) => {}
            #[cfg(feature = "images")]
            (ErrorKind::Image(_), _) => {}
            (_, Delivery::NotSent) => f.write_str("; not sent")?,
            (_, Delivery::MayHaveBeenSent) => f.write_str("; may have been sent")?,
        }
        let mut source = self.source();
        while let Some(cause) = source {
            let cause_text = cause.to_string();
            // Layers often repeat the words of the layer below.
            if !f.ends_with(&cause_text) {
                write!(f, ": {cause_text}")?;
            }
            source = cause.source();
        }
        Ok(())
    }
}

fn shortened(text: &str) -> String {
    let mut shown: String = text.chars().take(SHOWN_CHARACTERS).collect();
    if shown.len() < text.len() {
        shown.push('…');
    }
    shown
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut line = String::new();
        self.line(&mut line)?;
        // Much of it is the service's: it stays one line, and moves no cursor.
        for letter in line.chars() {
            if letter.is_control() {
                write!(f, "{}", letter.escape_default())?;
            } else {
                f.write_char(letter)?;
            }
        }
        Ok(())
    }
}

/// `{:?}`, which `unwrap` and a `main` that returns an error print, is the line
/// and the advice; `{:#?}` is the structure.
impl fmt::Debug for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if !f.alternate() {
            return write!(f, "{self}\n{}", self.advice());
        }
        f.debug_struct("Error")
            .field("kind", &self.0.kind)
            .field("delivery", &self.0.delivery)
            .field("received", &self.0.received)
            .field("service_message", &self.0.service_message)
            .field("job_id", &self.0.job_id)
            .field("parent_job_id", &self.0.parent_job_id)
            .field("source", &self.0.source)
            .finish()
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
