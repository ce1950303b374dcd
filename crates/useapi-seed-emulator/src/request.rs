//! The body of `POST /jobs/seed_async`.

use axum::http::HeaderMap;
use axum::http::header::CONTENT_TYPE;
use serde_json::{Map, Value};

use crate::rejection::Rejection;

/// The largest body that is read.
pub(crate) const BODY_LIMIT: usize = 64 * 1024;
/// Of `replyUrl` and `replyRef`, in characters.
const MAX_LENGTH: usize = 1024;

/// A body that is valid, whatever job it names.
#[derive(Debug)]
pub(crate) struct SeedRequest {
    pub(crate) jobid: String,
    pub(crate) discord: Option<String>,
    pub(crate) reply_url: Option<String>,
    pub(crate) reply_ref: Option<String>,
}

impl SeedRequest {
    pub(crate) fn parse(headers: &HeaderMap, body: &[u8]) -> Result<Self, Rejection> {
        let json = headers
            .get(CONTENT_TYPE)
            .and_then(|value| value.to_str().ok())
            .and_then(|value| value.split(';').next())
            .is_some_and(|kind| kind.trim().eq_ignore_ascii_case("application/json"));
        if !json {
            return Err(Rejection::Body(
                "Content-Type must be application/json".into(),
            ));
        }
        let Value::Object(fields) = serde_json::from_slice(body)
            .map_err(|error| Rejection::Body(format!("Request body is not valid JSON: {error}")))?
        else {
            return Err(Rejection::Body("Request body must be a JSON object".into()));
        };

        let jobid = match fields.get("jobid") {
            Some(Value::String(jobid)) if !jobid.trim().is_empty() => jobid.clone(),
            _ => return Err(Rejection::Missing("jobid")),
        };
        let reply_ref = text(&fields, "replyRef")?;
        let reply_url = text(&fields, "replyUrl")?;
        for (name, value) in [("replyRef", &reply_ref), ("replyUrl", &reply_url)] {
            if value
                .as_ref()
                .is_some_and(|value| value.chars().count() > MAX_LENGTH)
            {
                return Err(Rejection::TooLong(name));
            }
        }
        Ok(Self {
            jobid,
            discord: text(&fields, "discord")?,
            reply_url,
            reply_ref,
        })
    }
}

/// An optional text. An empty one is the same as an absent one.
fn text(fields: &Map<String, Value>, name: &'static str) -> Result<Option<String>, Rejection> {
    match fields.get(name) {
        None => Ok(None),
        Some(Value::String(text)) => Ok(Some(text.clone()).filter(|text| !text.is_empty())),
        Some(_) => Err(Rejection::NotText(name)),
    }
}
