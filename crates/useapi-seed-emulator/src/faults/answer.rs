//! What a fault makes of a finished answer.

use std::convert::Infallible;
use std::time::Duration;

use axum::body::{Body, Bytes};
use axum::http::HeaderValue;
use axum::http::header::CONTENT_LENGTH;
use axum::response::Response;
use futures_util::StreamExt;
use futures_util::stream;
use serde_json::Value;

use super::Fault;

/// How often a slow answer brings something.
const BEATS_PER_SECOND: u32 = 20;

/// The answer as its caller gets it. `body` is the answer's own.
pub(crate) fn spoil(fault: Option<&Fault>, response: Response, body: &Bytes) -> Response {
    let Some(fault) = fault else {
        return announced(response, body, Body::from(body.clone()));
    };
    match fault {
        Fault::TruncatedBody { bytes } => {
            // The pause lets what comes before it leave.
            let end = stream::once(async {
                tokio::time::sleep(Duration::from_millis(20)).await;
                Err(std::io::Error::other("cut on demand"))
            });
            let start = body.slice(..before_end(body, *bytes));
            let parts = stream::iter([Ok(start)]).chain(end);
            announced(response, body, Body::from_stream(parts))
        }
        Fault::Stall { bytes } => {
            let start = Ok::<_, Infallible>(body.slice(..before_end(body, *bytes)));
            let parts = stream::iter([start]).chain(stream::pending());
            announced(response, body, Body::from_stream(parts))
        }
        Fault::Slow { bytes_per_second } => {
            let rate = (*bytes_per_second).max(1);
            let step = (rate / BEATS_PER_SECOND).max(1);
            let pause = Duration::from_secs(step.into()) / rate;
            let step = step as usize;
            let rest = stream::unfold(body.clone(), move |mut rest| async move {
                if rest.is_empty() {
                    return None;
                }
                tokio::time::sleep(pause).await;
                let part = rest.split_to(step.min(rest.len()));
                Some((Ok::<_, Infallible>(part), rest))
            });
            announced(response, body, Body::from_stream(rest))
        }
        Fault::ShortBody { bytes } => {
            let start = body.slice(..body.len().min(*bytes));
            announced(response, &start, Body::from(start.clone()))
        }
        Fault::ExtraField { name, value } => with_end(response, body, name, value),
        Fault::ReplacedField { pointer, value } => {
            let mut json = serde_json::from_slice::<Value>(body).unwrap_or_default();
            if let Some(place) = json.pointer_mut(pointer) {
                place.clone_from(value);
            }
            let text = Bytes::from(json.to_string());
            announced(response, &text, Body::from(text.clone()))
        }
        _ => announced(response, body, Body::from(body.clone())),
    }
}

/// How much comes of a body that must not come whole.
fn before_end(body: &Bytes, bytes: usize) -> usize {
    bytes.min(body.len().saturating_sub(1))
}

/// The answer with a last field, which may be there already.
fn with_end(response: Response, body: &Bytes, name: &str, value: &Value) -> Response {
    let text = match body.strip_suffix(b"}") {
        Some(start) => {
            let comma = if start.ends_with(b"{") { "" } else { "," };
            let field = format!("{comma}{}:{value}}}", Value::from(name));
            Bytes::from([start, field.as_bytes()].concat())
        }
        None => body.clone(),
    };
    announced(response, &text, Body::from(text.clone()))
}

/// An answer that says that all of `whole` comes.
fn announced(mut response: Response, whole: &Bytes, body: Body) -> Response {
    let length = HeaderValue::from(whole.len());
    response.headers_mut().insert(CONTENT_LENGTH, length);
    *response.body_mut() = body;
    response
}
