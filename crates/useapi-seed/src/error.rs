//! The error of every call.

pub(crate) mod class;
mod display;
mod help;
mod kind;
mod predicates;
mod verdict;

use std::error::Error as StdError;
#[cfg(feature = "images")]
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use reqwest::StatusCode;
use tokio::time::Instant;
use useapi_seed_raw::RawResponse;

pub use kind::{ErrorKind, RequestStatus};
pub use verdict::{Disposition, Verdict};

use crate::attempts::{Attempts, Idempotency};
use crate::retry_after::retry_after;

/// The error of a call, a wait or a download.
///
/// `Display` is one line: what failed, the HTTP status with the service's error
/// message, the job's id, and whether the request may have been sent.
/// [`report`](Self::report) adds the likely cause and what to do. `Debug` prints
/// the structure.
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
/// The details are available one by one:
///
/// ```
/// # mod docs { include!(concat!(env!("CARGO_MANIFEST_DIR"), "/docs/harness.rs")); }
/// # docs::example(async |client, _| {
/// let error = client.job("no such job").poll().await.unwrap_err();
/// eprintln!("{}", error.report()); // the line, the likely cause and the help
/// println!("{} {}", error.likely_cause(), error.help());
/// println!("job {:?}, parent {:?}", error.job_id(), error.parent_job_id());
/// println!("{:?}: {:?}", error.status(), error.service_message());
/// println!("from the service itself: {}", error.is_from_service());
/// println!("may still start a job for {:?}", error.settles_in());
/// println!("{} attempts in {:?}", error.attempts(), error.elapsed());
/// println!("retry after {:?}", error.retry_after());
/// println!("{:?} {:?}", error.body(), error.response().map(|response| &response.headers));
/// # Ok(())
/// # });
/// ```
#[derive(Debug)]
pub struct Error(Box<Inner>);

#[derive(Debug)]
struct Inner {
    kind: ErrorKind,
    request_status: RequestStatus,
    response: Option<RawResponse>,
    service_message: Option<String>,
    job_id: Option<String>,
    parent_job_id: Option<String>,
    attempts: Attempts,
    /// The outcome of the search for the job of a submission whose response was lost.
    search: Option<String>,
    /// The image's number, and the directory that it was to be saved in.
    #[cfg(feature = "images")]
    image: Option<(usize, Option<PathBuf>)>,
    idempotency: Idempotency,
    /// The same call has started a job.
    has_started: bool,
    is_from_service: bool,
    /// From then on the request can no longer be processed.
    settles_at: Option<Instant>,
    source: Option<Box<dyn StdError + Send + Sync>>,
}

impl Error {
    pub(crate) fn new(kind: ErrorKind, request_status: RequestStatus) -> Self {
        Self(Box::new(Inner {
            kind,
            request_status,
            response: None,
            service_message: None,
            job_id: None,
            parent_job_id: None,
            attempts: Attempts::ONE,
            search: None,
            #[cfg(feature = "images")]
            image: None,
            idempotency: Idempotency::Unsafe,
            has_started: false,
            is_from_service: false,
            settles_at: None,
            source: None,
        }))
    }

    pub(crate) fn invalid_input(field: &'static str, reason: impl Into<String>) -> Self {
        let reason = reason.into();
        Self::new(
            ErrorKind::InvalidInput { field, reason },
            RequestStatus::NotSent,
        )
    }

    /// The caller's deadline passed before a request could be sent.
    pub(crate) fn time_is_up() -> Self {
        let source = std::io::Error::new(std::io::ErrorKind::TimedOut, "deadline exceeded");
        Self::new(ErrorKind::Transport, RequestStatus::NotSent).with_source(source)
    }

    /// An earlier execution has lost the response to a submission.
    pub(crate) fn lost_submission() -> Self {
        let source = std::io::Error::other("the response to an earlier submission was lost");
        Self::new(ErrorKind::Transport, RequestStatus::MayHaveBeenSent).with_source(source)
    }

    /// A success whose body cannot be used.
    pub(crate) fn invalid_response(reason: impl Into<String>) -> Self {
        let reason = reason.into();
        Self::new(
            ErrorKind::InvalidResponse { reason },
            RequestStatus::ResponseReceived,
        )
    }

    pub(crate) fn http_settings(source: impl StdError + Send + Sync + 'static) -> Self {
        Self::invalid_input("HTTP settings", "cannot be applied").with_source(source)
    }

    /// Marks the error of a search: the submission before it may have been sent.
    pub(crate) fn after_lost_response(mut self) -> Self {
        self.0.request_status = RequestStatus::MayHaveBeenSent;
        self
    }

    pub(crate) fn with_is_from_service(mut self, is_from_service: bool) -> Self {
        self.0.is_from_service = is_from_service;
        self
    }

    pub(crate) fn with_settles_at(mut self, settles_at: Option<Instant>) -> Self {
        self.0.settles_at = settles_at;
        self
    }

    /// Marks that retrying the same call would start another job.
    pub(crate) fn job_started(mut self) -> Self {
        self.0.has_started = true;
        self
    }

