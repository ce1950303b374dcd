//! Mends JSON that only nearly is: one odd field must not cost the result.

use std::borrow::Cow;

/// Deeper than any answer is, and less than the parser allows (128).
const DEPTH: usize = 100;
const REPLACEMENT: &str = "\\ufffd";

/// The body as text that a parser takes, where little is wrong with it: without
/// a byte order mark, with a replacement for letters that are none, and with
/// `null` in place of what is nested without end.
pub(crate) fn json(body: &[u8]) -> String {
    let text = String::from_utf8_lossy(body);
    let mut rest = text.strip_prefix('\u{feff}').unwrap_or(&text);
    let mut mended = String::with_capacity(rest.len());
    let mut depth = 0_usize;
    while let Some(letter) = rest.chars().next() {
        let (piece, length): (Cow<'_, str>, usize) = match letter {
            '"' => string(rest),
            _ => (
                Cow::Borrowed(rest.get(..letter.len_utf8()).unwrap_or_default()),
                letter.len_utf8(),
            ),
        };
        let before = depth;
        match letter {
            '{' | '[' => depth += 1,
            '}' | ']' => depth = depth.saturating_sub(1),
            _ => {}
        }
        if before <= DEPTH && depth <= DEPTH {
            mended.push_str(&piece);
        } else if before == DEPTH {
            mended.push_str("null");
        }
        rest = rest.get(length..).unwrap_or_default();
    }
    mended
}

/// The string that `text` begins with, and how long it is there.
fn string(text: &str) -> (Cow<'_, str>, usize) {
    let mut escaped = false;
    let end = text
        .char_indices()
        .skip(1)
        .find_map(|(index, letter)| match letter {
            _ if escaped => {
                escaped = false;
                None
            }
            '\\' => {
                escaped = true;
                None
            }
            '"' => Some(index + 1),
            _ => None,
        })
        .unwrap_or(text.len());
    let string = text.get(..end).unwrap_or(text);
    (without_lone_surrogates(string), end)
}

/// JavaScript cuts strings between the halves of a letter; JSON has no such
/// halves.
fn without_lone_surrogates(string: &str) -> Cow<'_, str> {
    let mut mended = String::new();
    let mut rest = string;
    let mut is_mended = false;
    while let Some(place) = rest.find('\\') {
        let (before, escape) = rest.split_at(place);
        mended.push_str(before);
        let (kept, length) = match (surrogate(escape), surrogate(escape.get(6..).unwrap_or(""))) {
            (Some(0xD800..0xDC00), Some(0xDC00..0xE000)) => (escape.get(..12), 12),
            (Some(_), _) => {
                is_mended = true;
                (Some(REPLACEMENT), 6)
            }
            // The backslash and the letter that it escapes.
            (None, _) => {
                let length = escape.chars().take(2).map(char::len_utf8).sum();
                (escape.get(..length), length)
            }
        };
        mended.push_str(kept.unwrap_or_default());
        rest = escape.get(length..).unwrap_or_default();
    }
    if is_mended {
        mended.push_str(rest);
        Cow::Owned(mended)
    } else {
        Cow::Borrowed(string)
    }
}

/// The half of a letter that `escape` begins with, as in `\ud83d`.
fn surrogate(escape: &str) -> Option<u32> {
    let digits = escape.strip_prefix("\\u")?.get(..4)?;
    let value = u32::from_str_radix(digits, 16).ok()?;
    (0xD800..0xE000).contains(&value).then_some(value)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::{Value, json};

    use super::json as mend;

    fn read(body: &[u8]) -> Value {
        serde_json::from_str(&mend(body)).unwrap()
    }

    #[test]
    fn what_is_odd_costs_only_itself() {
        assert_eq!(read(b"\xEF\xBB\xBF{\"a\":1}"), json!({"a": 1}));
        assert_eq!(
            read(br#"{"a":"x\ud800y","b":1}"#),
            json!({"a": "x\u{fffd}y", "b": 1})
        );
        assert_eq!(
            read(br#"{"a":"\udc00\ud83d\ude00"}"#),
            json!({"a": "\u{fffd}\u{1f600}"})
        );
        assert_eq!(
            read(b"{\"a\":\"x\xFFy\",\"b\":1}"),
            json!({"a": "x\u{fffd}y", "b": 1})
        );
        let deep = format!(r#"{{"a":{}5{},"b":1}}"#, "[".repeat(300), "]".repeat(300));
        assert_eq!(read(deep.as_bytes())["b"], 1);
        let brackets = br#"{"a":"[[[{\\\"","b":1}"#;
        assert_eq!(read(brackets), json!({"a": "[[[{\\\"", "b": 1}));
    }

    proptest! {
        #[test]
        fn good_json_stays_as_it_is(text in "\\PC*", number: f64) {
            let value = json!({"a": [text, number, {"b": text}]}).to_string();
            prop_assert_eq!(mend(value.as_bytes()), value);
        }

        #[test]
        fn anything_is_mended_without_panic(body in prop::collection::vec(any::<u8>(), 0..200)) {
            mend(&body);
        }

        #[test]
        fn any_escapes_are_mended_without_panic(text in "(\\\\|u|d|8|0|\"|\\{|\\[|é|\\]|\\})*") {
            mend(text.as_bytes());
        }
    }
}
