//! Redaction of secrets in responses.

use std::collections::BTreeSet;
use std::fmt;

use bstr::ByteSlice;
use bytes::Bytes;
use reqwest::header::{HeaderMap, HeaderName, HeaderValue};

/// Shorter values are not treated as secrets: masking them would hit ordinary text.
const MIN_LEN: usize = 8;
/// Shortest prefix of a secret that is masked at the end of a truncated body.
const MIN_PREFIX: usize = 4;
/// Length of `%41` with each of its characters escaped as in JSON.
const LONGEST_ESCAPE: usize = 18;
const MASK: &str = "***";

/// A secret to mask in any encoding: verbatim, with JSON or percent escapes for
/// any of its characters, or with invisible characters between them, which
/// programs remove before they show a text.
pub(crate) struct Secret {
    /// Empty when it is too short.
    bytes: Vec<u8>,
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(MASK)
    }
}

impl Secret {
    pub(crate) fn new(secret: &str) -> Self {
        let is_secret = secret.len() >= MIN_LEN;
        Self {
            bytes: if is_secret { secret.into() } else { Vec::new() },
        }
    }

    /// Masks the secret, and its prefix at the end of a truncated body. The body
    /// stays valid JSON.
    pub(crate) fn mask(&self, body: Bytes, is_truncated: bool) -> Bytes {
        let mut masked = Vec::new();
        let mut copied = 0;
        while let Some((start, end)) = self.find(&body, copied, is_truncated) {
            masked.extend_from_slice(body.get(copied..start).unwrap_or_default());
            masked.extend_from_slice(MASK.as_bytes());
            copied = end;
        }
        if copied == 0 {
            return body;
        }
        masked.extend_from_slice(body.get(copied..).unwrap_or_default());
        masked.into()
    }

    /// Masks values that contain the secret, and removes names that do.
    pub(crate) fn mask_headers(&self, headers: &mut HeaderMap) {
        if self.bytes.is_empty() {
            return;
        }
        // Names are in lower case.
        let lower_case = self.bytes.to_ascii_lowercase();
        let is_secret = |name: &&HeaderName| name.as_str().as_bytes().contains_str(&lower_case);
        let names: Vec<_> = headers.keys().filter(is_secret).cloned().collect();
        for name in names {
            headers.remove(name);
        }
        for value in headers.values_mut() {
            if self.find(value.as_bytes(), 0, false).is_some() {
                *value = HeaderValue::from_static(MASK);
            }
        }
    }

    /// Start and end of the next match at or after `from`.
    fn find(&self, text: &[u8], mut from: usize, is_truncated: bool) -> Option<(usize, usize)> {
        let first = *self.bytes.first()?;
        let mut escape = 0..0;
        loop {
            // Skips what no match can begin with.
            let start = from + text.get(from..)?.find_byteset([first, b'\\', b'%'])?;
            if let Some(end) = self.match_at(text, start, is_truncated) {
                // Half an escape would not be valid JSON.
                let is_in_escape = escape.contains(&start);
                return Some((if is_in_escape { escape.start } else { start }, end));
            }
            from = start + 1;
            if text.get(start) == Some(&b'\\') {
                let next = text.get(from);
                let length = if next == Some(&b'u') { 6 } else { 2 };
                escape = start..start + length;
                // An escaped backslash does not begin another escape.
                from += usize::from(next == Some(&b'\\'));
            }
        }
    }

