//! The reason of a 400, parsed from its message.

use std::fmt;

use useapi_seed_raw::types::Verb;

/// Why the service rejected a request with 400.
///
/// The message itself is the error's
/// [`service_message`](crate::Error::service_message).
///
/// ```
/// # mod docs { include!(concat!(env!("CARGO_MANIFEST_DIR"), "/docs/harness.rs")); }
/// # docs::with_emulator(async |client, emulator| {
/// # let job_id = &emulator.jobs().progress;
/// use useapi_seed::{ErrorKind, Field, BadRequestReason};
///
/// let error = client.submit(job_id).await.unwrap_err();
/// if let ErrorKind::BadRequest(reason) = error.kind() {
///     match reason {
///         BadRequestReason::Missing(Field::Discord) => println!("pass the Discord token"),
///         BadRequestReason::VerbNotSupported(verb) => println!("{verb} jobs are not supported"),
///         _ => println!("{}", error.service_message().unwrap_or_default()),
///     }
/// }
/// # assert!(error.is_bad_request(), "{error}");
/// # Ok(())
/// # });
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum BadRequestReason {
    /// A required value is missing: `jobid` in the request, or `discord` or
    /// `channel` in the request, the account and the job.
    Missing(Field),
    /// `replyUrl` or `replyRef` exceeds its maximum length.
    TooLong(Field),
    /// The job with the id `jobid` has not completed.
    ParentNotCompleted,
    /// The service does not retrieve seeds of jobs with this verb.
    VerbNotSupported(Verb),
    /// The message is not documented.
    Other,
}

/// A request field that a [`BadRequestReason`] names.
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
    /// The name in the API.
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

    fn from_name(name: &str) -> Option<Self> {
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
    /// Parses the `error` of a 400.
    pub(crate) fn from_message(message: &str) -> Self {
        let message = message.trim();
        let field = |suffix| Field::from_name(strip_placeholder(message.strip_suffix(suffix)?));
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
            return Self::VerbNotSupported(Verb::from(strip_placeholder(verb)));
        }
        Self::Other
    }

    pub(crate) fn help(&self) -> &'static str {
        match self {
            Self::Missing(Field::Discord) => {
                "Configure the channel's account at useapi.net, or pass the Discord token with the \
                 call."
            }
            Self::Missing(Field::Channel) => {
                "The job has no Discord channel, so seed retrieval is not possible."
            }
            Self::Missing(_) => "Provide the value.",
            Self::TooLong(_) => "Shorten the value to 1024 characters.",
            Self::ParentNotCompleted => {
                "Wait until the imagine, button or blend job has completed, then retry."
            }
            Self::VerbNotSupported(_) => "Only imagine, button and blend jobs are supported.",
            Self::Other => "See the service message.",
        }
    }
}

/// The field or verb without the angle brackets of the documentation's
/// placeholders, which a message may have, too.
fn strip_placeholder(text: &str) -> &str {
    let text = text.trim().trim_start_matches("Query param ");
    text.strip_prefix('<')
        .and_then(|text| text.strip_suffix('>'))
        .unwrap_or(text)
        .trim()
}

impl fmt::Display for BadRequestReason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Missing(field) => write!(f, "{} is missing", field.as_str()),
            Self::TooLong(field) => write!(f, "{} is too long", field.as_str()),
            Self::ParentNotCompleted => f.write_str("the parent job has not completed"),
            Self::VerbNotSupported(verb) => write!(f, "job type {verb} is not supported"),
            Self::Other => f.write_str("see the service message"),
        }
    }
}
