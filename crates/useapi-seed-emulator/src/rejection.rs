//! Responses that reject a request.

use axum::Json;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use serde_json::json;

/// The status of a number, which need not be registered.
pub(crate) fn status(code: u16) -> StatusCode {
    StatusCode::from_u16(code).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR)
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
    /// Another host than this machine; the port is the own one.
    #[error(
        "Emulator: the Host header must be an IP address or localhost:{0}; other names are \
         rejected, since any site could resolve to this machine"
    )]
    Host(u16),
    #[error("Emulator: could not paint an image: {0}")]
    Painting(String),
}

impl Rejection {
    fn code(&self) -> u16 {
        match self {
            Self::Missing(_)
            | Self::TooLong(_)
            | Self::NotText(_)
            | Self::Body(_)
            | Self::ParentNotCompleted
            | Self::Verb(_)
            | Self::NoQuery => 400,
            Self::Unauthorized => 401,
            Self::NoSubscription => 402,
            Self::NoParent(_) | Self::NoJob(_) | Self::NoAccount(_) | Self::NoPath => 404,
            Self::Method => 405,
            Self::Host(_) => 421,
            Self::Busy(_) => 429,
            Self::Painting(_) => 500,
            Self::Halted => 596,
        }
    }
}

impl IntoResponse for Rejection {
    fn into_response(self) -> Response {
        let status = status(self.code());
        let mut body = json!({ "error": self.to_string(), "code": self.code() });
        if let (Self::Busy(executing), Some(body)) = (self, body.as_object_mut()) {
            body.insert("executingJobs".to_owned(), executing.into());
        }
        (status, Json(body)).into_response()
    }
}
