//! What comes of a call.

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
pub struct RawResponse {
    /// The HTTP status.
    pub status: StatusCode,
    /// The headers.
    pub headers: HeaderMap,
    /// The body, byte for byte, as far as it was read. Secrets of the request
    /// that it repeats read `***`.
    pub body: Bytes,
    /// Whether the body is whole.
    pub body_status: BodyStatus,
}

/// How reading a body ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum BodyStatus {
    /// The body is whole.
    Complete,
    /// The connection ended before the body did.
    Truncated,
    /// The body went on beyond this many bytes, and was left there.
    TooLarge(usize),
}

impl RawResponse {
    /// A response that no server sent, for tests.
    #[must_use]
    pub fn new(
        status: StatusCode,
        headers: HeaderMap,
        body: Bytes,
        body_status: BodyStatus,
    ) -> Self {
        Self {
            status,
            headers,
            body,
            body_status,
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

impl fmt::Debug for RawResponse {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RawResponse")
            .field("status", &self.status)
            .field("headers", &self.headers)
            .field("body", &self.excerpt())
            .field("body_status", &self.body_status)
            .finish()
    }
}

/// A described success: the decoded value, and what it was decoded from.
///
/// Dereferences to the value.
#[derive(Clone, Debug)]
pub struct Response<T> {
    value: T,
    response: RawResponse,
}

impl<T> Response<T> {
    pub(crate) fn new(value: T, response: RawResponse) -> Self {
        Self { value, response }
    }

    /// Status, headers and body as they were received.
    #[must_use]
    pub fn raw_response(&self) -> &RawResponse {
        &self.response
    }

    /// The value and what it was decoded from.
    #[must_use]
    pub fn into_parts(self) -> (T, RawResponse) {
        (self.value, self.response)
    }
}

impl<T> Deref for Response<T> {
    type Target = T;

    fn deref(&self) -> &T {
        &self.value
    }
}

/// A call that did not end in a described success.
#[derive(Debug)]
pub struct Error<E> {
    kind: ErrorKind<E>,
    response: Option<Box<RawResponse>>,
}

/// What went wrong.
#[derive(Debug)]
#[non_exhaustive]
pub enum ErrorKind<E> {
    /// The request could not be made; nothing was sent.
    InvalidRequest(String),
    /// There is no answer, or it was cut short. Whether the request was
    /// processed is not known, unless no connection was made.
    Transport(reqwest::Error),
    /// A described refusal, with its body.
    ErrorResponse(Box<E>),
    /// A status that the description does not list.
    UnexpectedResponse,
    /// A described status, whose body is not what is described.
    InvalidPayload(serde_json::Error),
    /// The body is larger than this many bytes.
    BodyTooLarge(usize),
}

impl<E> Error<E> {
    pub(crate) fn new(kind: ErrorKind<E>, response: Option<RawResponse>) -> Self {
        Self {
            kind,
            response: response.map(Box::new),
        }
    }

    /// What went wrong.
    #[must_use]
    pub fn kind(&self) -> &ErrorKind<E> {
        &self.kind
    }

    /// What was response, when anything was.
    #[must_use]
    pub fn response(&self) -> Option<&RawResponse> {
        self.response.as_deref()
    }

    /// The HTTP status, when there was one.
    #[must_use]
    pub fn status(&self) -> Option<StatusCode> {
        self.response().map(|response| response.status)
    }

    /// What went wrong, and what was response.
    #[must_use]
    pub fn into_parts(self) -> (ErrorKind<E>, Option<RawResponse>) {
        (self.kind, self.response.map(|response| *response))
    }
}

impl<E> fmt::Display for Error<E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.kind {
            ErrorKind::InvalidRequest(error) => write!(f, "request not sent: {error}")?,
            ErrorKind::Transport(_) if self.response.is_some() => {
                f.write_str("the answer was cut short")?;
            }
            ErrorKind::Transport(_) => f.write_str("no answer")?,
            ErrorKind::ErrorResponse(_) => f.write_str("refused")?,
            ErrorKind::UnexpectedResponse => f.write_str("undescribed status")?,
            ErrorKind::InvalidPayload(_) => f.write_str("the body is not what is described")?,
            ErrorKind::BodyTooLarge(limit) => write!(f, "the body is over {limit} bytes")?,
        }
        if let Some(response) = self.response() {
            write!(f, " (HTTP {}", response.status.as_u16())?;
            if !response.body.is_empty() {
                write!(f, ": {}", response.excerpt())?;
            }
            f.write_str(")")?;
        }
        Ok(())
    }
}

impl<E: fmt::Debug> std::error::Error for Error<E> {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match &self.kind {
            ErrorKind::Transport(error) => Some(error),
            ErrorKind::InvalidPayload(error) => Some(error),
            _ => None,
        }
    }
}
