use url::Url;
use useapi_seed_emulator::{Emulator, Scenario};

use super::{FAST, open, open_at};
use crate::chromium::Chromium;
use crate::look::Look;

const LINE: &str = "Steampunk cat --s 750 --v 5.2 --seed 3058471692";

#[tokio::test]
async fn a_job_is_followed_to_its_seed_and_pictures() {
    let emulator = Emulator::start().await.unwrap();
    let chromium = Chromium::start().await;
    let page = open(&chromium, &emulator, Look::LAPTOP).await;
    page.ask().await;
    let told = page.text("#call-told").await;
    assert!(told.starts_with("A job was started."), "{told}");
    assert!(page.text("#request").await.contains(emulator.token()));
    assert!(
        page.text("#answer")
            .await
            .contains("\"status\": \"started\"")
    );
    page.wait_for_text("#follow-told", "Started.").await;

    page.click("#speeds button:nth-child(2)").await;
    page.wait_for_text("#follow-told", "In progress.").await;
    page.click("#skip").await;
    page.wait("document.querySelector('#seed')").await;
    page.decoded().await;
    let sizes = "return [...document.querySelectorAll('#result img')]
        .map(image => image.naturalWidth * image.naturalHeight)";
    let sizes: Vec<u32> = page.run(sizes).await;
    assert_eq!(sizes, [1024 * 1024; 4]);
    assert_eq!(page.text("#seed").await, "3058471692");
    assert_eq!(page.text("#line").await, LINE);
    let told = page.text("#follow-told").await;
    assert!(told.starts_with("Completed."), "{told}");

    chromium.set_clipboard("granted").await;
    page.click("#result .paste button").await;
    page.wait_for_text("#copied", "Copied").await;
    let pasted: String = page.run("return navigator.clipboard.readText()").await;
    assert_eq!(pasted, LINE);
    assert_eq!(emulator.job_counts()[&emulator.jobs().imagine].started, 1);
    page.close().await;
}

#[tokio::test]
async fn the_journal_is_read_on_while_calls_come() {
    let emulator = Emulator::builder().time_scale(FAST).start().await.unwrap();
    let chromium = Chromium::start().await;
    let page = open(&chromium, &emulator, Look::LAPTOP).await;
    page.ask().await;
    page.wait("document.querySelector('#seed')").await;
    page.decoded().await;
    // A submission, some looks, four pictures: the latest first.
    page.wait_for_text("#journal", "Steampunk_cat_4.png").await;
    page.wait("document.querySelectorAll('#journal li').length >= 6")
        .await;
    let rows = page.texts("#journal .what").await;
    assert_eq!(rows.last().unwrap(), "POST /jobs/seed_async");
    let last = page.text("#journal li:last-child pre").await;
    assert!(last.contains("\"status\": \"started\""), "{last}");
    assert!(!last.contains(emulator.token()), "{last}");
    page.close().await;
}

#[tokio::test]
async fn the_clock_is_shown_and_sped_up() {
    let emulator = Emulator::builder().paused().start().await.unwrap();
    let chromium = Chromium::start().await;
    let page = open(&chromium, &emulator, Look::LAPTOP).await;
    page.wait_for_text("#clock", "2024-02-25 18:00:00").await;
    assert!(page.texts("#speeds [aria-pressed=true]").await.is_empty());
    page.click("#speeds button:nth-child(3)").await;
    page.wait_for_text("#speeds [aria-pressed=true]", "60")
        .await;
    page.wait("!document.querySelector('#clock').textContent.endsWith('18:00:00')")
        .await;
    page.close().await;
}

#[tokio::test]
async fn a_seed_that_is_on_its_way_is_not_asked_for_twice() {
    let emulator = Emulator::builder().paused().start().await.unwrap();
    let chromium = Chromium::start().await;
    let page = open(&chromium, &emulator, Look::LAPTOP).await;
    let presses =
        "for (let i = 0; i < 10; i++) document.querySelector('#ask [type=submit]').click()";
    page.run::<()>(presses).await;
    page.wait_for_text("#follow-told", "Started.").await;
    // Nor after another one was followed.
    for job in [2, 1] {
        page.click(&format!("#jobs label:nth-child({job})")).await;
        page.ask().await;
    }
    page.wait_for_text("#call-told", "Not asked for once more")
        .await;
    emulator.set_time_scale(FAST).unwrap();
    page.wait_for_text("#seed", "3058471692").await;
    page.decoded().await;
    let counts = emulator.job_counts();
    for job in [&emulator.jobs().imagine, &emulator.jobs().button] {
        assert_eq!(counts[job].started, 1);
    }
    page.close().await;
}

#[tokio::test]
async fn a_browser_that_repeats_by_itself_starts_no_second_job() {
    let scenario = Scenario::named("flaky-network").unwrap();
    let emulator = Emulator::builder().time_scale(FAST).scenario(scenario);
    let emulator = emulator.start().await.unwrap();
    let chromium = Chromium::start().await;
    let page = open(&chromium, &emulator, Look::LAPTOP).await;
    page.ask().await;
    page.wait_for_text("#call-told", "No answer came.").await;
    assert_eq!(emulator.job_counts()[&emulator.jobs().imagine].started, 1);
    page.close_but_for(&["ERR_CONNECTION_RESET"]).await;
}

#[tokio::test]
async fn another_name_of_this_machine_does_as_well() {
    let emulator = Emulator::builder().time_scale(FAST).start().await.unwrap();
    let chromium = Chromium::start().await;
    let mut url = Url::parse(&emulator.console_url()).unwrap();
    url.set_host(Some("localhost")).unwrap();
    let page = open_at(&chromium, &emulator, &url, Look::LAPTOP).await;
    page.ask().await;
    page.wait("document.querySelector('#seed')").await;
    page.decoded().await;
    page.close().await;
}
