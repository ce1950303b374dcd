//! An open page.

use std::time::{Duration, Instant};

use serde::de::DeserializeOwned;
use serde_json::{Value, json};
use thirtyfour::{By, WebDriver};
use url::Url;

use crate::browser::Browser;
use crate::command::DriverCommand;
use crate::firefox::Events;
use crate::traffic::Traffic;
use crate::{chromium, firefox};

/// The longest wait for a condition.
pub(crate) const DEADLINE: Duration = Duration::from_secs(20);
pub(crate) const INTERVAL: Duration = Duration::from_millis(20);

/// A page. A test closes it, which checks what applies to every page.
pub(crate) struct Page {
    pub(crate) web: WebDriver,
    url: Url,
    /// Prefixes of the URLs that it may request.
    allowed: Vec<String>,
    traffic: Traffic,
    /// Firefox's; Chromium has logs.
    events: Option<Events>,
    /// What has them.
    tab: String,
    /// Warnings and errors in the console.
    console: Vec<String>,
    is_closed: bool,
}

impl Page {
    pub(crate) async fn open(browser: &Browser, url: &Url) -> Self {
        // All of a server, but on disk only the page's directory.
        let allowed = if url.scheme() == "file" { "." } else { "/" };
        let mut page = Self {
            web: browser.web.clone(),
            allowed: vec![url.join(allowed).unwrap().into()],
            url: url.clone(),
            traffic: Traffic::default(),
            events: browser.events.clone(),
            tab: browser.web.window().await.unwrap().to_string(),
            console: Vec::new(),
            is_closed: false,
        };
        page.web.goto("about:blank").await.unwrap();
        // Up to now it belongs to the previous page.
        page.read_events().await;
        page.traffic = Traffic::default();
        page.console.clear();
        page.web.goto(url.as_str()).await.unwrap();
        page
    }

    pub(crate) fn is_firefox(&self) -> bool {
        self.events.is_some()
    }

    /// Whether its requests are known.
    pub(crate) fn has_requests(&self) -> bool {
        !self.is_firefox() || self.url.scheme() != "file"
    }

    /// Waits for what was written to Firefox's console so far: its events come late.
    async fn wait_for_events(&mut self) {
        const MARK: &str = "end of the test";
        self.run::<()>(&format!("console.error('{MARK}')")).await;
        let start = Instant::now();
        loop {
            self.read_events().await;
            if let Some(index) = self.console.iter().position(|text| text == MARK) {
                self.console.remove(index);
                return;
            }
            assert!(start.elapsed() < DEADLINE, "no events of the console");
            tokio::time::sleep(INTERVAL).await;
        }
    }

    async fn read_events(&mut self) {
        if let Some(events) = &self.events {
            let console = firefox::read(&mut self.traffic, events, &self.tab).await;
            self.console.extend(console);
        } else {
            let entries = self.web.get_log("performance").await.unwrap();
            chromium::read(&mut self.traffic, &entries);
            for entry in self.web.browser_log().await.unwrap() {
                if ["WARNING", "SEVERE"].contains(&entry.level.as_str()) {
                    self.console.push(entry.message);
                }
            }
        }
    }

    /// Allows requests below this URL, too.
    pub(crate) fn allow(&mut self, base: &Url) {
        self.allowed.push(base.to_string());
    }

    /// Returns what a script returns, or what its promise resolves to.
    pub(crate) async fn run<T: DeserializeOwned>(&self, script: &str) -> T {
        self.run_with(script, Vec::new()).await
    }

    /// The same for a script with arguments.
    pub(crate) async fn run_with<T: DeserializeOwned>(
        &self,
        script: &str,
        arguments: Vec<Value>,
    ) -> T {
        let start: String = script.chars().take(300).collect();
        let returned = self.web.execute(script, arguments).await;
        let value = returned.and_then(|returned| returned.convert());
        value.unwrap_or_else(|error| panic!("{start}: {error}"))
    }

    /// Waits until an expression is truthy.
    pub(crate) async fn wait(&self, expression: &str) {
        let script = format!("return Boolean({expression})");
        let start = Instant::now();
        // A page that is being left returns null.
        while self.run::<Option<bool>>(&script).await != Some(true) {
            assert!(start.elapsed() < DEADLINE, "timed out: {expression}");
            tokio::time::sleep(INTERVAL).await;
        }
    }

    /// Waits for an element.
    pub(crate) async fn wait_for(&self, selector: &str) {
        self.wait(&format!("document.querySelector({selector:?})"))
            .await;
    }

    /// Waits until an element has this text.
    pub(crate) async fn wait_for_text(&self, selector: &str, text: &str) {
        let found = format!("document.querySelector({selector:?})?.textContent.includes({text:?})");
        self.wait(&found).await;
    }

