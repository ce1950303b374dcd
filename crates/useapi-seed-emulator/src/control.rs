//! The emulator's own routes below `/_emulator/`, for tests in any language.
//! `openapi/emulator.yaml` is their spec, and one of them serves it.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use axum::body::to_bytes;
use axum::extract::{DefaultBodyLimit, Query, State};
use axum::http::StatusCode;
use axum::http::header::CONTENT_TYPE;
use axum::middleware::map_response;
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use axum::{Json, Router};
use serde::Deserialize;
use serde_json::{Value, json};

use crate::callbacks::{Callback, Callbacks};
use crate::clock::{Clock, TimeScale, with_milliseconds};
use crate::faults::{InjectedFault, Injection};
use crate::image_host::ImageHost;
use crate::journal::JournalEntry;
use crate::recorder::Recorder;
use crate::request::BODY_LIMIT;
use crate::samples::{EXPIRED_TOKEN, TOKEN};
use crate::seed_job::JobCounts;
use crate::service::Service;

/// Everything that can be inspected and changed.
#[derive(Clone)]
pub(crate) struct Control {
    pub(crate) clock: Clock,
    pub(crate) recorder: Arc<Recorder>,
    pub(crate) service: Arc<Service>,
    pub(crate) callbacks: Arc<Callbacks>,
    pub(crate) host: Arc<ImageHost>,
    pub(crate) urls: Arc<BaseUrls>,
    /// Ids of the initial jobs, by name.
    pub(crate) names: Arc<BTreeMap<String, String>>,
    /// Their prompts, by name.
    pub(crate) prompts: Arc<BTreeMap<String, String>>,
}

#[derive(Debug)]
pub(crate) struct BaseUrls {
    pub(crate) api: String,
    pub(crate) images: String,
}

pub(crate) fn router(control: Control) -> Router {
    Router::new()
        .route("/_emulator/openapi.yaml", get(spec))
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
        .layer(map_response(errors_as_json))
        .with_state(control)
}

/// Puts the text of an error, such as axum's for an invalid body, into JSON.
async fn errors_as_json(response: Response) -> Response {
    let status = response.status();
    if !status.is_client_error() {
        return response;
    }
    let text = to_bytes(response.into_body(), usize::MAX).await;
    let error = String::from_utf8_lossy(&text.unwrap_or_default()).into_owned();
    (status, Json(json!({ "error": error }))).into_response()
}

fn unprocessable(error: &impl ToString) -> (StatusCode, String) {
    (StatusCode::UNPROCESSABLE_ENTITY, error.to_string())
}

/// `time_scale` is null when the clock is paused.
fn time_of(clock: &Clock) -> Json<Value> {
    Json(json!({
        "time": with_milliseconds(clock.now()),
        "time_scale": clock.time_scale().factor(),
    }))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct TimeChange {
    milliseconds: Option<u64>,
    time_scale: Option<TimeScale>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct JournalQuery {
    #[serde(default)]
    after: u64,
}

async fn spec() -> impl IntoResponse {
    let text = include_str!("../openapi/emulator.yaml");
    ([(CONTENT_TYPE, "application/yaml")], text)
}

async fn service(State(control): State<Control>) -> Json<Value> {
    Json(json!({
        "base_url": control.urls.api,
        "image_base_url": control.urls.images,
        "token": TOKEN,
        "expired_token": EXPIRED_TOKEN,
        "jobs": *control.names,
        "prompts": *control.prompts,
        "leaked_token_requests": control.host.leaked_token_requests(),
    }))
}

async fn time(State(control): State<Control>) -> Json<Value> {
    time_of(&control.clock)
}

async fn change_time(
    State(control): State<Control>,
    Json(change): Json<TimeChange>,
) -> Result<Json<Value>, (StatusCode, String)> {
    if change.milliseconds.is_none() && change.time_scale.is_none() {
        let error = "neither `milliseconds` nor `time_scale` is given";
        return Err(unprocessable(&error));
    }
    if let Some(milliseconds) = change.milliseconds {
        control.clock.advance(Duration::from_millis(milliseconds));
    }
    if let Some(time_scale) = change.time_scale {
        control.clock.set_time_scale(time_scale);
    }
    Ok(time_of(&control.clock))
}

async fn faults(State(control): State<Control>) -> Json<Vec<InjectedFault>> {
    Json(control.recorder.plan().injected())
}

async fn inject(
    State(control): State<Control>,
    Json(it): Json<Injection>,
) -> Result<StatusCode, (StatusCode, String)> {
    let mut plan = control.recorder.plan();
    let added = plan.add(it.operation, it.trigger, it.fault);
    added.map_err(|error| unprocessable(&error))?;
    Ok(StatusCode::NO_CONTENT)
}

async fn clear_faults(State(control): State<Control>) -> StatusCode {
    control.recorder.plan().clear();
    StatusCode::NO_CONTENT
}

async fn journal(
    State(control): State<Control>,
    Query(JournalQuery { after }): Query<JournalQuery>,
) -> Result<Json<Vec<JournalEntry>>, (StatusCode, String)> {
    // Redaction of many megabytes must not block the only thread that serves calls.
    let entries = tokio::task::spawn_blocking(move || control.recorder.calls_after(after)).await;
    let entries =
        entries.map_err(|error| (StatusCode::INTERNAL_SERVER_ERROR, error.to_string()))?;
    Ok(Json(entries))
}

async fn callbacks(State(control): State<Control>) -> Json<Vec<Callback>> {
    Json(control.callbacks.log())
}

async fn job_counts(State(control): State<Control>) -> Json<BTreeMap<String, JobCounts>> {
    Json(control.service.job_counts())
}
