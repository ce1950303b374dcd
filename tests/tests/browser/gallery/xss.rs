use serde_json::{Value, json};

use super::Gallery;
use crate::browser::Browser;
use crate::viewport::Viewport;

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
/// Control characters that would display a line in another order than it is copied.
const INVISIBLE: [char; 4] = ['\u{202e}', '\u{2066}', '\u{2069}', '\u{200f}'];
const DIRECTIONS: [&str; 3] = [
    "\u{202e}gnp.exe \u{2066}isolated\u{2069} \u{200f}mark",
    "قطة على سطح الفضاء",
    "חתול 👩‍🚀🏳️‍🌈 🐈‍⬛ e\u{301}\u{301}\u{301}",
];

#[tokio::test]
async fn prompt_is_shown_as_text() {
    let gallery = Gallery::fetched().await;
    let browser = Browser::start().await;
    let (long, lines) = ("W".repeat(10_000), SCRIPTS.join("\u{2028}"));
    let prompts = [&SCRIPTS[..], &DIRECTIONS, &[&*long, &*lines]].concat();
    for prompt in prompts {
        gallery.set_prompt(prompt);
        let shown = prompt.replace('\u{2028}', " ").replace(INVISIBLE, "");
        for url in [gallery.job_page(), gallery.index_page()] {
            let page = browser.open(&url, Viewport::PHONE).await;
            page.wait_for_images().await;
            if url == gallery.job_page() {
                assert_eq!(page.text("title").await, shown);
                assert_eq!(page.text("h1").await, shown);
                assert_eq!(page.text("#line").await, format!("{shown} --seed 7"));
                assert_eq!(page.texts("dd").await[1], shown);
                let alternative = page.run::<String>("return document.images[0].alt");
                assert_eq!(alternative.await, "Image 1 of 4");
                page.click("figure a").await;
                let caption = format!("Image 1 of 4: {shown}");
                assert_eq!(page.text("#viewer-caption").await, caption);
            } else {
                assert!(page.texts("h2").await.contains(&shown));
            }
            page.assert_fits().await;
            // Nothing was executed or added, and everything is there.
            let executed = "return [window.executed ?? null,
                document.querySelectorAll('svg, [onload], [onerror], [onfocus], [autofocus]').length,
                document.querySelectorAll('style, title').length,
                getComputedStyle(document.body).display]";
            let executed: Value = page.run(executed).await;
            assert_eq!(executed, json!([null, 0, 2, "block"]));
            page.close().await;
        }
    }
}
