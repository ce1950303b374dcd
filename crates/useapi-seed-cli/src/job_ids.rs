//! Job IDs as they are given: on the command line, in a file, or on stdin.
//!
//! All that cannot be one is reported together, before anything is sent.

use std::collections::BTreeSet;
use std::fs::File;
use std::io;
use std::path::Path;

use useapi_seed::{ErrorKind, check_job_id};

use crate::error::CliError;
use crate::local_file::{OUTPUT_LIMIT, read_up_to};
use crate::terminal::{eprint, note_label};

/// On the command line, this stands for what stdin has.
const STDIN: &str = "-";
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

/// The IDs among a command's arguments, which all have this name.
pub(crate) fn of_arguments(
    name: &str,
    arguments: &[impl AsRef<str>],
) -> Result<Vec<String>, CliError> {
    let mut ids = Ids::default();
    for argument in arguments {
        ids.add_argument(name, argument.as_ref());
    }
    ids.finish()
}

/// As [`of_arguments`], for a command that takes one.
pub(crate) fn of_argument(name: &str, argument: &str) -> Result<String, CliError> {
    of_arguments(name, &[argument]).map(|ids| ids.concat())
}

/// Each ID once, in the order in which they were given.
pub(crate) fn read<P: AsRef<Path>>(
    arguments: &[String],
    input_files: impl IntoIterator<Item = P>,
) -> Result<Vec<String>, CliError> {
    let unreadable = |place: &str, error: io::Error| {
        CliError::file(format!("cannot read job IDs from {place}: {error}"))
    };
    let mut ids = Ids::default();
    for argument in arguments {
        if argument == STDIN {
            let text = read_up_to(io::stdin(), OUTPUT_LIMIT);
            let text = text.map_err(|error| unreadable("stdin", error))?;
            ids.add_lines("stdin", &text);
        } else {
            ids.add_argument("JOBID", argument);
        }
    }
    for file in input_files {
        let file = file.as_ref();
        let place = file.display().to_string();
        // It may be a pipe.
        let text = File::open(file).and_then(|file| read_up_to(file, OUTPUT_LIMIT));
        let text = text.map_err(|error| unreadable(&place, error))?;
        ids.add_lines(&place, &text);
    }
    let mut all = ids.finish()?;
    if all.is_empty() {
        return Err(CliError::usage("the input contains no job ID"));
    }
    let given = all.len();
    let mut seen = BTreeSet::new();
    all.retain(|id| seen.insert(id.clone()));
    if all.len() < given {
        let count = given - all.len();
        let ids = if count == 1 { "ID" } else { "IDs" };
        eprint(format_args!(
            "{} ignored {count} duplicate job {ids}",
            note_label()
        ));
    }
    Ok(all)
}

/// What was given so far.
#[derive(Debug, Default)]
struct Ids {
    valid: Vec<String>,
    problems: Vec<String>,
    /// Whether an argument looks like names of fields.
    has_words: bool,
}

impl Ids {
    fn add_argument(&mut self, name: &str, argument: &str) {
        let is_valid = self.add(name, argument);
        let is_positional = !name.starts_with('-') && !argument.trim().is_empty();
        self.has_words |= is_positional && !is_valid && !has_digit(argument);
    }

    /// One on each line; blank lines and comments are none.
    fn add_lines(&mut self, place: &str, text: &[u8]) {
        for (index, line) in text.split(|byte| *byte == b'\n').enumerate() {
            let place = format!("{place}, line {}", index + 1);
            let Ok(line) = std::str::from_utf8(line) else {
                self.problems.push(format!("{place}: not UTF-8 text"));
                continue;
            };
            let line = line.trim_matches(is_blank);
            if !line.is_empty() && !line.starts_with('#') {
                self.add(&place, line);
            }
        }
    }

    fn add(&mut self, place: &str, text: &str) -> bool {
        let id = normalized(text);
        let problem = problem(id);
        match &problem {
            None => self.valid.push(id.to_owned()),
            Some(problem) => {
                let shown = shown(text);
                self.problems.push(format!("{place}: {shown} {problem}"));
            }
        }
        problem.is_none()
    }

    fn finish(self) -> Result<Vec<String>, CliError> {
        let message = match self.problems.len() {
            0 => return Ok(self.valid),
            1 => "invalid job ID; nothing was sent".to_owned(),
            count => format!("{count} invalid job IDs; nothing was sent"),
        };
        let error = CliError::usage(message).hint(self.problems.join("\n  "));
        Err(if self.has_words {
            error.hint("hint: did you mean --fields?")
        } else {
            error
        })
    }
}

/// An ID without what lists, tables, editors and chats put around it.
fn normalized(mut text: &str) -> &str {
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

/// White space, and what takes no room: zero-width characters, direction marks, and
/// the byte order mark.
fn is_blank(letter: char) -> bool {
    letter.is_whitespace()
        || matches!(
            letter,
            '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{2069}' | '\u{feff}'
        )
}

/// Why a text cannot be a job ID.
fn problem(id: &str) -> Option<String> {
    if let Err(error) = check_job_id(id) {
        return Some(match error.kind() {
            ErrorKind::InvalidInput { reason, .. } => reason.clone(),
            _ => error.to_string(),
        });
    }
    let forbidden = |letter: &char| {
        letter.is_whitespace() || FORBIDDEN.contains(*letter) || is_unprintable(*letter)
    };
    match id.chars().find(forbidden) {
        Some(letter) if letter.is_whitespace() => Some("contains white space".to_owned()),
        Some(letter) if FORBIDDEN.contains(letter) => Some(format!("contains {letter}")),
        Some(letter) => Some(format!("contains U+{:04X}", u32::from(letter))),
        None if !has_digit(id) => Some("contains no digit".to_owned()),
        None => None,
    }
}

/// Control and format characters, and what else Unicode has that is not for print:
/// the standard library escapes it.
fn is_unprintable(letter: char) -> bool {
    letter.escape_debug().len() > 1
}

fn has_digit(text: &str) -> bool {
    text.contains(|letter: char| letter.is_ascii_digit())
}

/// In quotes, with escapes for what would not be seen.
fn shown(text: &str) -> String {
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
            ("1 2", "white space"),
            ("1\u{a0}2", "white space"),
            ("1\u{2028}2", "white space"),
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

    #[test]
    fn lines_are_ids_comments_or_blank() {
        let mut ids = Ids::default();
        let text = "\u{feff}# mine\r\n1-user:1\r\n\n  2-user:1  \n\u{200b}\n#3\n\"4\",";
        ids.add_lines("f", text.as_bytes());
        assert_eq!(ids.finish().unwrap(), ["1-user:1", "2-user:1", "4"]);
    }

    #[test]
    fn every_bad_line_is_reported_at_once() {
        let mut ids = Ids::default();
        ids.add_lines("f", b"jobid,prompt\n1\n2 3\n\xff5\n[\n");
        ids.add_argument("JOBID", "6\x1b");
        let error = ids.finish().unwrap_err();
        assert_eq!(error.message(), "5 invalid job IDs; nothing was sent");
        let lines: Vec<_> = error.hint_text().unwrap().lines().map(str::trim).collect();
        assert_eq!(
            lines,
            [
                "f, line 1: \"jobid,prompt\" contains ,",
                "f, line 3: \"2 3\" contains white space",
                "f, line 4: not UTF-8 text",
                "f, line 5: \"[\" contains [",
                "JOBID: \"6\\u{1b}\" contains a control character",
            ]
        );
    }
}
