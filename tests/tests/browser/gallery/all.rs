use thirtyfour::By;

use super::Gallery;
use crate::chromium::Chromium;
use crate::look::Look;
use crate::site::Site;

#[tokio::test]
async fn links_lead_to_the_jobs_and_back() {
    let gallery = Gallery::fetched().await;
    let site = Site::serve(gallery.path()).await;
    let chromium = Chromium::start().await;
    for url in [gallery.all_page(), site.url("index.html")] {
        let mut page = chromium.open(&url, Look::LAPTOP).await;
        for number in 0..gallery.jobs.len() {
            page.decoded().await;
            let title = page.texts(".jobs strong").await[number].clone();
            // Nothing is broken off by leaving.
            page.requests().await;
            let links = page.web.find_all(By::Css(".jobs a")).await.unwrap();
            assert_eq!(links.len(), gallery.jobs.len());
            links[number].click().await.unwrap();
            page.wait("document.body.className == 'job'").await;
            page.decoded().await;
            assert_eq!(page.text("h1").await, title);
            page.requests().await;
            let back = page.web.find(By::Css("nav a")).await.unwrap();
            back.click().await.unwrap();
            page.wait("document.body.className == 'all'").await;
            assert_eq!(page.web.current_url().await.unwrap(), url);
        }
        page.close().await;
    }
}

/// Of many jobs only those near the window are fetched; and the others when they are
/// scrolled to.
#[tokio::test]
async fn pictures_are_fetched_where_they_are_looked_at() {
    const JOBS: usize = 300;

    let mut gallery = Gallery::fetched().await;
    gallery.grow(JOBS);
    let site = Site::serve(gallery.path()).await;
    let chromium = Chromium::start().await;
    for (look, url) in [
        (Look::LAPTOP, site.url("index.html")),
        (Look::PHONE, gallery.all_page()),
    ] {
        let mut page = chromium.open(&url, look).await;
        page.decoded().await;
        assert_eq!(page.texts(".jobs li").await.len(), JOBS);
        let pictures = |requests: &[String]| {
            let is_picture = |url: &&String| url.contains("/image-");
            requests.iter().filter(is_picture).count()
        };
        let at_open = pictures(page.requests().await);
        assert!((1..JOBS).contains(&at_open), "{at_open} pictures at once");
        let last = "document.querySelector('.jobs li:last-child img')";
        assert!(!page.run::<bool>(&format!("return {last}.complete")).await);
        page.run::<()>(&format!("{last}.scrollIntoView()")).await;
        page.wait(&format!("{last}.complete && {last}.naturalWidth > 0"))
            .await;
        page.decoded().await;
        let after = pictures(page.requests().await);
        assert!((at_open + 4..2 * JOBS).contains(&after), "{after} pictures");
        page.assert_fits().await;
        page.close().await;
    }
}
