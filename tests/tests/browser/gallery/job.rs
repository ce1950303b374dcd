use std::fs;
use std::time::Instant;

use serde_json::json;
use thirtyfour::Key;

use super::Gallery;
use crate::browser::Browser;
use crate::page::{DEADLINE, INTERVAL};
use crate::static_server::serve;
use crate::viewport::Viewport;

const CLIPBOARD: &str = "return navigator.clipboard.readText()";

#[tokio::test]
async fn job_is_shown_from_disk_and_server() {
    let gallery = Gallery::fetched().await;
    let seed = gallery.read("seed.json");
    let retrieved = seed["retrieved_at"].as_str().unwrap();
    let base = serve(&gallery.job()).await;
    let browser = Browser::start().await;
    for url in [gallery.job_page(), base] {
        let mut page = browser.open(&url, Viewport::LAPTOP).await;
        page.wait_for_images().await;
        // Too wide for the thumbnails.
        let names = "return [...document.images].map(image => image.currentSrc.split('/').at(-1))";
        let images = [1, 2, 3, 4].map(|number| format!("image-{number}.png"));
        assert_eq!(page.run::<Vec<String>>(names).await, images);
        assert_eq!(page.text("title").await, seed["prompt"]);
        assert_eq!(page.text("h1").await, seed["prompt"]);
        assert_eq!(page.text("#line").await, seed["prompt_with_seed"]);
        let facts = [
            seed["seed"].to_string(),
            seed["prompt"].as_str().unwrap().into(),
            seed["parent_job_id"].as_str().unwrap().into(),
            // Such as 2024-02-25T18:00:03Z.
            format!("{} {} UTC", &retrieved[..10], &retrieved[11..16]),
            seed["job_id"].as_str().unwrap().into(),
        ];
        assert_eq!(page.texts("dd").await, facts);
        // Only the page itself and its images are requested, and each once.
        let expected = if page.has_requests() { 5 } else { 0 };
        let requests = page.requests().await.iter();
        let sent: Vec<_> = requests.filter(|url| !url.starts_with("data:")).collect();
        assert_eq!(sent.len(), expected, "{sent:?}");
        page.close().await;
    }
}

#[tokio::test]
async fn line_is_copied_verbatim() {
    let gallery = Gallery::fetched().await;
    let line = "two  spaces, a \"quote\", <b>, é and 🐈";
    gallery.set_prompt(line);
    let line = format!("{line} --seed 7");
    let base = serve(&gallery.job()).await;
    let browser = Browser::start().await;
    browser.allow_clipboard().await;
    for url in [gallery.job_page(), base] {
        let page = browser.open(&url, Viewport::PHONE).await;
        assert_eq!(page.text("#copied").await, "");
        // By the keyboard.
        page.tab_visibly_to("button[data-copy]").await;
        page.press(Key::Enter).await;
        page.wait_for_text("#copied", "Copied").await;
        assert_eq!(page.run::<String>(CLIPBOARD).await, line);
        // By the pointer.
        page.run::<()>("return navigator.clipboard.writeText('other')")
            .await;
        page.click("button[data-copy]").await;
        page.wait("navigator.clipboard.readText().then(text => text != 'other')")
            .await;
        assert_eq!(page.run::<String>(CLIPBOARD).await, line);
        page.close().await;
    }
}

#[tokio::test]
async fn line_is_selected_without_clipboard_in_chromium() {
    let gallery = Gallery::fetched().await;
    gallery.set_prompt("two  spaces");
    let browser = Browser::start().await;
    browser.set_clipboard("denied").await;
    let page = browser.open(&gallery.job_page(), Viewport::LAPTOP).await;
    page.tab_to("button[data-copy]").await;
    page.press(Key::Enter).await;
    page.wait_for_text("#copied", "Press Ctrl+C to copy").await;
    let selected: String = page.run("return getSelection().toString()").await;
    assert_eq!(selected, "two  spaces --seed 7");
    page.close().await;
}

