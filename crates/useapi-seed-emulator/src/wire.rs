//! Connections: so many at a time, none that keeps still for ever, and each can
//! be made to fail.

mod patience;

use std::io::{self, ErrorKind};
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU8, Ordering};
use std::task::{Context, Poll, ready};

use axum::extract::connect_info::Connected;
use axum::serve::{IncomingStream, Listener};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use self::patience::{Limits, Patience};

/// What becomes of a connection; its clones decide about the same one.
#[derive(Clone, Debug, Default)]
pub(crate) struct Fate(Arc<AtomicU8>);

const KEPT: u8 = 0;
const RESET: u8 = 1;
const RESET_AT_NEXT_REQUEST: u8 = 2;
const STALLED: u8 = 3;

impl Fate {
    /// Nothing more is written, and the caller sees a reset.
    pub(crate) fn reset(&self) {
        self.0.store(RESET, Ordering::SeqCst);
    }

    /// The next bytes of the caller's are answered by a reset.
    pub(crate) fn reset_at_next_request(&self) {
        self.0.store(RESET_AT_NEXT_REQUEST, Ordering::SeqCst);
    }

    /// An answer stops on the way, and the caller waits as long as it likes.
    pub(crate) fn stall(&self) {
        self.0.store(STALLED, Ordering::SeqCst);
    }

    fn is(&self, fate: u8) -> bool {
        self.0.load(Ordering::SeqCst) == fate
    }
}

impl Connected<IncomingStream<'_, Connections>> for Fate {
    fn connect_info(stream: IncomingStream<'_, Connections>) -> Self {
        stream.io().fate.clone()
    }
}

/// How many connections of a port are served at once. Others wait to be
/// accepted.
const AT_ONCE: usize = 4096;

/// Accepts connections.
pub(crate) struct Connections {
    listener: TcpListener,
    places: Arc<Semaphore>,
    limits: Limits,
}

impl Connections {
    pub(crate) fn new(listener: TcpListener) -> Self {
        Self::limited(listener, AT_ONCE, Limits::default())
    }

    fn limited(listener: TcpListener, at_once: usize, limits: Limits) -> Self {
        Self {
            listener,
            places: Arc::new(Semaphore::new(at_once)),
            limits,
        }
    }
}

impl Listener for Connections {
    type Io = Wire;
    type Addr = SocketAddr;

    async fn accept(&mut self) -> (Self::Io, Self::Addr) {
        // An error would mean that the semaphore is closed, which nobody does.
        let place = Arc::clone(&self.places).acquire_owned().await.ok();
        let (stream, address) = Listener::accept(&mut self.listener).await;
        // Small answers are not to wait for the caller's acknowledgement of
        // what came before.
        let _ = stream.set_nodelay(true);
        let wire = Wire {
            stream,
            fate: Fate(Arc::new(AtomicU8::new(KEPT))),
            patience: Patience::new(self.limits),
            has_ended: false,
            _place: place,
        };
        (wire, address)
    }

    fn local_addr(&self) -> io::Result<Self::Addr> {
        self.listener.local_addr()
    }
}

/// A connection.
pub(crate) struct Wire {
    stream: TcpStream,
    fate: Fate,
    patience: Patience,
    /// Whether the caller's end has been met once.
    has_ended: bool,
    /// Free for another one when this is dropped.
    _place: Option<OwnedSemaphorePermit>,
}

impl Wire {
    /// Makes the end of the connection a reset, and not an orderly one before.
    fn broken(&self) -> io::Error {
        self.fate.reset();
        let _ = self.stream.set_zero_linger();
        ErrorKind::ConnectionReset.into()
    }

    /// Nothing can be read or written now: for how long may that be?
    fn kept_waiting<T>(&mut self, context: &mut Context<'_>) -> Poll<io::Result<T>> {
        if self.fate.is(STALLED) {
            return Poll::Pending;
        }
        ready!(self.patience.poll_end(context));
        Poll::Ready(Err(ErrorKind::TimedOut.into()))
    }
}

impl AsyncRead for Wire {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        if self.fate.is(RESET) {
            return Poll::Ready(Err(self.broken()));
        }
        let before = buffer.filled().len();
        let Poll::Ready(read) = Pin::new(&mut self.stream).poll_read(context, buffer) else {
            return self.kept_waiting(context);
        };
        let is_end = read.is_err() || buffer.filled().len() == before;
        if is_end && !self.has_ended {
            // hyper looks for the end before it hands over a request that came
            // with it, and would drop the request. It does so after this.
            self.has_ended = true;
            context.waker().wake_by_ref();
            return Poll::Pending;
        }
        read?;
        self.patience.received();
        if self.fate.is(RESET_AT_NEXT_REQUEST) && buffer.filled().len() > before {
            buffer.set_filled(before);
            return Poll::Ready(Err(self.broken()));
        }
        Poll::Ready(Ok(()))
    }
}

