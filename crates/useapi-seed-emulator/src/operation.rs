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

/// Method, path and operation; in the path, `*` is any segment.
const ROUTES: [(Method, &str, Operation); 5] = [
    (Method::POST, "/v2/jobs/seed_async", Operation::RetrieveSeed),
    (Method::GET, "/v2/jobs/", Operation::GetJob),
    (Method::GET, "/v2/jobs", Operation::ListJobs),
    (Method::GET, "/v2/jobs/cancel/", Operation::CancelJob),
    (
        Method::POST,
        "/v2/account/midjourney/*/reset",
        Operation::ResetAccount,
    ),
];

impl Operation {
    /// The operation of a request to the API.
    pub(crate) fn of(method: &Method, path: &str) -> Option<Self> {
        ROUTES
            .iter()
            .find(|(known, pattern, _)| known == method && matches(pattern, path))
            .map(|(_, _, operation)| *operation)
    }

    /// The method of a path of the API.
    pub(crate) fn method_of(path: &str) -> Option<Method> {
        let mut routes = ROUTES.into_iter();
        let (method, ..) = routes.find(|(_, pattern, _)| matches(pattern, path))?;
        Some(method)
    }

    /// The known method and path that are most similar to an unknown one.
    pub(crate) fn suggest(method: &Method, path: &str) -> String {
        // The distance costs more the longer the path, and the known ones are short.
        let start: String = path.chars().take(200).collect();
        let unknown = format!("{method} {start}");
        ROUTES
            .iter()
            .map(|(method, path, _)| format!("{method} {path}"))
            .max_by(|one, other| {
                let similarity = |known: &str| strsim::normalized_levenshtein(known, &unknown);
                similarity(one).total_cmp(&similarity(other))
            })
            .unwrap_or_default()
    }
}

fn matches(pattern: &str, path: &str) -> bool {
    let (patterns, parts) = (pattern.split('/'), path.split('/'));
    patterns.clone().count() == parts.clone().count()
        && patterns
            .zip(parts)
            .all(|(pattern, part)| pattern == "*" || pattern == part)
}

#[cfg(test)]
mod tests {
    use super::{Method, Operation};

    #[test]
    fn unknown_request_gets_a_suggestion() {
        let of = |path| Operation::of(&Method::GET, path);
        assert_eq!(of("/v2/jobs/"), Some(Operation::GetJob));
        assert_eq!(of("/v2/jobs"), Some(Operation::ListJobs));
        assert_eq!(of("/v2/jobs/seed_async"), None);
        let reset = Operation::of(&Method::POST, "/v2/account/midjourney/5/reset");
        assert_eq!(reset, Some(Operation::ResetAccount));
        for (method, path, closest) in [
            (Method::POST, "/v2/jobs/seed", "POST /v2/jobs/seed_async"),
            (Method::GET, "/v2/job/", "GET /v2/jobs/"),
            (Method::GET, "/v2/jobs/cancel", "GET /v2/jobs/cancel/"),
        ] {
            assert_eq!(Operation::suggest(&method, path), closest);
        }
    }
}
