//! Shared by the tests of the workspace: a client with an emulator, a server that sends
//! exactly the bytes that a test gives it, the documented responses as files, the spec
//! and the sources of the crates.

#![allow(
    clippy::expect_used,
    clippy::panic,
    reason = "a failure here fails the test that called it"
)]

mod fixture;
mod harness;
mod source;
mod spec;
mod stub;

pub use fixture::{Fixture, without_nulls};
pub use harness::{
    Harness, client_builder, completed, fast, files, no_retry, poll_every, started, wait_until,
};
pub use source::{source_files, without_tests, workspace};
pub use spec::{Example, Spec};
pub use stub::{Request, Response, Stub};

/// The smallest PNG there is: one grey pixel.
pub const PNG: &[u8] = include_bytes!("../fixtures/pixel.png");

/// The README's examples compile.
#[cfg(doctest)]
#[doc = include_str!("../../README.md")]
struct Readme;

/// The code in the guides compiles.
#[cfg(doctest)]
mod guides {
    #[doc = include_str!("../../docs/layers.md")]
    struct Layers;

    #[doc = include_str!("../../docs/recipes.md")]
    struct Recipes;
}
