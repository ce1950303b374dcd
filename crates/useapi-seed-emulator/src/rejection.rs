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

/// Marks a message that is not the service's.
fn own(message: impl Display) -> String {
    format!("Emulator: {message}")
}

/// An error in the documented format, with the emulator's own message.
pub(crate) fn own_error(status: StatusCode, message: impl Display) -> Response {
    let body = json!({ "error": own(message), "code": status.as_u16() });
    (status, Json(body)).into_response()
}

const HALTED: &str = "Your Discord account has received a pending moderation message from \
    Midjourney. Please address this issue and reset the /account pendingModMessage before making \
    any new API calls.";

/// Why a request is rejected.
#[derive(Debug)]
pub(crate) enum Rejection {
    /// A required field: 400.
    Missing(&'static str),
    /// A field over its length: 400.
    TooLong(&'static str),
    /// A field that is not a text: 400. Undocumented.
    NotText(&'static str),
    /// The body is invalid or too large: 400. Undocumented.
    Body(String),
    /// The parent job is executing or has failed: 400.
    ParentNotCompleted,
    /// The parent job's verb has no seed: 400.
    Verb(String),
    /// `GET /jobs/` without a job id: 400.
    NoQuery,
    /// No token, or an unknown one: 401.
    Unauthorized,
    /// The subscription has expired: 402.
    NoSubscription,
    /// No such parent job: 404.
    NoParent(String),
    /// No such job: 404.
    NoJob(String),
    /// No account for this channel: 404.
    NoAccount(String),
    /// No such path: 404. Undocumented.
    NoPath,
    /// The path has another method: 405. Undocumented.
    Method,
    /// The account has no free slot: 429.
    Busy(Vec<String>),
    /// The account is halted: 596.
    Halted,
    /// The emulator could not paint an image: 500.
    Painting(String),
}

impl Rejection {
    fn status_and_message(&self) -> (StatusCode, String) {
        let bad_request = StatusCode::BAD_REQUEST;
        let not_found = StatusCode::NOT_FOUND;
        match self {
            Self::Missing(field) => (bad_request, format!("{field} is missing")),
            Self::TooLong(field) => (bad_request, format!("{field} is too long")),
            Self::NotText(field) => {
                let message = format!("{field} must be a string; leave it out, or send \"\"");
                (bad_request, own(message))
            }
            Self::Body(problem) => (bad_request, own(problem)),
            Self::ParentNotCompleted => (bad_request, "Parent job must be completed".into()),
            Self::Verb(verb) => (bad_request, format!("Job of type {verb} not supported")),
            Self::NoQuery => (bad_request, "Query param jobid not provided".into()),
            Self::Unauthorized => (StatusCode::UNAUTHORIZED, "Unauthorized".into()),
            Self::NoSubscription => (
                StatusCode::PAYMENT_REQUIRED,
                "Account has no subscription or subscription expired".into(),
            ),
            Self::NoParent(jobid) => (not_found, format!("Unable to locate parent job {jobid}")),
            Self::NoJob(jobid) => (not_found, format!("Unable to locate job {jobid}")),
            Self::NoAccount(name) => (not_found, format!("Unable to locate account {name}")),
            Self::NoPath => (not_found, "Not Found".into()),
            Self::Method => (StatusCode::METHOD_NOT_ALLOWED, "Method Not Allowed".into()),
            Self::Busy(executing) => {
                let count = executing.len();
                let message = format!("Account has {count} jobs executing, which is its maximum");
                (StatusCode::TOO_MANY_REQUESTS, message)
            }
            Self::Halted => (halted_status(), HALTED.into()),
            Self::Painting(error) => (
                StatusCode::INTERNAL_SERVER_ERROR,
                own(format_args!("could not paint an image: {error}")),
            ),
        }
    }
}

impl IntoResponse for Rejection {
    fn into_response(self) -> Response {
        let (status, error) = self.status_and_message();
        let mut body = json!({ "error": error, "code": status.as_u16() });
        if let (Self::Busy(executing), Some(body)) = (self, body.as_object_mut()) {
            body.insert("executingJobs".to_owned(), executing.into());
        }
        (status, Json(body)).into_response()
    }
}
