//! Ctrl-C and SIGTERM.

use std::io;

use tokio::sync::watch;

use crate::command_line;
use crate::error::CliError;
use crate::exit::Exit;
use crate::terminal::{end_progress, eprint_always};

/// Whether this process was asked to exit.
#[derive(Clone, Debug)]
pub(crate) struct Shutdown(watch::Receiver<Option<Exit>>);

impl Shutdown {
    /// From now on a first signal is only recorded, so that requests can finish.
    /// A second one exits immediately; nothing is lost by that either, since all that
    /// matters is on disk by then.
    pub(crate) fn listen() -> Result<Self, CliError> {
        let (sender, receiver) = watch::channel(None);
        let mut signals = Signals::new()
            .map_err(|error| CliError::new(format!("cannot listen for Ctrl-C: {error}")))?;
        tokio::spawn(async move {
            let first = signals.next().await;
            sender.send_replace(Some(first));
            let second = signals.next().await;
            end_progress();
            eprint_always("interrupted");
            let command = command_line::rerun_command();
            eprint_always(format_args!("To resume, run: {command}"));
            std::process::exit(second.code().into());
        });
        Ok(Self(receiver))
    }

    /// The signal, once there was one.
    pub(crate) fn requested(&self) -> Option<Exit> {
        *self.0.borrow()
    }

    /// Returns when there is a signal, or immediately if there was one.
    pub(crate) async fn wait(&self) -> Exit {
        let mut receiver = self.0.clone();
        let signal = receiver.wait_for(Option::is_some).await;
        match signal.as_deref() {
            Ok(Some(exit)) => *exit,
            // Nobody listens any more, so none comes.
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
