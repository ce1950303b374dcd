//! The links to sections, and the drawer of a narrow screen.

use thirtyfour::Key;
use useapi_seed_emulator::Emulator;

use super::open;
use crate::browser::Browser;
use crate::viewport::Viewport;

#[tokio::test]
async fn sections_are_reached_from_links() {
    let emulator = Emulator::start().await.unwrap();
    let browser = Browser::start().await;
    for viewport in [Viewport::PHONE, Viewport::LAPTOP] {
        let is_narrow = viewport.width < 1000;
        let page = open(&browser, &emulator, viewport).await;
        let is_shown = "return document.querySelector('#controls').checkVisibility()";
        for (number, section) in [(2, "#requests-name"), (3, "#faults-name")] {
            assert_eq!(page.run::<bool>(is_shown).await, !is_narrow);
            page.tab_to(&format!(".sections a:nth-of-type({number})"))
                .await;
            page.press(Key::Enter).await;
            assert!(page.run::<bool>(is_shown).await);
            assert!(page.is_focused(section).await);
            page.press(Key::Escape).await;
        }
        page.close().await;
    }
}

#[tokio::test]
async fn drawer_is_used_by_keyboard() {
    let emulator = Emulator::builder().paused().start().await.unwrap();
    let browser = Browser::start().await;
    for viewport in [Viewport::PHONE, Viewport::PHONE_DARK] {
        let page = open(&browser, &emulator, viewport).await;
        page.tab_visibly_to("#open-controls").await;
        page.press(Key::Enter).await;
        page.tab_visibly_to("#speeds button:nth-child(2)").await;
        page.press(Key::Enter).await;
        page.wait_for("#speeds [aria-pressed=true]").await;
        page.assert_fits_and_accessible().await;
        page.save_view("console-drawer", viewport).await;
        page.press(Key::Escape).await;
        page.wait("!document.querySelector('#controls').checkVisibility()")
            .await;
        assert!(page.is_focused("#open-controls").await);
        page.close().await;
    }
}
