//! What must not come back out of an answer.

use std::fmt;

use bstr::ByteSlice;
use bytes::Bytes;
use memchr::memmem::Finder;
use reqwest::header::{HeaderMap, HeaderValue};

/// Shorter values are no secrets, and replacing them would garble the answer.
const SHORTEST: usize = 8;
const MASK: &str = "***";
/// Of the start of a secret at the end of a body that was cut, fewer letters than
/// this tell nothing.
const SHOWN: usize = 4;

/// A secret, in every spelling that an answer may have of it. What looks for one
/// is made once: answers are short.
pub(crate) struct Secret(Vec<Finder<'static>>);

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(MASK)
    }
}

impl Secret {
    pub(crate) fn new(secret: &[u8]) -> Self {
        if secret.len() < SHORTEST {
            return Self(Vec::new());
        }
        let spellings = spellings(secret);
        Self(
            spellings
                .iter()
                .map(|spelling| Finder::new(spelling).into_owned())
                .collect(),
        )
    }

    pub(crate) fn mask(&self, body: Bytes) -> Bytes {
        self.0.iter().fold(body, |body, spelling| {
            if spelling.find(&body).is_some() {
                Bytes::from(body.replace(spelling.needle(), MASK))
            } else {
                body
            }
        })
    }

    /// Masks what a body that was cut ends with: the start of a secret.
    pub(crate) fn mask_start(&self, body: Bytes) -> Bytes {
        let is_end = |count: &usize| {
            let spellings = self
                .0
                .iter()
                .filter_map(|spelling| spelling.needle().get(..*count));
            spellings.into_iter().any(|start| body.ends_with(start))
        };
        let longest = self.0.iter().map(|spelling| spelling.needle().len()).max();
        let found = (SHOWN..longest.unwrap_or_default()).rev().find(is_end);
        let start = found.and_then(|count| body.get(..body.len() - count));
        match start {
            Some(start) => [start, MASK.as_bytes()].concat().into(),
            None => body,
        }
    }

    pub(crate) fn mask_headers(&self, headers: &mut HeaderMap) {
        for value in headers.values_mut() {
            let holds = |spelling: &Finder<'_>| spelling.find(value.as_bytes()).is_some();
            if self.0.iter().any(holds) {
                *value = HeaderValue::from_static(MASK);
            }
        }
    }
}

/// A secret as it is, as a JSON string holds it, and as an address does.
fn spellings(secret: &[u8]) -> Vec<Vec<u8>> {
    let json = serde_json::Value::from(String::from_utf8_lossy(secret)).to_string();
    let address: String = url::form_urlencoded::byte_serialize(secret).collect();
    let mut spellings = vec![
        secret.to_vec(),
        json.trim_matches('"').as_bytes().to_vec(),
        address.into_bytes(),
    ];
    spellings.dedup();
    spellings
}
