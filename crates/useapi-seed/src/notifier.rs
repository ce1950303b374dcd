//! Wakes waits.

use std::fmt;
use std::sync::Arc;

use tokio::sync::watch::{Receiver, Sender};

/// Wakes every wait for a job; clones are the same notifier.
#[derive(Clone, Default)]
pub(crate) struct Notifier(Arc<Sender<()>>);

/// Receives notifications, also one that came before it was awaited.
#[derive(Debug)]
pub(crate) struct Notified {
    receiver: Receiver<()>,
    // A receiver without a sender would never wait.
    _notifier: Notifier,
}

impl Notifier {
    pub(crate) fn notify(&self) {
        self.0.send_replace(());
    }

    pub(crate) fn subscribe(&self) -> Notified {
        Notified {
            receiver: self.0.subscribe(),
            _notifier: self.clone(),
        }
    }
}

impl fmt::Debug for Notifier {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Notifier")
    }
}

impl Notified {
    /// Returns at the next notification, or immediately after one that came before.
    pub(crate) async fn wait(&mut self) {
        // It cannot fail while there is a sender.
        let _ = self.receiver.changed().await;
    }
}
