//! The recorded calls.

use std::collections::VecDeque;
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use axum::body::Bytes;
use axum::http::{HeaderName, Method};
use jiff::Timestamp;
use serde::Serialize;

use crate::clock::with_milliseconds;
use crate::faults::Fault;
use crate::operation::Operation;
use crate::redaction::Redactor;

/// How many calls are kept: the latest.
const MAX_CALLS: usize = 1000;
/// How many bytes they may have together.
const MAX_BYTES: usize = 16 * 1024 * 1024;

/// A call, with redacted secrets: no API token, and no `discord` value.
#[derive(Clone, Debug, Serialize)]
#[non_exhaustive]
pub struct JournalEntry {
    /// Counted from 1, in the order of the responses.
    pub number: u64,
    /// When the call was received, on the emulator's clock.
    pub time: String,
    /// The operation; none when the service has no such operation.
    pub operation: Option<Operation>,
    /// The method.
    pub method: String,
    /// Path and query.
    pub target: String,
    /// The headers in the order of the request, with names in lower case.
    pub headers: Vec<(String, String)>,
    /// The request's body. After 4096 bytes it is truncated, and ends with
    /// `…[truncated]`.
    pub request: String,
    /// The response's status; none without a response.
    pub status: Option<u16>,
    /// The response's body before any fault, truncated like the request's; empty for
    /// an image.
    pub response: String,
    /// The applied fault.
    pub fault: Option<Fault>,
    /// The job in the response, or else in the request.
    pub job: Option<String>,
    /// How long the response took, in real time. Not in the JSON of the journal's
    /// route, which is the same for the same calls.
    #[serde(skip)]
    pub duration: Duration,
}

/// A call as received. It is redacted when it is read, which takes longer than to
/// serve it.
pub(crate) struct Call {
    pub(crate) time: Timestamp,
    pub(crate) operation: Option<Operation>,
    pub(crate) method: Method,
    /// Path and query.
    pub(crate) target: Option<String>,
    // Copies: hyper's values keep its complete read buffer in memory.
    pub(crate) headers: Vec<(HeaderName, Box<[u8]>)>,
    /// The token of the request, known or not.
    pub(crate) token: Option<String>,
    pub(crate) request: Bytes,
    pub(crate) status: Option<u16>,
    pub(crate) response: Bytes,
    pub(crate) fault: Option<Arc<Fault>>,
    /// In real time.
    pub(crate) duration: Duration,
}

impl Call {
    /// Each call counts its fault, since each entry repeats it.
    fn bytes(&self) -> usize {
        let headers = self.headers.iter();
        let headers: usize = headers
            .map(|(name, value)| name.as_str().len() + value.len())
            .sum();
        self.method.as_str().len()
            + self.target.as_ref().map_or(0, String::len)
            + headers
            + self.token.as_ref().map_or(0, String::len)
            + self.fault.as_ref().map_or(0, |fault| fault.bytes())
            + self.request.len()
            + self.response.len()
    }

    fn redacted(&self, number: u64, tokens: &[String]) -> JournalEntry {
        let tokens = tokens.iter().chain(&self.token);
        let secrets = Redactor::new(tokens.map(String::as_str));
        let (request, requested) = secrets.body(&self.request);
        let (response, responded) = secrets.body(&self.response);
        let target = self.target.as_deref().unwrap_or_default();
        let (_, query) = target.split_once('?').unwrap_or_default();
        let queried = || {
            let mut pairs = url::form_urlencoded::parse(query.as_bytes());
            let (_, id) = pairs.find(|(name, _)| name == "jobid")?;
            Some(secrets.text(&id))
        };
        JournalEntry {
            number,
            time: with_milliseconds(self.time),
            operation: self.operation,
            method: self.method.to_string(),
            target: secrets.target(target),
            headers: secrets.headers(&self.headers),
            request,
            status: self.status,
            response,
            fault: self.fault.as_deref().cloned(),
            job: responded.or(requested).or_else(queried),
            duration: self.duration,
        }
    }
}

/// A kept call, with its entry once it was read.
pub(crate) struct Recorded {
    number: u64,
    call: Call,
    entry: OnceLock<JournalEntry>,
}

impl Recorded {
    pub(crate) fn entry(&self, tokens: &[String]) -> JournalEntry {
        let entry = self
            .entry
            .get_or_init(|| self.call.redacted(self.number, tokens));
        entry.clone()
    }
}

/// The latest calls.
#[derive(Default)]
pub(crate) struct Journal {
    calls: VecDeque<Arc<Recorded>>,
    /// Of all kept calls.
    bytes: usize,
    /// How many calls there were so far.
    count: u64,
}

impl Journal {
    /// Adds a call, and removes the oldest if there are too many.
    pub(crate) fn add(&mut self, call: Call) -> Arc<Recorded> {
        self.count += 1;
        self.bytes += call.bytes();
        let added = Arc::new(Recorded {
            number: self.count,
            call,
            entry: OnceLock::new(),
        });
        self.calls.push_back(Arc::clone(&added));
        while self.calls.len() > MAX_CALLS || self.bytes > MAX_BYTES {
            let Some(oldest) = self.calls.pop_front() else {
                break;
            };
            self.bytes -= oldest.call.bytes();
        }
        added
    }

    pub(crate) fn calls_after(&self, number: u64) -> Vec<Arc<Recorded>> {
        let calls = self.calls.iter();
        calls
            .filter(|recorded| recorded.number > number)
            .cloned()
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// How many calls of this size are kept of more than could be, and the number of
    /// the first.
    fn kept(request: usize, token: usize, fault: usize) -> (usize, u64) {
        let fault = Arc::new(Fault::Status {
            status: 503,
            retry_after: Some("x".repeat(fault)),
        });
        let request = Bytes::from(vec![b'x'; request]);
        let mut journal = Journal::default();
        for _ in 0..=MAX_CALLS {
            journal.add(Call {
                time: Timestamp::UNIX_EPOCH,
                operation: Some(Operation::ListJobs),
                method: Method::GET,
                target: Some("/".to_owned()),
                headers: Vec::new(),
                token: Some("x".repeat(token)),
                request: request.clone(),
                status: None,
                response: Bytes::new(),
                fault: Some(Arc::clone(&fault)),
                duration: Duration::ZERO,
            });
        }
        let kept = journal.calls_after(0);
        let bytes: usize = kept.iter().map(|recorded| recorded.call.bytes()).sum();
        assert_eq!(journal.bytes, bytes);
        let first = kept
            .first()
            .map_or(0, |recorded| recorded.entry(&[]).number);
        (kept.len(), first)
    }

    #[test]
    fn oldest_calls_are_removed_by_number_and_size() {
        assert_eq!(kept(16, 16, 16), (MAX_CALLS, 2));
        for (request, token, fault) in [(65_000, 8, 0), (8, 65_000, 0), (8, 0, 65_000)] {
            let (calls, first) = kept(request, token, fault);
            assert!((250..260).contains(&calls), "{calls}");
            assert_eq!(first, 1002 - calls as u64);
        }
        assert_eq!(kept(MAX_BYTES, 0, 0).0, 0);
    }
}
