//! The reasons of a 400, as types.

use std::fmt;

use useapi_seed_raw::types::Verb;

/// Why the service refused a request with 400 (Responses, 400).
///
/// The message as it came is the error's
/// [`service_message`](crate::Error::service_message).
///
/// ```
/// # use useapi_seed_emulator::Emulator;
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # let emulator = Emulator::start().await?;
/// # let client = useapi_seed::Client::builder(emulator.token()).base_url(emulator.base_url()).build()?;
/// # let jobid = emulator.jobs().progress.as_str();
/// use useapi_seed::{ErrorKind, Field, BadRequestReason};
///
/// let error = client.submit(jobid).send().await.unwrap_err();
/// if let ErrorKind::BadRequest(refusal) = error.kind() {
///     match refusal {
///         BadRequestReason::Missing(Field::Discord) => println!("give it by `discord`"),
///         BadRequestReason::VerbNotSupported(verb) => println!("{verb} jobs have no seed"),
///         _ => println!("{}", error.service_message().unwrap_or_default()),
///     }
/// }
/// # assert!(error.is_bad_request(), "{error}");
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum BadRequestReason {
    /// A value is missing: the request's `jobid`, or the `discord` or `channel`
    /// that neither the request, the account nor the job provides.
    Missing(Field),
    /// A value is over its limit: `replyUrl` or `replyRef`.
    TooLong(Field),
    /// The job named by `jobid` has not completed.
    ParentNotCompleted,
    /// Jobs of this kind have no seed.
    VerbNotSupported(Verb),
    /// Another message.
    Other,
}

/// A field that a refusal names.
///
/// ```
/// use useapi_seed::Field;
///
/// assert_eq!(Field::ReplyUrl.as_str(), "replyUrl");
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Field {
    /// `jobid`.
    JobId,
    /// `discord`.
    Discord,
    /// `channel`.
    Channel,
    /// `replyUrl`.
    ReplyUrl,
    /// `replyRef`.
    ReplyRef,
}

impl Field {
    /// The name as the documentation has it.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::JobId => "jobid",
            Self::Discord => "discord",
            Self::Channel => "channel",
            Self::ReplyUrl => "replyUrl",
            Self::ReplyRef => "replyRef",
        }
    }

    fn named(name: &str) -> Option<Self> {
        [
            Self::JobId,
            Self::Discord,
            Self::Channel,
            Self::ReplyUrl,
            Self::ReplyRef,
        ]
        .into_iter()
        .find(|field| field.as_str().eq_ignore_ascii_case(name))
    }
}

impl BadRequestReason {
    /// Reads the `error` of a 400.
    pub(crate) fn from_message(message: &str) -> Self {
        let message = message.trim();
        let field = |suffix| Field::named(bare(message.strip_suffix(suffix)?));
        if let Some(field) = field(" is missing").or_else(|| field(" not provided")) {
            return Self::Missing(field);
        }
        if let Some(field) = field(" is too long") {
            return Self::TooLong(field);
        }
        if message.eq_ignore_ascii_case("Parent job must be completed") {
            return Self::ParentNotCompleted;
        }
        if let Some(verb) = message
            .strip_prefix("Job of type ")
            .and_then(|rest| rest.strip_suffix(" not supported"))
        {
            return Self::VerbNotSupported(Verb::from(bare(verb)));
        }
        Self::Other
    }

    pub(crate) fn help(&self) -> &'static str {
        match self {
            Self::Missing(Field::Discord) => {
                "Configure the channel's account at useapi.net, or give the Discord token with the \
                 call."
            }
            Self::Missing(Field::Channel) => {
                "The job has no Discord channel, so its seed cannot be asked for."
            }
            Self::Missing(_) => "Give the value and call again.",
            Self::TooLong(_) => "Shorten the value to 1024 characters and call again.",
            Self::ParentNotCompleted => {
                "Wait until the imagine, button or blend job has completed, then call again."
            }
            Self::VerbNotSupported(_) => "Only imagine, button and blend jobs have a seed.",
            Self::Other => "The service's words say what to correct.",
        }
    }
}

/// The documentation writes placeholders in angle brackets; a message may too.
fn bare(word: &str) -> &str {
    let word = word.trim().trim_start_matches("Query param ");
    word.strip_prefix('<')
        .and_then(|word| word.strip_suffix('>'))
        .unwrap_or(word)
        .trim()
}

impl fmt::Display for BadRequestReason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Missing(field) => write!(f, "{} is missing", field.as_str()),
            Self::TooLong(field) => write!(f, "{} is too long", field.as_str()),
            Self::ParentNotCompleted => f.write_str("the job has not completed yet"),
            Self::VerbNotSupported(verb) => write!(f, "a job of type {verb} has no seed"),
            Self::Other => f.write_str("for a reason of the service's own"),
        }
    }
}
