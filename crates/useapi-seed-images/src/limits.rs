//! What downloads may take.

use std::time::Duration;

/// What downloads may take.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Limits {
    /// The images of a result.
    pub(crate) images: usize,
    /// The bytes of an image: a body without an end must not fill the disk.
    pub(crate) size: u64,
    /// For an image, with all attempts: a slow body must end too.
    pub(crate) time: Duration,
    /// How long attempts may fail in a row.
    pub(crate) retry_timeout: Duration,
    /// The pause after the first failed attempt.
    pub(crate) initial_backoff: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            images: 16,
            size: 256 * 1024 * 1024,
            time: Duration::from_secs(10 * 60),
            retry_timeout: Duration::from_secs(30),
            initial_backoff: Duration::from_millis(200),
        }
    }
}
