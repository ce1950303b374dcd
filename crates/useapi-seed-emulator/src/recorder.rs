//! The middleware around every call: it applies faults and writes the journal.

use std::sync::mpsc::Sender;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use axum::body::{Body, Bytes, to_bytes};
use axum::extract::Request;
use axum::http::{HeaderValue, Method, StatusCode, header};
use axum::middleware::Next;
use axum::response::{Html, IntoResponse, Response};
use futures_util::stream;
use http_body_util::BodyExt;
use serde_json::json;
use tokio::time::{sleep, timeout};

use crate::access::bearer;
use crate::clock::Clock;
use crate::faults::{Fault, FaultPlan, Phase, apply_fault};
use crate::initial_state::InitialState;
use crate::journal::{Call, Journal, JournalEntry};
use crate::operation::Operation;
use crate::redaction::is_long_enough;
use crate::rejection::status;
use crate::request::BODY_LIMIT;
use crate::server::ConnectionFault;

/// How long the sender of a body may send nothing.
const BODY_TIMEOUT: Duration = Duration::from_secs(60);

/// Marks a request whose links are to have expired.
#[derive(Clone, Copy, Debug)]
pub(crate) struct ExpiredLinks;

/// Marks a response that has links.
#[derive(Clone, Copy, Debug)]
pub(crate) struct HasLinks;

/// The faults and the journal of API and image host.
pub(crate) struct Recorder {
    clock: Clock,
    tokens: Vec<String>,
    plan: Mutex<FaultPlan>,
    journal: Mutex<Journal>,
    /// Receives each call when it is recorded.
    subscriber: Option<Sender<JournalEntry>>,
}

impl Recorder {
    pub(crate) fn new(
        clock: Clock,
        world: &InitialState,
        plan: FaultPlan,
        subscriber: Option<Sender<JournalEntry>>,
    ) -> Self {
        let tokens = world.tokens.iter().map(|known| known.token.clone());
        Self {
            clock,
            tokens: tokens.collect(),
            plan: Mutex::new(plan),
            journal: Mutex::default(),
            subscriber,
        }
    }

    // No change can panic halfway, so a poisoned lock is harmless.

    pub(crate) fn plan(&self) -> MutexGuard<'_, FaultPlan> {
        self.plan.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn journal(&self) -> MutexGuard<'_, Journal> {
        self.journal.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn record(&self, call: Call) {
        let recorded = self.journal().add(call);
        if let Some(subscriber) = &self.subscriber {
            // Fails when the receiver was dropped, which needs no more.
            let _ = subscriber.send(recorded.entry(&self.tokens));
        }
    }

    /// The recorded calls after the one with this number.
    pub(crate) fn calls_after(&self, number: u64) -> Vec<JournalEntry> {
        // Redacted without the lock, for which calls on another thread would wait.
        let calls = self.journal().calls_after(number);
        calls.iter().map(|call| call.entry(&self.tokens)).collect()
    }

    /// Runs in its own task: a sender that disconnects does not cancel its call,
    /// which [`Fault::Latency`] promises.
    pub(crate) async fn intercept(
        self: Arc<Self>,
        operation: Option<Operation>,
        request: Request,
        next: Next,
    ) -> Response {
        let task = tokio::spawn(async move { self.respond(operation, request, next).await });
        task.await.unwrap_or_else(|error| {
            (StatusCode::INTERNAL_SERVER_ERROR, error.to_string()).into_response()
        })
    }

