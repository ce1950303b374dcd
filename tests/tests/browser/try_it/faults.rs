use useapi_seed_emulator::Emulator;

use super::{FAST, open};
use crate::chromium::Chromium;
use crate::look::Look;

#[tokio::test]
async fn every_fault_is_planted_and_forgotten() {
    let emulator = Emulator::start().await.unwrap();
    let chromium = Chromium::start().await;
    let page = open(&chromium, &emulator, Look::LAPTOP).await;
    let titles = page.texts("#fault option").await;
    for title in &titles {
        page.plant(title).await;
        let planted = page.text("#planted li:last-child").await;
        assert_eq!(planted, format!("{title} (waits)"));
    }
    assert_eq!(emulator.faults().len(), titles.len());
    page.click("#forget").await;
    page.wait("document.querySelectorAll('#planted li').length == 0")
        .await;
    assert!(emulator.faults().is_empty());
    page.close().await;
}

#[tokio::test]
async fn a_lost_answer_is_looked_for_and_nothing_is_started_twice() {
    let emulator = Emulator::start().await.unwrap();
    let chromium = Chromium::start().await;
    let page = open(&chromium, &emulator, Look::LAPTOP).await;
    page.plant("POST: its answer is lost").await;
    page.ask().await;
    let told = page.text("#call-told").await;
    assert!(told.starts_with("No answer came."), "{told}");
    page.click("#result button").await;
    page.wait_for_text("#follow-told", "Started.").await;
    emulator.set_speed(FAST).unwrap();
    page.wait("document.querySelector('#seed')").await;
    page.decoded().await;
    assert_eq!(emulator.job_counts()[&emulator.jobs().imagine].started, 1);
    let faults = page.faults().await;
    let expected = |fault: &&String| fault.contains("ERR_CONNECTION_RESET");
    assert_eq!(
        faults.iter().filter(expected).count(),
        faults.len(),
        "{faults:?}"
    );
}

#[tokio::test]
async fn a_job_is_asked_for_again_whatever_the_looks_at_it_meet() {
    let emulator = Emulator::builder().stopped().start().await.unwrap();
    let chromium = Chromium::start().await;
    let page = open(&chromium, &emulator, Look::LAPTOP).await;
    page.ask().await;
    for (fault, told) in [
        ("GET: 503", "No answer to use (503)"),
        ("GET: a page, not JSON", "No answer to use (502)"),
        ("GET: breaks off", "No answer to use (Failed to fetch)"),
    ] {
        page.plant(fault).await;
        page.wait_for_text("#follow-told", told).await;
        page.wait_for_text("#follow-told", "Started.").await;
    }
    page.plant("GET: links have expired").await;
    emulator.advance(std::time::Duration::from_secs(45));
    page.wait_for_text("#result [role=status]", "A picture is not whole")
        .await;
    page.click("#result [role=status] button").await;
    page.wait("document.querySelector('#result img:not(.missing)')")
        .await;
    page.decoded().await;
    let met: Vec<_> = emulator.faults().iter().map(|fault| fault.used).collect();
    assert_eq!(met, [1; 4]);
    assert_eq!(emulator.job_counts()[&emulator.jobs().imagine].started, 1);
    // Chromium tells of each of them.
    assert!(!page.faults().await.is_empty());
}
