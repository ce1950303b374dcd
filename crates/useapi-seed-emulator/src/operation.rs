//! What can be asked of the service.

use axum::http::Method;
use serde::{Deserialize, Serialize};

/// An operation of the service, as its description names it, or a picture.
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
    /// A call of a `replyUrl`, by the emulator.
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

/// Method, path and operation; of the path, `*` is any one part.
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
    /// The API's operation that a request asks for.
    pub(crate) fn of(method: &Method, path: &str) -> Option<Self> {
        ROUTES
            .iter()
            .find(|(known, pattern, _)| known == method && fits(pattern, path))
            .map(|(_, _, operation)| *operation)
    }

    /// The one method that a path of the API has.
    pub(crate) fn method_of(path: &str) -> Option<Method> {
        let mut routes = ROUTES.into_iter();
        let (method, ..) = routes.find(|(_, pattern, _)| fits(pattern, path))?;
        Some(method)
    }

    /// What the API has that is most like a request that it has not.
    pub(crate) fn closest(method: &Method, path: &str) -> String {
        // The work grows with the length, and no path of the API is this long.
        let start: String = path.chars().take(200).collect();
        let asked = format!("{method} {start}");
        ROUTES
            .iter()
            .map(|(method, path, _)| format!("{method} {path}"))
            .max_by(|one, other| {
                let likeness = |known: &str| strsim::normalized_levenshtein(known, &asked);
                likeness(one).total_cmp(&likeness(other))
            })
            .unwrap_or_default()
    }
}

fn fits(pattern: &str, path: &str) -> bool {
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
    fn requests_are_known_or_have_something_like_them() {
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
            assert_eq!(Operation::closest(&method, path), closest);
        }
    }
}
