//! The receiver as a service of HTTP.

use std::convert::Infallible;
use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use bytes::Bytes;
use http::header::{ALLOW, CONNECTION, CONTENT_LENGTH, RETRY_AFTER};
use http::{HeaderMap, HeaderValue, Method, Request, Response};
use http_body::Body;
use http_body_util::{BodyExt, Empty, LengthLimitError, Limited};
use tokio::time::timeout;
use tower_service::Service;

use crate::receiver::Receiver;
use crate::rejection::Rejection;

/// Callbacks are jobs, of some kilobytes.
const LONGEST_BODY: usize = 1024 * 1024;
/// The service waits no longer for its answer, as far as is known.
pub(crate) const PATIENCE: Duration = Duration::from_secs(10);

type Answer = Response<Empty<Bytes>>;

impl Receiver {
    /// The routes of the callbacks, to be nested wherever the base address leads.
    ///
    /// ```
    /// # let client = useapi_seed::Client::builder("a-token").build().unwrap();
    /// # tokio::runtime::Runtime::new().unwrap().block_on(async {
    /// use useapi_seed_callback::{Key, Receiver};
    ///
    /// let key = Key::new([7; 32]);
    /// let base = "https://example.com/callbacks";
    /// let (receiver, _events) = Receiver::builder(client, base, key).build()?;
    /// let app: axum::Router = axum::Router::new().nest("/callbacks", receiver.router());
    /// # Ok::<(), useapi_seed_callback::AddressError>(())
    /// # }).unwrap();
    /// ```
    pub fn router<S: Clone + Send + Sync + 'static>(&self) -> axum::Router<S> {
        axum::Router::new().fallback_service(self.clone())
    }

    async fn taken<B>(&self, request: Request<B>) -> Result<(), Rejection>
    where
        B: Body,
        B::Error: Into<Box<dyn std::error::Error + Send + Sync>>,
    {
        let (head, body) = request.into_parts();
        let address = self.knock(head.uri.path())?;
        if head.method != Method::POST {
            return Err(Rejection::Method);
        }
        if announced(&head.headers).is_some_and(|length| length > LONGEST_BODY as u64) {
            return Err(Rejection::TooLarge);
        }
        let _place = self.place(&address).ok_or(Rejection::Busy)?;
        let body = Limited::new(body, LONGEST_BODY).collect();
        let body = match timeout(PATIENCE, body).await {
            Ok(Ok(body)) => body.to_bytes(),
            Ok(Err(fault)) if fault.is::<LengthLimitError>() => return Err(Rejection::TooLarge),
            Ok(Err(_)) => return Err(Rejection::Unreadable),
            Err(_) => return Err(Rejection::Slow),
        };
        self.take(address, &body)
    }
}

fn announced(headers: &HeaderMap) -> Option<u64> {
    headers.get(CONTENT_LENGTH)?.to_str().ok()?.parse().ok()
}

fn answer(outcome: Result<(), Rejection>) -> Answer {
    let mut answer = Response::new(Empty::new());
    let Err(rejection) = outcome else {
        return answer;
    };
    *answer.status_mut() = rejection.status();
    let headers = answer.headers_mut();
    match rejection {
        Rejection::Method => {
            headers.insert(ALLOW, HeaderValue::from_static("POST"));
        }
        Rejection::Busy => {
            headers.insert(RETRY_AFTER, HeaderValue::from_static("1"));
        }
        _ => {}
    }
    // The rest of the body is not read.
    headers.insert(CONNECTION, HeaderValue::from_static("close"));
    answer
}

/// For servers of any kind. It is always ready, and never fails.
impl<B> Service<Request<B>> for Receiver
where
    B: Body + Send + 'static,
    B::Data: Send,
    B::Error: Into<Box<dyn std::error::Error + Send + Sync>>,
{
    type Response = Answer;
    type Error = Infallible;
    type Future = Pin<Box<dyn Future<Output = Result<Answer, Infallible>> + Send>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request<B>) -> Self::Future {
        let receiver = self.clone();
        Box::pin(async move { Ok(answer(receiver.taken(request).await)) })
    }
}

#[cfg(test)]
mod tests {
    use http_body_util::channel::Channel;
    use useapi_seed::Client;

    use super::*;
    use crate::key::Key;
    use crate::places;

    /// Without sockets, so that time can be skipped.
    #[tokio::test(start_paused = true)]
    async fn slow_bodies_are_given_up_and_keep_no_other_job_out() {
        let client = Client::builder("a-token").build().unwrap();
        let builder = Receiver::builder(client, "https://example.com", Key::new([1; 32]));
        let (receiver, _events) = builder.build().unwrap();
        let mut senders = Vec::new();
        let mut call = |parent: &str| {
            let (sender, body) = Channel::<Bytes>::new(1);
            senders.push(sender);
            let url = receiver.reply_url(parent, None).unwrap();
            let request = Request::post(url).body(body).unwrap();
            receiver.clone().call(request)
        };
        let mut slow = Vec::new();
        for parent in 0..places::ALL / places::OF_ONE {
            let parent = format!("parent-{parent}");
            slow.extend((0..places::OF_ONE).map(|_| tokio::spawn(call(&parent))));
            // Until each has its place.
            for _ in 0..10 {
                tokio::task::yield_now().await;
            }
            let one_more = call(&parent).await.unwrap();
            assert_eq!(one_more.status(), 503);
            assert_eq!(one_more.headers()[RETRY_AFTER], "1");
        }
        assert_eq!(call("another").await.unwrap().status(), 503);
        for answer in slow {
            assert_eq!(answer.await.unwrap().unwrap().status(), 408);
        }
        // And the places are free again.
        let other = tokio::spawn(call("another"));
        assert_eq!(other.await.unwrap().unwrap().status(), 408);
    }
}
