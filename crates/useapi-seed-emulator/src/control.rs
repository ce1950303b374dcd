//! The emulator's own routes, below `/_emulator/`: for tests in any language.
//! `openapi/emulator.yaml` describes them.

use std::sync::Arc;
use std::time::Duration;

use axum::extract::State;
use axum::extract::rejection::JsonRejection;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use axum::{Json, Router};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::callbacks::{Callback, Callbacks};
use crate::clock::{Clock, with_milliseconds};
use crate::faults::{Fault, FaultCount, When};
use crate::journal::Entry;
use crate::operation::Operation;
use crate::service::Service;
use crate::watch::Watch;

/// All that can be looked at and changed.
#[derive(Clone, Debug)]
pub(crate) struct Control {
    pub(crate) clock: Clock,
    pub(crate) watch: Arc<Watch>,
    pub(crate) service: Arc<Service>,
    pub(crate) callbacks: Arc<Callbacks>,
}

pub(crate) fn router(control: Control) -> Router {
    Router::new()
        .route("/_emulator/clock", get(time).post(advance))
        .route(
            "/_emulator/faults",
            get(faults).post(inject).delete(clear_faults),
        )
        .route("/_emulator/journal", get(journal))
        .route("/_emulator/callbacks", get(callbacks))
        .route("/_emulator/job-counts", get(job_counts))
        .with_state(control)
}

/// What the clock shows.
#[derive(Serialize)]
struct Time {
    time: String,
}

impl Time {
    fn of(clock: &Clock) -> Json<Self> {
        let time = with_milliseconds(clock.now());
        Json(Self { time })
    }
}

/// By how much the clock is put forward.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Advance {
    milliseconds: u64,
}

/// A fault that is asked for.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Injection {
    operation: Operation,
    when: When,
    fault: Fault,
}

async fn time(State(control): State<Control>) -> Json<Time> {
    Time::of(&control.clock)
}

async fn advance(
    State(control): State<Control>,
    body: Result<Json<Advance>, JsonRejection>,
) -> Result<Json<Time>, BadRequest> {
    let Json(Advance { milliseconds }) = body?;
    control.clock.advance(Duration::from_millis(milliseconds));
    Ok(Time::of(&control.clock))
}

async fn faults(State(control): State<Control>) -> Json<Vec<FaultCount>> {
    Json(control.watch.plan().counts())
}

async fn inject(
    State(control): State<Control>,
    body: Result<Json<Injection>, JsonRejection>,
) -> Result<StatusCode, BadRequest> {
    let Json(Injection {
        operation,
        when,
        fault,
    }) = body?;
    control.watch.plan().add(operation, when, fault);
    Ok(StatusCode::NO_CONTENT)
}

async fn clear_faults(State(control): State<Control>) -> StatusCode {
    control.watch.plan().clear();
    StatusCode::NO_CONTENT
}

async fn journal(State(control): State<Control>) -> Json<Vec<Entry>> {
    Json(control.watch.journal().entries())
}

async fn callbacks(State(control): State<Control>) -> Json<Vec<Callback>> {
    Json(control.callbacks.log())
}

async fn job_counts(State(control): State<Control>) -> Json<Value> {
    Json(json!(control.service.counts()))
}

/// A body that is not what was asked for, and why.
struct BadRequest(JsonRejection);

impl From<JsonRejection> for BadRequest {
    fn from(rejection: JsonRejection) -> Self {
        Self(rejection)
    }
}

impl IntoResponse for BadRequest {
    fn into_response(self) -> Response {
        let (status, error) = (self.0.status(), self.0.body_text());
        (status, Json(json!({ "error": error }))).into_response()
    }
}
