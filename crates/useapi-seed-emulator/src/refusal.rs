//! Answers that refuse a request.

use std::fmt::Display;

use axum::Json;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use serde_json::json;

/// The status of a halted account. No registered status, but a valid one.
pub(crate) fn halted_status() -> StatusCode {
    StatusCode::from_u16(596).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR)
}

/// A message that the service does not have: it says so.
fn own(message: impl Display) -> String {
    format!("Emulator: {message}")
}

/// An error in the documented form, with a message of the emulator's own.
pub(crate) fn own_error(status: StatusCode, message: impl Display) -> Response {
    let body = json!({ "error": own(message), "code": status.as_u16() });
    (status, Json(body)).into_response()
}

/// Why a request is refused.
#[derive(Debug)]
pub(crate) enum Refusal {
    /// A field that has to be there: 400.
    Missing(&'static str),
    /// A field over its length: 400.
    TooLong(&'static str),
    /// A field that is no text: 400. A guess.
    NotText(&'static str),
    /// The body is not what was asked for, or over its limit: 400. A guess.
    Body(String),
    /// The parent job is on its way or has failed: 400.
    ParentNotCompleted,
    /// The parent job is of a verb that has no seed: 400.
    Verb(String),
    /// `GET /jobs/` without a job id: 400.
    NoQuery,
    /// No token, or one that nobody has: 401.
    Unauthorized,
    /// The subscription has run out: 402.
    NoSubscription,
    /// No such parent job: 404.
    NoParent(String),
    /// No such job: 404.
    NoJob(String),
    /// No account for this channel: 404.
    NoAccount(String),
    /// No such path: 404. A guess.
    NoPath,
    /// The path is there, but not for this method: 405. A guess.
    Method,
    /// As many jobs are executing as the account may have: 429.
    Busy(Vec<String>),
    /// The account is halted: 596.
    Halted,
    /// The emulator itself could not paint a picture: 500.
    Painting(String),
}

impl Refusal {
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

    fn message(&self) -> String {
        match self {
            Self::Missing(field) => format!("{field} is missing"),
            Self::TooLong(field) => format!("{field} is too long"),
            Self::NotText(field) => own(format_args!(
                "{field} must be a string; leave it out, or send \"\""
            )),
            Self::Body(what) => own(what),
            Self::ParentNotCompleted => "Parent job must be completed".into(),
            Self::Verb(verb) => format!("Job of type {verb} not supported"),
            Self::NoQuery => "Query param jobid not provided".into(),
            Self::Unauthorized => "Unauthorized".into(),
            Self::NoSubscription => "Account has no subscription or subscription expired".into(),
            Self::NoParent(jobid) => format!("Unable to locate parent job {jobid}"),
            Self::NoJob(jobid) => format!("Unable to locate job {jobid}"),
            Self::NoAccount(channel) => format!("Unable to locate account {channel}"),
            Self::NoPath => "Not Found".into(),
            Self::Method => "Method Not Allowed".into(),
            Self::Busy(executing) => format!(
                "Account has {} jobs executing, which is its maximum",
                executing.len()
            ),
            Self::Halted => "Your Discord account has received a pending moderation message from \
                 Midjourney. Please address this issue and reset the /account pendingModMessage \
                 before making any new API calls."
                .into(),
            Self::Painting(why) => own(format_args!("could not paint an image: {why}")),
        }
    }
}

impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        let (status, error) = (self.status(), self.message());
        let code = status.as_u16();
        let body = match self {
            Self::Busy(executing) => {
                json!({ "error": error, "executingJobs": executing, "code": code })
            }
            _ => json!({ "error": error, "code": code }),
        };
        (status, Json(body)).into_response()
    }
}
