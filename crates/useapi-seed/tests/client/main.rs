//! The client against the emulator and against exact bytes, through sockets.

#![allow(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a failure fails the test"
)]

mod accounts;
mod drift;
mod error_reports;
mod error_responses;
mod images;
mod lost_responses;
mod persistence;
mod redaction;
mod response_bodies;
mod retries;
mod retrieve;
mod submission_steps;
mod truncated_responses;
mod waiting;
mod wire;
