//! What can be wrong with a scenario.

use std::ops::Range;

/// A text that is no scenario, with the place of what is wrong. Of the text's
/// values it shows none but names and what faults have: others could be secrets,
/// also where none belongs.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ScenarioError {
    /// It is no TOML, or a value is not what has to be there.
    #[error("the scenario cannot be read: line {line}, column {column}: {message}")]
    #[non_exhaustive]
    File {
        /// Counted from 1.
        line: usize,
        /// Counted from 1, in characters.
        column: usize,
        /// What is wrong there.
        message: String,
    },
    /// It contradicts itself.
    #[error("the scenario contradicts itself in line {line}: {problem}")]
    #[non_exhaustive]
    Contradiction {
        /// Counted from 1.
        line: usize,
        /// What is wrong there.
        problem: String,
    },
}

impl ScenarioError {
    // The parser's own error holds the text, and shows its line.
    pub(super) fn file(text: &str, error: &toml::de::Error) -> Self {
        let place = error.span().unwrap_or_default();
        let (line, column) = position(text, &place);
        let message = without_value(error.message());
        Self::File {
            line,
            column,
            message,
        }
    }

    pub(super) fn contradiction(text: &str, place: &Range<usize>, problem: String) -> Self {
        let (line, _) = position(text, place);
        Self::Contradiction { line, problem }
    }
}

/// Line and column.
fn position(text: &str, place: &Range<usize>) -> (usize, usize) {
    let before = text.get(..place.start).unwrap_or_default();
    let line = before.matches('\n').count() + 1;
    let start = before.rsplit('\n').next().unwrap_or_default();
    (line, start.chars().count() + 1)
}

/// A complaint without the value that it quotes. serde says first what it has
/// found and then what it expected, which is not from the text.
fn without_value(message: &str) -> String {
    let quotes = message.starts_with("invalid ") || message.starts_with("unknown ");
    let expected = [", expected ", ", there are no "]
        .into_iter()
        .filter_map(|words| message.rfind(words))
        .max();
    let (found, expected) = message.split_at(expected.unwrap_or(message.len()));
    match found.split_once(['`', '"']) {
        Some((kind, value)) if quotes && !is_field(value.trim_end_matches('`')) => {
            format!("{}{expected}", kind.trim_end())
        }
        _ => message.to_owned(),
    }
}

/// Whether this could be a field that somebody has misspelt, and no token.
fn is_field(text: &str) -> bool {
    text.len() <= 24
        && text
            .bytes()
            .all(|letter| letter.is_ascii_lowercase() || letter == b'_')
}

#[cfg(test)]
mod tests {
    use crate::Scenario;

    #[test]
    fn no_value_is_shown() {
        for (line, complaint) in [
            ("title = user:12-secret", "line 2, column 9"),
            ("title = \"user:12-secret", "line 2"),
            ("user:12-secret", "line 2"),
            (
                "account = \"user:12-secret\"",
                "line 2, column 11: invalid type: string, expected a sequence",
            ),
            (
                "account = \"user:12-secret\\\", expected a \"",
                "invalid type: string, expected a sequence",
            ),
            ("token = [\"user:12-secret\"]", "invalid type: string"),
            (
                "account = [{ channel = 1234567812345678 }]",
                "invalid type: integer, expected a string",
            ),
            (
                "token = [{ token = \"a-token-of-it\", subscription = \"user:12-secret\" }]",
                "unknown variant, expected `active` or `expired`",
            ),
            (
                "token = [{ \"user:12-secret\" = \"active\" }]",
                "unknown field, expected `token` or `subscription`",
            ),
            (
                "fault = [{ operation = \"get_job\", trigger = { next = 1 }, \
                 fault = { kind = \"dropped\", user-12-secret = 1 } }]",
                "unknown field, there are no fields",
            ),
            (
                "clock.start = \"user:12-secret\"",
                "no time such as 2024-02-25T18:00:00Z",
            ),
            (
                "account = [{ channel = \"user:12-secret\" }]",
                "the id of a channel consists of digits",
            ),
            (
                "token = [{ token = \"12-secret user\" }]",
                "a token has at least eight characters",
            ),
        ] {
            let error = Scenario::from_toml(&format!("title = \"a\"\n{line}\n"));
            let error = error.unwrap_err();
            for shown in [error.to_string(), format!("{error:?}")] {
                assert!(!shown.contains("12-secret"), "{shown}");
                assert!(!shown.contains("1234567812345678"), "{shown}");
            }
            assert!(
                error.to_string().contains(complaint),
                "{complaint}: {error}"
            );
        }
    }
}
