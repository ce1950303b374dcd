//! What was asked and answered.

use std::collections::VecDeque;
use std::sync::{Arc, OnceLock};

use axum::body::Bytes;
use axum::http::{HeaderName, Method};
use jiff::Timestamp;
use serde::Serialize;

use crate::clock::with_milliseconds;
use crate::faults::Fault;
use crate::operation::Operation;
use crate::secrets::Secrets;

/// How many calls are kept: the latest ones.
const CAPACITY: usize = 1000;
/// How many bytes they may have together.
const BYTES: usize = 16 * 1024 * 1024;

/// A call, with its secrets cut: no API token, and of a `discord` value nothing.
#[derive(Clone, Debug, Serialize)]
#[non_exhaustive]
pub struct JournalEntry {
    /// Counted from 1, from the emulator's start, in the order of the answers.
    pub number: u64,
    /// When it came, on the emulator's clock.
    pub time: String,
    /// What it asked for; none when the service has no such operation.
    pub operation: Option<Operation>,
    /// Where there is no such operation: method and path of what is most like
    /// it.
    pub closest: Option<String>,
    /// The method.
    pub method: String,
    /// Path and query.
    pub target: String,
    /// The headers, in the order they came, their names in lower case.
    pub headers: Vec<(String, String)>,
    /// The request's body. After 4096 bytes it is truncated, and ends with
    /// `…[truncated]`.
    pub request: String,
    /// The answer's status; none when there was no answer.
    pub status: Option<u16>,
    /// The answer's body, before any fault, and truncated like the request's;
    /// none of a picture.
    pub response: String,
    /// The fault that it met.
    pub fault: Option<Fault>,
    /// The job in the answer, or else the one that was asked for.
    pub job: Option<String>,
}

/// A call as it was. Its secrets are cut when somebody looks: that is more work
/// than to answer it.
pub(crate) struct Call {
    pub(crate) time: Timestamp,
    pub(crate) operation: Option<Operation>,
    pub(crate) method: Method,
    /// Path and query.
    pub(crate) target: String,
    // Copies: what hyper hands out keeps all that it has read in memory.
    pub(crate) headers: Vec<(HeaderName, Box<[u8]>)>,
    /// The token that it showed, known or not.
    pub(crate) token: Option<String>,
    pub(crate) request: Bytes,
    pub(crate) status: Option<u16>,
    pub(crate) answer: Bytes,
    pub(crate) fault: Option<Arc<Fault>>,
}

impl Call {
    /// The path alone.
    pub(crate) fn path(&self) -> &str {
        self.target.split('?').next().unwrap_or_default()
    }

    /// What it takes. The fault counts with each call that shares it: it is
    /// written down with each.
    fn bytes(&self) -> usize {
        let headers = self.headers.iter();
        let headers: usize = headers
            .map(|(name, value)| name.as_str().len() + value.len())
            .sum();
        let token = self.token.as_ref().map_or(0, String::len);
        let fault = self.fault.as_ref().map_or(0, |fault| fault.bytes());
        self.method.as_str().len()
            + self.target.len()
            + headers
            + token
            + fault
            + self.request.len()
            + self.answer.len()
    }

    fn entry(&self, number: u64, tokens: &[String]) -> JournalEntry {
        let shown = self.token.as_deref();
        let secrets = Secrets::new(tokens.iter().map(String::as_str).chain(shown));
        let (request, asked) = secrets.body(&self.request);
        let (answer, answered) = secrets.body(&self.answer);
        let queried = || {
            let (_, query) = self.target.split_once('?')?;
            Some(secrets.text(&queried(query)?))
        };
        JournalEntry {
            number,
            time: with_milliseconds(self.time),
            operation: self.operation,
            closest: match self.operation {
                Some(_) => None,
                None => Some(Operation::closest(&self.method, self.path())),
            },
            method: self.method.to_string(),
            target: secrets.target(&self.target),
            headers: secrets.headers(&self.headers),
            request,
            status: self.status,
            response: answer,
            fault: self.fault.as_deref().cloned(),
            job: answered.or(asked).or_else(queried),
        }
    }
}

