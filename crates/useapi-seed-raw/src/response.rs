//! Responses, as received and decoded.

use std::fmt;
use std::ops::Deref;

use bytes::Bytes;
use reqwest::StatusCode;
use reqwest::header::HeaderMap;

/// How much of a body an excerpt shows.
const EXCERPT_BYTES: usize = 200;

/// A response as received, with secrets redacted.
#[derive(Clone)]
#[non_exhaustive]
pub struct RawResponse {
    /// The HTTP status.
    pub status: StatusCode,
    /// The headers.
    pub headers: HeaderMap,
    /// The body, verbatim as far as it was read, except that secrets of the request
    /// are replaced by `***`.
    pub body: Bytes,
    /// Whether the body is complete.
    pub body_status: BodyStatus,
}

/// How reading the body ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum BodyStatus {
    /// The body is complete.
    Complete,
    /// The connection ended before the body was complete.
    Truncated,
    /// The body is larger than the limit of this many bytes; the rest was not read.
    TooLarge(usize),
}

impl RawResponse {
    /// A response for tests.
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

    /// The first 200 bytes of the body as text on one line.
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

/// A successful response: the decoded value and the response it was decoded from.
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

    /// Status, headers and body as received.
    #[must_use]
    pub fn raw_response(&self) -> &RawResponse {
        &self.response
    }

    /// The value and the response it was decoded from.
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
