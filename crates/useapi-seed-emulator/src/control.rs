//! The emulator's own routes, below `/_emulator/`: for tests in any language.
//! `openapi/emulator.yaml` describes them, which is one of them.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use axum::extract::rejection::{JsonRejection, QueryRejection};
use axum::extract::{DefaultBodyLimit, Query, State};
use axum::http::StatusCode;
use axum::http::header::CONTENT_TYPE;
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use axum::{Json, Router};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::callbacks::{Callback, Callbacks};
use crate::clock::{Clock, Pace, Speed, TimeScaleError, with_milliseconds};
use crate::faults::{Fault, FaultError, InjectedFault, Trigger};
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
        .route("/_emulator/clock", get(time).post(change_time))
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

/// What the clock shows, and how fast it runs; none when it stands still.
#[derive(Serialize)]
struct Time {
    time: String,
    time_scale: Option<f64>,
}

impl Time {
    fn of(clock: &Clock) -> Json<Self> {
        let time = with_milliseconds(clock.now());
        let time_scale = match clock.pace() {
            Pace::Stopped => None,
            Pace::Times(speed) => Some(speed.number()),
        };
        Json(Self { time, time_scale })
    }
}

/// By how much the clock is put forward, and how fast it runs from then on.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct TimeChange {
    milliseconds: Option<u64>,
    time_scale: Option<f64>,
}

/// Which calls of the journal are asked for.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct JournalQuery {
    /// Those after the one of this number.
    #[serde(default)]
    after: u64,
}

/// A fault that is asked for.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Injection {
    operation: Operation,
    trigger: Trigger,
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
        "leaked_token_requests": host.requests_with_token(),
    }))
}

async fn time(State(control): State<Control>) -> Json<Time> {
    Time::of(&control.clock)
}

async fn change_time(
    State(control): State<Control>,
    body: Result<Json<TimeChange>, JsonRejection>,
) -> Result<Json<Time>, BadRequest> {
    let Json(TimeChange {
        milliseconds,
        time_scale,
    }) = body?;
    if milliseconds.is_none() && time_scale.is_none() {
        return Err(BadRequest::unprocessable(
            "neither `milliseconds` nor `time_scale` is given",
        ));
    }
    let speed = time_scale.map(Speed::try_from).transpose()?;
    if let Some(milliseconds) = milliseconds {
        control.clock.advance(Duration::from_millis(milliseconds));
    }
    if let Some(speed) = speed {
        control.clock.set_pace(Pace::Times(speed));
    }
    Ok(Time::of(&control.clock))
}

async fn faults(State(control): State<Control>) -> Json<Vec<InjectedFault>> {
    Json(control.watch.plan().counts())
}

async fn inject(
    State(control): State<Control>,
    body: Result<Json<Injection>, JsonRejection>,
) -> Result<StatusCode, BadRequest> {
    let Json(Injection {
        operation,
        trigger,
        fault,
    }) = body?;
    control.watch.inject(operation, trigger, fault)?;
    Ok(StatusCode::NO_CONTENT)
}

async fn clear_faults(State(control): State<Control>) -> StatusCode {
    control.watch.plan().clear();
    StatusCode::NO_CONTENT
}

async fn journal(
    State(control): State<Control>,
    query: Result<Query<JournalQuery>, QueryRejection>,
) -> Result<Response, BadRequest> {
    let Query(JournalQuery { after }) = query?;
    // Many megabytes may have to be searched for secrets: aside, so that the one
    // thread answers other calls meanwhile.
    let written = move || Json(control.watch.calls_after(after)).into_response();
    let written = tokio::task::spawn_blocking(written).await;
    Ok(written.unwrap_or_else(|fault| {
        (StatusCode::INTERNAL_SERVER_ERROR, fault.to_string()).into_response()
    }))
}

async fn callbacks(State(control): State<Control>) -> Json<Vec<Callback>> {
    Json(control.callbacks.log())
}

async fn job_counts(State(control): State<Control>) -> Json<Value> {
    Json(json!(control.service.counts()))
}

/// A body or a query that is not what was asked for, and why.
struct BadRequest(StatusCode, String);

impl BadRequest {
    fn unprocessable(why: impl Into<String>) -> Self {
        Self(StatusCode::UNPROCESSABLE_ENTITY, why.into())
    }
}

impl From<QueryRejection> for BadRequest {
    fn from(rejection: QueryRejection) -> Self {
        Self(rejection.status(), rejection.body_text())
    }
}

impl From<TimeScaleError> for BadRequest {
    fn from(error: TimeScaleError) -> Self {
        Self::unprocessable(error.to_string())
    }
}

impl From<JsonRejection> for BadRequest {
    fn from(rejection: JsonRejection) -> Self {
        Self(rejection.status(), rejection.body_text())
    }
}

impl From<FaultError> for BadRequest {
    fn from(error: FaultError) -> Self {
        Self::unprocessable(error.to_string())
    }
}

impl IntoResponse for BadRequest {
    fn into_response(self) -> Response {
        let Self(status, error) = self;
        (status, Json(json!({ "error": error }))).into_response()
    }
}
