//! Questions that a program asks of an error.

use std::io;

use useapi_seed_raw::types::JobStatus;

use super::{Delivery, Error, ErrorKind};

/// What went wrong, for a program to decide by.
///
/// ```
/// # use useapi_seed_emulator::{Emulator, Fault, Operation, When};
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # let emulator = Emulator::start().await?;
/// # let client = useapi_seed::Client::builder(emulator.token()).base_url(emulator.base_url()).build()?;
/// # let jobid = emulator.jobs().imagine.as_str();
/// # emulator.inject(Operation::RetrieveSeed, When::Next(1), Fault::status(596))?;
/// use useapi_seed::Error;
///
/// fn what_next(error: &Error) -> &'static str {
///     if error.is_halted() {
///         "a person has to look into Discord; nothing goes on before"
///     } else if error.is_unauthorized() || error.is_unpaid() {
///         "a person has to look into the account"
///     } else if error.is_moderated() || error.is_failed() || error.is_cancelled() {
///         "the job is over"
///     } else if error.is_not_found() || error.is_invalid() {
///         "the call is wrong"
///     } else if error.may_have_been_sent() {
///         "look for the job"
///     } else if error.is_busy() || error.is_timeout() || error.is_retryable() {
///         "again, later"
///     } else {
///         "report it"
///     }
/// }
///
/// let error = client.submit(jobid).send().await.unwrap_err();
/// println!("{}", what_next(&error));
/// # assert!(error.is_halted());
/// # Ok(())
/// # }
/// ```
impl Error {
    /// Whether the Midjourney account is halted (596 or 569).
    ///
    /// Usually Midjourney's moderation has a message for the account's owner, or
    /// wants a CAPTCHA solved. A person has to do so in Discord, and then reset
    /// the account: [`Account::reset`](crate::Account::reset). Until then do not
    /// call again.
    #[must_use]
    pub fn is_halted(&self) -> bool {
        matches!(self.0.kind, ErrorKind::Halted { .. })
    }

    /// Whether the same call may succeed later, without anybody doing anything
    /// and without the risk of a second job.
    ///
    /// True of a busy account, of what was not sent, of failures of the service
    /// or the network while something was only asked for, and of a wait that ended
    /// before its job. Those that are safe to repeat at once were, as
    /// [`Retry`](crate::Retry) says: let some time pass. Never true of
    /// [`Client::retrieve`](crate::Client::retrieve) once it has started a job:
    /// wait for that one, by [`job_id`](Self::job_id).
    #[must_use]
    pub fn is_retryable(&self) -> bool {
        if self.0.has_started {
            return false;
        }
        match self.0.kind {
            ErrorKind::StillRunning { .. } => true,
            #[cfg(feature = "images")]
            ErrorKind::Image(ref error) => error.is_transient(),
            _ => self.class().may_be_retried(),
        }
    }

    /// Whether a time limit ended it: that of one request, or that of a wait.
    ///
    /// Usually the service or Midjourney is slow. A job that was waited for runs
    /// on: wait for it again with [`job_id`](Self::job_id).
    #[must_use]
    pub fn is_timeout(&self) -> bool {
        match self.0.kind {
            ErrorKind::StillRunning { .. } => true,
            // The time may also end in the middle of an answer.
            ErrorKind::Transport | ErrorKind::UnreadableAnswer { .. } => {
                self.0.source.as_deref().is_some_and(|source| {
                    let of_http = source.downcast_ref::<reqwest::Error>();
                    let of_time = source.downcast_ref::<io::Error>();
                    of_http.is_some_and(reqwest::Error::is_timeout)
                        || of_time.is_some_and(|fault| fault.kind() == io::ErrorKind::TimedOut)
                })
            }
            _ => false,
        }
    }

    /// Whether the account is busy or calls come too fast (429). Nothing was
    /// started.
    ///
    /// Usually it executes as many jobs as its plan allows. Call again after
    /// [`retry_after`](Self::retry_after), or when a job has ended.
    #[must_use]
    pub fn is_busy(&self) -> bool {
        matches!(self.0.kind, ErrorKind::TooManyJobs { .. })
    }

    /// Whether the API token is not accepted (401).
    ///
    /// Usually it is another service's, or was not copied whole. Correct it.
    #[must_use]
    pub fn is_unauthorized(&self) -> bool {
        matches!(self.0.kind, ErrorKind::Unauthorized)
    }

    /// Whether there is no subscription, or it has run out (402).
    ///
    /// Renew it at useapi.net, then call again.
    #[must_use]
    pub fn is_unpaid(&self) -> bool {
        matches!(self.0.kind, ErrorKind::NoSubscription)
    }

    /// Whether the job, or the account, is not known (404).
    ///
    /// Usually the id has a slip, or the job is older than 31 days. Check it; if
    /// nothing is found at all, check the base URL.
    #[must_use]
    pub fn is_not_found(&self) -> bool {
        matches!(self.0.kind, ErrorKind::NotFound)
    }

    /// Whether the request cannot be carried out as it is: refused with 400, or
    /// by this crate before anything was sent.
    ///
    /// Usually the job is none whose seed can be asked for, or a value is too
    /// long. Correct it.
    #[must_use]
    pub fn is_invalid(&self) -> bool {
        matches!(
            self.0.kind,
            ErrorKind::Refused(_) | ErrorKind::InvalidInput { .. }
        )
    }

    /// Whether the job has failed at Midjourney.
    ///
    /// Usually Midjourney gave no seed in time. A new submission starts a new
    /// job.
    #[must_use]
    pub fn is_failed(&self) -> bool {
        self.ended_as(&JobStatus::Failed)
    }

    /// Whether Midjourney's moderation has ended the job.
    ///
    /// Usually over its prompt; another try will hardly fare better.
    #[must_use]
    pub fn is_moderated(&self) -> bool {
        self.ended_as(&JobStatus::Moderated)
    }

    /// Whether the job was cancelled, here or elsewhere.
    ///
    /// A new submission starts a new job.
    #[must_use]
    pub fn is_cancelled(&self) -> bool {
        self.ended_as(&JobStatus::Cancelled)
    }

    /// Whether the request may have been carried out although its answer is lost.
    ///
    /// Usually a connection broke. For a submission this means that a job may be
    /// running that nobody knows: look for it with
    /// [`Client::find_started`](crate::Client::find_started) before you submit
    /// again.
    #[must_use]
    pub fn may_have_been_sent(&self) -> bool {
        self.0.delivery == Delivery::MayHaveBeenSent
    }

    fn ended_as(&self, expected: &JobStatus) -> bool {
        matches!(&self.0.kind, ErrorKind::JobEnded { status } if status == expected)
    }
}
