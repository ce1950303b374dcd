//! What the tests in this crate share: the documented answers as files, and a
//! server that answers with exactly the bytes it was given.

#![allow(
    clippy::expect_used,
    clippy::panic,
    reason = "what goes wrong here fails the test that called it"
)]

mod fixture;
mod stub;

pub use fixture::Fixture;
pub use stub::{Request, Response, Stub};

/// The README's examples compile.
#[cfg(doctest)]
#[doc = include_str!("../../README.md")]
struct Readme;
