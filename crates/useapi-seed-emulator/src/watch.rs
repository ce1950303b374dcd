//! What happens around every call: it meets its fault, and is written down.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use axum::body::{Body, Bytes};
use axum::extract::{ConnectInfo, Request, State};
use axum::http::{HeaderValue, Method, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use futures_util::stream;
use http_body_util::BodyExt;
use serde_json::json;

use crate::access::bearer;
use crate::clock::Clock;
use crate::faults::{Fault, FaultError, Plan, Trigger, spoil};
use crate::journal::{Call, Journal, JournalEntry};
use crate::operation::Operation;
use crate::routes::BODY_LIMIT;
#[cfg(feature = "validated")]
use crate::secrets::Secrets;
use crate::secrets::is_long_enough;
use crate::wire::Fate;
use crate::world::World;

/// Tells what is served that the answer's links have expired already.
#[derive(Clone, Copy, Debug)]
pub(crate) struct ExpiredLinks;

/// Tells of an answer that it has links.
#[derive(Clone, Copy, Debug)]
pub(crate) struct HasLinks;

/// The plan of faults and the journal, of API and image host together.
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

    /// From now on, calls of an operation meet a fault.
    pub(crate) fn inject(
        &self,
        operation: Operation,
        trigger: Trigger,
        fault: Fault,
    ) -> Result<(), FaultError> {
        self.plan().add(operation, trigger, fault)
    }

    fn journal(&self) -> MutexGuard<'_, Journal> {
        self.journal.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The latest calls, without secrets.
    pub(crate) fn calls(&self) -> Vec<JournalEntry> {
        self.calls_after(0)
    }

    /// Those of them that came after the one of this number.
    pub(crate) fn calls_after(&self, number: u64) -> Vec<JournalEntry> {
        // Read after the lock is gone, since that takes longer: calls that are
        // answered on another thread do not wait for it.
        let kept = self.journal().kept_after(number);
        kept.entries(&self.tokens)
    }

    /// A call without its query and its secrets.
    #[cfg(feature = "validated")]
    fn named(&self, call: &Call) -> String {
        let secrets = Secrets::new(self.tokens.iter().chain(&call.token).map(String::as_str));
        format!("{} {}", call.method, secrets.target(call.path()))
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

/// In a task of its own: a caller that gives up does not undo its call, which
/// [`Fault::Late`] promises.
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
        let (start, body) = start_of(body).await;
        let mut met = operation.and_then(|operation| self.plan().draw(operation));
        let fault = met.as_ref().map(|met| Arc::clone(&met.fault));
        let mut call = Call {
            time: self.clock.now(),
            operation,
            method: parts.method.clone(),
            target: parts
                .uri
                .path_and_query()
                .map(ToString::to_string)
                .unwrap_or_default(),
            headers: parts
                .headers
                .iter()
                .map(|(name, value)| (name.clone(), value.as_bytes().into()))
                .collect(),
            token: bearer(&parts.headers)
                .filter(|token| is_long_enough(token))
                .map(ToOwned::to_owned),
            request: start,
            status: None,
            answer: Bytes::new(),
            fault: None,
        };

        let mut request = Request::from_parts(parts, body);
        let answer = match fault.as_deref() {
            Some(Fault::ResetBefore) => {
                call.fault = fault;
                self.journal().add(call);
                fate.reset();
                return StatusCode::OK.into_response();
            }
            Some(Fault::Status {
                status,
                retry_after,
            }) => error(*status, retry_after.as_deref()),
            Some(Fault::Html { status }) => page(*status),
            _ => {
                if let Some(Fault::Latency { milliseconds } | Fault::Late { milliseconds }) =
                    fault.as_deref()
                {
                    tokio::time::sleep(Duration::from_millis(*milliseconds)).await;
                }
                if fault.as_deref() == Some(&Fault::ExpiredLinks) {
                    request.extensions_mut().insert(ExpiredLinks);
                }
                next.run(request).await
            }
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
        let (parts, body) = if matches!(
            fault.as_deref(),
            Some(Fault::Status { .. } | Fault::Html { .. })
        ) {
            (parts, body)
        } else {
            let request = self.named(&call);
            self.validation.checked(&request, operation, parts, body)
        };
        let has_links = parts.extensions.get::<HasLinks>().is_some();
        // No body is sent to HEAD.
        let sent = if call.method == Method::HEAD {
            &[]
        } else {
            &body[..]
        };
        if let Some(unused) = met.take_if(|met| !met.fault.changes(sent, has_links)) {
            let fits = |fault: &Fault| fault.can_come_last() && fault.changes(sent, has_links);
            met = self.plan().draw_instead(&unused, fits);
        }
        let met = met.map(|met| met.fault);
        call.fault.clone_from(&met);
        let fault = met.as_deref();
        if operation != Some(Operation::GetImage) {
            call.answer = body.clone();
        }
        let is_lost = fault == Some(&Fault::ResetAfter);
        call.status = (!is_lost).then_some(parts.status.as_u16());
        self.journal().add(call);
        if is_lost {
            fate.reset();
        }
        if matches!(fault, Some(Fault::Stall { .. })) {
            fate.stall();
        }
        if fault == Some(&Fault::ResetOnReuse) {
            fate.reset_at_next_request();
        }
        let answer = Response::from_parts(parts, Body::empty());
        spoil(fault, answer, &body)
    }
}

/// As much of a body as the API reads, and a byte more where there is more: it
/// is then refused there. And the body again, which breaks off where it did.
async fn start_of(mut body: Body) -> (Bytes, Body) {
    let mut start = Vec::new();
    let mut end = None;
    while let Some(frame) = body.frame().await {
        match frame {
            Ok(frame) => start.extend_from_slice(&frame.into_data().unwrap_or_default()),
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
    // Without the room that was left to grow: the journal keeps it.
    let start = Bytes::from(start.into_boxed_slice());
    let again = match end {
        None => Body::from(start.clone()),
        Some(end) => Body::from_stream(stream::iter([Ok(start.clone()), end])),
    };
    (start, again)
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
