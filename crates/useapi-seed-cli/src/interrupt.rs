//! Ctrl-C and its like.

use std::io;

use tokio::sync::watch;

use crate::exit::Exit;
use crate::failure::Failure;
use crate::shell;
use crate::terminal::{error_mark, tell};

/// Whether this process was asked to end. Clones hear the same.
#[derive(Clone, Debug)]
pub(crate) struct Interrupt(watch::Receiver<Option<Exit>>);

impl Interrupt {
    /// From now on a first signal is only heard, so that what is begun comes to a
    /// good end. A second one ends the process at once; nothing is lost by that
    /// either, since all that matters is on disk by then.
    pub(crate) fn listen() -> Result<Self, Failure> {
        let (sender, receiver) = watch::channel(None);
        let mut signals = Signals::new()
            .map_err(|fault| Failure::new(format!("cannot listen for Ctrl-C: {fault}")))?;
        tokio::spawn(async move {
            let first = signals.next().await;
            sender.send_replace(Some(first));
            let second = signals.next().await;
            tell(format_args!("{} interrupted", error_mark()));
            tell(format_args!("to go on: {}", shell::again()));
            std::process::exit(second.code().into());
        });
        Ok(Self(receiver))
    }

    /// The signal, once one has come.
    pub(crate) fn now(&self) -> Option<Exit> {
        *self.0.borrow()
    }

    /// Ends when a signal comes, or at once if one has come.
    pub(crate) async fn came(&self) -> Exit {
        let mut receiver = self.0.clone();
        let signal = receiver.wait_for(Option::is_some).await;
        match signal.as_deref() {
            Ok(Some(exit)) => *exit,
            // Nobody listens any more, so nothing comes.
            _ => std::future::pending().await,
        }
    }
}

#[cfg(unix)]
struct Signals {
    interrupt: tokio::signal::unix::Signal,
    terminate: tokio::signal::unix::Signal,
}

#[cfg(unix)]
impl Signals {
    fn new() -> io::Result<Self> {
        use tokio::signal::unix::{SignalKind, signal};

        Ok(Self {
            interrupt: signal(SignalKind::interrupt())?,
            terminate: signal(SignalKind::terminate())?,
        })
    }

    async fn next(&mut self) -> Exit {
        tokio::select! {
            _ = self.interrupt.recv() => Exit::Interrupted,
            _ = self.terminate.recv() => Exit::Terminated,
        }
    }
}

#[cfg(not(unix))]
struct Signals;

#[cfg(not(unix))]
impl Signals {
    #[allow(clippy::unnecessary_wraps, reason = "as where it can fail")]
    fn new() -> io::Result<Self> {
        Ok(Self)
    }

    async fn next(&mut self) -> Exit {
        if tokio::signal::ctrl_c().await.is_err() {
            std::future::pending::<()>().await;
        }
        Exit::Interrupted
    }
}
