//! The images' own host: files for whoever has a link, and for nobody who
//! shows an API token.

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
use crate::attachments::{ImageSet, SignedUrl, Variant};
use crate::clock::Clock;
use crate::image_files::ImageFiles;
use crate::partial;
use crate::refusal::Refusal;
use crate::watch::{self, Watch};
use crate::world::World;

/// What the image host knows.
#[derive(Debug)]
pub(crate) struct ImageHost {
    clock: Clock,
    files: ImageFiles,
    images: Vec<ImageSet>,
    tokens: Vec<Token>,
    with_token: AtomicU64,
}

impl ImageHost {
    pub(crate) fn new(clock: Clock, world: &World) -> Self {
        let images = world.jobs.iter().filter_map(|job| job.images.clone());
        Self {
            clock,
            files: ImageFiles::default(),
            images: images.collect(),
            tokens: world.tokens.clone(),
            with_token: AtomicU64::new(0),
        }
    }

    /// How many requests came with a token so far.
    pub(crate) fn requests_with_token(&self) -> u64 {
        self.with_token.load(Ordering::SeqCst)
    }

    /// Whether a request carries a token, in whatever place.
    fn sees_token(&self, parts: &Parts) -> bool {
        let shows = |bytes: &[u8]| {
            self.tokens.iter().any(|Token { token, .. }| {
                bytes
                    .windows(token.len().max(1))
                    .any(|part| part == token.as_bytes())
            })
        };
        let uri = parts.uri.to_string();
        let decoded: Vec<u8> = percent_decode_str(&uri).collect();
        parts.headers.contains_key(AUTHORIZATION)
            || shows(uri.as_bytes())
            || shows(&decoded)
            || parts
                .headers
                .iter()
                .any(|(name, value)| shows(name.as_str().as_bytes()) || shows(value.as_bytes()))
    }

    /// The image of a link, if the link works now.
    fn admitted(&self, uri: &Uri, now: Timestamp) -> Option<(u32, Variant)> {
        let Query(link) = Query::<SignedUrl>::try_from_uri(uri).ok()?;
        if !link.verify(uri.path(), now) {
            return None;
        }
        let mut images = self.images.iter();
        images.find_map(|images| Some((images.seed, images.at(uri.path())?)))
    }
}

pub(crate) fn router(host: Arc<ImageHost>, watch: Arc<Watch>) -> Router {
    Router::new()
        .fallback(image)
        .layer(middleware::from_fn_with_state(watch, watch::images))
        .layer(middleware::from_fn_with_state(
            Arc::clone(&host),
            notice_tokens,
        ))
        .with_state(host)
}

/// Says of a request that it carries a token.
#[derive(Clone, Copy, Debug)]
struct CarriesToken;

/// Before anything else, so that neither a wrong link nor a fault lets a token
/// come unnoticed.
async fn notice_tokens(
    State(host): State<Arc<ImageHost>>,
    request: Request,
    next: Next,
) -> Response {
    let (mut parts, body) = request.into_parts();
    if host.sees_token(&parts) {
        host.with_token.fetch_add(1, Ordering::SeqCst);
        parts.extensions.insert(CarriesToken);
    }
    next.run(Request::from_parts(parts, body)).await
}

async fn image(
    State(host): State<Arc<ImageHost>>,
    carries_token: Option<Extension<CarriesToken>>,
    method: Method,
    uri: Uri,
    headers: HeaderMap,
) -> Response {
    if carries_token.is_some() {
        let text = "The image host must not be shown credentials: it takes no API token and no \
                    Authorization header.\n";
        return (StatusCode::FORBIDDEN, text).into_response();
    }
    if method != Method::GET && method != Method::HEAD {
        return (StatusCode::METHOD_NOT_ALLOWED, [(ALLOW, "GET, HEAD")]).into_response();
    }
    let Some((seed, variant)) = host.admitted(&uri, host.clock.now()) else {
        let text = "This content is no longer available.";
        return (StatusCode::NOT_FOUND, text).into_response();
    };
    match host.files.get(seed, variant).await {
        Ok(file) => {
            let name = uri.path().rsplit('/').next().unwrap_or_default();
            let tag = format!("\"{seed:08x}-{name}\"");
            let answer = partial::answer(&method, &headers, file, &tag);
            ([(CONTENT_TYPE, "image/png")], answer).into_response()
        }
        Err(error) => Refusal::Painting(error.to_string()).into_response(),
    }
}
