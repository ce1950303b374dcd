//! What must not come back out of an answer.

use std::fmt;

use bstr::ByteSlice;
use bytes::Bytes;
use memchr::memchr3;
use reqwest::header::{HeaderMap, HeaderName, HeaderValue};

/// Shorter values are no secrets, and replacing them would garble the answer.
const SHORTEST: usize = 8;
const MASK: &str = "***";
/// Of the start of a secret at the end of a body that was cut, fewer bytes than
/// this tell nothing.
const SHOWN: usize = 4;

/// A secret, in every spelling that a response may have of it: verbatim, with
/// JSON's or an address's escapes in place of any of its characters, and with
/// characters in between that a program removes before it shows a text.
///
/// A body is masked in the spelling in which it came, so that what is decoded
/// from it later, keys and all, is masked too.
pub(crate) struct Secret {
    /// Empty when it is too short to be one.
    bytes: Vec<u8>,
    spellings: &'static [Spelling],
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(MASK)
    }
}

/// Which escapes count.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Spelling {
    Verbatim,
    Json,
    JsonAndAddress,
}

/// A part of a text.
enum Unit {
    /// A character: its UTF-8, and the number of its bytes.
    Bytes([u8; 4], usize),
    /// What a program may remove before it shows a text.
    Invisible,
    /// The text ends within an escape.
    Cut,
}

impl Secret {
    pub(crate) fn new(secret: &[u8]) -> Self {
        let is_secret = secret.len() >= SHORTEST;
        Self {
            bytes: if is_secret {
                secret.to_vec()
            } else {
                Vec::new()
            },
            // The last one covers the others, but where the secret itself has
            // what looks like an escape.
            spellings: if secret.contains(&b'\\') || secret.contains(&b'%') {
                &[Spelling::Verbatim, Spelling::Json, Spelling::JsonAndAddress]
            } else {
                &[Spelling::JsonAndAddress]
            },
        }
    }

    /// Masks the secret, and the start of one that a body ends with which
    /// `is_cut`.
    pub(crate) fn mask(&self, body: Bytes, is_cut: bool) -> Bytes {
        let mut masked = Vec::new();
        let mut kept = 0;
        while let Some((start, end)) = self.find(&body, kept, is_cut) {
            masked.extend_from_slice(body.get(kept..start).unwrap_or_default());
            masked.extend_from_slice(MASK.as_bytes());
            kept = end;
        }
        if kept == 0 {
            return body;
        }
        masked.extend_from_slice(body.get(kept..).unwrap_or_default());
        masked.into()
    }

    pub(crate) fn mask_headers(&self, headers: &mut HeaderMap) {
        if self.bytes.is_empty() {
            return;
        }
        // Names are in lower case.
        let lower_case = self.bytes.to_ascii_lowercase();
        let is_name = |name: &&HeaderName| name.as_str().as_bytes().contains_str(&lower_case);
        let names: Vec<_> = headers.keys().filter(is_name).cloned().collect();
        for name in names {
            headers.remove(name);
        }
        for value in headers.values_mut() {
            if self.find(value.as_bytes(), 0, false).is_some() {
                *value = HeaderValue::from_static(MASK);
            }
        }
    }

    /// Where the secret is next: its start and its end.
    fn find(&self, text: &[u8], mut from: usize, is_cut: bool) -> Option<(usize, usize)> {
        let first = *self.bytes.first()?;
        let mut escape = 0..0;
        loop {
            // It can begin nowhere else, so most of a text is only skimmed.
            let start = from + memchr3(first, b'\\', b'%', text.get(from..)?)?;
            let ends = self.spellings.iter();
            let ends = ends.filter_map(|spelling| self.end(text, start, *spelling, is_cut));
            if let Some(end) = ends.max() {
                // Half an escape would be no JSON any more.
                let is_in_escape = escape.contains(&start);
                return Some((if is_in_escape { escape.start } else { start }, end));
            }
            from = start + 1;
            if text.get(start) == Some(&b'\\') {
                let next = text.get(from);
                let length = if next == Some(&b'u') { 6 } else { 2 };
                escape = start..start + length;
                // The second of two backslashes begins nothing.
                from += usize::from(next == Some(&b'\\'));
            }
        }
    }

    /// Where the secret ends that begins at `start`, if one does.
    fn end(&self, text: &[u8], start: usize, spelling: Spelling, is_cut: bool) -> Option<usize> {
        let mut secret = self.bytes.as_slice();
        let mut at = start;
        while !secret.is_empty() {
            let (unit, length) = unit(text.get(at..)?, secret, spelling);
            match unit {
                Unit::Bytes(bytes, count) => secret = secret.strip_prefix(bytes.get(..count)?)?,
                Unit::Invisible if at > start => {}
                Unit::Invisible => return None,
                Unit::Cut => {
                    let is_shown = self.bytes.len() - secret.len() >= SHOWN;
                    return (is_cut && is_shown).then_some(text.len());
                }
            }
            at += length;
        }
        Some(at)
    }
}

