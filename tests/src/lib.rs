//! What the tests in this crate share: the documented answers as files, the
//! description, and a server that answers with exactly the bytes it was given.

#![allow(
    clippy::expect_used,
    clippy::panic,
    reason = "what goes wrong here fails the test that called it"
)]

mod description;
mod fixture;
mod stub;

pub use description::{Description, Example};
pub use fixture::Fixture;
pub use stub::{Request, Response, Stub};

/// The README's examples compile.
#[cfg(doctest)]
#[doc = include_str!("../../README.md")]
struct Readme;

/// One attempt, and no pause where something is looked for: a test does not wait.
#[must_use]
pub fn once() -> useapi_seed::RetryPolicy {
    useapi_seed::RetryPolicy::disabled().initial_backoff(std::time::Duration::ZERO)
}

/// A wait that polls after each such interval.
#[must_use]
pub fn poll_every(interval: std::time::Duration) -> useapi_seed::WaitOptions {
    useapi_seed::WaitOptions::default().poll_interval(interval)
}
