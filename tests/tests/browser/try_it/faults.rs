use std::time::Duration;

use useapi_seed_emulator::{Emulator, Fault, Operation, Trigger};

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
    let emulator = Emulator::builder().paused().start().await.unwrap();
    let chromium = Chromium::start().await;
    let page = open(&chromium, &emulator, Look::LAPTOP).await;
    page.plant("POST: its answer is lost").await;
    page.ask().await;
    let told = page.text("#call-told").await;
    assert!(told.starts_with("No answer came."), "{told}");
    page.ask().await;
    page.wait_for_text("#call-told", "Not asked for once more")
        .await;
    // A look that fails proves nothing.
    page.plant("GET: 503").await;
    page.click("#result button").await;
    page.wait_for_text("#follow-told", "Could not look at all of them")
        .await;
    page.click("#result button").await;
    page.wait_for_text("#follow-told", "Started.").await;
    emulator.advance(Duration::from_secs(45));
    page.wait("document.querySelector('#seed')").await;
    page.decoded().await;
    assert_eq!(emulator.job_counts()[&emulator.jobs().imagine].started, 1);
    page.close_but_for(&["ERR_CONNECTION_RESET", " 503"]).await;
}

#[tokio::test]
async fn a_job_that_ended_while_its_answer_was_lost_is_found_by_its_seed() {
    let emulator = Emulator::builder().paused().start().await.unwrap();
    let chromium = Chromium::start().await;
    let page = open(&chromium, &emulator, Look::LAPTOP).await;
    page.plant("POST: its answer is lost").await;
    page.ask().await;
    emulator.advance(Duration::from_secs(45));
    page.click("#result button").await;
    page.wait("document.querySelector('#seed')").await;
    page.decoded().await;
    assert_eq!(emulator.job_counts()[&emulator.jobs().imagine].started, 1);
    page.close_but_for(&["ERR_CONNECTION_RESET"]).await;
}

#[tokio::test]
async fn a_gateway_says_nothing_of_a_submission_and_a_look_does() {
    let emulator = Emulator::builder().paused().start().await.unwrap();
    let gateway = Fault::Html { status: 502 };
    emulator
        .inject(Operation::RetrieveSeed, Trigger::Next(1), gateway)
        .unwrap();
    let chromium = Chromium::start().await;
    let page = open(&chromium, &emulator, Look::LAPTOP).await;
    page.ask().await;
    page.wait_for_text("#call-told", "No answer to use (502)")
        .await;
    page.click("#result button").await;
    page.wait_for_text("#follow-told", "it may be asked for again")
        .await;
    page.ask().await;
    page.wait_for_text("#follow-told", "Started.").await;
    assert_eq!(emulator.job_counts()[&emulator.jobs().imagine].started, 1);
    page.close_but_for(&[" 502"]).await;
}

#[tokio::test]
async fn a_job_is_asked_for_again_whatever_the_looks_at_it_meet() {
    let emulator = Emulator::builder().paused().start().await.unwrap();
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
    emulator.advance(Duration::from_secs(45));
    page.wait("document.querySelector('#seed')").await;
    page.decoded().await;
    assert_eq!(emulator.job_counts()[&emulator.jobs().imagine].started, 1);
    page.close_but_for(&[" 503", " 502", "ERR_CONTENT_LENGTH_MISMATCH"])
        .await;
}

#[tokio::test]
async fn pictures_that_are_not_whole_are_told_and_had_again() {
    let emulator = Emulator::builder().time_scale(FAST).start().await.unwrap();
    let chromium = Chromium::start().await;
    let page = open(&chromium, &emulator, Look::LAPTOP).await;
    // The second time, it has been retrieved before.
    for fault in ["GET: links have expired", "Picture: only its upper part"] {
        page.plant(fault).await;
        page.ask().await;
        page.wait_for_text("#trouble", "A picture is not whole")
            .await;
        page.click("#trouble button").await;
        page.wait("document.querySelectorAll('#result img:not(.missing)').length == 4")
            .await;
        page.decoded().await;
    }
    let met: Vec<_> = emulator.faults().iter().map(|fault| fault.hits).collect();
    assert_eq!(met, [1, 1]);
    page.close_but_for(&[" 403", " 404"]).await;
}
