//! What went wrong, and what became of the request.

use std::time::Duration;

#[cfg(feature = "images")]
use useapi_seed_images::ImageError;
use useapi_seed_raw::types::{JobStatus, Verb};

use crate::refusal::Refusal;

/// What went wrong.
///
/// ```
/// # use useapi_seed_emulator::Emulator;
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # let emulator = Emulator::start().await?;
/// # let client = useapi_seed::Client::builder(emulator.token()).base_url(emulator.base_url()).build()?;
/// use useapi_seed::{ErrorKind, Refusal};
///
/// let Err(error) = client.submit("no such job").send().await else {
///     return Ok(());
/// };
/// match error.kind() {
///     ErrorKind::NotFound => println!("is the id right?"),
///     ErrorKind::Refused(Refusal::Missing(field)) => println!("{} is missing", field.as_str()),
///     ErrorKind::Refused(Refusal::ParentNotCompleted) => println!("later, perhaps"),
///     ErrorKind::TooManyJobs { executing, .. } => println!("{executing:?} are executing"),
///     ErrorKind::StillRunning { polls, .. } => println!("asked {polls} times"),
///     _ => println!("{error}"),
/// }
/// # assert!(error.is_not_found());
/// # Ok(())
/// # }
/// ```
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
    /// Nothing was started (Model, executingJobs). See
    /// [`Error::retry_after`](crate::Error::retry_after).
    #[non_exhaustive]
    TooManyJobs {
        /// Ids of the jobs that occupy the account, when the answer has them.
        executing: Vec<String>,
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
    Image(ImageError),
    /// A local file could not be written.
    #[cfg(feature = "images")]
    File,
}

/// What became of the request: whether it may have had an effect.
///
/// ```
/// # use useapi_seed_emulator::Emulator;
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # let emulator = Emulator::start().await?;
/// # let client = useapi_seed::Client::builder(emulator.token()).base_url(emulator.base_url()).build()?;
/// use useapi_seed::Delivery;
///
/// let error = client.submit("no such job").send().await.unwrap_err();
/// match error.delivery() {
///     Delivery::NotSent => println!("as if nothing had been called"),
///     Delivery::MayHaveBeenSent => println!("a job may be running: {error}"),
///     Delivery::Answered => println!("the service has spoken"),
///     _ => {}
/// }
/// # assert_eq!(error.delivery(), Delivery::Answered);
/// # Ok(())
/// # }
/// ```
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

impl Delivery {
    /// As spans name it: `not_sent`, `may_have_been_sent` or `answered`.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::NotSent => "not_sent",
            Self::MayHaveBeenSent => "may_have_been_sent",
            Self::Answered => "answered",
        }
    }
}
