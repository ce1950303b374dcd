//! The filter, the order and the buttons of the page about all jobs.

use super::Gallery;
use crate::browser::Browser;
use crate::page::Page;
use crate::viewport::Viewport;

const JOBS: [(&str, u64); 5] = [
    ("a red Cat --ar 3:2", 10),
    ("a blue dog", 9),
    ("a blue cat", 4_294_967_295),
    ("Éclair on a table", 123),
    ("zebra", 5),
];

async fn shown(page: &Page) -> Vec<String> {
    page.texts(".jobs li:not([hidden]) h2").await
}

async fn filter(page: &Page, text: &str) {
    page.run::<()>("document.querySelector('#filter').select()")
        .await;
    let keys = page.web.action_chain().send_keys(text);
    keys.perform().await.unwrap();
}

async fn gallery() -> Gallery {
    let mut gallery = Gallery::fetched().await;
    for (number, (prompt, seed)) in JOBS.into_iter().enumerate() {
        gallery.grow(number + 1);
        gallery.set_prompt_and_seed(number, prompt, seed);
    }
    gallery.write_pages();
    gallery
}

#[tokio::test]
async fn filter_finds_prompts_and_seeds() {
    let gallery = gallery().await;
    let browser = Browser::start().await;
    for viewport in [Viewport::PHONE, Viewport::LAPTOP] {
        let page = browser.open(&gallery.index_page(), viewport).await;
        page.tab_visibly_to("#filter").await;
        for (text, found, status) in [
            ("CAT blue", vec!["a blue cat"], "1 of 5 jobs"),
            ("123", vec!["Éclair on a table"], "1 of 5 jobs"),
            ("unicorn", vec![], "0 of 5 jobs"),
        ] {
            filter(&page, text).await;
            page.wait_for_text("#found", status).await;
            assert_eq!(shown(&page).await, found);
            page.assert_fits_and_accessible().await;
        }
        filter(&page, " ").await;
        page.wait("document.querySelector('#found').textContent == ''")
            .await;
        assert_eq!(shown(&page).await.len(), JOBS.len());
        page.close().await;
    }
}

#[tokio::test]
async fn jobs_are_sorted_as_chosen() {
    let gallery = gallery().await;
    let browser = Browser::start().await;
    let page = browser.open(&gallery.index_page(), Viewport::LAPTOP).await;
    let newest = shown(&page).await;
    let by = |key: fn(&(&str, u64)) -> (u64, String)| {
        let mut jobs = JOBS;
        jobs.sort_by_key(key);
        jobs.map(|(prompt, _)| prompt.to_owned()).to_vec()
    };
    let oldest = newest.iter().rev().cloned().collect();
    let prompts = by(|(prompt, _)| (0, prompt.to_lowercase().replace('é', "e")));
    let seeds = by(|(_, seed)| (*seed, String::new()));
    let orders = [
        ("oldest", oldest),
        ("prompt", prompts),
        ("seed", seeds),
        ("newest", newest),
    ];
    for (order, expected) in orders {
        page.click(&format!("#sort option[value={order}]")).await;
        assert_eq!(shown(&page).await, expected, "{order}");
    }
    page.close().await;
}

#[tokio::test]
async fn cards_copy_prompt_and_seed() {
    let gallery = gallery().await;
    let browser = Browser::start().await;
    browser.allow_clipboard().await;
    let page = browser.open(&gallery.index_page(), Viewport::PHONE).await;
    page.tab_to("#filter").await;
    filter(&page, "red").await;
    for (button, copied) in [(1, "a red Cat --ar 3:2 --seed 10"), (2, "10")] {
        page.click(&format!(
            ".jobs li:not([hidden]) .copies button:nth-child({button})"
        ))
        .await;
        page.wait_for_text("#copied", "Copied").await;
        let clipboard = "return navigator.clipboard.readText()";
        assert_eq!(page.run::<String>(clipboard).await, copied);
    }
    page.close().await;
}
