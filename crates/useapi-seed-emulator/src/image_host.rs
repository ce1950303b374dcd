//! The image host: serves a file to every request with its link, and rejects those
//! with an API token.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use axum::extract::{Query, Request, State};
use axum::http::header::{ALLOW, AUTHORIZATION, CONTENT_TYPE};
use axum::http::request::Parts;
use axum::http::{HeaderMap, Method, StatusCode, Uri};
use axum::middleware::{self, Next};
use axum::response::{IntoResponse, Response};
use axum::{Extension, Router};
use jiff::Timestamp;
use percent_encoding::percent_decode_str;

use crate::access::Token;
use crate::attachments::{ImageSet, SignedUrl};
use crate::clock::Clock;
use crate::image_files::{ImageFiles, Variant};
use crate::initial_state::InitialState;
use crate::operation::Operation;
use crate::range;
use crate::recorder::Recorder;
use crate::rejection::Rejection;

#[derive(Debug)]
pub(crate) struct ImageHost {
    clock: Clock,
    files: ImageFiles,
    images: Vec<ImageSet>,
    tokens: Vec<Token>,
    leaked_token_requests: AtomicU64,
}

impl ImageHost {
    pub(crate) fn new(clock: Clock, world: &InitialState) -> Self {
        let images = world.jobs.iter().filter_map(|job| job.images.clone());
        Self {
            clock,
            files: ImageFiles::default(),
            images: images.collect(),
            tokens: world.tokens.clone(),
            leaked_token_requests: AtomicU64::new(0),
        }
    }

    pub(crate) fn leaked_token_requests(&self) -> u64 {
        self.leaked_token_requests.load(Ordering::SeqCst)
    }

    /// Whether any part of a request contains a token.
    fn has_token(&self, parts: &Parts) -> bool {
        let contains = |bytes: &[u8]| {
            self.tokens.iter().any(|Token { token, .. }| {
                bytes
                    .windows(token.len().max(1))
                    .any(|part| part == token.as_bytes())
            })
        };
        let uri = parts.uri.to_string();
        let decoded: Vec<u8> = percent_decode_str(&uri).collect();
        parts.headers.contains_key(AUTHORIZATION)
            || contains(uri.as_bytes())
            || contains(&decoded)
            || parts.headers.iter().any(|(name, value)| {
                contains(name.as_str().as_bytes()) || contains(value.as_bytes())
            })
    }

    /// The image of a link, if the link works now.
    fn find(&self, uri: &Uri, now: Timestamp) -> Option<(u32, Variant)> {
        let Query(link) = Query::<SignedUrl>::try_from_uri(uri).ok()?;
        if !link.verify(uri.path(), now) {
            return None;
        }
        let mut images = self.images.iter();
        images.find_map(|images| Some((images.seed, images.at(uri.path())?)))
    }
}

pub(crate) fn router(host: Arc<ImageHost>, recorder: Arc<Recorder>) -> Router {
    let record = move |request: Request, next: Next| {
        Arc::clone(&recorder).intercept(Some(Operation::GetImage), request, next)
    };
    Router::new()
        .fallback(image)
        .layer(middleware::from_fn(record))
        .layer(middleware::from_fn_with_state(
            Arc::clone(&host),
            find_tokens,
        ))
        .with_state(host)
}

/// Marks a request with a token.
#[derive(Clone, Copy, Debug)]
struct HasToken;

/// Runs before everything else, so that neither an invalid link nor a fault hides a
/// leaked token.
async fn find_tokens(State(host): State<Arc<ImageHost>>, request: Request, next: Next) -> Response {
    let (mut parts, body) = request.into_parts();
    if host.has_token(&parts) {
        host.leaked_token_requests.fetch_add(1, Ordering::SeqCst);
        parts.extensions.insert(HasToken);
    }
    next.run(Request::from_parts(parts, body)).await
}

async fn image(
    State(host): State<Arc<ImageHost>>,
    has_token: Option<Extension<HasToken>>,
    method: Method,
    uri: Uri,
    headers: HeaderMap,
) -> Response {
    if has_token.is_some() {
        let text = "The image host must not be shown credentials: it takes no API token and no \
                    Authorization header.\n";
        return (StatusCode::FORBIDDEN, text).into_response();
    }
    if method != Method::GET && method != Method::HEAD {
        return (StatusCode::METHOD_NOT_ALLOWED, [(ALLOW, "GET, HEAD")]).into_response();
    }
    let Some((seed, variant)) = host.find(&uri, host.clock.now()) else {
        let text = "This content is no longer available.";
        return (StatusCode::NOT_FOUND, text).into_response();
    };
    match host.files.get(seed, variant).await {
        Ok(file) => {
            let name = uri.path().rsplit('/').next().unwrap_or_default();
            let tag = format!("\"{seed:08x}-{name}\"");
            let response = range::respond(&method, &headers, file, &tag);
            ([(CONTENT_TYPE, "image/png")], response).into_response()
        }
        Err(error) => Rejection::Painting(error.to_string()).into_response(),
    }
}
