//! The emulator's console: the API's reference, and a way to try it.

mod calls;
mod faults;
mod reference;
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
    page.wait_for(".swagger-ui .opblock").await;
    page.wait_for("#planted").await;
    page
}

impl Page {
    /// Submits the selected job, and returns the console's comment on the response.
    pub(crate) async fn submit(&self) -> String {
        let comment = "document.querySelector('#call-told')";
        self.run::<()>(&format!("{comment}.textContent = ''")).await;
        self.click("#ask [type=submit]").await;
        self.wait(&format!("!['', 'Asking…'].includes({comment}.textContent)"))
            .await;
        self.text("#call-told").await
    }

    /// Waits for the seed and the images.
    pub(crate) async fn wait_for_result(&self) {
        self.wait_for("#seed").await;
        self.wait_for_images().await;
    }

    async fn inject(&self, title: &str) {
        let script = "const select = document.querySelector('#fault');
            select.value = [...select.options].find(option => option.text == arguments[0]).value";
        self.run_with::<()>(script, vec![title.into()]).await;
        let count = self.texts("#planted li").await.len();
        self.click("#plant [type=submit]").await;
        self.wait_for_count("#planted li", count + 1).await;
    }
}
