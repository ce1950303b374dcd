//! An image host on loopback.

use std::convert::Infallible;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use axum::Router;
use axum::body::Body;
use axum::extract::{Path, State};
use axum::http::header::CONTENT_LENGTH;
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use futures_util::{StreamExt, stream};
use tokio::net::TcpListener;
use tokio::sync::Notify;

/// One grey pixel.
pub(crate) const PNG: &[u8] = include_bytes!("../pixel.png");

/// Has the same image at every path; the first response at `/2` stops in the middle.
pub(crate) struct Host {
    pub(crate) address: String,
    seen: Arc<Seen>,
}

#[derive(Default)]
struct Seen {
    requests: AtomicUsize,
    seconds: AtomicUsize,
    half: Notify,
}

impl Host {
    pub(crate) async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap().to_string();
        let seen = Arc::new(Seen::default());
        let router = Router::new()
            .route("/{number}", get(respond))
            .with_state(Arc::clone(&seen));
        tokio::spawn(async { axum::serve(listener, router).await });
        Self { address, seen }
    }

    pub(crate) fn requests(&self) -> usize {
        self.seen.requests.load(Ordering::SeqCst)
    }

    pub(crate) async fn second_is_half_sent(&self) {
        self.seen.half.notified().await;
    }
}

async fn respond(Path(number): Path<usize>, State(seen): State<Arc<Seen>>) -> Response {
    seen.requests.fetch_add(1, Ordering::SeqCst);
    if number != 2 || seen.seconds.fetch_add(1, Ordering::SeqCst) > 0 {
        return PNG.into_response();
    }
    let (half, _) = PNG.split_at(PNG.len() / 2);
    let half = stream::once(async move { Ok::<_, Infallible>(half) });
    let rest = stream::once(async move {
        // Polled when the half has been sent.
        seen.half.notify_one();
        std::future::pending().await
    });
    let body = Body::from_stream(half.chain(rest));
    ([(CONTENT_LENGTH, PNG.len())], body).into_response()
}
