//! The emulator's console: the API's reference, and a way to try it.

mod drawer;
mod examples;
mod faults;
mod reference;
mod reload;
mod requests;
mod themes;

use std::ops::Deref;

use url::Url;
use useapi_seed_emulator::{Emulator, EmulatorBuilder};

use crate::browser::Browser;
use crate::page::Page;
use crate::viewport::Viewport;

/// At this time scale a retrieval takes 75 milliseconds.
const FAST: f64 = 600.0;

/// The console of an emulator, in a browser of its own.
pub(crate) struct Console {
    pub(crate) page: Page,
    pub(crate) emulator: Emulator,
    pub(crate) browser: Browser,
}

impl Console {
    pub(crate) async fn start(emulator: EmulatorBuilder) -> Self {
        let emulator = emulator.start().await.unwrap();
        let browser = Browser::start().await;
        Self {
            page: open(&browser, &emulator, Viewport::LAPTOP).await,
            emulator,
            browser,
        }
    }

    /// How many seed jobs were started for the job that is selected first.
    fn started(&self) -> u64 {
        self.emulator.job_counts()[&self.emulator.jobs().imagine].started
    }
}

impl Deref for Console {
    type Target = Page;

    fn deref(&self) -> &Page {
        &self.page
    }
}

/// Opens the console, and returns when all of it is there.
async fn open(browser: &Browser, emulator: &Emulator, viewport: Viewport) -> Page {
    let url = emulator.console_url().parse().unwrap();
    open_at(browser, emulator, &url, viewport).await
}

async fn open_at(browser: &Browser, emulator: &Emulator, url: &Url, viewport: Viewport) -> Page {
    let mut page = browser.open(url, viewport).await;
    page.allow(&emulator.image_base_url().parse().unwrap());
    page.wait_for_console().await;
    page
}

impl Page {
    async fn wait_for_console(&self) {
        self.wait_for(".swagger-ui .opblock").await;
        self.wait_for("#tabs [aria-selected=true]").await;
    }

    async fn reload(&self) {
        self.web.refresh().await.unwrap();
        self.wait_for_console().await;
    }

    /// Submits the selected job, and returns what the console says about the response.
    pub(crate) async fn submit(&self) -> String {
        let comment = "document.querySelector('#submit-text')";
        self.run::<()>(&format!("{comment}.textContent = ''")).await;
        self.click("#submit [type=submit]").await;
        self.wait(&format!(
            "!['', 'Sending…'].includes({comment}.textContent)"
        ))
        .await;
        self.text("#submit-text").await
    }

    /// Waits for the seed and the images.
    pub(crate) async fn wait_for_result(&self) {
        self.wait_for_count("#result img", 4).await;
        self.wait_for_images().await;
    }

    async fn inject(&self, title: &str) {
        let is_drawer = "return document.querySelector('#open-controls').checkVisibility()";
        let is_drawer: bool = self.run(is_drawer).await;
        if is_drawer {
            self.click("#open-controls").await;
        }
        let script = "const select = document.querySelector('#fault');
            select.value = [...select.options].find(option => option.text == arguments[0]).value";
        self.run_with::<()>(script, vec![title.into()]).await;
        let count = self.texts("#faults li").await.len();
        self.click("#inject [type=submit]").await;
        self.wait_for_count("#faults li", count + 1).await;
        if is_drawer {
            self.click("#controls .close").await;
        }
    }
}
