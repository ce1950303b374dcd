use serde_json::{Value, json};

use super::Gallery;
use crate::chromium::Chromium;
use crate::look::Look;

/// Language, and how often there is what gives a page its parts.
const PARTS: &str = "
    const count = selector => document.querySelectorAll(selector).length;
    return [document.documentElement.lang, count('h1'), count('main'), count('header'),
        count('body > a.skip:first-child')]
";

#[tokio::test]
async fn pages_are_fit_for_everybody_in_every_look() {
    let mut gallery = Gallery::fetched().await;
    gallery.grow(9);
    let chromium = Chromium::start().await;
    for look in Look::ALL {
        let page = chromium.open(&gallery.job_page(), look).await;
        page.decoded().await;
        page.save_whole("gallery-job", look).await;
        page.assert_accessible(&[]).await;
        page.assert_fits().await;
        assert_eq!(page.run::<Value>(PARTS).await, json!(["en", 1, 1, 1, 1]));
        assert_eq!(page.texts("nav").await, ["All jobs"]);
        page.close().await;

        let page = chromium.open(&gallery.all_page(), look).await;
        page.decoded().await;
        page.save_view("gallery-all", look).await;
        page.assert_accessible(&[]).await;
        page.assert_fits().await;
        assert_eq!(page.run::<Value>(PARTS).await, json!(["en", 1, 1, 1, 1]));
        page.close().await;
    }
}

/// The theme is the reader's, and the two differ.
#[tokio::test]
async fn a_page_is_as_light_or_dark_as_the_reader_likes() {
    let gallery = Gallery::fetched().await;
    let chromium = Chromium::start().await;
    let mut grounds = Vec::new();
    for look in Look::ALL {
        let page = chromium.open(&gallery.job_page(), look).await;
        let ground = "return getComputedStyle(document.body).backgroundColor";
        grounds.push(page.run::<String>(ground).await);
        page.close().await;
    }
    assert_eq!(grounds[0], grounds[2]);
    assert_eq!(grounds[1], grounds[3]);
    assert_ne!(grounds[0], grounds[1]);
}
