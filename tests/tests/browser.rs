//! Pages, in a real browser. Run by `cargo xtask test --browser`.

#![allow(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a test fails by it"
)]

#[path = "browser/accessibility.rs"]
mod accessibility;
#[path = "browser/chromium.rs"]
mod chromium;
#[path = "browser/gallery.rs"]
mod gallery;
#[path = "browser/keyboard.rs"]
mod keyboard;
#[path = "browser/look.rs"]
mod look;
#[path = "browser/page.rs"]
mod page;
#[path = "browser/readme.rs"]
mod readme;
#[path = "browser/screenshot.rs"]
mod screenshot;
#[path = "browser/site.rs"]
mod site;
#[path = "browser/traffic.rs"]
mod traffic;
#[path = "browser/try_it.rs"]
mod try_it;
#[path = "browser/watched.rs"]
mod watched;

/// What the chore says of this machine. Without it a test fails: one that is left out
/// would count as passed.
fn given(variable: &str) -> String {
    std::env::var(variable).unwrap_or_else(|_| {
        panic!("{variable} is not set: these tests are run by cargo xtask test --browser")
    })
}
