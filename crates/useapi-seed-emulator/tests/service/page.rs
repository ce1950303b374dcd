//! The page for a browser, as far as it can be told without one.

use reqwest::Response;
use useapi_seed_emulator::Emulator;

use crate::caller::client;

async fn part(emulator: &Emulator, path: &str) -> Response {
    let root = emulator.base_url().trim_end_matches("/v2");
    client().get(format!("{root}{path}")).send().await.unwrap()
}

/// The paths that a text has between quotes.
fn quoted<'a>(text: &'a str, start: &str) -> Vec<&'a str> {
    let paths = text.split('"').filter(|quoted| quoted.starts_with(start));
    paths.collect()
}

#[tokio::test]
async fn all_its_parts_are_there_under_a_policy_that_nothing_leaves() {
    let emulator = Emulator::start().await.unwrap();
    let mut paths = vec!["/_emulator/page/".to_owned()];
    assert!(emulator.console_url().ends_with(&paths[0]));
    let mut seen = 0;
    while let Some(path) = paths.get(seen).cloned() {
        seen += 1;
        let answer = part(&emulator, &path).await;
        assert_eq!(answer.status(), 200, "{path}");
        let headers = answer.headers().clone();
        let policy = headers["content-security-policy"].to_str().unwrap();
        assert_eq!(
            policy,
            format!(
                "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; \
                 img-src 'self' data: {}; base-uri 'none'; form-action 'none'; \
                 frame-ancestors 'none'",
                emulator.image_base_url()
            )
        );
        assert_eq!(headers["x-content-type-options"], "nosniff");
        assert_eq!(headers["referrer-policy"], "no-referrer");
        assert_eq!(headers["cache-control"], "no-store");
        // Swagger UI's own parts name nothing that would have to be there.
        if headers.contains_key("content-encoding") {
            continue;
        }
        let text = answer.text().await.unwrap();
        let own = quoted(&text, "/_emulator/page/").into_iter();
        let imported = quoted(&text, "./").into_iter();
        let imported = imported.map(|path| path.replace("./", "/_emulator/page/"));
        for path in own.map(str::to_owned).chain(imported) {
            if !paths.contains(&path) {
                paths.push(path);
            }
        }
    }
    assert_eq!(seen, 1 + 16 + 2, "{paths:?}");
    assert!(emulator.journal().is_empty());
}

#[tokio::test]
async fn what_is_no_part_of_it_is_not_found() {
    let emulator = Emulator::start().await.unwrap();
    for name in ["swagger-ui.js", "index.html", "..%2Fsrc%2Fpage.rs"] {
        let answer = part(&emulator, &format!("/_emulator/page/{name}")).await;
        assert_eq!(answer.status(), 404, "{name}");
    }
}

#[tokio::test]
async fn it_says_of_every_sample_what_it_is_good_for() {
    let emulator = Emulator::start().await.unwrap();
    let script = part(&emulator, "/_emulator/page/samples.js").await;
    let script = script.text().await.unwrap();
    for (name, _) in emulator.named_jobs() {
        assert!(script.contains(&format!("\n  {name}: [")), "{name}");
    }
}

#[tokio::test]
async fn a_browser_and_nobody_else_gets_no_connection_twice() {
    let emulator = Emulator::start().await.unwrap();
    for path in ["/jobs", "/jobs/?jobid=none", "/none"] {
        let call = client().get(format!("{}{path}", emulator.base_url()));
        let call = call.bearer_auth(emulator.token());
        let browser = call.try_clone().unwrap();
        let browser = browser.header("sec-fetch-site", "same-origin");
        assert_eq!(
            browser.send().await.unwrap().headers()["connection"],
            "close"
        );
        let other = call.send().await.unwrap();
        assert!(!other.headers().contains_key("connection"), "{path}");
    }
}
