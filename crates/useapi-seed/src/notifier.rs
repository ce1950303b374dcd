//! Waking a wait from outside.

use std::fmt;
use std::sync::Arc;

use tokio::sync::watch::{Receiver, Sender};

/// Wakes whoever waits for the same job; clones are one.
#[derive(Clone, Default)]
pub(crate) struct Notifier(Arc<Sender<()>>);

/// Feels nudges, also one that came while it was not looking.
#[derive(Debug)]
pub(crate) struct Notified {
    receiver: Receiver<()>,
    // Without a sender nothing could be waited for.
    _nudge: Notifier,
}

impl Notifier {
    pub(crate) fn give(&self) {
        self.0.send_replace(());
    }

    pub(crate) fn felt(&self) -> Notified {
        Notified {
            receiver: self.0.subscribe(),
            _nudge: self.clone(),
        }
    }
}

impl fmt::Debug for Notifier {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Notifier")
    }
}

impl Notified {
    /// Returns at the next notifier, or at once after one that came meanwhile.
    pub(crate) async fn wait(&mut self) {
        // It cannot fail while there is a sender.
        let _ = self.receiver.changed().await;
    }
}
