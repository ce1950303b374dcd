use thirtyfour::Key;

use super::Gallery;
use crate::chromium::Chromium;
use crate::look::Look;

#[tokio::test]
async fn the_first_key_leads_past_the_start_of_the_page() {
    let gallery = Gallery::fetched().await;
    let chromium = Chromium::start().await;
    for (url, first) in [
        (gallery.job_page(), ".pictures figure:first-child a"),
        (gallery.all_page(), ".jobs li:first-child a"),
    ] {
        for look in [Look::PHONE, Look::LAPTOP] {
            let page = chromium.open(&url, look).await;
            page.press(Key::Tab).await;
            assert!(page.is_focused(".skip").await);
            page.assert_focus_is_visible().await;
            page.press(Key::Enter).await;
            page.wait("location.hash == '#main'").await;
            page.press(Key::Tab).await;
            assert!(page.is_focused(first).await, "{url}, {look}");
            page.assert_focus_is_visible().await;
            page.close().await;
        }
    }
}

#[tokio::test]
async fn every_job_is_reached_and_opened_by_keys() {
    let gallery = Gallery::fetched().await;
    let chromium = Chromium::start().await;
    let mut page = chromium.open(&gallery.all_page(), Look::LAPTOP).await;
    page.decoded().await;
    page.requests().await;
    page.tab_to(".jobs li:last-child a").await;
    page.assert_focus_is_visible().await;
    page.press(Key::Enter).await;
    page.wait("document.body.className == 'job'").await;
    page.requests().await;
    page.tab_to("nav a").await;
    page.press(Key::Enter).await;
    page.wait("document.body.className == 'all'").await;
    page.close().await;
}