    pub(crate) fn with_attempts(mut self, attempts: Attempts) -> Self {
        self.0.attempts = attempts;
        self
    }

    #[cfg(feature = "images")]
    pub(crate) fn for_image(mut self, number: usize, directory: Option<&Path>) -> Self {
        self.0.image = Some((number, directory.map(Path::to_owned)));
        self
    }

    /// Adds the outcome of the search for the submission's job, and the time of both. An
    /// id in a truncated response was the parent's.
    pub(crate) fn after_search(mut self, outcome: String, elapsed: Duration) -> Self {
        self.0.search = Some(outcome);
        self.0.attempts.elapsed = elapsed;
        self.0.job_id = None;
        self
    }

    pub(crate) fn with_source(
        mut self,
        source: impl Into<Box<dyn StdError + Send + Sync>>,
    ) -> Self {
        self.0.source = Some(source.into());
        self
    }

    pub(crate) fn with_response(mut self, response: RawResponse) -> Self {
        self.0.response = Some(response);
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

    /// What failed.
    #[must_use]
    pub fn kind(&self) -> &ErrorKind {
        &self.0.kind
    }

    /// Whether the request was sent, and whether a response was received.
    #[must_use]
    pub fn request_status(&self) -> RequestStatus {
        self.0.request_status
    }

    /// The HTTP status of the response, if there was one.
    #[must_use]
    pub fn status(&self) -> Option<StatusCode> {
        self.0.response.as_ref().map(|response| response.status)
    }

    /// The response, if there was one: status, headers and body.
    #[must_use]
    pub fn response(&self) -> Option<&RawResponse> {
        self.0.response.as_ref()
    }

    /// The body of the response as far as it was read, at most 8 MiB.
    #[must_use]
    pub fn body(&self) -> Option<&[u8]> {
        self.response().map(|response| &*response.body)
    }

    /// How long the service asks to wait before the next call: the response's
    /// `Retry-After` header, in seconds or as a date.
    #[must_use]
    pub fn retry_after(&self) -> Option<Duration> {
        retry_after(&self.response()?.headers, SystemTime::now())
    }

    /// For a submission that [may have been sent](Self::may_have_been_sent): the
    /// time until it is settled. Until then it may still start a job, so a search
    /// that finds none proves nothing.
    #[must_use]
    pub fn settles_in(&self) -> Option<Duration> {
        let left = |end: Instant| end.saturating_duration_since(Instant::now());
        self.0.settles_at.map(left)
    }

    /// Whether the response is the service's own error: a JSON object with
    /// `error`, and with the HTTP status as its `code`. Any other error response
    /// may come from a gateway or proxy and says nothing about the job.
    #[must_use]
    pub fn is_from_service(&self) -> bool {
        self.0.is_from_service
    }

    /// How many attempts were made to send the request. For a wait that ended
    /// because polls failed: the number of consecutive failed polls.
    #[must_use]
    pub fn attempts(&self) -> u32 {
        self.0.attempts.count
    }

    /// The duration of all attempts with the pauses between them, or of the wait.
    /// Zero where it was not measured.
    #[must_use]
    pub fn elapsed(&self) -> Duration {
        self.0.attempts.elapsed
    }

    /// The service's error message: `error`, and `errorDetails` after a colon.
    #[must_use]
    pub fn service_message(&self) -> Option<&str> {
        self.0.service_message.as_deref()
    }

    /// Id of the job that the error is about, once there is one. Resume it with
    /// [`Client::job`](crate::Client::job).
    #[must_use]
    pub fn job_id(&self) -> Option<&str> {
        self.0.job_id.as_deref()
    }

    /// Id of the job whose seed is retrieved, if the response names it; for a
    /// submission, the id that was submitted.
    #[must_use]
    pub fn parent_job_id(&self) -> Option<&str> {
        self.0.parent_job_id.as_deref()
    }

    /// The kind's name, as spans have it in `error.type`.
    pub(crate) fn type_name(&self) -> &'static str {
        match self.0.kind {
            ErrorKind::WaitTimeout { .. } => "wait_timeout",
            _ if self.is_timeout() => "timeout",
            ErrorKind::InvalidInput { .. } => "invalid_input",
            ErrorKind::BadRequest(_) => "bad_request",
            ErrorKind::Unauthorized => "unauthorized",
            ErrorKind::PaymentRequired => "payment_required",
            ErrorKind::NotFound => "not_found",
            ErrorKind::TooManyJobs { .. } => "too_many_jobs",
            ErrorKind::Halted { .. } => "halted",
            ErrorKind::JobFailed { .. } => "job_failed",
            ErrorKind::UnexpectedStatus => "unexpected_status",
            ErrorKind::SeedMissing { .. } => "seed_missing",
            ErrorKind::InvalidResponse { .. } => "invalid_response",
            ErrorKind::Transport => "transport",
            #[cfg(feature = "images")]
            ErrorKind::Image(_) => "image",
            #[cfg(feature = "images")]
            ErrorKind::Io => "io",
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