#[tokio::test]
async fn copies_precede_images_on_a_phone() {
    let gallery = Gallery::fetched().await;
    gallery.set_prompt("a cat that reads a book about cats --ar 3:2 --stylize 250 --no dogs");
    let browser = Browser::start().await;
    let page = browser.open(&gallery.job_page(), Viewport::PHONE).await;
    page.wait_for_images().await;
    let bottom =
        "const edge = selector => document.querySelector(selector).getBoundingClientRect();
        return [edge('#line').bottom, edge('.copies').bottom, edge('figure').top, innerHeight]";
    let [line, copies, images, window]: [f64; 4] = page.run(bottom).await;
    assert!(line <= copies && copies <= images && images < window);
    // A parameter and its value are on one line, here and in the list of all jobs.
    let lines = "return [...document.querySelectorAll('.kept')]
        .map(e => Math.round(e.offsetHeight / parseFloat(getComputedStyle(e).lineHeight)))";
    let parameters = 4 + 3 + 3;
    assert_eq!(page.run::<Vec<usize>>(lines).await, vec![1; parameters]);
    page.close().await;
    let page = browser.open(&gallery.index_page(), Viewport::PHONE).await;
    let lines: Vec<usize> = page.run(lines).await;
    assert!(lines.len() > 3 && lines.iter().all(|count| *count == 1));
    page.close().await;
}

/// From a server. From disk, where browsers do not download, it opens in a new tab.
#[tokio::test]
async fn image_is_downloaded_in_chromium() {
    let gallery = Gallery::fetched().await;
    let hosted = serve(&gallery.job()).await;
    let browser = Browser::start().await;
    let downloads = tempfile::tempdir().unwrap();
    let to = json!({"behavior": "allow", "downloadPath": downloads.path()});
    browser.send("Browser.setDownloadBehavior", to).await;
    let page = browser.open(&hosted, Viewport::LAPTOP).await;
    page.click("figure:nth-child(2) [download]").await;
    let start = Instant::now();
    let image = fs::read(gallery.job().join("image-2.png")).unwrap();
    while fs::read(downloads.path().join("image-2.png")).ok().as_ref() != Some(&image) {
        assert!(start.elapsed() < DEADLINE, "nothing was downloaded");
        tokio::time::sleep(INTERVAL).await;
    }
    assert_eq!(page.web.windows().await.unwrap().len(), 1);
    page.close().await;

    let page = browser.open(&gallery.job_page(), Viewport::LAPTOP).await;
    page.click("figure:nth-child(2) [download]").await;
    assert_eq!(page.web.windows().await.unwrap().len(), 2);
    assert_eq!(page.web.current_url().await.unwrap(), gallery.job_page());
    page.close().await;
}

#[tokio::test]
async fn pages_work_without_scripts_in_chromium() {
    let gallery = Gallery::fetched().await;
    let seed = gallery.read("seed.json");
    let browser = Browser::start().await;
    let buttons = "return [...document.querySelectorAll('button')]
        .filter(button => button.checkVisibility()).length";
    let images = "[...document.images].filter(image => image.naturalWidth > 0).length";
    let page = browser.open(&gallery.job_page(), Viewport::PHONE).await;
    assert_eq!(page.run::<usize>(buttons).await, 2);
    page.close().await;

    browser.disable_scripts().await;
    let page = browser.open(&gallery.job_page(), Viewport::PHONE).await;
    assert_eq!(page.run::<usize>(buttons).await, 0);
    page.wait(&format!("{images} == 4")).await;
    assert_eq!(page.text("h1").await, seed["prompt"]);
    assert_eq!(page.text("#line").await, seed["prompt_with_seed"]);
    assert_eq!(page.texts("dd").await.len(), 5);
    page.click("figure:nth-child(2) a").await;
    let image = page.web.current_url().await.unwrap();
    assert!(image.path().ends_with("/image-2.png"), "{image}");
    page.close().await;

    let page = browser.open(&gallery.index_page(), Viewport::PHONE).await;
    page.wait(&format!("{images} >= 4")).await;
    assert_eq!(page.texts(".jobs h2 a").await.len(), gallery.jobs.len());
    page.close().await;
}
