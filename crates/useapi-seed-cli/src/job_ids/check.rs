//! What a job ID can be.

use useapi_seed::{ErrorKind, check_job_id};

/// How many characters of a text are shown.
const SHOWN: usize = 80;
/// Pairs that texts are quoted with.
const QUOTES: [(char, char); 8] = [
    ('"', '"'),
    ('\'', '\''),
    ('`', '`'),
    ('“', '”'),
    ('„', '“'),
    ('‘', '’'),
    ('«', '»'),
    ('»', '«'),
];
/// Quotes, brackets, what separates the values of a list or the parts of a path or an
/// address, and what is escaped or could not be decoded.
const FORBIDDEN: &str = "\"'`“”„‟‘’‚‛«»‹›()[]{}<>,，、;|/\\?&#%\u{fffd}\u{3164}";

/// An ID without what lists, tables, editors and chats put around it.
pub(super) fn normalized(mut text: &str) -> &str {
    loop {
        let before = text.len();
        text = text.trim_matches(is_blank);
        text = text.strip_suffix(',').unwrap_or(text);
        for (open, close) in QUOTES {
            let inner = text.strip_prefix(open);
            text = inner
                .and_then(|rest| rest.strip_suffix(close))
                .unwrap_or(text);
        }
        if text.len() == before {
            return text;
        }
    }
}

/// White space, and what has no width: zero-width characters, direction marks, and
/// the byte order mark.
pub(super) fn is_blank(character: char) -> bool {
    character.is_whitespace()
        || matches!(
            character,
            '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{2069}' | '\u{feff}'
        )
}

/// Why a text cannot be a job ID.
pub(super) fn problem(id: &str) -> Option<String> {
    if let Err(error) = check_job_id(id) {
        return Some(match error.kind() {
            ErrorKind::InvalidInput { reason, .. } => reason.clone(),
            _ => error.to_string(),
        });
    }
    let forbidden = |character: &char| {
        character.is_whitespace() || FORBIDDEN.contains(*character) || is_unprintable(*character)
    };
    match id.chars().find(forbidden) {
        Some(' ') => Some("contains a space".to_owned()),
        Some(character) if FORBIDDEN.contains(character) => Some(format!("contains {character}")),
        Some(character) => Some(format!("contains U+{:04X}", u32::from(character))),
        None if !has_digit(id) => Some("contains no digit".to_owned()),
        None => None,
    }
}

/// Control and format characters, and what else Unicode has that is not for print:
/// the standard library escapes it.
fn is_unprintable(character: char) -> bool {
    character.escape_debug().len() > 1
}

pub(super) fn has_digit(text: &str) -> bool {
    text.contains(|character: char| character.is_ascii_digit())
}

/// In quotes, with escapes for what would not be seen.
pub(super) fn shown(text: &str) -> String {
    let start: String = text.chars().take(SHOWN).collect();
    let rest = if start.len() < text.len() { "..." } else { "" };
    format!("{start:?}{rest}")
}

#[cfg(test)]
mod tests {
    use super::*;

    const ID: &str = "20240225145303538-user:1234-channel:1114555266835431444";

    #[test]
    fn decoration_around_an_id_is_removed() {
        for (before, after) in [
            ("", "\r"),
            ("", "\n"),
            (" ", "\t"),
            ("\u{a0}", "\u{a0}"),
            ("\u{feff}", ""),
            ("", "\u{200b}"),
            ("\u{200c}\u{200d}", "\u{2060}\u{200e}"),
            ("\"", "\""),
            ("'", "'"),
            ("“", "”"),
            ("", ","),
            (" \"", "\" ,\r"),
            ("\u{feff}\" ", " \","),
        ] {
            assert_eq!(normalized(&format!("{before}{ID}{after}")), ID);
        }
        for text in ["", " ", "\u{feff}", "\"\"", "\" \",", ","] {
            assert_eq!(normalized(text), "");
        }
    }

    #[test]
    fn text_that_is_not_an_id_is_rejected() {
        for id in [ID, "5", "1-user:1", "abc_1.2~3+4=", "é5"] {
            assert_eq!(problem(id), None, "{id}");
        }
        let long = "5".repeat(257);
        for (id, words) in [
            ("", "is empty"),
            (&*long, "longer than 256"),
            ("jobid", "no digit"),
            ("-", "no digit"),
            ("1 2", "contains a space"),
            ("1\u{a0}2", "U+00A0"),
            ("1\u{2028}2", "U+2028"),
            ("1\r2", "control character"),
            ("1\u{7f}", "control character"),
            ("1\u{200b}2", "U+200B"),
            ("1\u{ad}2", "U+00AD"),
            ("1\u{202e}2", "U+202E"),
            ("1\u{feff}2", "U+FEFF"),
            ("1\u{e0001}2", "U+E0001"),
            ("\"1", "contains \""),
            ("it's1", "contains '"),
            ("1,cat", "contains ,"),
            ("1;2", "contains ;"),
            ("[1", "contains ["),
            ("{1}", "contains {"),
            ("<1>", "contains <"),
            ("https://a.b/?jobid=1", "contains /"),
            ("..\\1", "contains \\"),
        ] {
            let problem = problem(id).unwrap_or_default();
            assert!(problem.contains(words), "{id:?}: {problem}");
        }
    }
}