    async fn respond(
        &self,
        operation: Option<Operation>,
        request: Request,
        next: Next,
    ) -> Response {
        let received = Instant::now();
        let (parts, body) = request.into_parts();
        let (prefix, body) = read_prefix(body).await;
        let mut triggered = operation.and_then(|operation| self.plan().next(operation));
        let fault = triggered
            .as_ref()
            .map(|triggered| Arc::clone(&triggered.fault));
        let mut call = Call {
            time: self.clock.now(),
            operation,
            method: parts.method.clone(),
            target: parts.uri.path_and_query().map(ToString::to_string),
            headers: parts
                .headers
                .iter()
                .map(|(name, value)| (name.clone(), value.as_bytes().into()))
                .collect(),
            token: bearer(&parts.headers)
                .filter(|token| is_long_enough(token))
                .map(ToOwned::to_owned),
            request: prefix,
            status: None,
            response: Bytes::new(),
            fault: None,
            duration: Duration::ZERO,
        };

        let mut request = Request::from_parts(parts, body);
        let response = match fault.as_deref() {
            Some(Fault::ResetBefore) => {
                call.fault = fault;
                call.duration = received.elapsed();
                self.record(call);
                return reset();
            }
            Some(Fault::Status {
                status,
                retry_after,
            }) => error(*status, retry_after.as_deref()),
            Some(Fault::Html { status }) => html(*status),
            Some(Fault::Latency { milliseconds }) => {
                sleep(Duration::from_millis(*milliseconds)).await;
                next.run(request).await
            }
            Some(Fault::ExpiredLinks) => {
                request.extensions_mut().insert(ExpiredLinks);
                next.run(request).await
            }
            _ => next.run(request).await,
        };

        let (mut parts, body) = response.into_parts();
        // All bodies come from memory.
        let body = to_bytes(body, usize::MAX).await.unwrap_or_default();
        let has_links = parts.extensions.get::<HasLinks>().is_some();
        // HEAD has no body.
        let sent = if call.method == Method::HEAD {
            &[]
        } else {
            &body[..]
        };
        if let Some(unused) = triggered.take_if(|it| !it.fault.changes(sent, has_links)) {
            triggered = self.plan().next_after_unused(&unused, |fault| {
                fault.phase() == Phase::Response && fault.changes(sent, has_links)
            });
        }
        call.fault = triggered.map(|triggered| triggered.fault);
        let fault = call.fault.clone();
        if operation != Some(Operation::GetImage) {
            call.response = body.clone();
        }
        let is_lost = fault.as_deref() == Some(&Fault::ResetAfter);
        call.status = (!is_lost).then_some(parts.status.as_u16());
        call.duration = received.elapsed();
        self.record(call);
        if is_lost {
            return reset();
        }
        if fault.as_deref() == Some(&Fault::ResetOnReuse) {
            parts.extensions.insert(ConnectionFault::ResetOnReuse);
        }
        apply_fault(fault.as_deref(), parts, body)
    }
}

/// Reads at most one byte more than the API accepts, so that it still rejects a longer
/// body. The second body repeats the first, with its error if it has one.
async fn read_prefix(mut body: Body) -> (Bytes, Body) {
    let mut prefix = Vec::new();
    let mut end = None;
    while prefix.len() <= BODY_LIMIT && end.is_none() {
        match timeout(BODY_TIMEOUT, body.frame()).await {
            Ok(Some(Ok(frame))) => {
                prefix.extend_from_slice(&frame.into_data().unwrap_or_default());
            }
            Ok(Some(Err(error))) => end = Some(error),
            Ok(None) => break,
            Err(elapsed) => end = Some(axum::Error::new(elapsed)),
        }
    }
    prefix.truncate(BODY_LIMIT + 1);
    // Boxed, so that the journal keeps no spare capacity.
    let prefix = Bytes::from(prefix.into_boxed_slice());
    let repeated = [Ok(prefix.clone())].into_iter().chain(end.map(Err));
    (prefix, Body::from_stream(stream::iter(repeated)))
}

fn reset() -> Response {
    let mut response = Response::default();
    response.extensions_mut().insert(ConnectionFault::Reset);
    response
}

fn error(code: u16, retry_after: Option<&str>) -> Response {
    let body = json!({ "error": "injected fault", "code": code });
    let mut response = (status(code), axum::Json(body)).into_response();
    if let Some(value) = retry_after.and_then(|value| HeaderValue::from_str(value).ok()) {
        response.headers_mut().insert(header::RETRY_AFTER, value);
    }
    response
}

fn html(code: u16) -> Response {
    let page = "<html><body><h1>Bad Gateway</h1></body></html>\n";
    (status(code), Html(page)).into_response()
}
