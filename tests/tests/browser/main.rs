//! Pages, in a real browser. Run by `cargo xtask test --browser`.

#![allow(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a test fails by it"
)]

mod accessibility;
mod chromium;
mod gallery;
mod keyboard;
mod look;
mod page;
mod readme;
mod screenshot;
mod site;
mod traffic;
mod try_it;
mod watched;

/// What the chore says of this machine. Without it a test fails: one that is left out
/// would count as passed.
fn given(variable: &str) -> String {
    std::env::var(variable).unwrap_or_else(|_| {
        panic!("{variable} is not set: these tests are run by cargo xtask test --browser")
    })
}
