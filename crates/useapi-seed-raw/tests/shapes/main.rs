//! What the spec becomes: the public API of the generated source, and each
//! documented response; and how the client keeps other responses.

#![allow(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a failure fails the test"
)]

mod errors;
mod responses;
mod surface;
