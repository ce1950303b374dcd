//! The receiver as an axum router, which is a tower service.

use std::time::Duration;

use axum::Router;
use axum::body::{Bytes, HttpBody};
use axum::extract::{DefaultBodyLimit, FromRequest, Request, State};
use axum::http::{Method, StatusCode};
use tokio::time::timeout;

use crate::receiver::Receiver;
use crate::rejection::Rejection;

/// A callback is a job of some kilobytes.
const MAX_BODY: usize = 1024 * 1024;
pub(crate) const BODY_TIMEOUT: Duration = Duration::from_secs(10);

impl Receiver {
    /// The route of the callbacks, to nest at the path of the base URL. It is a tower
    /// service over any body.
    ///
    /// ```
    /// # let client = useapi_seed::Client::builder("a-token").build().unwrap();
    /// # tokio::runtime::Runtime::new().unwrap().block_on(async {
    /// use useapi_seed_callback::{Key, Receiver};
    ///
    /// let key = Key::new([7; 32]);
    /// let base_url = "https://example.com/callbacks";
    /// let (receiver, _events) = Receiver::builder(client, base_url, key).build()?;
    /// let app: axum::Router = axum::Router::new().nest("/callbacks", receiver.router());
    /// # Ok::<(), useapi_seed_callback::UrlError>(())
    /// # }).unwrap();
    /// ```
    pub fn router<S: Clone + Send + Sync + 'static>(&self) -> Router<S> {
        Router::new()
            .fallback(respond)
            .layer(DefaultBodyLimit::max(MAX_BODY))
            .with_state(self.clone())
    }
}

async fn respond(State(receiver): State<Receiver>, request: Request) -> Result<(), Rejection> {
    // An unknown URL is rejected before anything else is read.
    let target = receiver.verify_path(request.uri().path())?;
    if request.method() != Method::POST {
        return Err(Rejection::MethodNotAllowed);
    }
    if request.body().size_hint().lower() > MAX_BODY as u64 {
        return Err(Rejection::BodyTooLarge);
    }
    let slot = receiver.0.slots.acquire(&target);
    let _slot = slot.ok_or(Rejection::TooManyRequests)?;
    let body = match timeout(BODY_TIMEOUT, Bytes::from_request(request, &())).await {
        Ok(Ok(body)) => body,
        Ok(Err(error)) if error.status() == StatusCode::PAYLOAD_TOO_LARGE => {
            return Err(Rejection::BodyTooLarge);
        }
        Ok(Err(_)) => return Err(Rejection::InvalidBody),
        Err(_) => return Err(Rejection::Timeout),
    };
    receiver.accept(target, &body)
}

#[cfg(test)]
mod tests {
    use axum::body::Body;
    use axum::http::header::RETRY_AFTER;
    use futures_util::stream;
    use hyper::service::Service;
    use hyper_util::service::TowerToHyperService;
    use useapi_seed::Client;

    use super::*;
    use crate::body_slots::{MAX, MAX_PER_JOB};
    use crate::key::Key;

    /// Without sockets, so that the clock can be paused.
    #[tokio::test(start_paused = true)]
    async fn slow_bodies_time_out_and_free_their_slots() {
        let client = Client::builder("a-token").build().unwrap();
        let builder = Receiver::builder(client, "https://example.com", Key::new([1; 32]));
        let (receiver, _events) = builder.build().unwrap();
        let service = TowerToHyperService::new(receiver.router());
        let call = |parent: &str| {
            let body = Body::from_stream(stream::pending::<Result<Bytes, std::io::Error>>());
            let url = receiver.reply_url(parent, None).unwrap();
            service.call(Request::post(url).body(body).unwrap())
        };
        let mut slow = Vec::new();
        for parent in 0..MAX / MAX_PER_JOB {
            let parent = format!("parent-{parent}");
            slow.extend((0..MAX_PER_JOB).map(|_| tokio::spawn(call(&parent))));
            // Until each has its slot.
            for _ in 0..10 {
                tokio::task::yield_now().await;
            }
            let rejected = call(&parent).await.unwrap();
            assert_eq!(rejected.status(), 429);
            assert_eq!(rejected.headers()[RETRY_AFTER], "1");
        }
        assert_eq!(call("another").await.unwrap().status(), 429);
        for response in slow {
            assert_eq!(response.await.unwrap().unwrap().status(), 408);
        }
        assert_eq!(call("another").await.unwrap().status(), 408);
    }
}
