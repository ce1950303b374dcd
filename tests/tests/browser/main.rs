//! Pages in a browser. Run by `cargo xtask test --browser`.

#![allow(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a failure fails the test"
)]

mod accessibility;
mod browser;
mod chromium;
mod command;
mod console;
mod driver;
mod firefox;
mod gallery;
mod keyboard;
mod page;
mod page_checks;
mod readme;
mod screenshot;
mod static_server;
mod traffic;
mod viewport;

/// A path on this machine, set by the task. Without it a test fails: a skipped one
/// would count as passed.
fn setting(variable: &str) -> String {
    std::env::var(variable).unwrap_or_else(|_| {
        panic!("{variable} is not set: these tests are run by cargo xtask test --browser")
    })
}
