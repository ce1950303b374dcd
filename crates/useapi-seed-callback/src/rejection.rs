//! Why a callback is rejected.

use axum::http::StatusCode;
use axum::http::header::{ALLOW, CONNECTION, RETRY_AFTER};
use axum::response::{AppendHeaders, IntoResponse, Response};

/// Why a callback was rejected.
///
/// ```
/// use useapi_seed_callback::Rejection;
///
/// assert_eq!(Rejection::NotFound.status(), 404);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Rejection {
    /// The URL is not one of the receiver's, or belongs to another job: 404.
    #[error("there is no receiver at this URL")]
    NotFound,
    /// The method is not POST: 405.
    #[error("callbacks are sent with POST")]
    MethodNotAllowed,
    /// The body took too long: 408.
    #[error("the body took too long")]
    Timeout,
    /// The body is too large: 413.
    #[error("the body is too large")]
    BodyTooLarge,
    /// The body is not JSON with a `jobid`: 400. Its content type does not matter.
    #[error("the body is not JSON with a jobid")]
    InvalidBody,
    /// Too many bodies are being read: 429.
    #[error("too many callbacks are being read")]
    TooManyRequests,
}

impl Rejection {
    /// The HTTP status to respond with.
    #[must_use]
    pub fn status(self) -> StatusCode {
        match self {
            Self::NotFound => StatusCode::NOT_FOUND,
            Self::MethodNotAllowed => StatusCode::METHOD_NOT_ALLOWED,
            Self::Timeout => StatusCode::REQUEST_TIMEOUT,
            Self::BodyTooLarge => StatusCode::PAYLOAD_TOO_LARGE,
            Self::InvalidBody => StatusCode::BAD_REQUEST,
            Self::TooManyRequests => StatusCode::TOO_MANY_REQUESTS,
        }
    }
}

impl IntoResponse for Rejection {
    fn into_response(self) -> Response {
        let header = match self {
            Self::MethodNotAllowed => Some((ALLOW, "POST")),
            Self::TooManyRequests => Some((RETRY_AFTER, "1")),
            _ => None,
        };
        // The rest of the body is not read, so the connection cannot be reused.
        let close = [(CONNECTION, "close")];
        (self.status(), close, AppendHeaders(header)).into_response()
    }
}
