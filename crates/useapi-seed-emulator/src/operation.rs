//! The operations of the service.

use axum::http::Method;
use serde::{Deserialize, Serialize};

/// An operation of the API, a call of the image host, or a callback.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[non_exhaustive]
pub enum Operation {
    /// `POST /v2/jobs/seed_async`.
    RetrieveSeed,
    /// `GET /v2/jobs/?jobid=`.
    GetJob,
    /// `GET /v2/jobs`.
    ListJobs,
    /// `GET /v2/jobs/cancel/?jobid=`.
    CancelJob,
    /// `POST /v2/account/midjourney/<channel>/reset`.
    ResetAccount,
    /// Any call of the image host.
    GetImage,
    /// A callback to a `replyUrl`.
    Callback,
}

impl Operation {
    pub(crate) const ALL: [Self; 7] = [
        Self::RetrieveSeed,
        Self::GetJob,
        Self::ListJobs,
        Self::CancelJob,
        Self::ResetAccount,
        Self::GetImage,
        Self::Callback,
    ];
}

impl Operation {
    /// The operation of a method and a route of the API.
    pub(crate) fn of(method: &Method, route: &str) -> Option<Self> {
        match (method.as_str(), route) {
            ("POST", "/v2/jobs/seed_async") => Some(Self::RetrieveSeed),
            ("GET", "/v2/jobs/") => Some(Self::GetJob),
            ("GET", "/v2/jobs") => Some(Self::ListJobs),
            ("GET", "/v2/jobs/cancel/") => Some(Self::CancelJob),
            ("POST", "/v2/account/midjourney/{channel}/reset") => Some(Self::ResetAccount),
            _ => None,
        }
    }
}
