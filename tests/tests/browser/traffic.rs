//! The requests of a page.

use std::collections::BTreeMap;

use serde_json::Value;

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
    pub(crate) fn start(&mut self, id: &str, url: &str, document: &str) {
        self.urls.push(url.to_owned());
        let running = Running {
            url: url.to_owned(),
            document: document.to_owned(),
        };
        self.running.insert(id.to_owned(), running);
    }

    pub(crate) fn open_socket(&mut self, url: &str) {
        self.urls.push(url.to_owned());
    }

    pub(crate) fn respond(&mut self, url: &str, status: &Value) {
        if status.as_u64() >= Some(400) {
            self.failed.push(format!("{url} responded with {status}"));
        }
    }

    pub(crate) fn end(&mut self, id: &str) {
        self.running.remove(id);
    }

    pub(crate) fn fail(&mut self, id: &str, reason: &str) {
        let running = self.running.remove(id);
        let url = running.map_or_else(String::new, |running| running.url);
        self.failed.push(format!("{url} failed: {reason}"));
    }

    /// The requests of a document that is left may end without an event.
    pub(crate) fn navigate(&mut self, document: &str) {
        self.running
            .retain(|_, running| running.document == document);
    }

    /// All requests.
    pub(crate) fn urls(&self) -> &[String] {
        &self.urls
    }

    /// Those that have not ended.
    pub(crate) fn running(&self) -> impl Iterator<Item = &String> {
        self.running.values().map(|running| &running.url)
    }

    /// Failed requests, and requests outside of these locations. URLs of `data:` and
    /// `blob:` are in the page.
    pub(crate) fn errors(&self, allowed: &[String]) -> Vec<String> {
        let inside = |url: &str| allowed.iter().any(|location| url.starts_with(location));
        let outside = self
            .urls
            .iter()
            .filter(|url| {
                !["data:", "blob:"]
                    .iter()
                    .any(|scheme| url.starts_with(scheme))
                    && !inside(url)
            })
            .map(|url| format!("{url} is outside of {allowed:?}"));
        self.failed.iter().cloned().chain(outside).collect()
    }
}
