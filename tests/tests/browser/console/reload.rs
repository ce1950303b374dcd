//! What a reload of the page keeps.

use std::time::Duration;

use useapi_seed_emulator::{Emulator, Fault, Operation, Trigger};

use super::Console;

#[tokio::test]
async fn followed_job_survives_a_reload() {
    let console = Console::start(Emulator::builder().paused()).await;
    console.submit().await;
    console.wait_for_text("#follow-text", "Started.").await;
    console.reload().await;
    console.wait_for_text("#follow-text", "Started.").await;
    assert_eq!(
        console.text("#submit-text").await,
        "Job started. Poll this jobid."
    );
    // Neither does it start a second job.
    assert!(console.submit().await.starts_with("Not sent: "));
    console.emulator.advance(Duration::from_secs(45));
    console.wait_for_result().await;
    console.reload().await;
    console.wait_for_result().await;
    assert_eq!(console.started(), 1);
    console.page.close().await;
}

/// Neither a rejected submission nor a failed poll makes the page forget a running job.
#[tokio::test]
async fn running_job_survives_errors_and_a_reload() {
    let console = Console::start(Emulator::builder().paused()).await;
    console.submit().await;
    console.click("#jobs label:nth-child(5)").await;
    assert!(console.submit().await.starts_with("Rejected"));
    console.reload().await;
    console.click("#jobs label:nth-child(1)").await;
    assert!(console.submit().await.starts_with("Not sent: "));
    console.inject("GET: 503").await;
    console.reload().await;
    console.wait_for_text("#follow-text", "Started.").await;
    assert_eq!(console.started(), 1);
    console.page.close_except(&[" 400", " 503"]).await;
}

#[tokio::test]
async fn storage_of_another_program_is_ignored() {
    let console = Console::start(Emulator::builder()).await;
    let write = "for (const key of ['pending', 'followed', 'language', 'useapi-seed.pending', 'useapi-seed.followed']) sessionStorage.setItem(key, '{')";
    console.run::<()>(write).await;
    console.reload().await;
    assert!(console.submit().await.starts_with("Job started."));
    console.page.close().await;
}

#[tokio::test]
async fn lost_response_survives_a_reload() {
    let console = Console::start(Emulator::builder().paused()).await;
    let (operation, next) = (Operation::RetrieveSeed, Trigger::Next(1));
    let emulator = &console.emulator;
    emulator.inject(operation, next, Fault::ResetAfter).unwrap();
    console.submit().await;
    console.reload().await;
    assert!(console.submit().await.starts_with("Not sent: "));
    console.click("#result button").await;
    console.wait_for_text("#follow-text", "Started.").await;
    assert_eq!(console.started(), 1);
    console.page.close_except(&["ERR_CONNECTION_RESET"]).await;
}