    /// End of the match that begins at `start`; the longest, where the text can be
    /// decoded in several ways.
    fn match_at(&self, text: &[u8], start: usize, is_truncated: bool) -> Option<usize> {
        // Most candidates end at their second byte, without an allocation.
        if let [first, second, ..] = *text.get(start..)?
            && !matches!(first, b'\\' | b'%')
            && self.bytes.get(1) != Some(&second)
            && !matches!(second, b'\\' | b'%' | 0..b' ' | 0x7f..)
        {
            return None;
        }
        // Pairs of matched bytes of the secret and position in the text.
        let mut states = BTreeSet::from([(0, start)]);
        let mut is_prefix = false;
        while let Some((matched, position)) = states.pop_first() {
            let secret = self.bytes.get(matched..)?;
            if secret.is_empty() {
                return Some(states.last().map_or(position, |(_, longest)| *longest));
            }
            let rest = text.get(position..)?;
            let mut step = |bytes: &[u8], length: usize, is_invisible: bool| {
                if secret.starts_with(bytes) {
                    states.insert((matched + bytes.len(), position + length));
                } else if is_invisible && matched > 0 {
                    states.insert((matched, position + length));
                }
            };
            for (character, length) in characters(rest) {
                let bytes = &mut [0; 4];
                let bytes = character.encode_utf8(bytes).as_bytes();
                step(bytes, length, is_invisible(character));
            }
            if let Some((byte, length)) = percent_escape(rest) {
                step(&[byte], length, byte.is_ascii_control());
            }
            is_prefix |= matched >= MIN_PREFIX && may_be_incomplete(rest);
        }
        (is_truncated && is_prefix).then_some(text.len())
    }
}

/// The character at the start of `text` with its length, verbatim and decoded
/// from a JSON escape.
fn characters(text: &[u8]) -> impl Iterator<Item = (char, usize)> {
    let (character, length) = bstr::decode_utf8(text);
    character
        .map(|character| (character, length))
        .into_iter()
        .chain(json_escape(text))
}

fn json_escape(text: &[u8]) -> Option<(char, usize)> {
    let code_unit = |at: usize| {
        let digits = text.get(at..)?.strip_prefix(b"\\u")?.get(..4)?;
        u16::from_str_radix(digits.to_str().ok()?, 16).ok()
    };
    if let Some(unit) = code_unit(0) {
        let units = [Some(unit), code_unit(6)].into_iter().flatten();
        let character = char::decode_utf16(units).next()?.ok()?;
        return Some((character, character.len_utf16() * 6));
    }
    let character = match text.strip_prefix(b"\\")?.first()? {
        b'b' => '\u{8}',
        b'f' => '\u{c}',
        b'n' => '\n',
        b'r' => '\r',
        b't' => '\t',
        escaped @ (b'"' | b'\\' | b'/') => char::from(*escaped),
        _ => return None,
    };
    Some((character, 2))
}

/// The byte of a percent escape, whose characters may be escaped as in JSON.
fn percent_escape(text: &[u8]) -> Option<(u8, usize)> {
    if !matches!(text, [b'\\' | b'%', ..]) {
        return None;
    }
    let mut length = 0;
    let mut next = || {
        let (character, count) = characters(text.get(length..)?).last()?;
        length += count;
        Some(character)
    };
    if next()? != '%' {
        return None;
    }
    let byte = 16 * next()?.to_digit(16)? + next()?.to_digit(16)?;
    Some((u8::try_from(byte).ok()?, length))
}

/// Whether the text may have been truncated here or within the escape here.
fn may_be_incomplete(text: &[u8]) -> bool {
    text.is_empty() || text.len() < LONGEST_ESCAPE && matches!(text, [b'\\' | b'%', ..])
}

