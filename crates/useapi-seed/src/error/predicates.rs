//! Predicates of an error.

use std::io;

use useapi_seed_raw::types::JobStatus;

use super::{Error, ErrorKind, RequestStatus};

/// Predicates, for programs that decide by the error.
///
/// ```
/// # mod docs { include!(concat!(env!("CARGO_MANIFEST_DIR"), "/docs/harness.rs")); }
/// # docs::with_emulator(async |client, emulator| {
/// # let job_id = &emulator.jobs().imagine;
/// # use useapi_seed_emulator::{Fault, Operation, Trigger};
/// # emulator.inject(Operation::RetrieveSeed, Trigger::Next(1), Fault::status(596))?;
/// use useapi_seed::Error;
///
/// fn next_step(error: &Error) -> &'static str {
///     if error.is_halted() {
///         "acknowledge the message in Discord and reset the account"
///     } else if error.is_unauthorized() || error.is_payment_required() {
///         "check the token and the subscription"
///     } else if error.is_job_failed() || error.is_job_moderated() || error.is_job_cancelled() {
///         "the job has ended"
///     } else if error.is_not_found() || error.is_bad_request() {
///         "correct the arguments"
///     } else if error.may_have_been_sent() {
///         "search for the job"
///     } else if error.is_too_many_jobs() || error.is_timeout() || error.is_retryable() {
///         "retry later"
///     } else {
///         "report it"
///     }
/// }
///
/// let error = client.submit(job_id).await.unwrap_err();
/// println!("{}", next_step(&error));
/// # assert!(error.is_halted());
/// # Ok(())
/// # });
/// ```
impl Error {
    /// Whether the Midjourney account is halted (596 or 569).
    ///
    /// **Troubleshooting:** Midjourney's moderation has a message for the
    /// account's owner, or requires a CAPTCHA. The owner acknowledges or solves it
    /// in Discord, to prevent a potential ban, and then resets the account, for
    /// example with [`Account::reset`](crate::Account::reset). Do not call again
    /// before that: every call is rejected.
    #[must_use]
    pub fn is_halted(&self) -> bool {
        matches!(self.0.kind, ErrorKind::Halted { .. })
    }

    /// Whether the same call may succeed later, without the risk of a second job.
    ///
    /// True for a rejection with 429, for a request that was not sent, for
    /// transient failures of reads, polls and downloads, and for a wait that timed
    /// out. Never true for [`Client::retrieve`](crate::Client::retrieve) once it
    /// has started a job: resume that one with [`job_id`](Self::job_id).
    ///
    /// **Troubleshooting:** the service or the network is overloaded or down. The
    /// client has already retried as its [`RetryPolicy`](crate::RetryPolicy)
    /// allows, so wait at least [`retry_after`](Self::retry_after), or some
    /// minutes, before the next call.
    #[must_use]
    pub fn is_retryable(&self) -> bool {
        !self.0.has_started && self.class().may_be_retried()
    }

    /// Whether the time limit of a request or of a wait was exceeded.
    ///
    /// **Troubleshooting:** the service or Midjourney is slow, or the limit is too
    /// short. A job that was waited for is still running: resume the wait with
    /// [`job_id`](Self::job_id).
    #[must_use]
    pub fn is_timeout(&self) -> bool {
        match self.0.kind {
            ErrorKind::WaitTimeout { .. } => true,
            // A limit can also be exceeded in the middle of a response.
            ErrorKind::Transport | ErrorKind::InvalidResponse { .. } => {
                self.0.source.as_deref().is_some_and(|source| {
                    let http = source.downcast_ref::<reqwest::Error>();
                    let io = source.downcast_ref::<io::Error>();
                    http.is_some_and(reqwest::Error::is_timeout)
                        || io.is_some_and(|error| error.kind() == io::ErrorKind::TimedOut)
                })
            }
            _ => false,
        }
    }

    /// Whether the service rejected the call with 429. Nothing was started.
    ///
    /// **Troubleshooting:** the account executes as many jobs as its plan allows,
    /// or the rate limit was exceeded. Retry after
    /// [`retry_after`](Self::retry_after), or when one of the executing jobs has
    /// finished.
    #[must_use]
    pub fn is_too_many_jobs(&self) -> bool {
        matches!(self.0.kind, ErrorKind::TooManyJobs { .. })
    }

    /// Whether the API token is not accepted (401).
    ///
    /// **Troubleshooting:** the token is truncated, revoked, or belongs to another
    /// service, such as Discord. Copy it again from the useapi.net account.
    #[must_use]
    pub fn is_unauthorized(&self) -> bool {
        matches!(self.0.kind, ErrorKind::Unauthorized)
    }

    /// Whether the account has no valid subscription (402).
    ///
    /// **Troubleshooting:** the subscription has expired, or was never paid. Renew
    /// it at useapi.net.
    #[must_use]
    pub fn is_payment_required(&self) -> bool {
        matches!(self.0.kind, ErrorKind::PaymentRequired)
    }

    /// Whether the job or the account does not exist (404).
    ///
    /// **Troubleshooting:** the id is mistyped, belongs to another account, or is
    /// older than 31 days. If no id is found, check the base URL.
    #[must_use]
    pub fn is_not_found(&self) -> bool {
        matches!(self.0.kind, ErrorKind::NotFound)
    }

    /// Whether the request is invalid: rejected by the service with 400, or by this
    /// crate before anything was sent.
    ///
    /// **Troubleshooting:** the job is not a completed imagine, button or blend
    /// job, or a value is missing or too long. The
    /// [`BadRequestReason`](crate::BadRequestReason) says which.
    #[must_use]
    pub fn is_bad_request(&self) -> bool {
        matches!(
            self.0.kind,
            ErrorKind::BadRequest(_) | ErrorKind::InvalidInput { .. }
        )
    }

    /// Whether the job failed at Midjourney.
    ///
    /// **Troubleshooting:** Midjourney did not return the seed in time. Submit
    /// again to start a new job.
    #[must_use]
    pub fn is_job_failed(&self) -> bool {
        self.has_job_status(&JobStatus::Failed)
    }

    /// Whether Midjourney's moderation ended the job.
    ///
    /// **Troubleshooting:** moderation rejects the prompt or the images. Retrying
    /// is unlikely to help.
    #[must_use]
    pub fn is_job_moderated(&self) -> bool {
        self.has_job_status(&JobStatus::Moderated)
    }

    /// Whether the job was cancelled, by this or another program.
    ///
    /// **Troubleshooting:** find out what cancelled it. Submit again to start a new
    /// job.
    #[must_use]
    pub fn is_job_cancelled(&self) -> bool {
        self.has_job_status(&JobStatus::Cancelled)
    }

    /// Whether the request may have been processed although its response is lost.
    ///
    /// **Troubleshooting:** the connection was interrupted, or a gateway failed. A
    /// submission may have started a job: search for it with
    /// [`Client::find_seed_job`](crate::Client::find_seed_job) before submitting
    /// again.
    #[must_use]
    pub fn may_have_been_sent(&self) -> bool {
        self.0.request_status == RequestStatus::MayHaveBeenSent
    }

    fn has_job_status(&self, expected: &JobStatus) -> bool {
        matches!(&self.0.kind, ErrorKind::JobFailed { status } if status == expected)
    }
}
