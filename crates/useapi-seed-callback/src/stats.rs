//! Numbers of received callbacks.

use std::sync::{Mutex, PoisonError};

/// How many callbacks a receiver has accepted and rejected.
///
/// ```
/// # let client = useapi_seed::Client::builder("a-token").build().unwrap();
/// # tokio::runtime::Runtime::new().unwrap().block_on(async {
/// use useapi_seed_callback::{Key, Receiver};
///
/// let key = Key::new([7; 32]);
/// let (receiver, _events) = Receiver::builder(client, "https://example.com", key).build()?;
/// receiver.handle("/job/of/another/receiver", b"{}").unwrap_err();
/// assert_eq!(receiver.stats().unknown_url, 1);
/// # Ok::<(), useapi_seed_callback::UrlError>(())
/// # }).unwrap();
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Stats {
    /// Accepted: the URL is the receiver's and the body names a job.
    pub accepted: u64,
    /// Rejected: the URL is not one of the receiver's.
    pub unknown_url: u64,
    /// Rejected: the body is not JSON with a `jobid`.
    pub invalid_body: u64,
    /// About another job than that of the URL, or about a job that the API does not
    /// know. Some of them are found after they were accepted.
    pub mismatched: u64,
    /// Accepted and dropped: a queue was full, or the API could not be polled. Waits
    /// poll in any case.
    pub dropped: u64,
}

#[derive(Debug, Default)]
pub(crate) struct Counters(Mutex<Stats>);

impl Counters {
    pub(crate) fn count(&self, increment: impl FnOnce(&mut Stats)) {
        increment(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner));
    }

    pub(crate) fn stats(&self) -> Stats {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