/// Control and formatting characters, which programs remove and readers do not see.
fn is_invisible(character: char) -> bool {
    character.is_control()
        || matches!(
            character,
            '\u{ad}'
                | '\u{61c}'
                | '\u{200b}'..='\u{200f}'
                | '\u{2028}'..='\u{202e}'
                | '\u{2060}'..='\u{206f}'
                | '\u{feff}'
        )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn masked(secret: &str, body: &str) -> String {
        let body = Secret::new(secret).mask(body.to_owned().into(), false);
        String::from_utf8(body.to_vec()).unwrap()
    }

    #[test]
    fn any_encoding_is_masked() {
        for encoded in [
            "user:1/2-token",
            r"user:1\/2-token",
            r"\u0075ser\u003a1\u002F2-token",
            "user%3a1%2F2-%74oken",
            r"user%\u0033a1\u00252F2-token",
            "us\u{202e}er:1/2-to\u{7f}ken",
            r"user\n:1\u0000/2\u2028-token",
            r"user\b:\f1\r/\t2-token",
            "us%00er:1/2-token",
        ] {
            let body = format!(r#"{{"a{encoded}":["\\{encoded}"]}}"#);
            assert_eq!(masked("user:1/2-token", &body), r#"{"a***":["\\***"]}"#);
        }
        assert_eq!(masked("tök😀en-1", r"a t\u00f6k\ud83d\ude00en-1"), "a ***");
        assert_eq!(masked("tök😀en-1", "a t%C3%B6k😀en-1"), "a ***");
    }

    #[test]
    fn other_text_is_unchanged() {
        for body in [
            r#"{"a":"user:1-toke","b":"\u0075ser:2-token","c":"user :1-token"}"#,
            r#"{"a":"\\u0075ser:1-token"}"#,
            r#"{"a":"\ud800user:1\u12"}"#,
            "user%3",
        ] {
            assert_eq!(masked("user:1-token", body), body);
        }
        assert_eq!(masked("short", "short"), "short");
    }

    #[test]
    fn escapes_are_masked_as_a_unit() {
        for (secret, body, expected) in [
            ("nser:1-token", r#"{"a":"\nser:1-token"}"#, r#"{"a":"***"}"#),
            ("user:1-to", r#"{"a":"\nuser:1-to"}"#, r#"{"a":"\n***"}"#),
            ("0075ser:1", r#"{"a":"\u0075ser:1"}"#, r#"{"a":"***"}"#),
            (r"user:1-\", r#"{"a":"user:1-\\"}"#, r#"{"a":"***"}"#),
            (
                r#"user:"1"%3A"#,
                r#"{"a":"user:\"1\"%3A"}"#,
                r#"{"a":"***"}"#,
            ),
        ] {
            assert_eq!(masked(secret, body), expected, "{secret}");
        }
    }

    #[test]
    fn ambiguous_escapes_take_bounded_time() {
        // There are exponentially many ways to decode them.
        let secret = [r"\".repeat(80), "x".into()].concat();
        let body = r"\".repeat(200);
        assert_eq!(masked(&secret, &body), body);
    }

    #[test]
    fn large_bodies_take_linear_time() {
        for body in ["u", r#"\""#, "%41", r"\u0061"] {
            let body = body.repeat(10_000);
            assert_eq!(masked("user:1-token", &body), body);
        }
    }

    #[test]
    fn prefix_is_masked_in_a_truncated_body() {
        let secret = Secret::new("user:1-token");
        for (body, expected) in [
            ("a user", "a ***"),
            ("a use", "a use"),
            ("a user x", "a user x"),
            (r"a user\u0078 and more te", r"a user\u0078 and more te"),
            (r"a \u0075ser:\", "a ***"),
            (r"a user\u003", "a ***"),
            ("a user%3", "a ***"),
            ("a user:1-t%6fken %", "a *** %"),
        ] {
            assert_eq!(secret.mask(body.into(), true), expected);
        }
        assert_eq!(secret.mask("a user".into(), false), "a user");
    }

    #[test]
    fn headers_are_masked() {
        let mut headers = HeaderMap::new();
        for (name, value) in [
            ("x-a", "see user%3a1-token"),
            ("user-token-x", "b"),
            ("c", "d"),
        ] {
            headers.insert(
                HeaderName::from_static(name),
                HeaderValue::from_static(value),
            );
        }
        Secret::new("user:1-token").mask_headers(&mut headers);
        Secret::new("User-Token").mask_headers(&mut headers);
        assert_eq!(headers.len(), 2);
        assert_eq!(
            (&headers["x-a"], &headers["c"]),
            (&"***".parse().unwrap(), &"d".parse().unwrap())
        );
    }
}
