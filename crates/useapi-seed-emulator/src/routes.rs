//! The API's routes.

use std::sync::Arc;

use axum::Extension;
use axum::body::Bytes;
use axum::extract::rejection::{BytesRejection, PathRejection, QueryRejection};
use axum::extract::{DefaultBodyLimit, Path, Query, State};
use axum::http::header::ALLOW;
use axum::http::{HeaderMap, HeaderValue, StatusCode, Uri};
use axum::middleware;
use axum::response::{IntoResponse, Response};
use axum::routing::{MethodRouter, get, post};
use axum::{Json, Router};
use serde::Deserialize;
use serde_json::{Value, json};

use crate::access::Subscriber;
use crate::answers::JobAnswer;
use crate::callbacks::Callbacks;
use crate::operation::Operation;
use crate::refusal::{Refusal, halted_status};
use crate::request::SeedRequest;
use crate::service::{Links, Service};
use crate::watch::{self, ExpiredLinks, HasLinks, Watch};

/// The largest body that is read.
pub(crate) const BODY_LIMIT: usize = 64 * 1024;

pub(crate) fn router(
    service: Arc<Service>,
    watch: Arc<Watch>,
    callbacks: Arc<Callbacks>,
) -> Router {
    Router::new()
        .route("/v2/jobs/seed_async", post(seed_async))
        .route("/v2/jobs/", only_get(get(job)))
        .route("/v2/jobs", only_get(get(executing)))
        .route("/v2/jobs/cancel/", only_get(get(cancel)))
        .route("/v2/account/midjourney/{channel}/reset", post(reset))
        .fallback(async || Refusal::NoPath)
        .method_not_allowed_fallback(not_allowed)
        .layer(DefaultBodyLimit::max(BODY_LIMIT))
        .layer(middleware::from_fn_with_state(watch, watch::api))
        .layer(Extension(callbacks))
        .with_state(service)
}

/// Without HEAD, which would otherwise do all that GET does, cancel a job too.
fn only_get(route: MethodRouter<Arc<Service>>) -> MethodRouter<Arc<Service>> {
    route.head(not_allowed)
}

/// Says which method the path has. axum would list HEAD wherever GET is.
async fn not_allowed(uri: Uri) -> Response {
    let mut response = Refusal::Method.into_response();
    if let Some(method) = Operation::method_of(uri.path())
        && let Ok(allowed) = HeaderValue::try_from(method.as_str())
    {
        response.headers_mut().insert(ALLOW, allowed);
    }
    response
}

async fn seed_async(
    _: Subscriber,
    State(service): State<Arc<Service>>,
    Extension(callbacks): Extension<Arc<Callbacks>>,
    expired: Option<Extension<ExpiredLinks>>,
    headers: HeaderMap,
    body: Result<Bytes, BytesRejection>,
) -> Result<Answer, Refusal> {
    let body = body.map_err(|rejection| match rejection.status() {
        // The service documents no 413.
        StatusCode::PAYLOAD_TOO_LARGE => {
            Refusal::Body(format!("Request body is over {BODY_LIMIT} bytes"))
        }
        _ => Refusal::Body(rejection.body_text()),
    })?;
    let request = SeedRequest::read(&headers, &body)?;
    let job = service.submit(request, links(expired))?;
    callbacks.follow(&service, &job.jobid);
    Ok(Answer(job))
}

#[derive(Deserialize)]
struct JobQuery {
    jobid: String,
}

async fn job(
    _: Subscriber,
    State(service): State<Arc<Service>>,
    expired: Option<Extension<ExpiredLinks>>,
    query: Result<Query<JobQuery>, QueryRejection>,
) -> Result<Answer, Refusal> {
    service.look_up(&jobid(query)?, links(expired)).map(Answer)
}

fn links(expired: Option<Extension<ExpiredLinks>>) -> Links {
    match expired {
        Some(_) => Links::Expired,
        None => Links::Fresh,
    }
}

/// The id in the query; a blank one is none.
fn jobid(query: Result<Query<JobQuery>, QueryRejection>) -> Result<String, Refusal> {
    match query {
        Ok(Query(JobQuery { jobid })) if !jobid.trim().is_empty() => Ok(jobid),
        _ => Err(Refusal::NoQuery),
    }
}

async fn executing(_: Subscriber, State(service): State<Arc<Service>>) -> Json<Vec<String>> {
    Json(service.executing())
}

async fn cancel(
    _: Subscriber,
    State(service): State<Arc<Service>>,
    query: Result<Query<JobQuery>, QueryRejection>,
) -> Result<Json<Value>, Refusal> {
    let jobid = jobid(query)?;
    service.cancel(&jobid)?;
    Ok(Json(
        json!({ "jobid": jobid, "status": "cancelled", "code": 200 }),
    ))
}

async fn reset(
    _: Subscriber,
    State(service): State<Arc<Service>>,
    channel: Result<Path<String>, PathRejection>,
) -> Result<StatusCode, Refusal> {
    // What is no text names no account.
    let Path(channel) = channel.map_err(|_| Refusal::NoAccount("of this name".into()))?;
    service.reset(&channel)?;
    Ok(StatusCode::OK)
}

/// A job, under the HTTP status that goes with its code.
struct Answer(JobAnswer);

impl IntoResponse for Answer {
    fn into_response(self) -> Response {
        let status = match self.0.code {
            596 => halted_status(),
            _ => StatusCode::OK,
        };
        let has_links = !self.0.attachments.is_empty() || self.0.seed.is_some();
        let mut response = (status, Json(self.0)).into_response();
        if has_links {
            response.extensions_mut().insert(HasLinks);
        }
        response
    }
}
