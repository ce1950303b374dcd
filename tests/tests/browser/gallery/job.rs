use super::Gallery;
use crate::chromium::Chromium;
use crate::look::Look;
use crate::site::Site;

#[tokio::test]
async fn a_job_is_shown_from_disk_and_from_a_host() {
    let gallery = Gallery::fetched().await;
    let (seed, job) = (gallery.read("seed.json"), gallery.read("job.json"));
    let created = job["created"].as_str().unwrap();
    let site = Site::serve(gallery.path()).await;
    let hosted = site.url(&format!("{}/", gallery.jobs[0]));
    let chromium = Chromium::start().await;
    for url in [gallery.job_page(), hosted] {
        let mut page = chromium.open(&url, Look::LAPTOP).await;
        page.decoded().await;
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
        // The page itself and its pictures: nothing else is asked for.
        let requests = page.requests().await;
        let asked = |url: &&String| !url.starts_with("data:");
        assert_eq!(requests.iter().filter(asked).count(), 5, "{requests:?}");
        page.close().await;
    }
}
