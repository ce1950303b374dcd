//! What happens during a wait.

use std::time::Duration;

use crate::error::Error;
use crate::job::{JobHandle, JobProgress};
use crate::result::SeedResult;

/// A job event.
#[derive(Debug)]
#[non_exhaustive]
pub enum JobEvent {
    /// The job was started: store its handle. Only in the events of
    /// [`Client::retrieve`](crate::Client::retrieve).
    Started(JobHandle),
    /// Status, percentage or content has changed; the job still runs.
    Progress(JobProgress),
    /// A poll failed, and another one follows. The job is not affected.
    PollError(Error),
    /// The next poll follows after this time, unless the wait is woken.
    Sleeping(Duration),
    /// The job has completed.
    Completed(SeedResult),
}
