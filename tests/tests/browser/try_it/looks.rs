use useapi_seed_emulator::Emulator;

use super::{FAST, open};
use crate::chromium::Chromium;
use crate::look::Look;

#[tokio::test]
async fn it_fits_is_accessible_and_can_be_looked_at() {
    let chromium = Chromium::start().await;
    for look in Look::ALL {
        let emulator = Emulator::start().await.unwrap();
        let page = open(&chromium, &emulator, look).await;
        page.assert_fits().await;
        page.assert_accessible(&[]).await;
        page.save_view("try-it-start", look).await;
        page.plant("GET: 503").await;
        page.ask().await;
        page.wait_for_text("#follow-told", "No answer to use (503)")
            .await;
        emulator.set_time_scale(FAST).unwrap();
        page.wait("document.querySelector('#seed')").await;
        page.decoded().await;
        page.assert_fits().await;
        page.assert_accessible(&[]).await;
        page.save_whole("try-it-done", look).await;
        page.save_view("try-it-pictures", look).await;
        page.close_but_for(&[" 503"]).await;
    }
}

#[tokio::test]
async fn the_reference_is_accessible_when_all_of_it_is_open() {
    let emulator = Emulator::start().await.unwrap();
    let chromium = Chromium::start().await;
    for look in Look::ALL {
        let page = open(&chromium, &emulator, look).await;
        let open_all =
            "for (const operation of document.querySelectorAll('.opblock-summary-control'))
            operation.click()";
        page.run::<()>(open_all).await;
        // Before this, Swagger UI does not know yet what it would execute.
        let answers = "document.querySelectorAll('[data-code=\"401\"] .highlight-code')";
        page.wait(&format!("{answers}.length == 5")).await;
        page.run::<()>("document.querySelector('#operations-jobs-listJobs .execute').click()")
            .await;
        page.wait("document.querySelector('.live-responses-table')")
            .await;
        page.assert_fits().await;
        page.assert_accessible(&[]).await;
        let schemas = "document.querySelector('.models-control').click();
            for (const part of document.querySelectorAll(
                '#operations-jobs-retrieveSeed .model-example .tabitem:nth-child(2) button'))
              part.click()";
        page.run::<()>(schemas).await;
        page.wait("document.querySelectorAll('.model-container').length > 5")
            .await;
        let fields = "for (const part of document.querySelectorAll('.model-box-control'))
            part.click()";
        page.run::<()>(fields).await;
        page.wait("document.querySelector('.model-box table.model')")
            .await;
        page.assert_fits().await;
        page.assert_accessible(&[]).await;
        let first = "document.querySelector('#reference-name').scrollIntoView()";
        page.run::<()>(first).await;
        page.save_view("try-it-reference", look).await;
        page.close().await;
    }
}
