//! A browser with a new profile: Chromium or Firefox, as the task says.

use tempfile::TempDir;
use thirtyfour::WebDriver;
use url::Url;

use crate::driver::Driver;
use crate::firefox::Events;
use crate::page::Page;
use crate::setting;
use crate::viewport::Viewport;
use crate::{chromium, firefox};

/// It ends when dropped.
pub(crate) struct Browser {
    pub(crate) web: WebDriver,
    /// Firefox's; Chromium has logs.
    pub(crate) events: Option<Events>,
    // In this order: the browser ends with its driver, and then leaves its profile.
    pub(crate) _driver: Driver,
    pub(crate) _profile: Option<TempDir>,
}

impl Browser {
    pub(crate) async fn start() -> Self {
        let browser = match setting("BROWSER_TESTS_BROWSER").as_str() {
            "chromium" => chromium::start().await,
            "firefox" => firefox::start().await,
            other => panic!("BROWSER_TESTS_BROWSER: {other} is unknown"),
        };
        // On drop it would end the browser through the test's runtime, which waits for
        // the drop.
        browser.web.clone().leak().unwrap();
        browser
    }

    pub(crate) fn is_firefox(&self) -> bool {
        self.events.is_some()
    }

    /// Each size and each theme; all combinations in Chromium.
    pub(crate) fn viewports(&self) -> Vec<Viewport> {
        let mut viewports = vec![Viewport::PHONE, Viewport::LAPTOP_DARK];
        if !self.is_firefox() {
            viewports.extend([Viewport::PHONE_DARK, Viewport::LAPTOP]);
        }
        viewports
    }

    /// Permits to read and write the clipboard. Firefox does, by a preference.
    pub(crate) async fn allow_clipboard(&self) {
        if !self.is_firefox() {
            self.set_clipboard("granted").await;
        }
    }

    /// Opens a page, and returns when it has loaded.
    pub(crate) async fn open(&self, url: &Url, viewport: Viewport) -> Page {
        if self.is_firefox() {
            firefox::emulate(self, viewport).await;
        } else {
            chromium::emulate(&self.web, viewport).await;
        }
        Page::open(self, url).await
    }
}
