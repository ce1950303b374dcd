use useapi_seed_emulator::Emulator;

use super::{FAST, open};
use crate::chromium::Chromium;
use crate::look::Look;

#[tokio::test]
async fn every_sample_answers_as_it_says_and_is_explained() {
    let emulator = Emulator::builder().time_scale(FAST).start().await.unwrap();
    let chromium = Chromium::start().await;
    let page = open(&chromium, &emulator, Look::LAPTOP).await;
    let samples = page.texts("#jobs small").await;
    assert_eq!(samples.len(), 9);
    for (index, sample) in samples.iter().enumerate() {
        page.click(&format!("#jobs label:nth-child({})", index + 1))
            .await;
        page.ask().await;
        let answer = page.text("#answer").await;
        let told = page.text("#call-told").await;
        let (status, explained) = match sample.split_once(": ").unwrap().1 {
            "has a seed" => ("200", "A job was started."),
            "400" => ("400", "Refused"),
            "596" => ("596", "Midjourney has a moderation message"),
            other => panic!("{other}"),
        };
        assert!(answer.starts_with(status), "{sample}: {answer}");
        assert!(told.starts_with(explained), "{sample}: {told}");
        if status == "200" {
            page.wait("document.querySelector('#seed')").await;
            page.decoded().await;
            page.ask().await;
            let told = page.text("#call-told").await;
            assert!(told.starts_with("The seed was retrieved before"), "{told}");
            page.decoded().await;
        } else {
            page.wait_for_text("#follow-told", "There is no job to follow.")
                .await;
        }
    }
    page.close_but_for(&[" 400", " 401", " 402", " 404", " 596"])
        .await;
}

#[tokio::test]
async fn tokens_and_ids_are_as_they_were_typed() {
    let emulator = Emulator::start().await.unwrap();
    let chromium = Chromium::start().await;
    let page = open(&chromium, &emulator, Look::LAPTOP).await;
    for (token, status) in [(2, "402"), (3, "401")] {
        page.click(&format!("#token option:nth-child({token})"))
            .await;
        page.ask().await;
        let answer = page.text("#answer").await;
        assert!(answer.starts_with(status), "{answer}");
    }
    page.click("#token option:nth-child(1)").await;
    let hostile = "<img src=x onerror=\"document.title='run'\">";
    let script = "const id = document.querySelector('#jobid');
        id.value = arguments[0];
        id.dispatchEvent(new Event('input', {bubbles: true}))";
    page.run_with::<()>(script, vec![hostile.into()]).await;
    page.ask().await;
    let answer = page.text("#answer").await;
    assert!(answer.starts_with("404"), "{answer}");
    assert!(page.text("#request").await.contains("<img src=x onerror="));
    page.wait_for_text("#journal", "<img src=x onerror=").await;
    let pictures: u32 = page
        .run("return document.querySelectorAll('main img, aside img').length")
        .await;
    assert_eq!(pictures, 0);
    let title: String = page.run("return document.title").await;
    assert!(title.starts_with("Try it"), "{title}");
    page.close_but_for(&[" 400", " 401", " 402", " 404", " 596"])
        .await;
}
