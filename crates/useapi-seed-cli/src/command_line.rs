//! Command lines to copy and paste.

use std::ffi::{OsStr, OsString};
use std::fmt::Write;
use std::path::Path;

use crate::text::is_unprintable;

/// This program as it was called, so that the line works where it is shown.
pub(crate) fn program() -> String {
    std::env::args_os()
        .next()
        .map_or_else(|| "useapi-seed".to_owned(), |name| quote(&name))
}

/// `useapi-seed <command> <id> -o <directory>`, quoted for a shell.
pub(crate) fn command_line(command: &str, id: &str, dir: &Path) -> String {
    let program = program();
    let dir_word = quote(dir.as_os_str());
    // What begins with a hyphen would be read as an option.
    let dir = if dir.as_os_str().as_encoded_bytes().starts_with(b"-") {
        format!("--output={dir_word}")
    } else {
        format!("-o {dir_word}")
    };
    let separator = if id.starts_with('-') { "-- " } else { "" };
    let id = quote(id.as_ref());
    format!("{program} {command} {dir} {separator}{id}")
}

/// This program's own command line, to run it again. Without limits of time, which may
/// have been too short, and without what was meant for this run only.
pub(crate) fn rerun_command() -> String {
    to_rerun(std::env::args_os())
}

fn to_rerun(mut words: impl Iterator<Item = OsString>) -> String {
    const LIMITS: [&str; 2] = ["--timeout", "--max-time"];
    let mut line = Vec::new();
    while let Some(word) = words.next() {
        let text = word.to_str().unwrap_or_default();
        if LIMITS.contains(&text) {
            words.next();
            continue;
        }
        let name = text.split_once('=').map_or(text, |(name, _)| name);
        if name != "--resubmit" && !LIMITS.contains(&name) {
            line.push(quote(&word));
        }
    }
    // What stdin had is read.
    if line.iter().any(|word| word == "-") {
        line.push("< FILE".to_owned());
    }
    line.join(" ")
}

/// One argument of a command line.
pub(crate) fn quote(word: &OsStr) -> String {
    let bytes = word.as_encoded_bytes();
    match std::str::from_utf8(bytes) {
        Ok(text) if !text.is_empty() && text.chars().all(is_safe) => text.to_owned(),
        Ok(text) if !text.chars().any(is_unprintable) => {
            format!("'{}'", text.replace('\'', r"'\''"))
        }
        _ => escaped(bytes),
    }
}

fn is_safe(letter: char) -> bool {
    letter.is_ascii_alphanumeric() || "-_./:,@%+=".contains(letter)
}

/// As the shells' `$'…'`, which can say every byte in print.
fn escaped(bytes: &[u8]) -> String {
    let mut word = String::from("$'");
    for byte in bytes {
        match byte {
            b'\'' | b'\\' => word.extend(['\\', char::from(*byte)]),
            b' '..=b'~' => word.push(char::from(*byte)),
            // Three octal digits: they end by themselves, unlike `\x`.
            _ => {
                let _ = write!(word, "\\{byte:03o}");
            }
        }
    }
    word.push('\'');
    word
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_with_shell_characters_are_quoted() {
        for (word, expected) in [
            ("20240225-user:1-channel:2", "20240225-user:1-channel:2"),
            ("", "''"),
            ("a b", "'a b'"),
            ("it's", r"'it'\''s'"),
            ("$(rm -r ~)", "'$(rm -r ~)'"),
            ("~", "'~'"),
            ("Größe", "'Größe'"),
            ("\x1b[0m'\\7", r"$'\033[0m\'\\7'"),
        ] {
            assert_eq!(quote(word.as_ref()), expected);
        }
    }

    #[test]
    fn rerun_command_has_no_limits() {
        for line in [
            "a fetch 5 --timeout 0.01 -o b",
            "a --timeout=1 fetch 5 -o b",
            "a fetch --timeout 1 5 --timeout=2 -o b --max-time 3 --resubmit",
        ] {
            let words = line.split(' ').map(OsString::from);
            assert_eq!(to_rerun(words), "a fetch 5 -o b");
        }
    }

    #[test]
    fn leading_hyphens_are_not_options() {
        assert_eq!(
            command_line("wait", "-h", "-o".as_ref()),
            format!("{} wait --output=-o -- -h", program())
        );
        assert_eq!(
            command_line("wait", "5", "a b".as_ref()),
            format!("{} wait -o 'a b' 5", program())
        );
    }
}
