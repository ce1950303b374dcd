//! What a request does at the service, and how often it was sent.

use std::time::Duration;

/// Whether the same request twice does what one does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Idempotency {
    /// It only reads.
    Safe,
    /// It starts or cancels a job, or resets an account.
    Unsafe,
}

/// How often a request was sent, and for how long.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Attempts {
    pub(crate) count: u32,
    pub(crate) elapsed: Duration,
}

impl Attempts {
    /// One attempt, not measured.
    pub(crate) const ONE: Self = Self {
        count: 1,
        elapsed: Duration::ZERO,
    };
}
