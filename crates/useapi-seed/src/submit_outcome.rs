//! The outcome of a submission.

use crate::job::Job;
use crate::result::SeedResult;

/// The outcome of a submission.
#[derive(Debug)]
pub enum SubmitOutcome {
    /// A job was started, or found after a lost response; wait for it.
    Started(Job),
    /// The seed had been retrieved before.
    AlreadyRetrieved(SeedResult),
}
