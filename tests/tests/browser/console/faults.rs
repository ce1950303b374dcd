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
        let injected = console.text("#faults li:last-child").await;
        assert_eq!(injected, format!("{title} (pending)"));
    }
    assert_eq!(console.emulator.faults().len(), titles.len());
    console.click("#clear").await;
    console.wait("!document.querySelector('#faults li')").await;
    assert!(console.emulator.faults().is_empty());
    console.page.close().await;
}

#[tokio::test]
async fn lost_response_starts_no_second_job() {
    let console = Console::start(Emulator::builder().paused()).await;
    console.inject("POST: response lost").await;
    let comment = console.submit().await;
    assert!(comment.starts_with("No response."), "{comment}");
    let comment = console.submit().await;
    assert!(comment.starts_with("Not sent: "), "{comment}");
    // A failed search proves nothing.
    console.inject("GET: 503").await;
    for expected in ["Could not check all running jobs.", "Started."] {
        console.click(SEARCH).await;
        console.wait_for_text("#follow-text", expected).await;
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
    console.inject("POST: response lost").await;
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
    assert!(comment.contains("No usable response (502)"), "{comment}");
    console.click(SEARCH).await;
    console
        .wait_for_text("#follow-text", "You can try again.")
        .await;
    console.submit().await;
    console.wait_for_text("#follow-text", "Started.").await;
    assert_eq!(console.started(), 1);
    console.page.close_except(&[" 502"]).await;
}

#[tokio::test]
async fn polls_continue_after_errors() {
    let console = Console::start(Emulator::builder().paused()).await;
    console.submit().await;
    for (fault, expected) in [
        ("GET: 503", "No usable response (503)"),
        ("GET: HTML instead of JSON", "No usable response (502)"),
        ("GET: truncated", "No usable response ("),
    ] {
        console.inject(fault).await;
        for expected in [expected, "Started."] {
            console.wait_for_text("#follow-text", expected).await;
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
    for fault in ["GET: links have expired", "Image: truncated"] {
        console.inject(fault).await;
        console.submit().await;
        console
            .wait_for_text("#problem", "An image is incomplete or missing.")
            .await;
        console.click("#problem button").await;
        console.wait_for_result().await;
    }
    let faults = console.emulator.faults();
    let hits: Vec<_> = faults.iter().map(|fault| fault.hits).collect();
    assert_eq!(hits, [1, 1]);
    console.page.close_except(&[" 403", " 404"]).await;
}
