use thirtyfour::Key;
use useapi_seed_emulator::Emulator;

use super::{FAST, open};
use crate::chromium::Chromium;
use crate::look::Look;

#[tokio::test]
async fn the_keyboard_alone_leads_to_the_pictures() {
    let emulator = Emulator::builder().time_scale(FAST).start().await.unwrap();
    let chromium = Chromium::start().await;
    let page = open(&chromium, &emulator, Look::LAPTOP).await;
    page.press(Key::Tab).await;
    assert!(page.is_focused(".skip").await);
    page.assert_focus_is_visible().await;
    page.press(Key::Enter).await;
    page.press(Key::Tab).await;
    assert!(page.is_focused("#jobs input").await);
    page.press(Key::Down).await;
    let chosen: String = page
        .run("return document.querySelector('#jobid').value")
        .await;
    assert_eq!(chosen, emulator.jobs().button);
    page.tab_to("#ask [type=submit]").await;
    page.assert_focus_is_visible().await;
    page.press(Key::Enter).await;
    page.wait("document.querySelector('#seed')").await;
    page.tab_to("#result .paste button").await;
    page.assert_focus_is_visible().await;
    page.tab_to("#speeds button").await;
    page.assert_focus_is_visible().await;
    page.tab_to("#fault").await;
    page.tab_to("#journal summary").await;
    page.press(Key::Enter).await;
    page.wait("document.querySelector('#journal details[open]')")
        .await;
    page.decoded().await;
    page.close().await;
}
