//! Shared by the tests of this crate: the documented responses as files, the spec,
//! the sources of the crates, and a server that sends exactly the bytes that a test
//! gives it.

#![allow(
    clippy::expect_used,
    clippy::panic,
    reason = "a failure here fails the test that called it"
)]

mod fixture;
mod source;
mod spec;
mod stub;

use std::time::Duration;

use useapi_seed::{RetryPolicy, WaitOptions};

pub use fixture::{Fixture, without_nulls};
pub use source::{source_files, without_tests, workspace};
pub use spec::{Example, Spec};
pub use stub::{Request, Response, Stub};

/// The smallest PNG there is: one grey pixel.
pub const PNG: &[u8] = include_bytes!("../fixtures/pixel.png");

/// The README's examples compile.
#[cfg(doctest)]
#[doc = include_str!("../../README.md")]
struct Readme;

/// One attempt, and no backoff between the searches for a lost submission.
#[must_use]
pub fn no_retry() -> RetryPolicy {
    RetryPolicy::disabled().initial_backoff(Duration::ZERO)
}

/// A wait with this poll interval.
#[must_use]
pub fn poll_every(interval: Duration) -> WaitOptions {
    WaitOptions::default().poll_interval(interval)
}
