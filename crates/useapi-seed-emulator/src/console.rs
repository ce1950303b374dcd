//! The console: a page for a browser, with the API's reference.

use std::future::ready;
use std::sync::Arc;

use axum::Router;
use axum::extract::{Path, Request};
use axum::http::header::{
    ACCEPT, ACCESS_CONTROL_ALLOW_ORIGIN, CACHE_CONTROL, CONNECTION, CONTENT_ENCODING,
    CONTENT_SECURITY_POLICY, CONTENT_TYPE, REFERRER_POLICY, X_CONTENT_TYPE_OPTIONS,
};
use axum::http::{HeaderName, HeaderValue, Method, StatusCode};
use axum::middleware::{self, Next};
use axum::response::{IntoResponse, Redirect, Response};
use axum::routing::get;
use utoipa_swagger_ui::Config;

const HTML: &str = "text/html; charset=utf-8";
const CSS: &str = "text/css; charset=utf-8";
const SCRIPT: &str = "text/javascript; charset=utf-8";
const YAML: &str = "application/yaml";

const PAGE: &str = "/_emulator/page/";
const INDEX: &str = include_str!("../page/index.html");

/// Name, content type and content.
const PARTS: [(&str, &str, &str); 21] = [
    ("base.css", CSS, include_str!("../page/base.css")),
    ("page.css", CSS, include_str!("../page/page.css")),
    ("api.js", SCRIPT, include_str!("../page/api.js")),
    ("clock.js", SCRIPT, include_str!("../page/clock.js")),
    ("controls.js", SCRIPT, include_str!("../page/controls.js")),
    ("element.js", SCRIPT, include_str!("../page/element.js")),
    ("emulator.js", SCRIPT, include_str!("../page/emulator.js")),
    ("examples.js", SCRIPT, include_str!("../page/examples.js")),
    ("faults.js", SCRIPT, include_str!("../page/faults.js")),
    ("follow.js", SCRIPT, include_str!("../page/follow.js")),
    ("jobs.js", SCRIPT, include_str!("../page/jobs.js")),
    ("main.js", SCRIPT, include_str!("../page/main.js")),
    ("outage.js", SCRIPT, include_str!("../page/outage.js")),
    ("reference.js", SCRIPT, include_str!("../page/reference.js")),
    ("requests.js", SCRIPT, include_str!("../page/requests.js")),
    ("result.js", SCRIPT, include_str!("../page/result.js")),
    ("storage.js", SCRIPT, include_str!("../page/storage.js")),
    (
        "submissions.js",
        SCRIPT,
        include_str!("../page/submissions.js"),
    ),
    ("submit.js", SCRIPT, include_str!("../page/submit.js")),
    ("tabs.js", SCRIPT, include_str!("../page/tabs.js")),
    (
        "seed_async.yaml",
        YAML,
        include_str!("../openapi/seed_async.yaml"),
    ),
];

/// The files of Swagger UI that the page uses.
const SWAGGER_UI: [&str; 2] = ["swagger-ui.css", "swagger-ui-bundle.js"];

/// Adds the console. Its images come from the image host.
pub(crate) fn add_to(router: Router, image_base_url: &str) -> Router {
    router
        .merge(pages(security_headers(image_base_url)))
        .layer(middleware::from_fn(redirect_browsers))
        .layer(middleware::from_fn(close_for_browsers))
}

/// Lets the console read images, to see whether they are complete.
pub(crate) fn allow_reading(image_host: Router) -> Router {
    image_host.layer(middleware::map_response(async |mut response: Response| {
        let any = HeaderValue::from_static("*");
        let headers = response.headers_mut();
        headers.insert(ACCESS_CONTROL_ALLOW_ORIGIN, any);
        response
    }))
}

/// Leads a browser from `/` and `/v2`, which are not routes of the service, to the page.
async fn redirect_browsers(request: Request, next: Next) -> Response {
    let accept = request.headers().get(ACCEPT);
    let accepts_html = accept
        .and_then(|accept| accept.to_str().ok())
        .is_some_and(|accept| accept.contains("text/html"));
    let is_root = ["/", "/v2", "/v2/"].contains(&request.uri().path());
    if accepts_html && request.method() == Method::GET && is_root {
        return Redirect::temporary(PAGE).into_response();
    }
    next.run(request).await
}

/// A browser repeats a request, a POST too, when a reused connection is reset. That
/// would start a second job, so its connections are not reused.
async fn close_for_browsers(request: Request, next: Next) -> Response {
    // Only browsers send this header.
    let is_browser = request.headers().contains_key("sec-fetch-site");
    let mut response = next.run(request).await;
    if is_browser {
        let close = HeaderValue::from_static("close");
        response.headers_mut().insert(CONNECTION, close);
    }
    response
}

fn pages(headers: [(HeaderName, HeaderValue); 4]) -> Router {
    Router::new()
        .route(PAGE, get(async || ([(CONTENT_TYPE, HTML)], INDEX)))
        .route("/_emulator/page/{part}", get(part))
        .layer(middleware::map_response(move |mut response: Response| {
            response.headers_mut().extend(headers.clone());
            ready(response)
        }))
}

async fn part(Path(name): Path<String>) -> Response {
    if let Some((_, kind, content)) = PARTS.iter().find(|(part, ..)| *part == name) {
        return ([(CONTENT_TYPE, *kind)], *content).into_response();
    }
    let file = SWAGGER_UI
        .contains(&name.as_str())
        .then(|| utoipa_swagger_ui::serve(&name, Arc::new(Config::default())))
        .and_then(Result::ok)
        .flatten();
    let Some(file) = file else {
        return StatusCode::NOT_FOUND.into_response();
    };
    let mut response = ([(CONTENT_TYPE, file.content_type)], file.bytes).into_response();
    if file.gzpipped {
        let encoding = HeaderValue::from_static("gzip");
        response.headers_mut().insert(CONTENT_ENCODING, encoding);
    }
    response
}

/// Lets the page run its own scripts, and call the emulator and its image host. No
/// request leaves the machine.
fn security_headers(image_base_url: &str) -> [(HeaderName, HeaderValue); 4] {
    let policy = format!(
        "default-src 'none'; script-src 'self'; style-src 'self'; \
         connect-src 'self' {image_base_url}; img-src 'self' data: blob:; base-uri 'none'; form-action 'none'; \
         frame-ancestors 'none'"
    );
    // A loopback URL is a valid header value.
    let policy = HeaderValue::try_from(policy)
        .unwrap_or_else(|_| HeaderValue::from_static("default-src 'none'"));
    [
        (CONTENT_SECURITY_POLICY, policy),
        (REFERRER_POLICY, HeaderValue::from_static("no-referrer")),
        (X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff")),
        // Another emulator may use this address later.
        (CACHE_CONTROL, HeaderValue::from_static("no-store")),
    ]
}
