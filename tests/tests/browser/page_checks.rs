//! The checks that apply to every page find what they are for.

use std::fs;

use tempfile::TempDir;
use url::Url;

use crate::browser::Browser;
use crate::static_server::serve;
use crate::viewport::Viewport;

/// A part of a page, and of the error that it makes.
const ERRORS: [(&str, &str); 6] = [
    ("<script>console.warn('warned')</script>", "warned"),
    (
        "<script>setTimeout(() => { throw Error('thrown') })</script>",
        "thrown",
    ),
    (
        "<script>Promise.reject(Error('rejected'))</script>",
        "rejected",
    ),
    (
        "<meta http-equiv=Content-Security-Policy content=\"default-src 'none'\"><style>a{}</style>",
        "Policy",
    ),
    ("<img src=missing.png>", "missing.png"),
    ("<img src=\"ELSEWHERE\">", "is outside of"),
];

#[tokio::test]
async fn errors_of_pages_are_found() {
    let directories = [(); 2].map(|()| tempfile::tempdir().unwrap());
    for directory in &directories {
        let image = include_bytes!("../../fixtures/pixel.png");
        fs::write(directory.path().join("pixel.png"), image).unwrap();
    }
    let [directory, other] = directories.each_ref().map(TempDir::path);
    let on_disk = [directory, other].map(|path| Url::from_directory_path(path).unwrap());
    let hosted = [serve(directory).await, serve(other).await];
    let browser = Browser::start().await;
    for [base, elsewhere] in [on_disk, hosted] {
        let elsewhere = elsewhere.join("pixel.png").unwrap();
        let open = async |name: &str, content: &str| {
            let start = "<!doctype html><link rel=icon href=data:,>";
            let page = format!("{start}{content}<img src=pixel.png>");
            fs::write(directory.join(name), page).unwrap();
            let url = base.join(name).unwrap();
            browser.open(&url, Viewport::LAPTOP).await
        };
        for (index, (content, expected)) in ERRORS.into_iter().enumerate() {
            let content = content.replace("ELSEWHERE", elsewhere.as_str());
            let page = open(&format!("{index}.html"), &content).await;
            // The last two are of requests.
            if index >= 4 && !page.has_requests() {
                page.close().await;
                continue;
            }
            let errors = page.errors().await;
            let is_found = errors.iter().any(|error| error.contains(expected));
            assert!(is_found, "{expected}: {errors:?}");
        }
        open("valid.html", "").await.close().await;
        let allowed = format!("<img src=\"{elsewhere}\">");
        let mut page = open("allowed.html", &allowed).await;
        page.allow(&elsewhere);
        page.close().await;
    }
}

async fn check_image_without_text(except: &[&str]) {
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("page.html");
    let html = "<!doctype html><html lang=en><title>A</title><link rel=icon href=data:,>
        <main><h1>A</h1><img src=data:,></main>";
    fs::write(&file, html).unwrap();
    let url = Url::from_file_path(&file).unwrap();
    let browser = Browser::start().await;
    let page = browser.open(&url, Viewport::LAPTOP).await;
    page.assert_accessible_except(except).await;
    page.close().await;
}

#[tokio::test]
#[should_panic(expected = "image-alt: img: ")]
async fn axe_violation_names_rule_and_element() {
    check_image_without_text(&[]).await;
}

#[tokio::test]
async fn excluded_element_is_not_checked() {
    check_image_without_text(&["img"]).await;
}
