//! Limits of downloads.

use std::time::Duration;

/// Limits of one download.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Limits {
    /// Bytes: a body without an end must not fill the disk.
    pub(crate) size: u64,
    /// For all attempts together: a slow body must end too.
    pub(crate) time: Duration,
    /// How long consecutive attempts may fail.
    pub(crate) retry_timeout: Duration,
    /// The delay after the first failed attempt.
    pub(crate) initial_backoff: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            size: 256 * 1024 * 1024,
            time: Duration::from_secs(10 * 60),
            retry_timeout: Duration::from_secs(30),
            initial_backoff: Duration::from_millis(200),
        }
    }
}
