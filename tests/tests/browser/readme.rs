//! The README's screenshots.

use std::path::Path;

use useapi_seed_emulator::Emulator;

use crate::browser::Browser;
use crate::console::Console;
use crate::gallery::Gallery;
use crate::viewport::Viewport;

/// The most that they may have together, in bytes.
const LIMIT: u64 = 300_000;

#[tokio::test]
#[ignore = "changes the screenshots: run by its task"]
async fn screenshots_are_written_in_chromium() {
    let console = Console::start(Emulator::builder().time_scale(60.0)).await;
    console.submit().await;
    console.wait_for_result().await;
    console.wait_for_count("#requests li", 6).await;
    console
        .run::<()>("document.querySelector('#follow').scrollIntoView()")
        .await;
    console.save_for_readme("try-it", false).await;
    console.page.close().await;

    let gallery = Gallery::fetched().await;
    let browser = Browser::start().await;
    let page = browser.open(&gallery.job_page(), Viewport::LAPTOP).await;
    page.wait_for_images().await;
    page.save_for_readme("gallery", true).await;
    page.close().await;
}

#[test]
fn screenshots_are_small() {
    let directory = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs");
    let readme = include_str!("../../../README.md");
    let mut bytes = 0;
    for name in ["try-it.webp", "gallery.webp"] {
        assert!(readme.contains(&format!("(docs/{name})")), "{name}");
        bytes += std::fs::metadata(directory.join(name)).unwrap().len();
    }
    assert!(bytes < LIMIT, "{bytes}");
}
