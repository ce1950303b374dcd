//! The error of a call.

use std::fmt;

use reqwest::StatusCode;

use crate::response::RawResponse;

/// The error of a call, with the response if one was received.
///
/// Its message has the status and an excerpt of the body.
#[derive(Debug)]
pub struct Error<E> {
    kind: ErrorKind<E>,
    response: Option<Box<RawResponse>>,
}

/// The kind of an [`Error`].
#[derive(Debug)]
#[non_exhaustive]
pub enum ErrorKind<E> {
    /// The request is invalid; nothing was sent.
    InvalidRequest(String),
    /// No response was received, or a truncated one. The request may have been
    /// processed, unless the connection could not be established.
    Transport(reqwest::Error),
    /// An error response of the spec, decoded.
    ErrorResponse(Box<E>),
    /// A status that the spec does not list for this operation.
    UnexpectedResponse,
    /// A status of the spec, whose body does not match the spec.
    InvalidPayload(serde_json::Error),
    /// The body is larger than the limit of this many bytes.
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

    /// The response, if one was received.
    #[must_use]
    pub fn response(&self) -> Option<&RawResponse> {
        self.response.as_deref()
    }

    /// The HTTP status, if a response was received.
    #[must_use]
    pub fn status(&self) -> Option<StatusCode> {
        self.response().map(|response| response.status)
    }

    /// The kind, and the response if one was received.
    #[must_use]
    pub fn into_parts(self) -> (ErrorKind<E>, Option<RawResponse>) {
        (self.kind, self.response.map(|response| *response))
    }
}

impl<E> fmt::Display for Error<E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.kind {
            ErrorKind::InvalidRequest(error) => write!(f, "invalid request: {error}")?,
            ErrorKind::Transport(_) if self.response.is_some() => {
                f.write_str("response truncated")?;
            }
            ErrorKind::Transport(_) => f.write_str("no response")?,
            ErrorKind::ErrorResponse(_) => f.write_str("error response")?,
            ErrorKind::UnexpectedResponse => f.write_str("unexpected status")?,
            ErrorKind::InvalidPayload(_) => f.write_str("body does not match the spec")?,
            ErrorKind::BodyTooLarge(limit) => write!(f, "body exceeds {limit} bytes")?,
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