    /// Waits until there are at least this many elements.
    pub(crate) async fn wait_for_count(&self, selector: &str, count: usize) {
        let elements = format!("document.querySelectorAll({selector:?})");
        self.wait(&format!("{elements}.length >= {count}")).await;
    }

    /// The text of the only element of a selector, visible or not.
    pub(crate) async fn text(&self, selector: &str) -> String {
        let texts: Vec<String> = self.texts(selector).await;
        assert_eq!(texts.len(), 1, "{selector}: {texts:?}");
        texts[0].clone()
    }

    pub(crate) async fn texts(&self, selector: &str) -> Vec<String> {
        let script = "return [...document.querySelectorAll(arguments[0])].map(e => e.textContent)";
        self.run_with(script, vec![selector.into()]).await
    }

    pub(crate) async fn click(&self, selector: &str) {
        let script = "document.querySelector(arguments[0]).scrollIntoView({block: 'center'})";
        self.run_with::<()>(script, vec![selector.into()]).await;
        let element = self.web.find(By::Css(selector)).await.unwrap();
        element.click().await.unwrap();
    }

    /// Clicks all elements of a selector, wherever they are.
    pub(crate) async fn click_all(&self, selector: &str) {
        let script =
            "for (const element of document.querySelectorAll(arguments[0])) element.click()";
        self.run_with::<()>(script, vec![selector.into()]).await;
    }

    /// Moves a finger to the left or to the right, in pixels from the left.
    pub(crate) async fn swipe(&self, from: u32, to: u32) {
        let at = |x| json!({"type": "pointerMove", "duration": 0, "x": x, "y": 300});
        let down = json!({"type": "pointerDown", "button": 0});
        let up = json!({"type": "pointerUp", "button": 0});
        let finger = json!({
            "type": "pointer",
            "id": "finger",
            "parameters": {"pointerType": "touch"},
            "actions": [at(from), down, at(to), up],
        });
        let swipe = DriverCommand::new("actions", json!({"actions": [finger]}));
        self.web.handle().cmd(swipe).await.unwrap();
    }

    /// Waits for the images in view, and those that load without being in view.
    pub(crate) async fn wait_for_images(&self) {
        let images = "[...document.images].filter(image => {
            const box = image.getBoundingClientRect();
            return image.loading != 'lazy' || box.bottom > 0 && box.top < innerHeight;
        })";
        self.wait(&format!("{images}.every(image => image.complete)"))
            .await;
        // This fails for an invalid image.
        let decode = format!("return Promise.all({images}.map(image => image.decode()))");
        let decoded: Vec<Value> = self.run(&decode).await;
        assert!(!decoded.is_empty(), "{} has no image in view", self.url);
    }

    /// The page is not wider than its window.
    pub(crate) async fn assert_fits(&self) {
        let widths = "const {scrollWidth, clientWidth} = document.documentElement;
            return [scrollWidth, clientWidth]";
        let (scroll, client): (u32, u32) = self.run(widths).await;
        assert!(scroll <= client, "{}: {scroll} > {client}", self.url);
    }

    /// The URLs of the requests so far, once all have ended.
    pub(crate) async fn requests(&mut self) -> &[String] {
        let start = Instant::now();
        loop {
            self.read_events().await;
            let running: Vec<_> = self.traffic.running().collect();
            if running.is_empty() {
                return self.traffic.urls();
            }
            assert!(start.elapsed() < DEADLINE, "still running: {running:?}");
            tokio::time::sleep(INTERVAL).await;
        }
    }

    /// Closes it and returns what no page may do: warnings and errors in the console,
    /// failed requests, requests to other servers.
    pub(crate) async fn errors(mut self) -> Vec<String> {
        self.is_closed = true;
        if self.is_firefox() {
            self.wait_for_events().await;
        }
        self.requests().await;
        let mut errors = self.traffic.errors(&self.allowed);
        errors.append(&mut self.console);
        errors
    }

    /// Closes it, and fails if it did what no page may.
    pub(crate) async fn close(self) {
        self.close_except(&[]).await;
    }

    /// The same, but errors with one of these texts are expected: Chromium logs each
    /// error response and each lost one.
    pub(crate) async fn close_except(self, expected: &[&str]) {
        let url = self.url.clone();
        let mut errors = self.errors().await;
        errors.retain(|error| !expected.iter().any(|text| error.contains(text)));
        assert!(errors.is_empty(), "{url}:\n{}", errors.join("\n"));
    }
}

impl Drop for Page {
    fn drop(&mut self) {
        let is_forgotten = !self.is_closed && !std::thread::panicking();
        assert!(!is_forgotten, "{} was not closed", self.url);
    }
}
