use thirtyfour::Key;

use super::Gallery;
use crate::browser::Browser;
use crate::viewport::Viewport;

#[tokio::test]
async fn start_of_the_page_can_be_skipped() {
    let gallery = Gallery::fetched().await;
    let browser = Browser::start().await;
    for (url, first) in [
        (gallery.job_page(), "button[data-copy]"),
        (gallery.index_page(), ".jobs li:first-child a"),
    ] {
        for viewport in [Viewport::PHONE, Viewport::LAPTOP] {
            let page = browser.open(&url, viewport).await;
            page.skip_to(first).await;
            page.assert_focus_is_visible().await;
            page.close().await;
        }
    }
}

#[tokio::test]
async fn every_job_is_opened_by_keyboard() {
    let gallery = Gallery::fetched().await;
    let browser = Browser::start().await;
    let mut page = browser.open(&gallery.index_page(), Viewport::LAPTOP).await;
    page.wait_for_images().await;
    page.requests().await;
    page.tab_visibly_to(".jobs li:last-child h2 a").await;
    page.press(Key::Enter).await;
    page.wait_for("body.job").await;
    page.requests().await;
    page.tab_to("nav a").await;
    page.press(Key::Enter).await;
    page.wait_for("body.all").await;
    page.close().await;
}
