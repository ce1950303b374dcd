//! Why a callback is not taken.

use http::StatusCode;

/// Why a callback was not taken.
///
/// ```
/// use useapi_seed_callback::Rejection;
///
/// assert_eq!(Rejection::NotFound.status(), 404);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Rejection {
    /// It came to an address that is none of ours, or not to its own: 404.
    #[error("there is nothing at this address")]
    NotFound,
    /// It is no POST: 405.
    #[error("callbacks are sent by POST")]
    Method,
    /// Its body took too long: 408.
    #[error("the body took too long")]
    Slow,
    /// Its body is too large: 413.
    #[error("the body is too large")]
    TooLarge,
    /// Its body is no JSON that names a job, whatever its content type: 400.
    #[error("the body is no JSON that names a job")]
    Unreadable,
    /// Too many bodies are read at once: 503.
    #[error("too many callbacks at once")]
    Busy,
}

impl Rejection {
    /// The status to answer with.
    #[must_use]
    pub fn status(self) -> StatusCode {
        match self {
            Self::NotFound => StatusCode::NOT_FOUND,
            Self::Method => StatusCode::METHOD_NOT_ALLOWED,
            Self::Slow => StatusCode::REQUEST_TIMEOUT,
            Self::TooLarge => StatusCode::PAYLOAD_TOO_LARGE,
            Self::Unreadable => StatusCode::BAD_REQUEST,
            Self::Busy => StatusCode::SERVICE_UNAVAILABLE,
        }
    }
}
