//! What is written to the terminal: news to stderr, results to stdout.
//!
//! `println!` and `eprintln!` panic when nobody reads any more; these do not.

use std::fmt::Display;
use std::io::{self, Write};

/// Writes a line of news.
pub(crate) fn tell(line: impl Display) {
    // With stderr gone there is nobody left to tell.
    let _ = writeln!(io::stderr(), "{line}");
}

/// Writes a result, at once.
pub(crate) fn give(result: &str) -> io::Result<()> {
    let mut stdout = io::stdout().lock();
    stdout.write_all(result.as_bytes())?;
    stdout.flush()
}

/// `text` without what could move the cursor, colour the terminal or reorder
/// the line. It goes over all that a server had a hand in.
pub(crate) fn plain(text: &str) -> String {
    console::strip_ansi_codes(text)
        .chars()
        .filter(|letter| !is_unprintable(*letter))
        .collect()
}

/// Controls, line separators, and the marks that change a line's direction.
pub(crate) fn is_unprintable(letter: char) -> bool {
    letter.is_control()
        || matches!(
            letter,
            '\u{61c}'
                | '\u{200e}'
                | '\u{200f}'
                | '\u{2028}'..='\u{202e}'
                | '\u{2066}'..='\u{2069}'
                | '\u{feff}'
        )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_is_left_that_a_terminal_acts_upon() {
        assert_eq!(plain("a \x1b[31mred\x1b[0m cat"), "a red cat");
        assert_eq!(plain("over\r\nwritten\x07\x08\x7f\u{9b}"), "overwritten");
        assert_eq!(plain("\u{202e}tac\u{2066}"), "tac");
        assert_eq!(plain("\x1b"), "");
        assert_eq!(plain("Größe 猫 👩\u{200d}🚀"), "Größe 猫 👩\u{200d}🚀");
    }
}
