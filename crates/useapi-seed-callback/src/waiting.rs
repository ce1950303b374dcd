//! Waiting for the end that a look brings.

use std::sync::Weak;

use tokio::sync::oneshot;
use useapi_seed::Job;

use crate::jobs::Outcome;
use crate::receiver::Inner;

/// One who waits for a job. Who no longer does is forgotten at once, since others
/// are to have the place.
pub(crate) struct Waiting {
    receiver: Weak<Inner>,
    id: String,
    end: oneshot::Receiver<Outcome>,
}

impl Waiting {
    pub(crate) fn new(receiver: Weak<Inner>, job: &Job, end: oneshot::Receiver<Outcome>) -> Self {
        Self {
            receiver,
            id: job.id().to_owned(),
            end,
        }
    }

    /// The end, when a look brings it; never, when the job is no longer looked at
    /// for this one.
    pub(crate) async fn end(&mut self) -> Outcome {
        match (&mut self.end).await {
            Ok(outcome) => outcome,
            Err(_) => std::future::pending().await,
        }
    }
}

impl Drop for Waiting {
    fn drop(&mut self) {
        self.end.close();
        if let Some(receiver) = self.receiver.upgrade() {
            receiver.jobs().is_awaited(&self.id);
        }
    }
}
