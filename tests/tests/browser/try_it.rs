//! The page of the emulator: the API's reference, and a way to try it.

#[path = "try_it/errors.rs"]
mod errors;
#[path = "try_it/faults.rs"]
mod faults;
#[path = "try_it/following.rs"]
mod following;
#[path = "try_it/keys.rs"]
mod keys;
#[path = "try_it/looks.rs"]
mod looks;
#[path = "try_it/outage.rs"]
mod outage;
#[path = "try_it/reference.rs"]
mod reference;

use url::Url;
use useapi_seed_emulator::Emulator;

use crate::chromium::Chromium;
use crate::look::Look;
use crate::page::Page;

/// At this speed a retrieval takes 75 milliseconds.
const FAST: f64 = 600.0;

/// Opens the page, and comes back when all of it is there.
pub(crate) async fn open<'a>(chromium: &'a Chromium, emulator: &Emulator, look: Look) -> Page<'a> {
    let url = Url::parse(&emulator.console_url()).unwrap();
    open_at(chromium, emulator, &url, look).await
}

async fn open_at<'a>(
    chromium: &'a Chromium,
    emulator: &Emulator,
    url: &Url,
    look: Look,
) -> Page<'a> {
    let mut page = chromium.open(url, look).await;
    page.allow(&Url::parse(emulator.image_base_url()).unwrap());
    page.wait(
        "document.querySelector('.swagger-ui .opblock') && document.querySelector('#planted')",
    )
    .await;
    page
}

impl Page<'_> {
    async fn click(&self, selector: &str) {
        let script = "document.querySelector(arguments[0]).scrollIntoView({block: 'center'})";
        self.run_with::<()>(script, vec![selector.into()]).await;
        let element = self.web.find(thirtyfour::By::Css(selector)).await.unwrap();
        element.click().await.unwrap();
    }

    /// Presses the button, and comes back with the answer.
    pub(crate) async fn ask(&self) {
        let told = "document.querySelector('#call-told')";
        self.run::<()>(&format!("{told}.textContent = ''")).await;
        self.click("#ask [type=submit]").await;
        self.wait(&format!("!['', 'Asking…'].includes({told}.textContent)"))
            .await;
    }

    /// Waits until an element has a text.
    async fn wait_for_text(&self, selector: &str, text: &str) {
        let found = format!("document.querySelector({selector:?})?.textContent.includes({text:?})");
        self.wait(&found).await;
    }

    async fn plant(&self, title: &str) {
        let script = "const select = document.querySelector('#fault');
            select.value = [...select.options].find(option => option.text == arguments[0]).value";
        self.run_with::<()>(script, vec![title.into()]).await;
        let before = self.texts("#planted li").await.len();
        self.click("#plant [type=submit]").await;
        self.wait(&format!(
            "document.querySelectorAll('#planted li').length > {before}"
        ))
        .await;
    }
}