impl AsyncWrite for Wire {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        if self.fate.is(RESET) {
            return Poll::Ready(Err(self.broken()));
        }
        let Poll::Ready(written) = Pin::new(&mut self.stream).poll_write(context, bytes) else {
            return self.kept_waiting(context);
        };
        self.patience.sent(context);
        Poll::Ready(written)
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        if self.fate.is(RESET) {
            return Poll::Ready(Err(self.broken()));
        }
        Pin::new(&mut self.stream).poll_shutdown(context)
    }
}

#[cfg(test)]
mod tests {
    use std::future::poll_fn;
    use std::time::Duration;

    use axum::Router;
    use axum::extract::ConnectInfo;
    use axum::http::Uri;
    use tokio::io::{AsyncReadExt, AsyncWriteExt, Interest};
    use tokio::task::yield_now;
    use tokio::time::{sleep, timeout};

    use super::*;

    const SHORT: Duration = Duration::from_millis(50);
    const LONG: Duration = Duration::from_secs(20);

    /// Serves an answer that takes twice the short limit, and says where.
    async fn serve(at_once: usize, silent: Duration, answering: Duration) -> SocketAddr {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let limits = Limits { silent, answering };
        let connections = Connections::limited(listener, at_once, limits);
        let slow =
            Router::new().fallback(async |ConnectInfo(fate): ConnectInfo<Fate>, uri: Uri| {
                sleep(SHORT * 2).await;
                if uri.path() == "/stall" {
                    fate.stall();
                }
                "answered"
            });
        let service = slow.into_make_service_with_connect_info::<Fate>();
        tokio::spawn(axum::serve(connections, service).into_future());
        address
    }

    async fn asked(address: SocketAddr, request: &str) -> TcpStream {
        let mut stream = TcpStream::connect(address).await.unwrap();
        stream.write_all(request.as_bytes()).await.unwrap();
        stream
    }

    /// All that comes until the connection is closed.
    async fn rest(stream: &mut TcpStream) -> String {
        let mut text = String::new();
        let read = timeout(LONG, stream.read_to_string(&mut text)).await;
        read.expect("it is closed").unwrap();
        text
    }

    const WHOLE: &str = "GET / HTTP/1.1\r\nhost: x\r\n\r\n";

    /// A complete request has been handed over when the second read is tried.
    #[tokio::test]
    async fn end_is_reported_one_poll_late() {
        for is_reset in [false, true] {
            let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
            let stream = asked(listener.local_addr().unwrap(), WHOLE).await;
            if is_reset {
                stream.set_zero_linger().unwrap();
            }
            drop(stream);
            let (mut wire, _) = Connections::new(listener).accept().await;
            let has_ended = async {
                while !wire
                    .stream
                    .ready(Interest::READABLE)
                    .await?
                    .is_read_closed()
                {
                    yield_now().await;
                }
                io::Result::Ok(())
            };
            timeout(LONG, has_ended).await.expect("it ends").unwrap();
            let mut bytes = [0; WHOLE.len() + 1];
            let mut read = async || {
                let mut buffer = ReadBuf::new(&mut bytes);
                poll_fn(|context| {
                    let read = Pin::new(&mut wire).poll_read(context, &mut buffer);
                    Poll::Ready(read.map_ok(|()| buffer.filled().len()))
                })
                .await
            };
            assert!(matches!(read().await, Poll::Ready(Ok(27))), "{is_reset}");
            assert!(read().await.is_pending(), "{is_reset}");
            let end = read().await;
            assert!(matches!(end, Poll::Ready(Ok(0) | Err(_))), "{end:?}");
        }
    }

    #[tokio::test]
    async fn whoever_sends_nothing_is_hung_up_on() {
        let address = serve(9, SHORT, LONG).await;
        assert_eq!(rest(&mut asked(address, "").await).await, "");
    }

    #[tokio::test]
    async fn whoever_sends_half_a_request_is_hung_up_on() {
        let address = serve(9, LONG, SHORT).await;
        assert_eq!(rest(&mut asked(address, "GET / HT").await).await, "");
    }

    #[tokio::test]
    async fn an_answer_may_take_longer_than_silence() {
        let address = serve(9, SHORT, LONG).await;
        let answer = rest(&mut asked(address, WHOLE).await).await;
        // And then nothing more is asked, until the limit.
        assert!(answer.ends_with("answered"), "{answer}");
    }

    #[tokio::test]
    async fn a_stall_has_no_end() {
        let address = serve(9, SHORT, SHORT * 4).await;
        let mut stream = asked(address, &WHOLE.replace("GET /", "GET /stall")).await;
        let mut text = String::new();
        let end = timeout(SHORT * 8, stream.read_to_string(&mut text)).await;
        assert!(end.is_err(), "{end:?}");
    }

    #[tokio::test]
    async fn whoever_finds_all_places_taken_waits_for_one() {
        let address = serve(1, LONG, LONG).await;
        let first = asked(address, "").await;
        let mut second = asked(address, WHOLE).await;
        let early = timeout(SHORT * 4, second.read_u8()).await;
        assert!(early.is_err(), "{early:?}");
        drop(first);
        let early = timeout(LONG, second.read_u8()).await.expect("its turn");
        assert_eq!(early.unwrap(), b'H');
    }
}
