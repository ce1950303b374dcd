use serde_json::json;

use super::Gallery;
use crate::chromium::Chromium;
use crate::look::Look;

const SCRIPTS: [&str; 9] = [
    "<script>window.executed = document.title = 'executed'</script>",
    "<img src=x onerror=\"window.executed = document.title = 'executed'\">",
    "\"><svg onload=\"window.executed = document.title = 'executed'\">",
    "' autofocus onfocus='window.executed = true' x='",
    "javascript:window.executed=true",
    "</title></code><script>window.executed = true</script>",
    "</style><style>body { display: none }</style>",
    "<!-- --!> <![CDATA[ &lt;script&gt; &#x3c;",
    "{{ 7 * 7 }} ${7 * 7} {% raw %}",
];
/// What would let a line read otherwise than it is copied.
const UNSEEN: [char; 4] = ['\u{202e}', '\u{2066}', '\u{2069}', '\u{200f}'];
const DIRECTIONS: [&str; 3] = [
    "\u{202e}gnp.exe \u{2066}isolated\u{2069} \u{200f}mark",
    "قطة على سطح الفضاء",
    "חתול 👩‍🚀🏳️‍🌈 🐈‍⬛ e\u{301}\u{301}\u{301}",
];

#[tokio::test]
async fn a_prompt_is_text_whatever_it_says() {
    let gallery = Gallery::fetched().await;
    let chromium = Chromium::start().await;
    let long = "W".repeat(10_000);
    let lines = SCRIPTS.join("\u{2028}");
    for prompt in SCRIPTS
        .into_iter()
        .chain(DIRECTIONS)
        .chain([&*long, &*lines])
    {
        gallery.set_prompt(prompt);
        let shown = prompt.replace('\u{2028}', " ");
        let shown = shown.replace(UNSEEN, "");
        let page = chromium.open(&gallery.job_page(), Look::PHONE).await;
        page.decoded().await;
        assert_eq!(page.text("title").await, shown);
        assert_eq!(page.text("h1").await, shown);
        assert_eq!(page.text("#line").await, format!("{shown} --seed 7"));
        assert_eq!(page.texts("dd").await[1], shown);
        let alternative = "return document.images[0].alt";
        let alternative: String = page.run(alternative).await;
        assert_eq!(alternative, "Image 1 of 4");
        assert_harmless(&page).await;
        page.close().await;

        let page = chromium.open(&gallery.all_page(), Look::PHONE).await;
        page.decoded().await;
        assert!(page.texts("strong").await.contains(&shown));
        assert_harmless(&page).await;
        page.close().await;
    }
}

/// Nothing was executed or added, and everything is there.
async fn assert_harmless(page: &crate::page::Page<'_>) {
    page.assert_fits().await;
    let executed = "return [window.executed ?? null,
        document.querySelectorAll('svg, [onload], [onerror], [onfocus], [autofocus]').length,
        document.querySelectorAll('style, title').length,
        getComputedStyle(document.body).display]";
    let found: serde_json::Value = page.run(executed).await;
    assert_eq!(found, json!([null, 0, 2, "block"]));
}