/// What `text` begins with, and how many bytes that takes; `secret` is what is
/// expected.
fn unit(text: &[u8], secret: &[u8], spelling: Spelling) -> (Unit, usize) {
    let has_json = spelling != Spelling::Verbatim;
    let Some((mut character, mut length)) = character(text, has_json) else {
        return (Unit::Cut, 0);
    };
    if character == Some('%') && spelling == Spelling::JsonAndAddress {
        let Some((byte, end)) = address_escape(text, length) else {
            return (Unit::Cut, 0);
        };
        match byte {
            Some(byte) if secret.first() == Some(&byte) => {
                return (Unit::Bytes([byte, 0, 0, 0], 1), end);
            }
            Some(byte) if byte.is_ascii_control() => {
                (character, length) = (Some(char::from(byte)), end);
            }
            _ => {}
        }
    }
    let mut bytes = [text.first().copied().unwrap_or_default(), 0, 0, 0];
    let count = character.map_or(1, |character| character.encode_utf8(&mut bytes).len());
    let is_expected = bytes
        .get(..count)
        .is_some_and(|bytes| secret.starts_with(bytes));
    if character.is_some_and(is_invisible) && !is_expected {
        (Unit::Invisible, length)
    } else {
        (Unit::Bytes(bytes, count), length)
    }
}

/// The character that `text` begins with, if it is one, and how many bytes that
/// takes; none when the text ends within it.
fn character(text: &[u8], has_json: bool) -> Option<(Option<char>, usize)> {
    Some(match *text {
        [] => return None,
        [b'\\', ref rest @ ..] if has_json => {
            let (character, length) = json_escape(rest)?;
            (Some(character), length + 1)
        }
        [byte, ..] if byte.is_ascii() => (Some(char::from(byte)), 1),
        _ => bstr::decode_utf8(text),
    })
}

/// The byte of which an address's escape consists, if it is one, whose digits begin
/// at `start`, and where it ends; none when the text ends within it.
fn address_escape(text: &[u8], start: usize) -> Option<(Option<u8>, usize)> {
    let (mut value, mut at) = (Some(0), start);
    for _ in 0..2 {
        // The digits may be escaped in their turn.
        let (digit, length) = character(text.get(at..)?, true)?;
        let digit = digit.and_then(|digit| digit.to_digit(16));
        value = value.zip(digit).map(|(value, digit)| value << 4 | digit);
        at += length;
    }
    Some((value.and_then(|value| u8::try_from(value).ok()), at))
}

/// The character of which the escape consists that begins before `rest`, and how
/// much of `rest` belongs to it; none when the text ends within it.
fn json_escape(rest: &[u8]) -> Option<(char, usize)> {
    let character = match *rest.first()? {
        b'u' => {
            let Some(unit) = hexadecimal(rest.get(1..5)?) else {
                return Some(('\\', 0));
            };
            let low = rest.get(5..11).and_then(|low| low.strip_prefix(b"\\u"));
            let units = [Some(unit), low.and_then(hexadecimal)];
            let character = char::decode_utf16(units.into_iter().flatten()).next()?;
            let character = character.unwrap_or(char::REPLACEMENT_CHARACTER);
            return Some((character, character.len_utf16() * 6 - 1));
        }
        b'b' => '\u{8}',
        b'f' => '\u{c}',
        b'n' => '\n',
        b'r' => '\r',
        b't' => '\t',
        escaped @ (b'"' | b'\\' | b'/') => char::from(escaped),
        // Not JSON.
        _ => return Some(('\\', 0)),
    };
    Some((character, 1))
}

fn hexadecimal(digits: &[u8]) -> Option<u16> {
    u16::from_str_radix(digits.to_str().ok()?, 16).ok()
}

/// Controls, and what formats a text without showing: programs remove them, and
/// readers do not see them.
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
        let body = Secret::new(secret.as_bytes()).mask(body.to_owned().into(), false);
        String::from_utf8(body.to_vec()).unwrap()
    }

    #[test]
    fn any_spelling_is_masked() {
        for spelling in [
            "user:1/2-token",
            r"user:1\/2-token",
            r"\u0075ser\u003a1\u002F2-token",
            "user%3a1%2F2-%74oken",
            r"user%\u0033a1\u00252F2-token",
            "us\u{202e}er:1/2-to\u{7f}ken",
            r"user\n:1\u0000/2\u2028-token",
            "us%00er:1/2-token",
        ] {
            let body = format!(r#"{{"a{spelling}":["\\{spelling}"]}}"#);
            assert_eq!(masked("user:1/2-token", &body), r#"{"a***":["\\***"]}"#);
        }
    }

    #[test]
    fn other_text_is_left_alone() {
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
    fn no_escape_is_left_in_half() {
        for (secret, body, expected) in [
            ("nser:1-token", r#"{"a":"\nser:1-token"}"#, r#"{"a":"***"}"#),
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
    fn start_at_the_end_of_a_cut_body_is_masked() {
        let secret = Secret::new(b"user:1-token");
        for (body, expected) in [
            ("a user", "a ***"),
            ("a use", "a use"),
            (r"a \u0075ser:\", "a ***"),
            (r"a user\u003", "a ***"),
            ("a user%3", "a ***"),
        ] {
            assert_eq!(secret.mask(body.into(), true), expected);
            assert_eq!(secret.mask(body.into(), false), body);
        }
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
        Secret::new(b"user:1-token").mask_headers(&mut headers);
        Secret::new(b"User-Token").mask_headers(&mut headers);
        assert_eq!(headers.len(), 2);
        assert_eq!(
            (&headers["x-a"], &headers["c"]),
            (&"***".parse().unwrap(), &"d".parse().unwrap())
        );
    }
}
