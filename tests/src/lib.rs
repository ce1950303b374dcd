//! What the tests in this crate share: the documented responses as files, the
//! spec, the sources of the crates, and a server that sends exactly the bytes it
//! was given.

#![allow(
    clippy::expect_used,
    clippy::panic,
    reason = "what goes wrong here fails the test that called it"
)]

mod description;
mod fixture;
mod source;
mod stub;

pub use description::{Description, Example};
pub use fixture::{Fixture, without_nulls};
pub use source::{source_files, without_tests, workspace};
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
