//! What comes of a call.

use std::error::Error;
use std::fmt;
use std::ops::Deref;

use bytes::Bytes;
use reqwest::StatusCode;
use reqwest::header::HeaderMap;

/// How much of a body an error shows.
const EXCERPT_BYTES: usize = 200;

/// Everything that came back from one request.
#[derive(Clone)]
#[non_exhaustive]
pub struct Received {
    /// The HTTP status.
    pub status: StatusCode,
    /// The headers.
    pub headers: HeaderMap,
    /// The body, byte for byte, as far as it was read. Secrets of the request
    /// that it repeats read `***`.
    pub body: Bytes,
    /// Whether the body is whole.
    pub end: BodyEnd,
}

/// How reading a body ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum BodyEnd {
    /// The body is whole.
    Complete,
    /// The connection ended before the body did.
    Cut,
    /// The body went on beyond this many bytes, and was left there.
    TooLarge(usize),
}

impl Received {
    /// What could have been received, for a test of one's own.
    #[must_use]
    pub fn new(status: StatusCode, headers: HeaderMap, body: Bytes, end: BodyEnd) -> Self {
        Self {
            status,
            headers,
            body,
            end,
        }
    }

    /// The first bytes of the body, as text on one line.
    #[must_use]
    pub fn excerpt(&self) -> String {
        let shown = self.body.get(..EXCERPT_BYTES).unwrap_or(&self.body);
        let mut text = String::from_utf8_lossy(shown)
            .escape_debug()
            .to_string()
            .replace("\\\"", "\"");
        if shown.len() < self.body.len() {
            text.push('…');
        }
        text
    }
}

impl fmt::Debug for Received {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Received")
            .field("status", &self.status)
            .field("headers", &self.headers)
            .field("body", &self.excerpt())
            .field("end", &self.end)
            .finish()
    }
}

/// A described success: the decoded value, and what it was decoded from.
///
/// Dereferences to the value.
#[derive(Clone, Debug)]
pub struct Answer<T> {
    value: T,
    received: Received,
}

impl<T> Answer<T> {
    pub(crate) fn new(value: T, received: Received) -> Self {
        Self { value, received }
    }

    /// What was received, as it came.
    #[must_use]
    pub fn received(&self) -> &Received {
        &self.received
    }

    /// The value and what it was decoded from.
    #[must_use]
    pub fn into_parts(self) -> (T, Received) {
        (self.value, self.received)
    }
}

impl<T> Deref for Answer<T> {
    type Target = T;

    fn deref(&self) -> &T {
        &self.value
    }
}

/// A call that did not end in a described success.
#[derive(Debug)]
pub struct Failure<E> {
    kind: FailureKind<E>,
    received: Option<Box<Received>>,
}

/// What went wrong.
#[derive(Debug)]
#[non_exhaustive]
pub enum FailureKind<E> {
    /// The request could not be made; nothing was sent.
    InvalidRequest(String),
    /// There is no answer, or it was cut short. Whether the request was
    /// processed is not known, unless no connection was made.
    Transport(reqwest::Error),
    /// A described refusal, with its body.
    Refused(Box<E>),
    /// A status that the description does not list.
    UndescribedStatus,
    /// A described status, whose body is not what is described.
    Undecodable(serde_json::Error),
    /// The body is larger than this many bytes.
    TooLarge(usize),
}

impl<E> Failure<E> {
    pub(crate) fn new(kind: FailureKind<E>, received: Option<Received>) -> Self {
        Self {
            kind,
            received: received.map(Box::new),
        }
    }

    /// What went wrong.
    #[must_use]
    pub fn kind(&self) -> &FailureKind<E> {
        &self.kind
    }

    /// What was received, when anything was.
    #[must_use]
    pub fn received(&self) -> Option<&Received> {
        self.received.as_deref()
    }

    /// The HTTP status, when there was one.
    #[must_use]
    pub fn status(&self) -> Option<StatusCode> {
        self.received().map(|received| received.status)
    }

    /// What went wrong, and what was received.
    #[must_use]
    pub fn into_parts(self) -> (FailureKind<E>, Option<Received>) {
        (self.kind, self.received.map(|received| *received))
    }
}

impl<E> fmt::Display for Failure<E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.kind {
            FailureKind::InvalidRequest(fault) => write!(f, "request not sent: {fault}")?,
            FailureKind::Transport(_) if self.received.is_some() => {
                f.write_str("the answer was cut short")?;
            }
            FailureKind::Transport(_) => f.write_str("no answer")?,
            FailureKind::Refused(_) => f.write_str("refused")?,
            FailureKind::UndescribedStatus => f.write_str("undescribed status")?,
            FailureKind::Undecodable(_) => f.write_str("the body is not what is described")?,
            FailureKind::TooLarge(limit) => write!(f, "the body is over {limit} bytes")?,
        }
        if let Some(received) = self.received() {
            write!(f, " (HTTP {}", received.status.as_u16())?;
            if !received.body.is_empty() {
                write!(f, ": {}", received.excerpt())?;
            }
            f.write_str(")")?;
        }
        Ok(())
    }
}

impl<E: fmt::Debug> Error for Failure<E> {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        match &self.kind {
            FailureKind::Transport(fault) => Some(fault),
            FailureKind::Undecodable(fault) => Some(fault),
            _ => None,
        }
    }
}
