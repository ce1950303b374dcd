//! What was asked and answered.

use std::collections::VecDeque;

use serde::Serialize;
use serde_json::Value;

use crate::faults::Fault;
use crate::operation::Operation;

/// How many calls are kept: the latest ones.
pub(crate) const CAPACITY: usize = 1000;
/// How many bytes of a body are kept.
const BODY: usize = 4096;
/// What stands in place of a secret.
const CUT: &str = "***";

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

/// A text without the tokens.
pub(crate) fn without_tokens(text: &str, tokens: &[&str]) -> String {
    tokens
        .iter()
        .filter(|token| !token.is_empty())
        .fold(text.to_owned(), |text, token| text.replace(token, CUT))
}

/// The start of a body, without the tokens and without a `discord` value.
pub(crate) fn excerpt(body: &[u8], tokens: &[&str]) -> String {
    let text = match serde_json::from_slice(body) {
        Ok(Value::Object(mut fields)) if fields.contains_key("discord") => {
            fields.insert("discord".into(), CUT.into());
            Value::Object(fields).to_string()
        }
        _ => String::from_utf8_lossy(body).into_owned(),
    };
    let text = without_tokens(&text, tokens);
    if text.len() <= BODY {
        return text;
    }
    let mut end = BODY;
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    format!("{}…", text.get(..end).unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::excerpt;

    #[test]
    fn bodies_are_kept_without_secrets_and_without_end() {
        let tokens = ["the-token"];
        let body = br#"{"discord":"the-value","jobid":"the-token"}"#;
        assert_eq!(excerpt(body, &tokens), r#"{"discord":"***","jobid":"***"}"#);
        let long = "é".repeat(5000);
        let kept = excerpt(long.as_bytes(), &tokens);
        assert_eq!(kept.len(), 4096 + "…".len());
        assert_eq!(excerpt(b"\xff", &[]), "\u{fffd}");
    }
}
