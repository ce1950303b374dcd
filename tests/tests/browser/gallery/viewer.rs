//! An image opened in place.

use thirtyfour::{By, Key};

use super::Gallery;
use crate::browser::Browser;
use crate::page::Page;
use crate::viewport::Viewport;

/// The viewer shows this image of a job, and nothing of the page is lost.
async fn assert_shown(page: &Page, number: u32, title: &str) {
    let caption = format!("Image {number} of 4: {title}");
    page.wait_for_text("#viewer-caption", &caption).await;
    let image = "document.querySelector('#viewer-image')";
    page.wait(&format!("{image}.complete && {image}.naturalWidth == 1024"))
        .await;
    let script = format!(
        "return [{image}.alt, ...['src', 'href'].map((name, index) =>
            document.querySelectorAll('#viewer-image, #viewer-download')[index][name])]"
    );
    let [alternative, src, href]: [String; 3] = page.run(&script).await;
    assert_eq!(alternative, caption);
    assert!(src.ends_with(&format!("/image-{number}.png")), "{src}");
    assert_eq!(href, src);
}

async fn is_open(page: &Page) -> bool {
    page.run("return document.querySelector('#viewer').open")
        .await
}

#[tokio::test]
async fn image_opens_in_place() {
    let gallery = Gallery::fetched().await;
    let browser = Browser::start().await;
    for viewport in browser.viewports() {
        let url = gallery.job_page();
        let page = browser.open(&url, viewport).await;
        let title = page.text("h1").await;
        page.tab_to("figure:nth-child(2) > a").await;
        page.press(Key::Enter).await;
        assert_shown(&page, 2, &title).await;
        page.assert_fits_and_accessible().await;
        page.save_view("gallery-viewer", viewport).await;
        for (key, number) in [
            (Key::Right, 3),
            (Key::Right, 4),
            // The last one stays.
            (Key::Right, 4),
            (Key::Left, 3),
        ] {
            page.press(key).await;
            assert_shown(&page, number, &title).await;
        }
        page.press(Key::Escape).await;
        assert!(!is_open(&page).await);
        assert!(page.is_focused("figure:nth-child(3) > a").await);
        page.assert_focus_is_visible().await;
        assert_eq!(page.web.current_url().await.unwrap(), url);
        let download = "figcaption a[download][href='./image-3.png']";
        assert_eq!(page.texts(download).await, ["Download"]);
        page.close().await;
    }
}

#[tokio::test]
async fn viewer_goes_from_job_to_job() {
    let mut gallery = Gallery::fetched().await;
    gallery.grow(4);
    for (job, prompt) in ["a cat", "a dog", "a cow", "another cat"]
        .iter()
        .enumerate()
    {
        gallery.set_prompt_and_seed(job, prompt, 7);
    }
    gallery.write_pages();
    let browser = Browser::start().await;
    for viewport in [Viewport::PHONE, Viewport::LAPTOP] {
        let page = browser.open(&gallery.index_page(), viewport).await;
        // Jobs that the filter hides are left out.
        page.tab_to("#filter").await;
        page.web
            .action_chain()
            .send_keys("cat")
            .perform()
            .await
            .unwrap();
        page.click("#sort option[value=prompt]").await;
        page.click(".jobs li:not([hidden]) .four img:nth-child(3)")
            .await;
        assert_shown(&page, 3, "a cat").await;
        page.click("#viewer [data-job='1']").await;
        assert_shown(&page, 1, "another cat").await;
        // There is none after it. The arrow keys work though the button is gone.
        let next = page.web.find(By::Css("#viewer [data-job='1']")).await;
        assert!(!next.unwrap().is_displayed().await.unwrap());
        page.press(Key::Left).await;
        assert_shown(&page, 4, "a cat").await;
        page.click("#viewer-close").await;
        assert!(!is_open(&page).await);
        let focused = "return document.activeElement.closest('li').querySelector('h2').textContent";
        assert_eq!(page.run::<String>(focused).await, "a cat");
        page.close().await;
    }
}

#[tokio::test]
async fn swipe_shows_the_next_image() {
    let gallery = Gallery::fetched().await;
    let browser = Browser::start().await;
    let page = browser.open(&gallery.job_page(), Viewport::PHONE).await;
    let title = page.text("h1").await;
    page.click("figure a").await;
    assert_shown(&page, 1, &title).await;
    // Left by a finger, right, and not far enough.
    for (to, number) in [(80, 2), (320, 1), (180, 1)] {
        page.swipe(200, to).await;
        assert_shown(&page, number, &title).await;
    }
    page.close().await;
}
