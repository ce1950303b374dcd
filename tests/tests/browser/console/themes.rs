use useapi_seed_emulator::Emulator;

use super::{FAST, open};
use crate::browser::Browser;

#[tokio::test]
async fn console_fits_and_is_accessible() {
    let browser = Browser::start().await;
    for viewport in browser.viewports() {
        let emulator = Emulator::start().await.unwrap();
        let page = open(&browser, &emulator, viewport).await;
        page.assert_fits_and_accessible().await;
        page.save_view("console-start", viewport).await;
        page.inject("GET: 503").await;
        page.submit().await;
        page.wait_for_text("#follow-text", "No usable response (503)")
            .await;
        emulator.set_time_scale(FAST).unwrap();
        page.wait_for_result().await;
        page.assert_fits_and_accessible().await;
        page.save_page("console-done", viewport).await;
        page.save_view("console-images", viewport).await;
        page.close_except(&[" 503"]).await;
    }
}

#[tokio::test]
async fn open_reference_fits_and_is_accessible() {
    let browser = Browser::start().await;
    for viewport in browser.viewports() {
        let emulator = Emulator::start().await.unwrap();
        let page = open(&browser, &emulator, viewport).await;
        page.click_all(".opblock-summary-control").await;
        // Before this, Swagger UI does not know yet what it would execute.
        page.wait_for_count("[data-code=\"401\"] .highlight-code", 5)
            .await;
        page.click_all("#operations-jobs-listJobs .execute").await;
        page.wait_for(".live-responses-table").await;
        page.assert_fits_and_accessible().await;
        page.click_all(".models-control").await;
        let schemas = "#operations-jobs-retrieveSeed .model-example .tabitem:nth-child(2) button";
        page.click_all(schemas).await;
        page.wait_for_count(".model-container", 6).await;
        page.click_all(".model-box-control").await;
        page.wait_for(".model-box table.model").await;
        page.assert_fits_and_accessible().await;
        let reference = "document.querySelector('#reference-name').scrollIntoView()";
        page.run::<()>(reference).await;
        page.save_view("console-reference", viewport).await;
        page.close().await;
    }
}
