//! What a fault changes in an existing response.

use std::io;
use std::time::Duration;

use axum::body::{Body, Bytes};
use axum::http::HeaderValue;
use axum::http::header::CONTENT_LENGTH;
use axum::http::response::Parts;
use axum::response::Response;
use futures_util::StreamExt;
use futures_util::stream;
use serde_json::Value;

use super::fault::Fault;

const SLOW_PARTS_PER_SECOND: u32 = 20;

/// The response as it is sent, and announced.
pub(crate) fn apply_fault(fault: Option<&Fault>, mut parts: Parts, body: Bytes) -> Response {
    let body = match fault {
        Some(Fault::ShortBody { bytes }) => body.slice(..body.len().min(*bytes)),
        Some(Fault::ExtraField { name, value }) => append_field(body, name, value),
        Some(Fault::ReplacedField { pointer, value }) => replace_field(&body, pointer, value),
        _ => body,
    };
    let length = HeaderValue::from(body.len());
    parts.headers.insert(CONTENT_LENGTH, length);
    let incomplete = |bytes: usize| body.slice(..bytes.min(body.len().saturating_sub(1)));
    let body = match fault {
        Some(Fault::TruncatedBody { bytes }) => {
            // The pause lets the bytes before the error leave.
            let end = stream::once(async {
                tokio::time::sleep(Duration::from_millis(20)).await;
                Err(io::Error::other("injected fault"))
            });
            Body::from_stream(stream::iter([Ok(incomplete(*bytes))]).chain(end))
        }
        Some(Fault::Stall { bytes }) => {
            let start = io::Result::Ok(incomplete(*bytes));
            Body::from_stream(stream::iter([start]).chain(stream::pending()))
        }
        Some(Fault::Slow { bytes_per_second }) => slow(body, (*bytes_per_second).max(1)),
        _ => Body::from(body),
    };
    Response::from_parts(parts, body)
}

fn slow(body: Bytes, bytes_per_second: u32) -> Body {
    let step = (bytes_per_second / SLOW_PARTS_PER_SECOND).max(1);
    let pause = Duration::from_secs(step.into()) / bytes_per_second;
    let step = step as usize;
    Body::from_stream(stream::unfold(body, move |mut rest| async move {
        if rest.is_empty() {
            return None;
        }
        tokio::time::sleep(pause).await;
        let part = rest.split_to(step.min(rest.len()));
        Some((io::Result::Ok(part), rest))
    }))
}

/// Appends a field to an object, which may have it already.
fn append_field(body: Bytes, name: &str, value: &Value) -> Bytes {
    let Some(start) = body.strip_suffix(b"}") else {
        return body;
    };
    let comma = if start.ends_with(b"{") { "" } else { "," };
    let field = format!("{comma}{}:{value}}}", Value::from(name));
    [start, field.as_bytes()].concat().into()
}

fn replace_field(body: &[u8], pointer: &str, value: &Value) -> Bytes {
    let mut json = serde_json::from_slice::<Value>(body).unwrap_or_default();
    if let Some(field) = json.pointer_mut(pointer) {
        field.clone_from(value);
    }
    json.to_string().into()
}
