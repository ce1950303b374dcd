use serde_json::{Value, json};

use super::Gallery;
use crate::browser::Browser;
use crate::viewport::Viewport;

/// The language, and how often there are the parts of a page.
const PARTS: &str = "
    const count = selector => document.querySelectorAll(selector).length;
    return [document.documentElement.lang, count('h1'), count('main'), count('header'),
        count('body > a.skip:first-child')]
";

#[tokio::test]
async fn pages_fit_and_are_accessible() {
    let mut gallery = Gallery::fetched().await;
    gallery.grow(9);
    let browser = Browser::start().await;
    for viewport in browser.viewports() {
        for (url, name) in [(gallery.job_page(), "job"), (gallery.index_page(), "index")] {
            let page = browser.open(&url, viewport).await;
            page.wait_for_images().await;
            let name = format!("gallery-{name}");
            if name == "gallery-job" {
                page.save_page(&name, viewport).await;
                assert!(page.text("nav").await.starts_with("All jobs "));
            } else {
                page.save_view(&name, viewport).await;
            }
            page.assert_fits_and_accessible().await;
            assert_eq!(page.run::<Value>(PARTS).await, json!(["en", 1, 1, 1, 1]));
            page.close().await;
        }
    }
}

#[tokio::test]
async fn theme_follows_the_color_scheme() {
    let gallery = Gallery::fetched().await;
    let browser = Browser::start().await;
    let mut colors = Vec::new();
    for viewport in [Viewport::LAPTOP, Viewport::LAPTOP_DARK] {
        let page = browser.open(&gallery.job_page(), viewport).await;
        let color = "return getComputedStyle(document.body).backgroundColor";
        colors.push(page.run::<String>(color).await);
        page.close().await;
    }
    assert_ne!(colors[0], colors[1]);
}
