use url::Url;
use useapi_seed_emulator::Emulator;

use super::open;
use crate::chromium::Chromium;
use crate::look::Look;

#[tokio::test]
async fn it_says_that_the_emulator_has_ended_and_that_it_is_back() {
    let emulator = Emulator::start().await.unwrap();
    let port = Url::parse(&emulator.console_url()).unwrap().port().unwrap();
    let chromium = Chromium::start().await;
    let page = open(&chromium, &emulator, Look::LAPTOP).await;
    page.ask().await;
    page.wait("document.querySelectorAll('#journal li').length > 0")
        .await;
    drop(emulator);
    page.wait_for_text("#outage-told", "The emulator does not answer")
        .await;
    page.wait("!document.querySelector('#outage').hidden").await;
    let emulator = Emulator::builder().port(port).start().await.unwrap();
    // Its clock has gone back, so that the page begins anew.
    page.wait("document.querySelector('#outage')?.hidden && document.querySelector('#jobs input')")
        .await;
    page.wait("document.querySelector('#follow-shown').hidden")
        .await;
    page.ask().await;
    page.wait_for_text("#follow-told", "Started.").await;
    page.close_but_for(&["ERR_CONNECTION_", "ERR_EMPTY_RESPONSE", " 404"])
        .await;
    drop(emulator);
}
