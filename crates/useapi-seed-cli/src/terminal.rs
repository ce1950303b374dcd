//! What is written to the terminal: news to stderr, results to stdout.
//!
//! `println!` and `eprintln!` panic when nobody reads any more; these do not.

use std::fmt::Display;
use std::io::{self, Write};
use std::sync::LazyLock;

use console::Style;
use indicatif::MultiProgress;

use crate::failure::Failure;

/// How many of a job's images are saved and listed; the others are counted.
pub(crate) const IMAGES_SHOWN: usize = 16;

/// The lines that change; they stand below all others on stderr.
pub(crate) static BARS: LazyLock<MultiProgress> = LazyLock::new(MultiProgress::new);

/// Lets `NO_COLOR` go over `CLICOLOR_FORCE`, as <https://bixense.com/clicolors> has
/// it; the rest of that is done already.
pub(crate) fn obey_no_color() {
    if std::env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty()) {
        console::set_colors_enabled(false);
        console::set_colors_enabled_stderr(false);
    }
}

/// Writes a line of news.
pub(crate) fn tell(line: impl Display) {
    // With stderr gone there is nobody left to tell.
    let _ = BARS.suspend(|| writeln!(io::stderr(), "{line}"));
}

/// Writes a result, at once.
pub(crate) fn give(result: &str) -> io::Result<()> {
    BARS.suspend(|| give_beside_no_bars(result))
}

/// As `give`, where there are no bars: a write that blocks does not block stderr.
pub(crate) fn give_beside_no_bars(result: &str) -> io::Result<()> {
    let mut stdout = io::stdout().lock();
    stdout.write_all(result.as_bytes())?;
    stdout.flush()
}

/// As `give`, but that nobody reads on is no failure: whoever read has read enough.
pub(crate) fn give_on(result: &str) -> Result<(), Failure> {
    match give(result) {
        Err(fault) if fault.kind() == io::ErrorKind::BrokenPipe => Ok(()),
        Err(fault) => Err(Failure::file(format!("cannot print the result: {fault}"))),
        Ok(()) => Ok(()),
    }
}

/// `error:`, in red where stderr has colours.
pub(crate) fn error_mark() -> impl Display {
    Style::new().for_stderr().red().bold().apply_to("error:")
}

/// `note:`, in yellow where stderr has colours.
pub(crate) fn note_mark() -> impl Display {
    Style::new().for_stderr().yellow().apply_to("note:")
}

/// What went well, in green where stderr has colours.
pub(crate) fn good(text: impl Display) -> impl Display {
    Style::new().for_stderr().green().apply_to(text)
}

/// `text` without what could move the cursor, colour the terminal or reorder
/// the line. It goes over all that a server had a hand in.
///
/// Of an escape sequence the printable rest stays. Only what the library ignores
/// when it redacts a secret may be removed here: else two parts of one could meet.
pub(crate) fn plain(text: &str) -> String {
    text.chars()
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
        assert_eq!(plain("a \x1b[31mred\x1b[0m cat"), "a [31mred[0m cat");
        assert_eq!(plain("over\r\nwritten\x07\x08\x7f\u{9b}"), "overwritten");
        assert_eq!(plain("\u{202e}tac\u{2066}"), "tac");
        assert_eq!(plain("\x1b"), "");
        assert_eq!(plain("Größe 猫 👩\u{200d}🚀"), "Größe 猫 👩\u{200d}🚀");
    }
}
