//! The emulator's own routes, below `/_emulator/`: for tests in any language.
//! `openapi/emulator.yaml` describes them, which is one of them.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use axum::extract::rejection::JsonRejection;
use axum::extract::{DefaultBodyLimit, State};
use axum::http::StatusCode;
use axum::http::header::CONTENT_TYPE;
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use axum::{Json, Router};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::callbacks::{Callback, Callbacks};
use crate::clock::{Clock, with_milliseconds};
use crate::faults::{Fault, FaultCount, FaultError, When};
use crate::image_host::ImageHost;
use crate::operation::Operation;
use crate::routes::BODY_LIMIT;
use crate::samples::{EXPIRED_TOKEN, TOKEN};
use crate::service::Service;
use crate::watch::Watch;

/// All that can be looked at and changed.
#[derive(Clone)]
pub(crate) struct Control {
    pub(crate) clock: Clock,
    pub(crate) watch: Arc<Watch>,
    pub(crate) service: Arc<Service>,
    pub(crate) callbacks: Arc<Callbacks>,
    pub(crate) host: Arc<ImageHost>,
    pub(crate) addresses: Arc<Addresses>,
    /// The ids of the jobs that were there at the start, by what they are called.
    pub(crate) names: Arc<BTreeMap<String, String>>,
}

/// Where it is.
#[derive(Debug)]
pub(crate) struct Addresses {
    pub(crate) base_url: String,
    pub(crate) image_base_url: String,
}

pub(crate) fn router(control: Control) -> Router {
    Router::new()
        .route("/_emulator/openapi.yaml", get(description))
        .route("/_emulator/service", get(service))
        .route("/_emulator/clock", get(time).post(advance))
        .route(
            "/_emulator/faults",
            get(faults).post(inject).delete(clear_faults),
        )
        .route("/_emulator/journal", get(journal))
        .route("/_emulator/callbacks", get(callbacks))
        .route("/_emulator/job-counts", get(job_counts))
        .layer(DefaultBodyLimit::max(BODY_LIMIT))
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

/// The description of these routes.
async fn description() -> impl IntoResponse {
    let text = include_str!("../openapi/emulator.yaml");
    ([(CONTENT_TYPE, "application/yaml")], text)
}

async fn service(State(control): State<Control>) -> Json<Value> {
    let Control {
        addresses, host, ..
    } = &control;
    Json(json!({
        "base_url": addresses.base_url,
        "image_base_url": addresses.image_base_url,
        "token": TOKEN,
        "expired_token": EXPIRED_TOKEN,
        "jobs": *control.names,
        "image_requests_with_token": host.requests_with_token(),
    }))
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
    control.watch.inject(operation, when, fault)?;
    Ok(StatusCode::NO_CONTENT)
}

async fn clear_faults(State(control): State<Control>) -> StatusCode {
    control.watch.plan().clear();
    StatusCode::NO_CONTENT
}

async fn journal(State(control): State<Control>) -> Response {
    // Many megabytes may have to be searched for secrets: aside, so that the one
    // thread answers other calls meanwhile.
    let written = move || Json(control.watch.calls()).into_response();
    let written = tokio::task::spawn_blocking(written).await;
    written.unwrap_or_else(|fault| {
        (StatusCode::INTERNAL_SERVER_ERROR, fault.to_string()).into_response()
    })
}

async fn callbacks(State(control): State<Control>) -> Json<Vec<Callback>> {
    Json(control.callbacks.log())
}

async fn job_counts(State(control): State<Control>) -> Json<Value> {
    Json(json!(control.service.counts()))
}

/// A body that is not what was asked for, and why.
struct BadRequest(StatusCode, String);

impl From<JsonRejection> for BadRequest {
    fn from(rejection: JsonRejection) -> Self {
        Self(rejection.status(), rejection.body_text())
    }
}

impl From<FaultError> for BadRequest {
    fn from(error: FaultError) -> Self {
        Self(StatusCode::UNPROCESSABLE_ENTITY, error.to_string())
    }
}

impl IntoResponse for BadRequest {
    fn into_response(self) -> Response {
        let Self(status, error) = self;
        (status, Json(json!({ "error": error }))).into_response()
    }
}
