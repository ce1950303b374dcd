//! An HTTP server for the receiver alone.

use std::convert::Infallible;
use std::num::NonZeroUsize;
use std::pin::pin;
use std::time::Duration;

use axum::Router;
use axum::serve::{Listener, ListenerExt};
use hyper::server::conn::http1;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::service::TowerToHyperService;
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinSet;
use tokio::time::{sleep, timeout};

use crate::http_service::BODY_TIMEOUT;
use crate::receiver::Receiver;

const MAX_CONNECTIONS: NonZeroUsize = NonZeroUsize::new(256).expect("not zero");
const HEAD_TIMEOUT: Duration = Duration::from_secs(10);
/// Also ends the connection of a peer that never reads its responses.
const MAX_AGE: Duration = Duration::from_secs(60);
/// The head of a callback has some hundred bytes.
const MAX_HEAD: usize = 16 * 1024;

/// Serves a [`Receiver`] on a port, with limits that `axum::serve` does not have: how
/// many connections are open concurrently, and how long one may be idle. Made by
/// [`Receiver::server`].
///
/// ```
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # let client = useapi_seed::Client::builder("a-token").build()?;
/// use std::num::NonZeroUsize;
/// use std::time::Duration;
/// use useapi_seed_callback::{Key, Receiver};
///
/// let base_url = "https://example.com/callbacks";
/// let (receiver, _events) = Receiver::builder(client, base_url, Key::random()?).build()?;
/// let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await?;
/// let server = receiver
///     .server()
///     .max_connections(NonZeroUsize::new(64).unwrap())
///     .head_timeout(Duration::from_secs(5));
/// tokio::spawn(server.serve(listener));
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug)]
pub struct Server {
    receiver: Receiver,
    max_connections: NonZeroUsize,
    head_timeout: Duration,
    max_age: Duration,
}

impl Receiver {
    /// A server for this receiver. Configure it, then [serve](Server::serve).
    #[must_use]
    pub fn server(&self) -> Server {
        Server {
            receiver: self.clone(),
            max_connections: MAX_CONNECTIONS,
            head_timeout: HEAD_TIMEOUT,
            max_age: MAX_AGE,
        }
    }
}

impl Server {
    /// How many connections are open concurrently; defaults to 256, and is at most half
    /// of the files that the process may open, since polls and results need some too.
    /// Further connections wait to be accepted.
    #[must_use]
    pub fn max_connections(mut self, connections: NonZeroUsize) -> Self {
        self.max_connections = connections;
        self
    }

    /// How long the head of a request may take, from the connection's start or from the
    /// previous response; defaults to 10 s. Then the connection is closed.
    #[must_use]
    pub fn head_timeout(mut self, timeout: Duration) -> Self {
        self.head_timeout = timeout;
        self
    }

    /// Serves callbacks. When the future is dropped, the port and all connections are
    /// closed.
    pub async fn serve(self, listener: TcpListener) -> Infallible {
        let max_connections = self.max_connections.get().min(max_descriptors() / 2).max(1);
        let router = self.receiver.router();
        // Responses are small, and must not wait for an acknowledgement.
        let mut listener = listener.tap_io(|stream| {
            let _ = stream.set_nodelay(true);
        });
        let mut connections = JoinSet::new();
        loop {
            tokio::select! {
                Some(_) = connections.join_next() => {}
                (stream, _) = listener.accept(), if connections.len() < max_connections => {
                    let router = router.clone();
                    connections.spawn(serve_connection(stream, router, self.head_timeout, self.max_age));
                }
            }
        }
    }
}

async fn serve_connection(
    stream: TcpStream,
    router: Router,
    head_timeout: Duration,
    max_age: Duration,
) {
    let connection = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(head_timeout)
        .max_buf_size(MAX_HEAD)
        .serve_connection(TokioIo::new(stream), TowerToHyperService::new(router));
    let mut connection = pin!(connection);
    tokio::select! {
        _ = connection.as_mut() => return,
        () = sleep(max_age) => connection.as_mut().graceful_shutdown(),
    }
    // A request that has started still gets its response, if it ends in time.
    let _ = timeout(head_timeout + BODY_TIMEOUT, connection).await;
}

/// How many files and sockets this process may have open.
fn max_descriptors() -> usize {
    #[cfg(unix)]
    let limit = rustix::process::getrlimit(rustix::process::Resource::Nofile).current;
    #[cfg(not(unix))]
    let limit: Option<u64> = None;
    let limit = limit.and_then(|limit| usize::try_from(limit).ok());
    limit.unwrap_or(usize::MAX)
}

#[cfg(test)]
mod tests {
    use tokio::io::AsyncReadExt;
    use useapi_seed::Client;

    use super::*;
    use crate::key::Key;

    const SHORT: Duration = Duration::from_millis(100);

    #[tokio::test]
    async fn connection_over_its_max_age_is_closed() {
        let client = Client::builder("a-token").build().unwrap();
        let builder = Receiver::builder(client, "https://example.com", Key::new([1; 32]));
        let (receiver, _events) = builder.build().unwrap();
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let mut server = receiver.server();
        server.max_age = SHORT;
        tokio::spawn(server.serve(listener));
        let mut stream = TcpStream::connect(address).await.unwrap();
        // Long before its head would time out.
        let end = timeout(HEAD_TIMEOUT / 2, stream.read_u8()).await;
        assert!(end.expect("it is closed").is_err());
    }
}
