//! What the client logs. In a process of its own: the test of secrets captures
//! everything that is logged, by a global subscriber.

#![allow(
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a failure fails the test"
)]

mod secrets;
mod spans;
