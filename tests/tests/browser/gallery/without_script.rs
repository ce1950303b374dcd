use super::Gallery;
use crate::chromium::Chromium;
use crate::look::Look;

#[tokio::test]
async fn without_script_all_is_there_and_no_dead_button() {
    let gallery = Gallery::fetched().await;
    let seed = gallery.read("seed.json");
    let chromium = Chromium::start().await;
    let buttons = "return [...document.querySelectorAll('button')]
        .filter(button => button.checkVisibility()).length";
    let pictures = "[...document.images].map(image => image.naturalWidth)";
    let page = chromium.open(&gallery.job_page(), Look::PHONE).await;
    assert_eq!(page.run::<usize>(buttons).await, 1);
    page.close().await;

    chromium.without_script().await;
    let page = chromium.open(&gallery.job_page(), Look::PHONE).await;
    assert_eq!(page.run::<usize>(buttons).await, 0);
    page.wait(&format!("{pictures}.join() == '1024,1024,1024,1024'"))
        .await;
    assert_eq!(page.text("h1").await, seed["prompt"]);
    assert_eq!(page.text("#line").await, seed["prompt_with_seed"]);
    assert_eq!(page.texts("dd").await.len(), 5);
    page.close().await;

    let page = chromium.open(&gallery.all_page(), Look::PHONE).await;
    page.wait(&format!(
        "{pictures}.filter(width => width == 1024).length >= 4"
    ))
    .await;
    assert_eq!(page.texts(".jobs a").await.len(), gallery.jobs.len());
    page.close().await;
}
