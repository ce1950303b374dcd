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
mod end_to_end;
mod examples;
mod layers;
mod schemas;
mod shapes_ergonomic;
mod spec;
mod vocabulary;

use useapi_seed::Client;
use useapi_seed_tests::no_retry;

/// A client of this server that retries nothing.
fn client(base_url: &str) -> Client {
    let builder = Client::builder("a-token").base_url(base_url);
    builder.retry(no_retry()).build().unwrap()
}
