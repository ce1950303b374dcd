//! What was asked and answered.

use std::collections::VecDeque;

use serde::Serialize;

use crate::faults::Fault;
use crate::operation::Operation;

/// How many calls are kept: the latest ones.
pub(crate) const CAPACITY: usize = 1000;
/// A call, with its secrets cut: no API token, and of a `discord` value nothing.
#[derive(Clone, Debug, Serialize)]
#[non_exhaustive]
pub struct Entry {
    /// Counted from 1, from the emulator's start.
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
    /// The start of the request's body.
    pub request: String,
    /// The answer's status; none when there was no answer.
    pub status: Option<u16>,
    /// The start of the answer's body, before any fault; none of a picture.
    pub answer: String,
    /// The fault that it met.
    pub fault: Option<Fault>,
    /// The job in the answer, or else the one that was asked for.
    pub job: Option<String>,
}

/// The latest calls.
#[derive(Debug, Default)]
pub(crate) struct Journal {
    entries: VecDeque<Entry>,
    count: u64,
}

impl Journal {
    /// Keeps a call; which number it has is decided here.
    pub(crate) fn add(&mut self, mut entry: Entry) {
        self.count += 1;
        entry.number = self.count;
        if self.entries.len() == CAPACITY {
            self.entries.pop_front();
        }
        self.entries.push_back(entry);
    }

    pub(crate) fn entries(&self) -> Vec<Entry> {
        self.entries.iter().cloned().collect()
    }
}
