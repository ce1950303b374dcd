//! The README's pictures.

use std::path::Path;

use useapi_seed_emulator::Emulator;

use crate::chromium::Chromium;
use crate::gallery::Gallery;
use crate::look::Look;
use crate::try_it;

/// What they may have together, in bytes.
const LIMIT: u64 = 300_000;

#[tokio::test]
#[ignore = "it changes them; run by cargo xtask screenshots"]
async fn pictures_are_made() {
    let chromium = Chromium::start().await;
    let emulator = Emulator::builder().time_scale(60.0).start().await.unwrap();
    let page = try_it::open(&chromium, &emulator, Look::LAPTOP).await;
    page.ask().await;
    page.wait("document.querySelector('#seed')").await;
    page.decoded().await;
    page.wait("document.querySelectorAll('#journal li').length >= 6")
        .await;
    page.run::<()>("document.querySelector('#follow').scrollIntoView()")
        .await;
    page.save_for_readme("try-it", false).await;
    page.close().await;

    let gallery = Gallery::fetched().await;
    let page = chromium.open(&gallery.job_page(), Look::LAPTOP).await;
    page.decoded().await;
    page.save_for_readme("gallery", true).await;
    page.close().await;
}

#[test]
fn pictures_are_small() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs");
    let readme = include_str!("../../../README.md");
    let mut bytes = 0;
    for name in ["try-it.webp", "gallery.webp"] {
        assert!(readme.contains(&format!("(docs/{name})")), "{name}");
        bytes += std::fs::metadata(folder.join(name)).unwrap().len();
    }
    assert!(bytes < LIMIT, "{bytes}");
}
