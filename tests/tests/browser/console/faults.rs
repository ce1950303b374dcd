use std::time::Duration;

use useapi_seed_emulator::{Emulator, Fault, Operation, Trigger};

use super::{Console, FAST};

/// The time that a seed job takes.
const JOB: Duration = Duration::from_secs(45);
const SEARCH: &str = "#result button";

#[tokio::test]
async fn every_fault_is_injected_and_removed() {
    let console = Console::start(Emulator::builder()).await;
    let titles = console.texts("#fault option").await;
    for title in &titles {
        console.inject(title).await;
        let injected = console.text("#planted li:last-child").await;
        assert_eq!(injected, format!("{title} (waits)"));
    }
    assert_eq!(console.emulator.faults().len(), titles.len());
    console.click("#forget").await;
    console.wait("!document.querySelector('#planted li')").await;
    assert!(console.emulator.faults().is_empty());
    console.page.close().await;
}

#[tokio::test]
async fn lost_response_starts_no_second_job() {
    let console = Console::start(Emulator::builder().paused()).await;
    console.inject("POST: its answer is lost").await;
    let comment = console.submit().await;
    assert!(comment.starts_with("No answer came."), "{comment}");
    let comment = console.submit().await;
    assert!(comment.contains("Not asked for once more"), "{comment}");
    // A failed search proves nothing.
    console.inject("GET: 503").await;
    for expected in ["Could not look at all of them", "Started."] {
        console.click(SEARCH).await;
        console.wait_for_text("#follow-told", expected).await;
    }
    console.emulator.advance(JOB);
    console.wait_for_result().await;
    assert_eq!(console.started(), 1);
    let expected = ["ERR_CONNECTION_RESET", " 503"];
    console.page.close_except(&expected).await;
}

#[tokio::test]
async fn completed_job_of_a_lost_response_is_found() {
    let console = Console::start(Emulator::builder().paused()).await;
    console.inject("POST: its answer is lost").await;
    console.submit().await;
    console.emulator.advance(JOB);
    console.click(SEARCH).await;
    console.wait_for_result().await;
    assert_eq!(console.started(), 1);
    console.page.close_except(&["ERR_CONNECTION_RESET"]).await;
}

#[tokio::test]
async fn gateway_error_is_cleared_by_a_search() {
    let console = Console::start(Emulator::builder().paused()).await;
    let gateway = Fault::Html { status: 502 };
    let (operation, next) = (Operation::RetrieveSeed, Trigger::Next(1));
    console.emulator.inject(operation, next, gateway).unwrap();
    let comment = console.submit().await;
    assert!(comment.contains("No answer to use (502)"), "{comment}");
    console.click(SEARCH).await;
    console
        .wait_for_text("#follow-told", "it may be asked for again")
        .await;
    console.submit().await;
    console.wait_for_text("#follow-told", "Started.").await;
    assert_eq!(console.started(), 1);
    console.page.close_except(&[" 502"]).await;
}

#[tokio::test]
async fn polls_continue_after_errors() {
    let console = Console::start(Emulator::builder().paused()).await;
    console.submit().await;
    for (fault, expected) in [
        ("GET: 503", "No answer to use (503)"),
        ("GET: a page, not JSON", "No answer to use (502)"),
        ("GET: breaks off", "No answer to use (Failed to fetch)"),
    ] {
        console.inject(fault).await;
        for expected in [expected, "Started."] {
            console.wait_for_text("#follow-told", expected).await;
        }
    }
    console.emulator.advance(JOB);
    console.wait_for_result().await;
    assert_eq!(console.started(), 1);
    let expected = [" 503", " 502", "ERR_CONTENT_LENGTH_MISMATCH"];
    console.page.close_except(&expected).await;
}

#[tokio::test]
async fn incomplete_images_are_reported_and_renewed() {
    let console = Console::start(Emulator::builder().time_scale(FAST)).await;
    // The second time, it has been retrieved before.
    for fault in ["GET: links have expired", "Picture: only its upper part"] {
        console.inject(fault).await;
        console.submit().await;
        console
            .wait_for_text("#trouble", "A picture is not whole")
            .await;
        console.click("#trouble button").await;
        console.wait_for_count("#result img:not(.missing)", 4).await;
        console.wait_for_images().await;
    }
    let faults = console.emulator.faults();
    let hits: Vec<_> = faults.iter().map(|fault| fault.hits).collect();
    assert_eq!(hits, [1, 1]);
    console.page.close_except(&[" 403", " 404"]).await;
}
