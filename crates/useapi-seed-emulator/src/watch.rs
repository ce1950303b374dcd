//! What happens around every call: it meets its fault, and is written down.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use axum::body::{Body, Bytes};
use axum::extract::{ConnectInfo, Request, State};
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use http_body_util::BodyExt;
use serde_json::{Value, json};

use crate::clock::{Clock, with_milliseconds};
use crate::faults::{Fault, Plan, spoil};
use crate::journal::{Entry, Journal, excerpt, without_tokens};
use crate::operation::Operation;
use crate::routes::BODY_LIMIT;
use crate::wire::Fate;
use crate::world::World;

/// Tells what is served that the answer's links have expired already.
#[derive(Clone, Copy, Debug)]
pub(crate) struct ExpiredLinks;

/// The plan of faults and the journal, of API and image host together.
#[derive(Debug)]
pub(crate) struct Watch {
    clock: Clock,
    tokens: Vec<String>,
    plan: Mutex<Plan>,
    journal: Mutex<Journal>,
    #[cfg(feature = "validated")]
    validation: crate::validation::Validation,
}

impl Watch {
    pub(crate) fn new(clock: Clock, world: &World, plan: Plan) -> Self {
        let tokens = world.tokens.iter().map(|known| known.token.clone());
        Self {
            clock,
            tokens: tokens.collect(),
            plan: Mutex::new(plan),
            journal: Mutex::default(),
            #[cfg(feature = "validated")]
            validation: crate::validation::Validation::default(),
        }
    }

    // Neither is left half changed by anything, so that a poisoned lock does no
    // harm.

    pub(crate) fn plan(&self) -> MutexGuard<'_, Plan> {
        self.plan.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn journal(&self) -> MutexGuard<'_, Journal> {
        self.journal.lock().unwrap_or_else(PoisonError::into_inner)
    }

    #[cfg(feature = "validated")]
    pub(crate) fn violations(&self) -> Vec<String> {
        self.validation.violations()
    }
}

/// Around the API.
pub(crate) async fn api(
    State(watch): State<Arc<Watch>>,
    ConnectInfo(fate): ConnectInfo<Fate>,
    request: Request,
    next: Next,
) -> Response {
    let operation = Operation::of(request.method(), request.uri().path());
    around(&watch, &fate, operation, request, next).await
}

/// Around the image host.
pub(crate) async fn images(
    State(watch): State<Arc<Watch>>,
    ConnectInfo(fate): ConnectInfo<Fate>,
    request: Request,
    next: Next,
) -> Response {
    around(&watch, &fate, Some(Operation::GetImage), request, next).await
}

async fn around(
    watch: &Watch,
    fate: &Fate,
    operation: Option<Operation>,
    request: Request,
    next: Next,
) -> Response {
    let tokens: Vec<&str> = watch.tokens.iter().map(String::as_str).collect();
    let (parts, body) = request.into_parts();
    let body = start_of(body).await;
    let fault = operation.and_then(|operation| watch.plan().draw(operation));
    let mut entry = Entry {
        number: 0,
        time: with_milliseconds(watch.clock.now()),
        operation,
        closest: match operation {
            Some(_) => None,
            None => Some(Operation::closest(&parts.method, parts.uri.path())),
        },
        method: parts.method.to_string(),
        target: without_tokens(&parts.uri.to_string(), &tokens),
        headers: headers(&parts.headers, &tokens),
        request: excerpt(&body, &tokens),
        status: None,
        answer: String::new(),
        fault: fault.clone(),
        job: job(&body, parts.uri.query()),
    };

    let mut request = Request::from_parts(parts, Body::from(body));
    let answer = match &fault {
        Some(Fault::ResetBefore) => None,
        Some(Fault::Status {
            status,
            retry_after,
        }) => Some(error(*status, retry_after.as_deref())),
        Some(Fault::Html { status }) => Some(page(*status)),
        _ => {
            if let Some(Fault::Latency { milliseconds }) = fault {
                tokio::time::sleep(Duration::from_millis(milliseconds)).await;
            }
            if fault == Some(Fault::ExpiredLinks) {
                request.extensions_mut().insert(ExpiredLinks);
            }
            Some(next.run(request).await)
        }
    };
    let Some(answer) = answer else {
        watch.journal().add(entry);
        fate.reset();
        return StatusCode::OK.into_response();
    };

    let (parts, body) = answer.into_parts();
    // All bodies come from memory, and have an end.
    let body = body
        .collect()
        .await
        .map(http_body_util::Collected::to_bytes);
    let body = body.unwrap_or_default();
    // What a fault puts in an answer's place is outside of the description on
    // purpose; the others change the answer only after this.
    #[cfg(feature = "validated")]
    let (parts, body) = if matches!(fault, Some(Fault::Status { .. } | Fault::Html { .. })) {
        (parts, body)
    } else {
        let request = format!("{} {}", entry.method, entry.target);
        watch.validation.checked(&request, operation, parts, body)
    };
    if operation != Some(Operation::GetImage) {
        entry.answer = excerpt(&body, &tokens);
        entry.job = job(&body, None).or(entry.job);
    }
    let is_lost = fault == Some(Fault::ResetAfter);
    entry.status = (!is_lost).then_some(parts.status.as_u16());
    watch.journal().add(entry);
    if is_lost {
        fate.reset();
    }
    if matches!(fault, Some(Fault::Stall { .. })) {
        fate.stall();
    }
    if fault == Some(Fault::CloseBeforeNext) {
        fate.reset_at_next_request();
    }
    let answer = Response::from_parts(parts, Body::empty());
    spoil(fault.as_ref(), answer, &body)
}

/// As much of a body as the API reads, and a byte more where there is more: it
/// is then refused there.
async fn start_of(mut body: Body) -> Bytes {
    let mut start = Vec::new();
    while let Some(Ok(frame)) = body.frame().await {
        if let Ok(data) = frame.into_data() {
            start.extend_from_slice(&data);
        }
        if start.len() > BODY_LIMIT {
            start.truncate(BODY_LIMIT + 1);
            break;
        }
    }
    start.into()
}

fn headers(headers: &HeaderMap, tokens: &[&str]) -> Vec<(String, String)> {
    headers
        .iter()
        .map(|(name, value)| {
            let value = match *name {
                header::AUTHORIZATION => "***".into(),
                _ => without_tokens(&String::from_utf8_lossy(value.as_bytes()), tokens),
            };
            (name.to_string(), value)
        })
        .collect()
}

/// The job that a body, or else a query, names.
fn job(body: &[u8], query: Option<&str>) -> Option<String> {
    let body: Option<Value> = serde_json::from_slice(body).ok();
    let named = body.and_then(|body| Some(body.get("jobid")?.as_str()?.to_owned()));
    named.or_else(|| {
        let id = query?
            .split('&')
            .find_map(|part| part.strip_prefix("jobid="))?;
        let decoded = percent_encoding::percent_decode_str(id).decode_utf8_lossy();
        Some(decoded.into_owned())
    })
}

fn status(code: u16) -> StatusCode {
    StatusCode::from_u16(code).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR)
}

fn error(code: u16, retry_after: Option<&str>) -> Response {
    let body = json!({ "error": "A fault on demand", "code": code });
    let mut response = (status(code), axum::Json(body)).into_response();
    if let Some(value) = retry_after.and_then(|value| HeaderValue::from_str(value).ok()) {
        response.headers_mut().insert(header::RETRY_AFTER, value);
    }
    response
}

fn page(code: u16) -> Response {
    let html = "<html><body><h1>Bad Gateway</h1></body></html>\n";
    (status(code), axum::response::Html(html)).into_response()
}
