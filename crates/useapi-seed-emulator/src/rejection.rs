//! Responses that reject a request.

use std::fmt::Display;

use axum::Json;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use serde_json::json;

/// The status of a halted account, which is not registered.
pub(crate) fn halted_status() -> StatusCode {
    StatusCode::from_u16(596).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR)
}

/// An error in the documented format, with the emulator's own message.
pub(crate) fn own_error(status: StatusCode, message: impl Display) -> Response {
    let error = format!("Emulator: {message}");
    let body = json!({ "error": error, "code": status.as_u16() });
    (status, Json(body)).into_response()
}

const HALTED: &str = "Your Discord account has received a pending moderation message from \
    Midjourney. Please address this issue and reset the /account pendingModMessage before making \
    any new API calls.";

/// Why a request is rejected.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Rejection {
    /// A required field.
    #[error("{0} is missing")]
    Missing(&'static str),
    /// A field over its length.
    #[error("{0} is too long")]
    TooLong(&'static str),
    /// Undocumented.
    #[error("Emulator: {0} must be a string; leave it out, or send \"\"")]
    NotText(&'static str),
    /// The body is invalid or too large. Undocumented.
    #[error("Emulator: {0}")]
    Body(String),
    #[error("Parent job must be completed")]
    ParentNotCompleted,
    /// The parent job's verb has no seed.
    #[error("Job of type {0} not supported")]
    Verb(String),
    #[error("Query param jobid not provided")]
    NoQuery,
    /// No token, or an unknown one.
    #[error("Unauthorized")]
    Unauthorized,
    #[error("Account has no subscription or subscription expired")]
    NoSubscription,
    #[error("Unable to locate parent job {0}")]
    NoParent(String),
    #[error("Unable to locate job {0}")]
    NoJob(String),
    /// No account for this channel.
    #[error("Unable to locate account {0}")]
    NoAccount(String),
    /// Undocumented.
    #[error("Not Found")]
    NoPath,
    /// The path has another method. Undocumented.
    #[error("Method Not Allowed")]
    Method,
    /// The account has no free slot beside these jobs.
    #[error("Account has {} jobs executing, which is its maximum", .0.len())]
    Busy(Vec<String>),
    #[error("{HALTED}")]
    Halted,
    #[error("Emulator: could not paint an image: {0}")]
    Painting(String),
}

impl Rejection {
    fn status(&self) -> StatusCode {
        match self {
            Self::Missing(_)
            | Self::TooLong(_)
            | Self::NotText(_)
            | Self::Body(_)
            | Self::ParentNotCompleted
            | Self::Verb(_)
            | Self::NoQuery => StatusCode::BAD_REQUEST,
            Self::Unauthorized => StatusCode::UNAUTHORIZED,
            Self::NoSubscription => StatusCode::PAYMENT_REQUIRED,
            Self::NoParent(_) | Self::NoJob(_) | Self::NoAccount(_) | Self::NoPath => {
                StatusCode::NOT_FOUND
            }
            Self::Method => StatusCode::METHOD_NOT_ALLOWED,
            Self::Busy(_) => StatusCode::TOO_MANY_REQUESTS,
            Self::Halted => halted_status(),
            Self::Painting(_) => StatusCode::INTERNAL_SERVER_ERROR,
        }
    }
}

impl IntoResponse for Rejection {
    fn into_response(self) -> Response {
        let status = self.status();
        let mut body = json!({ "error": self.to_string(), "code": status.as_u16() });
        if let (Self::Busy(executing), Some(body)) = (self, body.as_object_mut()) {
            body.insert("executingJobs".to_owned(), executing.into());
        }
        (status, Json(body)).into_response()
    }
}
