//! The page for a browser, as far as it can be tested without one.

use reqwest::Method;

use crate::caller::{Caller, fetch, send};

const PAGE: &str = "/_emulator/page/";

/// The paths that a text has between quotes.
fn quoted<'a>(text: &'a str, start: &str) -> Vec<&'a str> {
    let paths = text.split('"').filter(|quoted| quoted.starts_with(start));
    paths.collect()
}

#[tokio::test]
async fn all_files_have_the_security_headers() {
    let caller = Caller::start().await;
    assert_eq!(caller.console_url(), caller.root_url(PAGE));
    let policy = format!(
        "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self' {}; \
         img-src 'self' data: blob:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
        caller.image_base_url()
    );
    let mut paths = vec![PAGE.to_owned()];
    let mut seen = 0;
    while let Some(path) = paths.get(seen).cloned() {
        seen += 1;
        let response = fetch(&caller.root_url(&path)).await;
        assert_eq!(response.status(), 200, "{path}");
        for (name, value) in [
            ("content-security-policy", policy.as_str()),
            ("x-content-type-options", "nosniff"),
            ("referrer-policy", "no-referrer"),
            ("cache-control", "no-store"),
        ] {
            assert_eq!(response.headers()[name], value, "{path}");
        }
        // Swagger UI's files need no others.
        if response.headers().contains_key("content-encoding") {
            continue;
        }
        let text = response.text().await.unwrap();
        let own = quoted(&text, PAGE).into_iter().map(str::to_owned);
        let imported = quoted(&text, "./").into_iter();
        for path in own.chain(imported.map(|path| path.replace("./", PAGE))) {
            if !paths.contains(&path) {
                paths.push(path);
            }
        }
    }
    assert_eq!(seen, 1 + 21 + 2, "{paths:?}");
    assert!(caller.journal().is_empty());
    for name in ["swagger-ui.js", "index.html", "..%2Fsrc%2Fconsole.rs"] {
        let response = fetch(&caller.root_url(&format!("{PAGE}{name}"))).await;
        assert_eq!(response.status(), 404, "{name}");
    }
}

#[tokio::test]
async fn root_redirects_browsers_to_the_page() {
    let caller = Caller::start().await;
    let http = reqwest::Client::builder().no_proxy();
    let http = http.redirect(reqwest::redirect::Policy::none());
    let http = http.build().unwrap();
    let get = || http.get(caller.root_url("/"));
    let browser = send(get().header("accept", "text/html,*/*;q=0.8")).await;
    assert_eq!(browser.status(), 307);
    assert_eq!(browser.headers()["location"], PAGE);
    assert!(caller.journal().is_empty());
    assert_eq!(send(get()).await.status(), 404);
}

#[tokio::test]
async fn every_sample_is_described() {
    let caller = Caller::start().await;
    let script = fetch(&caller.root_url("/_emulator/page/jobs.js")).await;
    let script = script.text().await.unwrap();
    for (name, _) in caller.named_jobs() {
        assert!(script.contains(&format!("\n  {name}: \"")), "{name}");
    }
}

#[tokio::test]
async fn browser_connections_are_not_reused() {
    let caller = Caller::start().await;
    for path in ["/jobs", "/jobs/?jobid=none", "/none"] {
        let call = || caller.request(Method::GET, path);
        let browser = send(call().header("sec-fetch-site", "same-origin")).await;
        assert_eq!(browser.headers()["connection"], "close");
        let other = send(call()).await;
        assert!(!other.headers().contains_key("connection"), "{path}");
    }
}
