//! The routes of the API.

use std::sync::Arc;

use axum::body::Bytes;
use axum::extract::rejection::{BytesRejection, PathRejection, QueryRejection};
use axum::extract::{DefaultBodyLimit, FromRequestParts, MatchedPath, Path, Query, Request, State};
use axum::http::header::ALLOW;
use axum::http::request::Parts;
use axum::http::{HeaderMap, Method, StatusCode};
use axum::middleware::{self, Next};
use axum::response::{IntoResponse, Response};
use axum::routing::{MethodRouter, get, post};
use axum::{Extension, Json, Router};
use serde::Deserialize;
use serde_json::{Value, json};

use crate::access::{Subscription, bearer};
use crate::callbacks::Callbacks;
use crate::operation::Operation;
use crate::recorder::{ExpiredLinks, HasLinks, Recorder};
use crate::rejection::{Rejection, status};
use crate::request::{BODY_LIMIT, SeedRequest};
use crate::responses::JobResponse;
use crate::service::{Links, Service};

pub(crate) fn router(
    service: Arc<Service>,
    recorder: Arc<Recorder>,
    callbacks: Arc<Callbacks>,
) -> Router {
    let record = move |request: Request, next: Next| {
        let route = request.extensions().get::<MatchedPath>();
        let operation = route.and_then(|it| Operation::of(request.method(), it.as_str()));
        Arc::clone(&recorder).intercept(operation, request, next)
    };
    Router::new()
        .route("/v2/jobs/seed_async", post(seed_async))
        .route("/v2/jobs/", only_get(get(get_job)))
        .route("/v2/jobs", only_get(get(list_jobs)))
        .route("/v2/jobs/cancel/", only_get(get(cancel)))
        .route("/v2/account/midjourney/{channel}/reset", post(reset))
        .fallback(async || Rejection::NoPath)
        .method_not_allowed_fallback(not_allowed)
        .layer(DefaultBodyLimit::max(BODY_LIMIT))
        .layer(middleware::from_fn(record))
        .layer(Extension(callbacks))
        .with_state(service)
}

/// Without HEAD, which would otherwise have the effects of GET, cancel a job too.
fn only_get(route: MethodRouter<Arc<Service>>) -> MethodRouter<Arc<Service>> {
    route.head(not_allowed)
}

/// Names the method of the route. axum would list HEAD beside GET.
async fn not_allowed(route: MatchedPath) -> impl IntoResponse {
    let is_post = Operation::of(&Method::POST, route.as_str()).is_some();
    let method = if is_post { "POST" } else { "GET" };
    ([(ALLOW, method)], Rejection::Method)
}

/// Proves that a request has a token with an active subscription.
struct Authenticated;

impl FromRequestParts<Arc<Service>> for Authenticated {
    type Rejection = Rejection;

    async fn from_request_parts(
        parts: &mut Parts,
        service: &Arc<Service>,
    ) -> Result<Self, Rejection> {
        let token = bearer(&parts.headers).ok_or(Rejection::Unauthorized)?;
        match service.subscription(token) {
            Some(Subscription::Active) => Ok(Self),
            Some(Subscription::Expired) => Err(Rejection::NoSubscription),
            None => Err(Rejection::Unauthorized),
        }
    }
}

impl<S: Sync> FromRequestParts<S> for Links {
    type Rejection = std::convert::Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Self::Rejection> {
        Ok(match parts.extensions.get() {
            Some(ExpiredLinks) => Self::Expired,
            None => Self::Valid,
        })
    }
}

/// The `jobid` of the query, which is not blank.
struct JobId(String);

impl<S: Sync> FromRequestParts<S> for JobId {
    type Rejection = Rejection;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Rejection> {
        #[derive(Deserialize)]
        struct JobQuery {
            jobid: String,
        }
        let query: Result<Query<JobQuery>, QueryRejection> = Query::try_from_uri(&parts.uri);
        let query = query.ok().filter(|query| !query.jobid.trim().is_empty());
        let Query(JobQuery { jobid }) = query.ok_or(Rejection::NoQuery)?;
        Ok(Self(jobid))
    }
}

async fn seed_async(
    _: Authenticated,
    State(service): State<Arc<Service>>,
    Extension(callbacks): Extension<Arc<Callbacks>>,
    links: Links,
    headers: HeaderMap,
    body: Result<Bytes, BytesRejection>,
) -> Result<Job, Rejection> {
    let body = body.map_err(|rejection| match rejection.status() {
        // The service documents no 413.
        StatusCode::PAYLOAD_TOO_LARGE => {
            Rejection::Body(format!("Request body is over {BODY_LIMIT} bytes"))
        }
        _ => Rejection::Body(rejection.body_text()),
    })?;
    let request = SeedRequest::parse(&headers, &body)?;
    let job = service.submit(request, links)?;
    callbacks.schedule(&service, &job.jobid);
    Ok(Job(job))
}

async fn get_job(
    _: Authenticated,
    State(service): State<Arc<Service>>,
    links: Links,
    JobId(jobid): JobId,
) -> Result<Job, Rejection> {
    service.get_job(&jobid, links).map(Job)
}

async fn list_jobs(_: Authenticated, State(service): State<Arc<Service>>) -> Json<Vec<String>> {
    Json(service.executing())
}

async fn cancel(
    _: Authenticated,
    State(service): State<Arc<Service>>,
    JobId(jobid): JobId,
) -> Result<Json<Value>, Rejection> {
    service.cancel(&jobid)?;
    Ok(Json(
        json!({ "jobid": jobid, "status": "cancelled", "code": 200 }),
    ))
}

async fn reset(
    _: Authenticated,
    State(service): State<Arc<Service>>,
    channel: Result<Path<String>, PathRejection>,
) -> Result<StatusCode, Rejection> {
    // Bytes that are not text name no account.
    let Path(channel) = channel.map_err(|_| Rejection::NoAccount("of this name".into()))?;
    service.reset(&channel)?;
    Ok(StatusCode::OK)
}

/// A job, with the HTTP status of its code.
struct Job(JobResponse);

impl IntoResponse for Job {
    fn into_response(self) -> Response {
        let status = status(self.0.code);
        let has_links = !self.0.attachments.is_empty() || self.0.seed.is_some();
        let mut response = (status, Json(self.0)).into_response();
        if has_links {
            response.extensions_mut().insert(HasLinks);
        }
        response
    }
}
