use thirtyfour::{By, Key};

use super::Gallery;
use crate::chromium::Chromium;
use crate::look::Look;
use crate::site::Site;

const CLIPBOARD: &str = "return navigator.clipboard.readText()";

#[tokio::test]
async fn the_line_is_copied_as_it_is() {
    let gallery = Gallery::fetched().await;
    let line = "two  spaces, a \"quote\", <b>, é and 🐈";
    gallery.set_prompt(line);
    let line = format!("{line} --seed 7");
    let site = Site::serve(gallery.path()).await;
    let chromium = Chromium::start().await;
    chromium.set_clipboard("granted").await;
    let hosted = site.url(&format!("{}/", gallery.jobs[0]));
    for url in [gallery.job_page(), hosted] {
        let page = chromium.open(&url, Look::PHONE).await;
        assert_eq!(page.text("[role=status]").await, "");
        // By the keyboard.
        page.tab_to("button[data-copy]").await;
        page.assert_focus_is_visible().await;
        page.press(Key::Enter).await;
        page.wait("document.getElementById('told').textContent == 'Copied'")
            .await;
        assert_eq!(page.run::<String>(CLIPBOARD).await, line);
        // By the pointer.
        page.run::<()>("return navigator.clipboard.writeText('other')")
            .await;
        let button = page.web.find(By::Css("button[data-copy]")).await.unwrap();
        button.click().await.unwrap();
        page.wait("navigator.clipboard.readText().then(text => text != 'other')")
            .await;
        assert_eq!(page.run::<String>(CLIPBOARD).await, line);
        page.close().await;
    }
}

#[tokio::test]
async fn where_the_clipboard_is_denied_the_line_is_selected() {
    let gallery = Gallery::fetched().await;
    gallery.set_prompt("two  spaces");
    let chromium = Chromium::start().await;
    chromium.set_clipboard("denied").await;
    let page = chromium.open(&gallery.job_page(), Look::LAPTOP).await;
    page.tab_to("button[data-copy]").await;
    page.press(Key::Enter).await;
    page.wait("document.getElementById('told').textContent.startsWith('Selected')")
        .await;
    let selected: String = page.run("return getSelection().toString()").await;
    assert_eq!(selected, "two  spaces --seed 7");
    page.close().await;
}