/// The job that a query names.
fn queried(query: &str) -> Option<String> {
    let id = query
        .split('&')
        .find_map(|parameter| parameter.strip_prefix("jobid="))?;
    let decoded = percent_encoding::percent_decode_str(id).decode_utf8_lossy();
    Some(decoded.into_owned())
}

/// A call that is kept, and what is shown of it, once it has been looked at.
struct Written {
    number: u64,
    call: Call,
    shown: OnceLock<JournalEntry>,
}

/// The latest calls.
#[derive(Default)]
pub(crate) struct Journal {
    calls: VecDeque<Arc<Written>>,
    /// Of all that are kept.
    bytes: usize,
    /// How many calls there have been.
    count: u64,
}

impl Journal {
    /// Keeps a call, and lets go of the oldest ones where there are too many.
    pub(crate) fn add(&mut self, call: Call) {
        self.count += 1;
        self.bytes += call.bytes();
        self.calls.push_back(Arc::new(Written {
            number: self.count,
            call,
            shown: OnceLock::new(),
        }));
        while self.calls.len() > CAPACITY || self.bytes > BYTES {
            let Some(oldest) = self.calls.pop_front() else {
                break;
            };
            self.bytes -= oldest.call.bytes();
        }
    }

    /// Those that came after the one of this number.
    pub(crate) fn kept_after(&self, number: u64) -> Kept {
        let calls = self.calls.iter();
        let after = calls.filter(|written| written.number > number);
        Kept(after.cloned().collect())
    }
}

/// Calls that follow one another, to be read while others come.
pub(crate) struct Kept(Vec<Arc<Written>>);

impl Kept {
    /// The calls without these tokens.
    pub(crate) fn entries(&self, tokens: &[String]) -> Vec<JournalEntry> {
        let calls = self.0.iter();
        let shown = calls.map(|written| {
            let Written { number, call, .. } = &**written;
            written.shown.get_or_init(|| call.entry(*number, tokens))
        });
        shown.cloned().collect()
    }
}

#[cfg(test)]
mod tests {
    use super::{Arc, BYTES, Bytes, CAPACITY, Call, Fault, Journal, Method, Operation, Timestamp};

    /// How many calls of this size are kept of more than could be, and the number
    /// of the first.
    fn kept(request: usize, token: usize, fault: usize) -> (usize, u64) {
        let fault = Arc::new(Fault::Status {
            status: 503,
            retry_after: Some("x".repeat(fault)),
        });
        let request = Bytes::from(vec![b'x'; request]);
        let mut journal = Journal::default();
        for _ in 0..=CAPACITY {
            journal.add(Call {
                time: Timestamp::UNIX_EPOCH,
                operation: Some(Operation::ListJobs),
                method: Method::GET,
                target: "/".to_owned(),
                headers: Vec::new(),
                token: Some("x".repeat(token)),
                request: request.clone(),
                status: None,
                answer: Bytes::new(),
                fault: Some(Arc::clone(&fault)),
            });
        }
        let kept = journal.kept_after(0);
        let bytes: usize = kept.0.iter().map(|written| written.call.bytes()).sum();
        assert_eq!(journal.bytes, bytes);
        let entries = kept.entries(&[]);
        (
            entries.len(),
            entries.first().map_or(0, |entry| entry.number),
        )
    }

    #[test]
    fn the_oldest_calls_are_let_go_for_number_and_size() {
        assert_eq!(kept(16, 16, 16), (CAPACITY, 2));
        // Method, target, token, fault and request.
        for (request, token, fault) in [(65_524, 8, 0), (8, 65_524, 0), (8, 0, 65_524)] {
            assert_eq!(kept(request, token, fault), (BYTES / 65_536, 1001 - 255));
        }
        assert_eq!(kept(BYTES, 0, 0).0, 0);
    }
}
