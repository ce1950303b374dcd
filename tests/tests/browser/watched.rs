//! What is held against every page is noticed.

use url::Url;

use crate::chromium::Chromium;
use crate::look::Look;
use crate::site::Site;

const FAULTS: [(&str, &str); 6] = [
    ("<script>console.warn('warned')</script>", "warned"),
    (
        "<script>setTimeout(() => { throw Error('thrown') })</script>",
        "thrown",
    ),
    (
        "<script>Promise.reject(Error('rejected'))</script>",
        "rejected",
    ),
    ("<img src=missing.png>", "missing.png"),
    (
        "<meta http-equiv=Content-Security-Policy content=\"default-src 'none'\"><style>a{}</style>",
        "Content Security Policy",
    ),
    ("<img src=\"ELSEWHERE\">", "is outside of"),
];

#[tokio::test]
async fn what_no_page_may_do_is_noticed() {
    let folder = tempfile::tempdir().unwrap();
    let other = tempfile::tempdir().unwrap();
    for folder in [&folder, &other] {
        let picture = include_bytes!("../../fixtures/pixel.png");
        std::fs::write(folder.path().join("pixel.png"), picture).unwrap();
    }
    let (site, elsewhere) = (
        Site::serve(folder.path()).await,
        Site::serve(other.path()).await,
    );
    let chromium = Chromium::start().await;
    let elsewhere_on_disk = Url::from_file_path(other.path().join("pixel.png")).unwrap();
    let on_disk = Url::from_directory_path(folder.path()).unwrap();
    for (base, elsewhere) in [
        (on_disk, elsewhere_on_disk),
        (site.url("/"), elsewhere.url("/pixel.png")),
    ] {
        let open = async |name: &str, content: &str| {
            std::fs::write(folder.path().join(name), content).unwrap();
            chromium.open(&base.join(name).unwrap(), Look::LAPTOP).await
        };
        let start = "<!doctype html><link rel=icon href=data:,><img src=pixel.png>";
        for (number, (fault, told)) in FAULTS.into_iter().enumerate() {
            let body = fault.replace("ELSEWHERE", elsewhere.as_str());
            let page = open(&format!("{number}.html"), &format!("{start}{body}")).await;
            let faults = page.faults().await;
            assert!(
                faults.iter().any(|fault| fault.contains(told)),
                "{told}: {faults:?}"
            );
        }
        open("fine.html", start).await.close().await;
        let allowed = format!("{start}<img src=\"{elsewhere}\">");
        let mut page = open("allowed.html", &allowed).await;
        page.allow(&elsewhere);
        page.close().await;
    }
}

#[tokio::test]
#[should_panic(expected = "image-alt: img: ")]
async fn what_axe_finds_is_told_with_its_rule_and_element() {
    look_at_a_picture_without_words(&[]).await;
}

#[tokio::test]
async fn a_part_of_others_is_not_looked_at() {
    look_at_a_picture_without_words(&["img"]).await;
}

async fn look_at_a_picture_without_words(except: &[&str]) {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("page.html");
    let page = "<!doctype html><html lang=en><title>A</title><link rel=icon href=data:,>
        <main><h1>A</h1><img src=data:,></main>";
    std::fs::write(&file, page).unwrap();
    let url = Url::from_file_path(&file).unwrap();
    let chromium = Chromium::start().await;
    let page = chromium.open(&url, Look::LAPTOP).await;
    page.assert_accessible(except).await;
    page.close().await;
}
