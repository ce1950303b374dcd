//! Tests that cross the crates.

#![allow(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a failure fails the test"
)]

mod conformance;
mod documentation_examples;
mod documentation_table;
mod documents;
mod end_to_end;
mod examples;
mod layers;
mod portability;
mod schemas;
mod shapes_ergonomic;
mod spec;
mod vocabulary;
