//! What failed, and whether the request was sent.

use std::time::Duration;

use serde::{Deserialize, Serialize};
#[cfg(feature = "images")]
use useapi_seed_images::ImageError;
use useapi_seed_raw::types::{JobStatus, Verb};

use crate::bad_request::BadRequestReason;

/// What failed.
///
/// ```
/// # mod docs { include!(concat!(env!("CARGO_MANIFEST_DIR"), "/docs/harness.rs")); }
/// # docs::example(async |client, _| {
/// use useapi_seed::{ErrorKind, BadRequestReason};
///
/// let Err(error) = client.submit("no such job").await else {
///     return Ok(());
/// };
/// match error.kind() {
///     ErrorKind::NotFound => println!("check the id"),
///     ErrorKind::BadRequest(BadRequestReason::Missing(field)) => println!("{} is missing", field.as_str()),
///     ErrorKind::BadRequest(BadRequestReason::ParentNotCompleted) => println!("retry when it has completed"),
///     ErrorKind::TooManyJobs { executing, .. } => println!("{executing:?} are executing"),
///     ErrorKind::WaitTimeout { polls, .. } => println!("still running after {polls} polls"),
///     _ => println!("{error}"),
/// }
/// # assert!(error.is_not_found());
/// # Ok(())
/// # });
/// ```
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum ErrorKind {
    /// An argument is invalid. Nothing was sent.
    #[non_exhaustive]
    InvalidInput {
        /// The field's name, as in the API's documentation or the environment.
        field: &'static str,
        /// What is wrong with the value. It never contains a secret.
        reason: String,
    },
    /// 400: the service rejected the request.
    BadRequest(BadRequestReason),
    /// 401: the API token is not accepted.
    Unauthorized,
    /// 402: no subscription, or it has expired.
    PaymentRequired,
    /// 404: no job has this id, or no account has this channel.
    NotFound,
    /// 429: the account executes as many jobs as it may, or the rate limit was
    /// exceeded. Nothing was started. See
    /// [`Error::retry_after`](crate::Error::retry_after).
    #[non_exhaustive]
    TooManyJobs {
        /// Ids of the executing jobs, if the response lists them.
        executing: Vec<String>,
    },
    /// 596 or 569: the account is halted, that is, blocked until its owner clears
    /// the pending moderation message.
    #[non_exhaustive]
    Halted {
        /// Whether the job itself has failed. Otherwise only the call was
        /// rejected, and the job may still have a result after the reset.
        job_failed: bool,
    },
    /// The job ended without a result.
    #[non_exhaustive]
    JobFailed {
        /// `failed`, `moderated` or `cancelled`.
        status: JobStatus,
    },
    /// The wait timed out. The job is still running.
    #[non_exhaustive]
    WaitTimeout {
        /// The job's status in the last response.
        status: Option<JobStatus>,
        /// The duration of the wait.
        elapsed: Duration,
        /// The number of polls.
        polls: u32,
    },
    /// An undocumented HTTP status, or a response that is not the service's own.
    UnexpectedStatus,
    /// The job has completed, and neither its response nor its parent's has a
    /// seed.
    #[non_exhaustive]
    SeedMissing {
        /// The job's verb. Only seed jobs can be waited for.
        verb: Option<Verb>,
    },
    /// A success whose body cannot be used.
    #[non_exhaustive]
    InvalidResponse {
        /// What is wrong with it, or missing from it.
        reason: String,
    },
    /// No response was received.
    Transport,
    /// An image could not be downloaded.
    #[cfg(feature = "images")]
    Image(ImageError),
    /// A local file could not be written.
    #[cfg(feature = "images")]
    Io,
}

/// Whether the request was sent, and whether a response was received.
///
/// ```
/// # mod docs { include!(concat!(env!("CARGO_MANIFEST_DIR"), "/docs/harness.rs")); }
/// # docs::example(async |client, _| {
/// use useapi_seed::RequestStatus;
///
/// let error = client.submit("no such job").await.unwrap_err();
/// match error.request_status() {
///     RequestStatus::NotSent => println!("no job was started"),
///     RequestStatus::MayHaveBeenSent => println!("a job may be running: {error}"),
///     RequestStatus::ResponseReceived => println!("rejected: {error}"),
/// }
/// # assert_eq!(error.request_status(), RequestStatus::ResponseReceived);
/// # Ok(())
/// # });
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum RequestStatus {
    /// Nothing was sent.
    NotSent,
    /// The request may have been processed, and its response is lost.
    MayHaveBeenSent,
    /// A response was received.
    ResponseReceived,
}

impl RequestStatus {
    /// `not_sent`, `may_have_been_sent` or `response_received`, as in spans and
    /// JSON.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::NotSent => "not_sent",
            Self::MayHaveBeenSent => "may_have_been_sent",
            Self::ResponseReceived => "response_received",
        }
    }
}
