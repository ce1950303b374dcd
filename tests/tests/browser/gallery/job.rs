use thirtyfour::Key;

use super::Gallery;
use crate::chromium::Chromium;
use crate::static_server::serve;
use crate::viewport::Viewport;

const CLIPBOARD: &str = "return navigator.clipboard.readText()";

#[tokio::test]
async fn job_is_shown_from_disk_and_server() {
    let gallery = Gallery::fetched().await;
    let (seed, job) = (gallery.read("seed.json"), gallery.read("job.json"));
    let created = job["created"].as_str().unwrap();
    let base = serve(&gallery.job()).await;
    let chromium = Chromium::start().await;
    for url in [gallery.job_page(), base] {
        let mut page = chromium.open(&url, Viewport::LAPTOP).await;
        page.wait_for_images().await;
        let sizes = "return [...document.images].map(image => image.naturalWidth)";
        assert_eq!(page.run::<Vec<u32>>(sizes).await, [1024; 4]);
        assert_eq!(page.text("title").await, seed["prompt"]);
        assert_eq!(page.text("h1").await, seed["prompt"]);
        assert_eq!(page.text("#line").await, seed["prompt_with_seed"]);
        let facts = [
            seed["seed"].to_string(),
            seed["prompt"].as_str().unwrap().into(),
            seed["parent_job_id"].as_str().unwrap().into(),
            // Such as 2024-02-25T18:00:03.584Z.
            format!("{} {} UTC", &created[..10], &created[11..16]),
            seed["job_id"].as_str().unwrap().into(),
        ];
        assert_eq!(page.texts("dd").await, facts);
        // Only the page itself and its images are requested.
        let requests = page.requests().await.iter();
        let sent: Vec<_> = requests.filter(|url| !url.starts_with("data:")).collect();
        assert_eq!(sent.len(), 5, "{sent:?}");
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
    let chromium = Chromium::start().await;
    chromium.set_clipboard("granted").await;
    for url in [gallery.job_page(), base] {
        let page = chromium.open(&url, Viewport::PHONE).await;
        assert_eq!(page.text("[role=status]").await, "");
        // By the keyboard.
        page.tab_visibly_to("button[data-copy]").await;
        page.press(Key::Enter).await;
        page.wait_for_text("#told", "Copied").await;
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
async fn line_is_selected_without_clipboard() {
    let gallery = Gallery::fetched().await;
    gallery.set_prompt("two  spaces");
    let chromium = Chromium::start().await;
    chromium.set_clipboard("denied").await;
    let page = chromium.open(&gallery.job_page(), Viewport::LAPTOP).await;
    page.tab_to("button[data-copy]").await;
    page.press(Key::Enter).await;
    page.wait_for_text("#told", "Selected").await;
    let selected: String = page.run("return getSelection().toString()").await;
    assert_eq!(selected, "two  spaces --seed 7");
    page.close().await;
}

#[tokio::test]
async fn pages_work_without_scripts() {
    let gallery = Gallery::fetched().await;
    let seed = gallery.read("seed.json");
    let chromium = Chromium::start().await;
    let buttons = "return [...document.querySelectorAll('button')]
        .filter(button => button.checkVisibility()).length";
    let images = "[...document.images].filter(image => image.naturalWidth == 1024).length";
    let page = chromium.open(&gallery.job_page(), Viewport::PHONE).await;
    assert_eq!(page.run::<usize>(buttons).await, 1);
    page.close().await;

    chromium.disable_scripts().await;
    let page = chromium.open(&gallery.job_page(), Viewport::PHONE).await;
    assert_eq!(page.run::<usize>(buttons).await, 0);
    page.wait(&format!("{images} == 4")).await;
    assert_eq!(page.text("h1").await, seed["prompt"]);
    assert_eq!(page.text("#line").await, seed["prompt_with_seed"]);
    assert_eq!(page.texts("dd").await.len(), 5);
    page.close().await;

    let page = chromium.open(&gallery.index_page(), Viewport::PHONE).await;
    page.wait(&format!("{images} >= 4")).await;
    assert_eq!(page.texts(".jobs a").await.len(), gallery.jobs.len());
    page.close().await;
}
