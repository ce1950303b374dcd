//! How a job is waited for.

use std::time::Duration;

use serde::{Deserialize, Serialize};

/// How often a job is polled, and for how long.
///
/// ```
/// use std::time::Duration;
/// use useapi_seed::WaitOptions;
///
/// let options = WaitOptions::default()
///     .poll_interval(Duration::from_secs(30))
///     .poll_interval_after_wake(Duration::from_secs(60))
///     .timeout(2 * WaitOptions::DEFAULT_TIMEOUT)
///     .max_poll_errors(2 * WaitOptions::DEFAULT_MAX_POLL_ERRORS)
///     .max_unknown_polls(1)
///     .request_timeout(Duration::from_secs(20));
/// assert!(options != WaitOptions::default());
/// assert_eq!(WaitOptions::DEFAULT_POLL_INTERVAL.as_secs(), 10);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct WaitOptions {
    pub(crate) poll_interval: Duration,
    pub(crate) poll_interval_after_wake: Duration,
    pub(crate) timeout: Duration,
    pub(crate) max_poll_errors: u32,
    pub(crate) max_unknown_polls: Option<u32>,
    pub(crate) request_timeout: Option<Duration>,
    /// How much longer the final poll, at the deadline, may take.
    pub(crate) final_poll_timeout: Duration,
}

impl Default for WaitOptions {
    fn default() -> Self {
        Self {
            poll_interval: Self::DEFAULT_POLL_INTERVAL,
            poll_interval_after_wake: Duration::ZERO,
            timeout: Self::DEFAULT_TIMEOUT,
            max_poll_errors: Self::DEFAULT_MAX_POLL_ERRORS,
            max_unknown_polls: None,
            request_timeout: None,
            final_poll_timeout: Duration::from_secs(10),
        }
    }
}

impl WaitOptions {
    /// The default time between two polls, the least that the service asks for.
    pub const DEFAULT_POLL_INTERVAL: Duration = Duration::from_secs(10);

    /// The default time to wait.
    pub const DEFAULT_TIMEOUT: Duration = Duration::from_secs(15 * 60);

    /// The default number of consecutive polls that may fail.
    pub const DEFAULT_MAX_POLL_ERRORS: u32 = 5;

    /// The time between two polls, between 1 ms and 24 hours; defaults to 10 s. Up
    /// to a tenth is added at random, so that many waits do not poll concurrently;
    /// a longer `Retry-After` overrides it. The service polls Discord every 15 to
    /// 60 seconds, so a shorter interval brings nothing there.
    #[must_use]
    pub fn poll_interval(mut self, interval: Duration) -> Self {
        self.poll_interval = interval;
        self
    }

    /// The time between two polls once [`Job::wake`](crate::Job::wake) has woken
    /// the wait, if longer than [`poll_interval`](Self::poll_interval): with
    /// callbacks a job need not be polled as often. Defaults to the same interval.
    #[must_use]
    pub fn poll_interval_after_wake(mut self, interval: Duration) -> Self {
        self.poll_interval_after_wake = interval;
        self
    }

    /// How long to wait; defaults to 15 minutes. At the deadline there is a final
    /// poll, which may take 10 seconds, or the request timeout if that is shorter.
    #[must_use]
    pub fn timeout(mut self, timeout: Duration) -> Self {
        self.timeout = timeout;
        self
    }

    /// After how many consecutive failed polls the wait ends with the last one's
    /// error; defaults to 5, and 0 is as 1. A failed poll is not a failed job.
    #[must_use]
    pub fn max_poll_errors(mut self, polls: u32) -> Self {
        self.max_poll_errors = polls;
        self
    }

    /// How many of the first polls may respond that the job is not found (404): one
    /// server may not know yet what another has just started. Defaults to 3 for a
    /// job that this client started or whose parent is known, and to 0 for a job
    /// that is known by its id alone.
    #[must_use]
    pub fn max_unknown_polls(mut self, polls: u32) -> Self {
        self.max_unknown_polls = Some(polls);
        self
    }

    /// How long one poll may take; defaults to the client's
    /// [`request_timeout`](crate::ClientBuilder::request_timeout).
    #[must_use]
    pub fn request_timeout(mut self, timeout: Duration) -> Self {
        self.request_timeout = Some(timeout);
        self
    }
}
