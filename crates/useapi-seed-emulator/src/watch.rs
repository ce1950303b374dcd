//! What happens around every call: it meets its fault, and is written down.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use axum::body::{Body, Bytes};
use axum::extract::{ConnectInfo, Request, State};
use axum::http::{HeaderValue, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use futures_util::stream;
use http_body_util::BodyExt;
use serde_json::json;

use crate::access::bearer;
use crate::clock::{Clock, with_milliseconds};
use crate::faults::{Fault, Plan, spoil};
use crate::journal::{Entry, Journal};
use crate::operation::Operation;
use crate::routes::BODY_LIMIT;
use crate::secrets::Secrets;
use crate::wire::Fate;
use crate::world::World;

/// How many letters an unknown token has at least that is taken for a secret.
const SHORTEST: usize = 8;

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
    around(watch, fate, operation, request, next).await
}

/// Around the image host.
pub(crate) async fn images(
    State(watch): State<Arc<Watch>>,
    ConnectInfo(fate): ConnectInfo<Fate>,
    request: Request,
    next: Next,
) -> Response {
    around(watch, fate, Some(Operation::GetImage), request, next).await
}

/// In a task of its own: a caller that gives up does not undo its call.
async fn around(
    watch: Arc<Watch>,
    fate: Fate,
    operation: Option<Operation>,
    request: Request,
    next: Next,
) -> Response {
    let task = tokio::spawn(async move { watch.answer(&fate, operation, request, next).await });
    task.await.unwrap_or_else(|fault| {
        (StatusCode::INTERNAL_SERVER_ERROR, fault.to_string()).into_response()
    })
}

impl Watch {
    async fn answer(
        &self,
        fate: &Fate,
        operation: Option<Operation>,
        request: Request,
        next: Next,
    ) -> Response {
        let (parts, body) = request.into_parts();
        // The one that the call shows, too: it may be a real one, unless it is
        // so short that it stands everywhere.
        let shown = bearer(&parts.headers).filter(|token| token.len() >= SHORTEST);
        let shown = shown.unwrap_or_default().to_owned();
        let tokens = self.tokens.iter().map(String::as_str);
        let secrets = Secrets::new(tokens.chain([shown.as_str()]));
        let (start, body) = start_of(body).await;
        let fault = operation.and_then(|operation| self.plan().draw(operation));
        let (asked, job) = secrets.body(&start);
        let mut entry = Entry {
            number: 0,
            time: with_milliseconds(self.clock.now()),
            operation,
            closest: match operation {
                Some(_) => None,
                None => Some(Operation::closest(&parts.method, parts.uri.path())),
            },
            method: parts.method.to_string(),
            target: secrets.target(&parts.uri.to_string()),
            headers: secrets.headers(&parts.headers),
            request: asked,
            status: None,
            answer: String::new(),
            fault: fault.clone(),
            job: job.or_else(|| Some(secrets.text(&queried(parts.uri.query()?)?))),
        };

        let mut request = Request::from_parts(parts, body);
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
            self.journal().add(entry);
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
        // What a fault puts in an answer's place is outside of the description
        // on purpose; the others change the answer only after this.
        #[cfg(feature = "validated")]
        let (parts, body) = if matches!(fault, Some(Fault::Status { .. } | Fault::Html { .. })) {
            (parts, body)
        } else {
            let request = format!("{} {}", entry.method, entry.target);
            self.validation.checked(&request, operation, parts, body)
        };
        if operation != Some(Operation::GetImage) {
            let (answered, job) = secrets.body(&body);
            entry.answer = answered;
            entry.job = job.or(entry.job);
        }
        let is_lost = fault == Some(Fault::ResetAfter);
        entry.status = (!is_lost).then_some(parts.status.as_u16());
        self.journal().add(entry);
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
}

/// As much of a body as the API reads, and a byte more where there is more: it
/// is then refused there. And the body again, which breaks off where it did.
async fn start_of(mut body: Body) -> (Bytes, Body) {
    let mut start = Vec::new();
    let mut end = None;
    while let Some(frame) = body.frame().await {
        match frame {
            Ok(frame) => start.extend(frame.into_data().unwrap_or_default()),
            Err(fault) => {
                end = Some(Err(fault));
                break;
            }
        }
        if start.len() > BODY_LIMIT {
            start.truncate(BODY_LIMIT + 1);
            break;
        }
    }
    let start = Bytes::from(start);
    let again = match end {
        None => Body::from(start.clone()),
        Some(end) => Body::from_stream(stream::iter([Ok(start.clone()), end])),
    };
    (start, again)
}

/// The job that a query names.
fn queried(query: &str) -> Option<String> {
    let id = query
        .split('&')
        .find_map(|parameter| parameter.strip_prefix("jobid="))?;
    let decoded = percent_encoding::percent_decode_str(id).decode_utf8_lossy();
    Some(decoded.into_owned())
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
