//! The requests of a page, from Chromium's network log.

use std::collections::BTreeMap;

use serde_json::Value;
use thirtyfour::BrowserLogEntry;

/// Requests since a page was opened, for files too.
#[derive(Default)]
pub(crate) struct Traffic {
    urls: Vec<String>,
    /// Those that have not ended, by id.
    running: BTreeMap<String, Running>,
    failed: Vec<String>,
}

struct Running {
    url: String,
    /// The document that sent it.
    document: String,
}

impl Traffic {
    /// Reads new entries of the log.
    pub(crate) fn read(&mut self, entries: &[BrowserLogEntry]) {
        for entry in entries {
            let logged: Value = serde_json::from_str(&entry.message).unwrap();
            let event = &logged["message"]["params"];
            let id = event["requestId"].as_str().unwrap_or_default();
            let text = |pointer| {
                event
                    .pointer(pointer)
                    .and_then(Value::as_str)
                    .unwrap_or_default()
            };
            match logged["message"]["method"].as_str().unwrap_or_default() {
                "Network.requestWillBeSent" => {
                    let url = text("/request/url");
                    self.urls.push(url.to_owned());
                    let running = Running {
                        url: url.to_owned(),
                        document: text("/loaderId").to_owned(),
                    };
                    self.running.insert(id.to_owned(), running);
                }
                "Network.webSocketCreated" => self.urls.push(text("/url").to_owned()),
                "Network.responseReceived" => {
                    let status = &event["response"]["status"];
                    if status.as_u64() >= Some(400) {
                        let url = text("/response/url");
                        self.failed.push(format!("{url} responded with {status}"));
                    }
                }
                "Network.loadingFinished" => drop(self.running.remove(id)),
                "Network.loadingFailed" => {
                    let running = self.running.remove(id);
                    let url = running.map_or_else(String::new, |running| running.url);
                    // Leaving a page cancels its requests.
                    if event["canceled"] != true {
                        let reason = [text("/errorText"), text("/blockedReason")].concat();
                        self.failed.push(format!("{url} failed: {reason}"));
                    }
                }
                // The requests of a document that is left may end without an event.
                "Page.frameNavigated" => {
                    let document = text("/frame/loaderId");
                    self.running
                        .retain(|_, running| running.document == document);
                }
                _ => {}
            }
        }
    }

    /// All requests.
    pub(crate) fn urls(&self) -> &[String] {
        &self.urls
    }

    /// Those that have not ended.
    pub(crate) fn running(&self) -> impl Iterator<Item = &String> {
        self.running.values().map(|running| &running.url)
    }

    /// Failed requests, and requests outside of these locations. A `data:` URL is in no
    /// other location.
    pub(crate) fn errors(&self, allowed: &[String]) -> Vec<String> {
        let inside = |url: &str| allowed.iter().any(|location| url.starts_with(location));
        let outside = self
            .urls
            .iter()
            .filter(|url| !url.starts_with("data:") && !inside(url))
            .map(|url| format!("{url} is outside of {allowed:?}"));
        self.failed.iter().cloned().chain(outside).collect()
    }
}
