//! The page for a browser: the API's reference, and a way to try it.

use std::sync::Arc;

use axum::Router;
use axum::extract::{Path, Request, State};
use axum::http::header::{
    CACHE_CONTROL, CONNECTION, CONTENT_ENCODING, CONTENT_SECURITY_POLICY, CONTENT_TYPE,
    REFERRER_POLICY, X_CONTENT_TYPE_OPTIONS,
};
use axum::http::{HeaderName, HeaderValue, StatusCode};
use axum::middleware::{self, Next};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use utoipa_swagger_ui::Config;

const HTML: &str = "text/html; charset=utf-8";
const CSS: &str = "text/css; charset=utf-8";
const SCRIPT: &str = "text/javascript; charset=utf-8";
const YAML: &str = "application/yaml";

const INDEX: &str = include_str!("../page/index.html");

/// Name, content type and content.
const PARTS: [(&str, &str, &str); 16] = [
    ("base.css", CSS, include_str!("../page/base.css")),
    ("page.css", CSS, include_str!("../page/page.css")),
    ("api.js", SCRIPT, include_str!("../page/api.js")),
    ("ask.js", SCRIPT, include_str!("../page/ask.js")),
    ("clock.js", SCRIPT, include_str!("../page/clock.js")),
    ("element.js", SCRIPT, include_str!("../page/element.js")),
    ("emulator.js", SCRIPT, include_str!("../page/emulator.js")),
    ("faults.js", SCRIPT, include_str!("../page/faults.js")),
    ("follow.js", SCRIPT, include_str!("../page/follow.js")),
    ("journal.js", SCRIPT, include_str!("../page/journal.js")),
    ("main.js", SCRIPT, include_str!("../page/main.js")),
    ("outage.js", SCRIPT, include_str!("../page/outage.js")),
    ("reference.js", SCRIPT, include_str!("../page/reference.js")),
    ("samples.js", SCRIPT, include_str!("../page/samples.js")),
    ("result.js", SCRIPT, include_str!("../page/result.js")),
    (
        "seed_async.yaml",
        YAML,
        include_str!("../openapi/seed_async.yaml"),
    ),
];

/// What the page uses of Swagger UI, which has more.
const SWAGGER_UI: [&str; 2] = ["swagger-ui.css", "swagger-ui-bundle.js"];

/// A site with the page. Its pictures come from the image host.
pub(crate) fn on(site: Router, image_base_url: &str) -> Router {
    site.merge(router(guards(image_base_url)))
        .layer(middleware::from_fn(once_for_browsers))
}

/// An image host that lets the page know how much of a picture came.
pub(crate) fn measured(images: Router) -> Router {
    images.layer(middleware::map_response(allow_timing))
}

async fn allow_timing(mut response: Response) -> Response {
    let anywhere = HeaderValue::from_static("*");
    response
        .headers_mut()
        .insert("timing-allow-origin", anywhere);
    response
}

/// A browser sends a call once more by itself, a POST too, when a connection is reset
/// that it has used before. That would start a second job: so it uses none twice.
async fn once_for_browsers(request: Request, next: Next) -> Response {
    // What a browser says of each of its requests, and nobody else.
    let is_browser = request.headers().contains_key("sec-fetch-site");
    let mut response = next.run(request).await;
    if is_browser {
        let close = HeaderValue::from_static("close");
        response.headers_mut().insert(CONNECTION, close);
    }
    response
}

fn router(guards: Guards) -> Router {
    Router::new()
        .route(
            "/_emulator/page/",
            get(async || ([(CONTENT_TYPE, HTML)], INDEX)),
        )
        .route("/_emulator/page/{part}", get(part))
        .layer(middleware::map_response_with_state(guards, guarded))
}

type Guards = [(HeaderName, HeaderValue); 4];

async fn guarded(State(guards): State<Guards>, mut response: Response) -> Response {
    response.headers_mut().extend(guards);
    response
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

/// What a browser lets the page do: run its own scripts, call the emulator, show the
/// image host's pictures; and nothing that would leave the machine.
fn guards(image_base_url: &str) -> Guards {
    let policy = format!(
        "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; \
         img-src 'self' data: {image_base_url}; base-uri 'none'; form-action 'none'; \
         frame-ancestors 'none'"
    );
    // An address of this machine is made of letters that a header can have.
    let policy = HeaderValue::try_from(policy)
        .unwrap_or_else(|_| HeaderValue::from_static("default-src 'none'"));
    [
        (CONTENT_SECURITY_POLICY, policy),
        (REFERRER_POLICY, HeaderValue::from_static("no-referrer")),
        (X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff")),
        // Another emulator may be at this address tomorrow.
        (CACHE_CONTROL, HeaderValue::from_static("no-store")),
    ]
}
