//! Serves a router on a port, with limits that `axum::serve` does not have, and
//! resets connections on demand.

use std::error::Error;
use std::future::poll_fn;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use axum::Router;
use hyper::server::conn::http1;
use hyper::service::{Service, service_fn};
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::service::TowerToHyperService;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::{sleep, timeout};

/// Target and headers of a request.
const MAX_HEAD: usize = 16 * 1024;
/// After an error that the next attempt would meet, too.
const ACCEPT_PAUSE: Duration = Duration::from_millis(100);

#[derive(Clone, Copy)]
pub(crate) struct Limits {
    connections: usize,
    /// How long the head of a request may take, from the connection or from the
    /// previous response.
    head_timeout: Duration,
    /// Ends what no other limit does, such as a peer that never reads its responses.
    max_age: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            connections: 4096,
            head_timeout: Duration::from_secs(60),
            max_age: Duration::from_secs(600),
        }
    }
}

/// Marks a response whose connection is to fail.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum ConnectionFault {
    /// Instead of the response.
    Reset,
    /// By the next request.
    ResetOnReuse,
}

#[derive(Debug, thiserror::Error)]
#[error("the connection is to be reset")]
struct Reset;

pub(crate) async fn serve(listener: TcpListener, router: Router, limits: Limits) {
    let slots = Arc::new(Semaphore::new(limits.connections));
    // The semaphore is never closed.
    while let Ok(slot) = Arc::clone(&slots).acquire_owned().await {
        match listener.accept().await {
            Ok((stream, _)) => {
                tokio::spawn(attend(stream, router.clone(), limits, slot));
            }
            Err(_) => sleep(ACCEPT_PAUSE).await,
        }
    }
}

/// Serves one connection to its end.
async fn attend(stream: TcpStream, router: Router, limits: Limits, _slot: OwnedSemaphorePermit) {
    // Responses are small, and must not wait for an acknowledgement.
    let _ = stream.set_nodelay(true);
    let router = TowerToHyperService::new(router);
    let reset_on_reuse = Arc::new(AtomicBool::new(false));
    let service = service_fn(|request| {
        let response = router.call(request);
        let reset_on_reuse = Arc::clone(&reset_on_reuse);
        Box::pin(async move {
            if reset_on_reuse.load(Ordering::SeqCst) {
                return Err(Reset);
            }
            let Ok(response) = response.await;
            match response.extensions().get() {
                Some(ConnectionFault::Reset) => return Err(Reset),
                Some(ConnectionFault::ResetOnReuse) => reset_on_reuse.store(true, Ordering::SeqCst),
                None => {}
            }
            Ok(response)
        })
    });
    let mut connection = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(limits.head_timeout)
        // A complete request is processed although its sender has disconnected.
        .half_close(true)
        .max_buf_size(MAX_HEAD)
        .serve_connection(TokioIo::new(stream), service);
    let mut end = timeout(
        limits.max_age,
        poll_fn(|context| connection.poll_without_shutdown(context)),
    )
    .await;
    if end.is_err() {
        Pin::new(&mut connection).graceful_shutdown();
        end = timeout(
            limits.head_timeout,
            poll_fn(|context| connection.poll_without_shutdown(context)),
        )
        .await;
    }
    if let Ok(Err(error)) = end
        && error.source().is_some_and(<dyn Error>::is::<Reset>)
    {
        // Dropping it then sends a reset.
        let _ = connection.into_parts().io.inner().set_zero_linger();
    }
}

#[cfg(test)]
mod tests {
    use std::net::SocketAddr;

    use tokio::io::{AsyncReadExt, AsyncWriteExt};

    use super::*;

    const SHORT: Duration = Duration::from_millis(100);
    const LONG: Duration = Duration::from_secs(20);
    const REQUEST: &str = "GET / HTTP/1.1\r\nhost: x\r\n\r\n";

    async fn start(limits: Limits) -> SocketAddr {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let router = Router::new().fallback(async || {
            sleep(SHORT * 2).await;
            "response"
        });
        tokio::spawn(serve(listener, router, limits));
        address
    }

    async fn send(address: SocketAddr, request: &str) -> TcpStream {
        let mut stream = TcpStream::connect(address).await.unwrap();
        stream.write_all(request.as_bytes()).await.unwrap();
        stream
    }

    /// Everything that is received until the connection is closed.
    async fn receive(stream: &mut TcpStream) -> String {
        let mut text = String::new();
        let read = timeout(LONG, stream.read_to_string(&mut text)).await;
        read.expect("it is closed").unwrap();
        text
    }

    #[tokio::test]
    async fn idle_connection_is_closed() {
        let address = start(Limits {
            head_timeout: SHORT,
            ..Limits::default()
        })
        .await;
        for request in ["", "GET / HT"] {
            let received = receive(&mut send(address, request).await).await;
            assert!(!received.contains("200 OK"), "{received}");
        }
        // A response may take longer.
        let response = receive(&mut send(address, REQUEST).await).await;
        assert!(response.ends_with("response"), "{response}");
    }

    #[tokio::test]
    async fn old_connection_is_closed_after_its_response() {
        let address = start(Limits {
            max_age: SHORT,
            ..Limits::default()
        })
        .await;
        let response = receive(&mut send(address, REQUEST).await).await;
        assert!(response.ends_with("response"), "{response}");
    }

    #[tokio::test]
    async fn connection_beyond_the_limit_waits() {
        let address = start(Limits {
            connections: 1,
            ..Limits::default()
        })
        .await;
        let first = send(address, "").await;
        let mut second = send(address, REQUEST).await;
        let early = timeout(SHORT * 4, second.read_u8()).await;
        assert!(early.is_err(), "{early:?}");
        drop(first);
        let byte = timeout(LONG, second.read_u8()).await.expect("a response");
        assert_eq!(byte.unwrap(), b'H');
    }
}
