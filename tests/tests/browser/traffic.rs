//! What a page has asked for, by Chromium's log of its network.

use std::collections::BTreeMap;

use serde_json::Value;
use thirtyfour::BrowserLogEntry;

/// Requests since a page was opened, for files, too.
#[derive(Default)]
pub(crate) struct Traffic {
    urls: Vec<String>,
    /// Those without an end yet, by their ids.
    running: BTreeMap<String, Running>,
    failed: Vec<String>,
}

struct Running {
    url: String,
    /// Of the document that asks.
    document: String,
}

impl Traffic {
    /// Reads what has been logged since.
    pub(crate) fn read(&mut self, entries: &[BrowserLogEntry]) {
        for entry in entries {
            let logged: Value = serde_json::from_str(&entry.message).unwrap();
            let event = &logged["message"]["params"];
            let id = event["requestId"].as_str().unwrap_or_default();
            let text = |place| {
                event
                    .pointer(place)
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
                        self.failed
                            .push(format!("{url} was answered with {status}"));
                    }
                }
                "Network.loadingFinished" => drop(self.running.remove(id)),
                "Network.loadingFailed" => {
                    let running = self.running.remove(id);
                    let url = running.map_or_else(String::new, |running| running.url);
                    // A page that is left cancels what it has not got yet.
                    if event["canceled"] != true {
                        let why = [text("/errorText"), text("/blockedReason")].concat();
                        self.failed.push(format!("{url} failed: {why}"));
                    }
                }
                // What a document has asked for that is left may end without a word.
                "Page.frameNavigated" => {
                    let document = text("/frame/loaderId");
                    self.running
                        .retain(|_, running| running.document == document);
                }
                _ => {}
            }
        }
    }

    /// What was asked for.
    pub(crate) fn urls(&self) -> &[String] {
        &self.urls
    }

    /// What has not come to an end.
    pub(crate) fn running(&self) -> impl Iterator<Item = &String> {
        self.running.values().map(|running| &running.url)
    }

    /// What failed, and what was asked for outside of these places. What stands in an
    /// address itself is nowhere else.
    pub(crate) fn faults(&self, allowed: &[String]) -> Vec<String> {
        let inside = |url: &str| allowed.iter().any(|place| url.starts_with(place));
        let outside = self
            .urls
            .iter()
            .filter(|url| !url.starts_with("data:") && !inside(url))
            .map(|url| format!("{url} is outside of {allowed:?}"));
        self.failed.iter().cloned().chain(outside).collect()
    }
}
