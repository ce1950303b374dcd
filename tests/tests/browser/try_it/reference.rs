use useapi_seed_emulator::{Emulator, Operation};

use super::{FAST, open};
use crate::chromium::Chromium;
use crate::look::Look;

const OPERATION: &str = "#operations-jobs-retrieveSeed";

#[tokio::test]
async fn a_call_of_the_reference_has_token_and_samples_and_is_followed() {
    let emulator = Emulator::builder().time_scale(FAST).start().await.unwrap();
    let chromium = Chromium::start().await;
    let page = open(&chromium, &emulator, Look::LAPTOP).await;
    page.click(&format!("{OPERATION} .opblock-summary-control"))
        .await;
    let execute = format!("{OPERATION} .execute");
    let samples =
        format!("{OPERATION} .opblock-section-request-body .examples-select-element option");
    page.wait_for_text(&samples, "Steampunk cat, an imagine job")
        .await;
    let values = "return [...document.querySelectorAll(arguments[0])].map(option => option.value)";
    let values: Vec<String> = page.run_with(values, vec![samples.into()]).await;
    for (name, _) in emulator.named_jobs() {
        assert!(
            values.iter().any(|value| value == name),
            "{name}: {values:?}"
        );
    }
    page.click(&execute).await;
    page.wait_for_text(&format!("{OPERATION} .live-responses-table"), "started")
        .await;
    page.wait("document.querySelector('#seed')").await;
    page.decoded().await;
    let told = page.text("#call-told").await;
    assert!(told.starts_with("A job was started."), "{told}");

    let journal = emulator.journal();
    let submission = journal.first().unwrap();
    assert_eq!(submission.operation, Some(Operation::RetrieveSeed));
    assert_eq!(submission.status, Some(200));
    page.close().await;
}

#[tokio::test]
async fn every_operation_is_there_and_goes_to_the_emulator() {
    let emulator = Emulator::start().await.unwrap();
    let chromium = Chromium::start().await;
    let page = open(&chromium, &emulator, Look::LAPTOP).await;
    let paths = page.texts(".opblock-summary-path").await;
    let paths: Vec<_> = paths
        .iter()
        .map(|path| path.replace('\u{200b}', ""))
        .collect();
    let expected = [
        "/jobs/seed_async",
        "/jobs/",
        "/jobs",
        "/jobs/cancel/",
        "/account/midjourney/{channel}/reset",
    ];
    assert_eq!(paths, expected);
    let servers = page.texts(".servers option").await;
    assert_eq!(servers.len(), 1);
    assert!(servers[0].starts_with(emulator.base_url()), "{servers:?}");
    page.close().await;
}
