//! Connections that can be made to fail.

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

/// What becomes of a connection; its clones decide about the same one.
#[derive(Clone, Debug, Default)]
pub(crate) struct Fate(Arc<AtomicU8>);

const KEPT: u8 = 0;
const RESET: u8 = 1;
const RESET_AT_NEXT_REQUEST: u8 = 2;

impl Fate {
    /// Nothing more is written, and the caller sees a reset.
    pub(crate) fn reset(&self) {
        self.0.store(RESET, Ordering::SeqCst);
    }

    /// The next bytes of the caller's are answered by a reset.
    pub(crate) fn reset_at_next_request(&self) {
        self.0.store(RESET_AT_NEXT_REQUEST, Ordering::SeqCst);
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

/// Accepts connections.
pub(crate) struct Connections(pub(crate) TcpListener);

impl Listener for Connections {
    type Io = Wire;
    type Addr = SocketAddr;

    async fn accept(&mut self) -> (Self::Io, Self::Addr) {
        let (stream, address) = Listener::accept(&mut self.0).await;
        // Small answers are not to wait for the caller's acknowledgement of
        // what came before.
        let _ = stream.set_nodelay(true);
        let fate = Fate(Arc::new(AtomicU8::new(KEPT)));
        (Wire { stream, fate }, address)
    }

    fn local_addr(&self) -> io::Result<Self::Addr> {
        self.0.local_addr()
    }
}

/// A connection.
pub(crate) struct Wire {
    stream: TcpStream,
    fate: Fate,
}

impl Wire {
    /// Makes the end of the connection a reset, and not an orderly one before.
    fn broken(&self) -> io::Error {
        self.fate.reset();
        let _ = self.stream.set_zero_linger();
        ErrorKind::ConnectionReset.into()
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
        ready!(Pin::new(&mut self.stream).poll_read(context, buffer))?;
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
        Pin::new(&mut self.stream).poll_write(context, bytes)
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
