//! How long a connection may keep still.

use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use tokio::time::{Instant, Sleep, sleep};

/// How long nothing may be sent or received, in real time.
#[derive(Clone, Copy, Debug)]
pub(super) struct Limits {
    /// While it is the caller's turn: a request has not begun, or its answer is
    /// not taken.
    pub(super) silent: Duration,
    /// From the last bytes of a request to the first of its answer. Whether a
    /// request is whole is not known here, so that this ends those that never
    /// become whole, and is longer than any latency that a test would ask for.
    pub(super) answering: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            silent: Duration::from_secs(60),
            answering: Duration::from_secs(600),
        }
    }
}

/// Watches one connection.
pub(super) struct Patience {
    limits: Limits,
    /// Whether bytes have come that nothing was answered to.
    asked: bool,
    /// When bytes last came or went.
    last: Instant,
    /// Set anew when it goes off, not with all that comes and goes: that would
    /// cost each request more than it is worth.
    alarm: Pin<Box<Sleep>>,
}

impl Patience {
    pub(super) fn new(limits: Limits) -> Self {
        Self {
            limits,
            asked: false,
            last: Instant::now(),
            alarm: Box::pin(sleep(limits.silent)),
        }
    }

    pub(super) fn received(&mut self) {
        self.asked = true;
        self.last = Instant::now();
    }

    pub(super) fn sent(&mut self, context: &mut Context<'_>) {
        self.asked = false;
        self.last = Instant::now();
        // It may have waited for the answer, and nothing need be read or written
        // before it is the caller's turn.
        let _ = self.poll_end(context);
    }

    /// Ready once it has been still for too long; wakes the task then.
    pub(super) fn poll_end(&mut self, context: &mut Context<'_>) -> Poll<()> {
        let limit = if self.asked {
            self.limits.answering
        } else {
            self.limits.silent
        };
        let end = self.last + limit;
        // The alarm may ring too early, which is found out below, but not too
        // late.
        if self.alarm.deadline() > end {
            self.alarm.as_mut().reset(end);
        }
        loop {
            ready!(self.alarm.as_mut().poll(context));
            if Instant::now() >= end {
                return Poll::Ready(());
            }
            self.alarm.as_mut().reset(end);
        }
    }
}
