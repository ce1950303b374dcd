use super::Gallery;
use crate::browser::Browser;
use crate::static_server::serve;
use crate::viewport::Viewport;

#[tokio::test]
async fn links_lead_to_the_jobs_and_back() {
    let gallery = Gallery::fetched().await;
    let hosted = serve(gallery.path()).await.join("index.html").unwrap();
    let browser = Browser::start().await;
    for url in [gallery.index_page(), hosted] {
        let mut page = browser.open(&url, Viewport::LAPTOP).await;
        for number in 0..gallery.jobs.len() {
            page.wait_for_images().await;
            let titles = page.texts(".jobs h2").await;
            assert_eq!(titles.len(), gallery.jobs.len());
            // Leaving interrupts no request.
            page.requests().await;
            page.click(&format!(".jobs li:nth-child({}) h2 a", number + 1))
                .await;
            page.wait_for("body.job").await;
            page.wait_for_images().await;
            assert_eq!(page.text("h1").await, titles[number]);
            page.requests().await;
            page.click("nav a").await;
            page.wait_for("body.all").await;
            assert_eq!(page.web.current_url().await.unwrap(), url);
        }
        page.close().await;
    }
}

#[tokio::test]
async fn image_replaces_a_missing_thumbnail() {
    let gallery = Gallery::fetched().await;
    std::fs::remove_dir_all(gallery.job().join(".thumbs")).unwrap();
    let hosted = serve(gallery.path()).await.join("index.html").unwrap();
    let browser = Browser::start().await;
    for url in [gallery.index_page(), hosted] {
        let page = browser.open(&url, Viewport::LAPTOP).await;
        let images = format!(
            "document.querySelectorAll('[data-full*={:?}]')",
            gallery.jobs[0]
        );
        page.wait(&format!(
            "[...{images}].filter(image => image.src.endsWith('.png') && image.naturalWidth > 0).length == 4"
        ))
        .await;
        page.close_except(&["/.thumbs/"]).await;
    }
}

/// The thumbnails near the window are fetched, the others after scrolling to them, and
/// no image.
#[tokio::test]
async fn thumbnails_are_fetched_when_in_view() {
    const JOBS: usize = 300;

    let mut gallery = Gallery::fetched().await;
    gallery.grow(JOBS);
    let hosted = serve(gallery.path()).await.join("index.html").unwrap();
    let browser = Browser::start().await;
    for (viewport, url) in [
        (Viewport::LAPTOP, hosted),
        (Viewport::PHONE, gallery.index_page()),
    ] {
        let mut page = browser.open(&url, viewport).await;
        page.wait_for_images().await;
        assert_eq!(page.texts(".jobs li").await.len(), JOBS);
        let images = |requests: &[String]| {
            let names = requests.iter().filter(|url| url.contains("/image-"));
            assert!(names.clone().all(|url| url.contains("/.thumbs/")));
            names.count()
        };
        let has_requests = page.has_requests();
        let at_open = images(page.requests().await);
        assert!(
            !has_requests || (1..JOBS).contains(&at_open),
            "{at_open} images"
        );
        let last = "document.querySelector('.jobs li:last-child img')";
        assert!(!page.run::<bool>(&format!("return {last}.complete")).await);
        page.run::<()>(&format!("{last}.scrollIntoView()")).await;
        page.wait(&format!("{last}.complete && {last}.naturalWidth > 0"))
            .await;
        page.wait_for_images().await;
        let after = images(page.requests().await);
        assert!(
            !has_requests || (at_open + 4..2 * JOBS).contains(&after),
            "{after} images"
        );
        page.assert_fits().await;
        page.close().await;
    }
}
