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

/// `useapi-seed <command> <id> --out <folder>`, quoted for a shell.
pub(crate) fn line(command: &str, id: &str, out: &Path) -> String {
    let id = (quote(id.as_ref()), id.starts_with('-'));
    let dir = quote(out.as_os_str());
    let program = program();
    // What begins with a hyphen would be read as an option.
    let out = if out.as_os_str().as_encoded_bytes().starts_with(b"-") {
        format!("--out={dir}")
    } else {
        format!("--out {dir}")
    };
    match id {
        (id, false) => format!("{program} {command} {id} {out}"),
        (id, true) => format!("{program} {command} {out} -- {id}"),
    }
}

/// This program's own line, to run it again. Without a timeout, which may just have
/// been too short, and without what submits at once, which was meant for this time.
pub(crate) fn rerun_command() -> String {
    to_resume(std::env::args_os())
}

fn to_resume(mut words: impl Iterator<Item = OsString>) -> String {
    let mut line = Vec::new();
    while let Some(word) = words.next() {
        if word == "--timeout" {
            words.next();
        } else if word != "--resubmit" && !word.as_encoded_bytes().starts_with(b"--timeout=") {
            line.push(quote(&word));
        }
    }
    line.join(" ")
}

/// One word of a command line.
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
    fn words_are_quoted_where_a_shell_would_take_them_apart() {
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
    fn resumed_command_has_no_timeout() {
        for line in [
            "a fetch 5 --timeout 0.01 --out b",
            "a --timeout=1 fetch 5 --out b",
            "a fetch --timeout 1 5 --timeout=2 --out b --timeout 3",
        ] {
            let words = line.split(' ').map(OsString::from);
            assert_eq!(to_resume(words), "a fetch 5 --out b");
        }
    }

    #[test]
    fn what_begins_with_a_hyphen_is_no_option() {
        assert_eq!(
            line("wait", "-h", "-o".as_ref()),
            format!("{} wait --out=-o -- -h", program())
        );
        assert_eq!(
            line("wait", "5", "a b".as_ref()),
            format!("{} wait 5 --out 'a b'", program())
        );
    }
}
