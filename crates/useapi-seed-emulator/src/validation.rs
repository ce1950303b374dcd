//! Holds every answer of the API against the OpenAPI description, for this
//! project's own tests: the feature `validated`, which nobody else needs.
//!
//! The description is read here as a text, and only to find fault with what the
//! emulator has answered already. Nothing that is answered comes from it, so
//! that the emulator stays a reading of its own.

mod contract;
mod description;

use std::sync::{LazyLock, Mutex, PoisonError};

use axum::body::Bytes;
use axum::http::StatusCode;
use axum::http::response::Parts;
use axum::response::IntoResponse;

use crate::operation::Operation;
use contract::Contract;

/// Read once: a test suite starts hundreds of emulators.
static CONTRACT: LazyLock<Result<Contract, String>> =
    LazyLock::new(|| Contract::read(include_str!("../openapi/seed_async.yaml")));

/// The answers of one emulator that did not fit.
#[derive(Debug, Default)]
pub(crate) struct Validation {
    violations: Mutex<Vec<String>>,
}

impl Validation {
    /// An answer that fits, as it is; in place of one that does not, a 500 that
    /// says why, so that whatever test asked for it fails.
    pub(crate) fn checked(
        &self,
        request: &str,
        operation: Option<Operation>,
        parts: Parts,
        body: Bytes,
    ) -> (Parts, Bytes) {
        let checked = match &*CONTRACT {
            Ok(contract) => contract.check(operation, &parts, &body),
            Err(error) => Err(format!("the description cannot be read: {error}")),
        };
        let Err(what) = checked else {
            return (parts, body);
        };
        let text = format!(
            "The emulator's answer to {request} is outside of openapi/seed_async.yaml: {what}"
        );
        // A list that only grows is never left half changed.
        let mut violations = self
            .violations
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        violations.push(text.clone());
        let (parts, _) = StatusCode::INTERNAL_SERVER_ERROR
            .into_response()
            .into_parts();
        (parts, text.into())
    }

    /// What did not fit so far.
    pub(crate) fn violations(&self) -> Vec<String> {
        let violations = self.violations.lock();
        violations.unwrap_or_else(PoisonError::into_inner).clone()
    }
}

#[cfg(test)]
mod tests {
    use axum::Json;
    use axum::http::header::{CONTENT_TYPE, RETRY_AFTER};
    use axum::response::{IntoResponse, Response};
    use http_body_util::BodyExt;
    use serde_json::{Value, json};

    use super::{Operation, StatusCode, Validation};

    fn answer(status: u16, body: Value) -> Response {
        let status = StatusCode::from_u16(status).unwrap();
        (status, Json(body)).into_response()
    }

    /// The status after the check, and what was found.
    async fn checked(
        operation: impl Into<Option<Operation>>,
        answer: Response,
    ) -> (u16, Vec<String>) {
        let validation = Validation::default();
        let (parts, body) = answer.into_parts();
        let body = body.collect().await.unwrap().to_bytes();
        let (parts, _) = validation.checked("GET /here", operation.into(), parts, body);
        (parts.status.as_u16(), validation.violations())
    }

    #[tokio::test]
    async fn answers_that_are_declared_stay_as_they_are() {
        let job = json!({ "jobid": "1", "seed": null, "news": 1, "code": "200" });
        let error = json!({ "error": "x", "code": 429, "executingJobs": ["1"] });
        let mut busy = answer(429, error.clone());
        busy.headers_mut().insert(RETRY_AFTER, "5".parse().unwrap());
        for (operation, answer, status) in [
            (Some(Operation::GetJob), answer(200, job), 200),
            (Some(Operation::RetrieveSeed), busy, 429),
            (Some(Operation::ListJobs), answer(200, json!(["1"])), 200),
            (
                Some(Operation::ResetAccount),
                StatusCode::OK.into_response(),
                200,
            ),
            (None, answer(404, json!({})), 404),
            (None, answer(405, json!({})), 405),
        ] {
            assert_eq!(checked(operation, answer).await, (status, Vec::new()));
        }
    }

    #[tokio::test]
    async fn answers_that_are_not_declared_become_errors() {
        let mut late = answer(401, json!({}));
        late.headers_mut().insert(RETRY_AFTER, "5".parse().unwrap());
        let mut text = answer(401, json!({}));
        text.headers_mut()
            .insert(CONTENT_TYPE, "text/plain".parse().unwrap());
        let seed = json!({ "seed": { "value": -1 } });
        for (operation, answer, what) in [
            (
                Some(Operation::ListJobs),
                answer(404, json!({})),
                "status 404 is not declared",
            ),
            (
                Some(Operation::RetrieveSeed),
                answer(413, json!({})),
                "status 413 is not declared",
            ),
            (
                Some(Operation::GetJob),
                answer(200, json!([])),
                "is not of type",
            ),
            (
                Some(Operation::GetJob),
                answer(200, seed),
                "\"/seed/value\": -1",
            ),
            (
                Some(Operation::GetJob),
                late,
                "header retry-after is not declared",
            ),
            (
                Some(Operation::GetJob),
                text,
                "content type \"text/plain\" is not declared",
            ),
            (
                Some(Operation::GetJob),
                StatusCode::OK.into_response(),
                "content type \"\"",
            ),
            (
                Some(Operation::GetJob),
                (StatusCode::OK, [(CONTENT_TYPE, "application/json")], "{").into_response(),
                "no JSON",
            ),
            (
                Some(Operation::ResetAccount),
                answer(200, json!({})),
                "a body where none is",
            ),
            (None, answer(200, json!({})), "where there is no operation"),
        ] {
            let (status, violations) = checked(operation, answer).await;
            assert_eq!(status, 500, "{what}");
            let [violation] = violations.as_slice() else {
                panic!("{what}: {violations:?}");
            };
            assert!(violation.contains("GET /here"), "{violation}");
            assert!(violation.contains(what), "{violation}");
        }
    }
}
