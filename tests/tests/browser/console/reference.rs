use useapi_seed_emulator::{Emulator, Operation};

use super::requests::is_timed;
use super::{Console, FAST};

const OPERATION: &str = "#operations-jobs-retrieveSeed";

#[tokio::test]
async fn call_in_reference_is_followed() {
    let console = Console::start(Emulator::builder().time_scale(FAST)).await;
    console
        .click(&format!("{OPERATION} .opblock-summary-control"))
        .await;
    let samples =
        format!("{OPERATION} .opblock-section-request-body .examples-select-element option");
    console
        .wait_for_text(&samples, "Steampunk cat --s 750 --v 5.2, imagine job")
        .await;
    let values = "return [...document.querySelectorAll(arguments[0])].map(option => option.value)";
    let values: Vec<String> = console.run_with(values, vec![samples.into()]).await;
    for (name, _) in console.emulator.named_jobs() {
        let is_sample = values.iter().any(|value| value == name);
        assert!(is_sample, "{name}: {values:?}");
    }
    console.click(&format!("{OPERATION} .execute")).await;
    console
        .wait_for_text(&format!("{OPERATION} .live-responses-table"), "started")
        .await;
    console.wait_for_result().await;
    let comment = console.text("#submit-text").await;
    assert!(comment.starts_with("Job started."), "{comment}");
    assert!(is_timed(&console.text("#status").await));

    let journal = console.emulator.journal();
    assert_eq!(journal[0].operation, Some(Operation::RetrieveSeed));
    assert_eq!(journal[0].status, Some(200));
    console.page.close().await;
}

#[tokio::test]
async fn reference_has_every_operation() {
    let console = Console::start(Emulator::builder()).await;
    let paths = console.texts(".opblock-summary-path").await;
    let paths = paths.iter().map(|path| path.replace('\u{200b}', ""));
    let expected = [
        "/jobs/seed_async",
        "/jobs/",
        "/jobs",
        "/jobs/cancel/",
        "/account/midjourney/{channel}/reset",
    ];
    assert_eq!(paths.collect::<Vec<_>>(), expected);
    let server = console.text(".servers option").await;
    assert!(server.starts_with(console.emulator.base_url()), "{server}");
    console.page.close().await;
}
