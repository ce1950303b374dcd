//! An open page.

use std::time::{Duration, Instant};

use serde::de::DeserializeOwned;
use serde_json::Value;
use thirtyfour::WebDriver;
use url::Url;

use crate::traffic::Traffic;

/// How long a page may take until something is so.
const DEADLINE: Duration = Duration::from_secs(20);
const PAUSE: Duration = Duration::from_millis(20);

/// A page. A test closes it, and so holds it to what is true of every page.
pub(crate) struct Page<'a> {
    pub(crate) web: &'a WebDriver,
    url: Url,
    /// How the addresses begin that it may ask for.
    allowed: Vec<String>,
    traffic: Traffic,
    closed: bool,
}

impl<'a> Page<'a> {
    pub(crate) async fn open(web: &'a WebDriver, url: &Url) -> Self {
        // What the page before has asked for, up to now, is not this one's.
        web.goto("about:blank").await.unwrap();
        for log in ["browser", "performance"] {
            web.get_log(log).await.unwrap();
        }
        web.goto(url.as_str()).await.unwrap();
        // Of a server all, but of the disk only what is beneath the page's folder.
        let place = if url.scheme() == "file" { "." } else { "/" };
        Self {
            web,
            allowed: vec![url.join(place).unwrap().into()],
            url: url.clone(),
            traffic: Traffic::default(),
            closed: false,
        }
    }

    /// Lets it ask for what is beneath this address, too.
    pub(crate) fn allow(&mut self, place: &Url) {
        self.allowed.push(place.to_string());
    }

    /// What a script returns, or the promise that it returns.
    pub(crate) async fn run<T: DeserializeOwned>(&self, script: &str) -> T {
        self.run_with(script, Vec::new()).await
    }

    /// The same, of a script with `arguments`.
    pub(crate) async fn run_with<T: DeserializeOwned>(
        &self,
        script: &str,
        arguments: Vec<Value>,
    ) -> T {
        let start: String = script.chars().take(300).collect();
        let returned = self.web.execute(script, arguments).await;
        let returned = returned.unwrap_or_else(|fault| panic!("{start}: {fault}"));
        returned
            .convert()
            .unwrap_or_else(|fault| panic!("{start}: {fault}"))
    }

    /// Waits until an expression is true, or anything that counts as such.
    pub(crate) async fn wait(&self, expression: &str) {
        let start = Instant::now();
        while !self
            .run::<bool>(&format!("return Boolean({expression})"))
            .await
        {
            assert!(start.elapsed() < DEADLINE, "not so in time: {expression}");
            tokio::time::sleep(PAUSE).await;
        }
    }

    /// The text of the one element that is selected, shown or not.
    pub(crate) async fn text(&self, selector: &str) -> String {
        let texts: Vec<String> = self.texts(selector).await;
        assert_eq!(texts.len(), 1, "{selector}: {texts:?}");
        texts[0].clone()
    }

    pub(crate) async fn texts(&self, selector: &str) -> Vec<String> {
        let script = "return [...document.querySelectorAll(arguments[0])].map(e => e.textContent)";
        self.run_with(script, vec![selector.into()]).await
    }

    /// Waits for the pictures: those in view, and those that do not wait to be.
    pub(crate) async fn decoded(&self) {
        let pictures = "[...document.images].filter(image => {
            const box = image.getBoundingClientRect();
            return image.loading != 'lazy' || box.bottom > 0 && box.top < innerHeight;
        })";
        self.wait(&format!("{pictures}.every(image => image.complete)"))
            .await;
        // Which fails for one that is none.
        let decode = format!("return Promise.all({pictures}.map(image => image.decode()))");
        let decoded: Vec<Value> = self.run(&decode).await;
        assert!(!decoded.is_empty(), "{} has no picture in view", self.url);
    }

    /// A page is never wider than its window.
    pub(crate) async fn assert_fits(&self) {
        let widths = "const {scrollWidth, clientWidth} = document.documentElement;
            return [scrollWidth, clientWidth]";
        let (scroll, client): (u32, u32) = self.run(widths).await;
        assert!(scroll <= client, "{}: {scroll} > {client}", self.url);
    }

    /// What was asked for so far, once nothing is on its way.
    pub(crate) async fn requests(&mut self) -> &[String] {
        let start = Instant::now();
        loop {
            let entries = self.web.get_log("performance").await.unwrap();
            self.traffic.read(&entries);
            let running: Vec<_> = self.traffic.running().collect();
            if running.is_empty() {
                return self.traffic.urls();
            }
            assert!(
                start.elapsed() < DEADLINE,
                "still on their way: {running:?}"
            );
            tokio::time::sleep(PAUSE).await;
        }
    }

    /// What no page may do: warn or fail in the console, ask for what it cannot get, or
    /// ask elsewhere. Ends it.
    pub(crate) async fn faults(mut self) -> Vec<String> {
        self.closed = true;
        self.requests().await;
        let mut faults = self.traffic.faults(&self.allowed);
        for entry in self.web.browser_log().await.unwrap() {
            if ["WARNING", "SEVERE"].contains(&entry.level.as_str()) {
                faults.push(entry.message);
            }
        }
        faults
    }

    /// Ends it, and fails if it did what no page may.
    pub(crate) async fn close(self) {
        self.close_but_for(&[]).await;
    }

    /// Ends it, and fails if it did what no page may, but for what these words tell of:
    /// Chromium warns of each answer that is an error, and of each that is lost.
    pub(crate) async fn close_but_for(self, expected: &[&str]) {
        let url = self.url.clone();
        let mut faults = self.faults().await;
        faults.retain(|fault| !expected.iter().any(|words| fault.contains(words)));
        assert!(faults.is_empty(), "{url}:\n{}", faults.join("\n"));
    }
}

impl Drop for Page<'_> {
    fn drop(&mut self) {
        let forgotten = !self.closed && !std::thread::panicking();
        assert!(!forgotten, "{} was not closed", self.url);
    }
}
