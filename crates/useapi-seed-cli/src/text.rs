//! Text that a server influences, made safe to print.

/// How many of a job's images are saved and listed; the others are counted.
pub(crate) const IMAGES_SHOWN: usize = 16;

/// `text` without what could move the cursor, colour the terminal or reorder
/// the line. It is applied to everything that a server influences.
///
/// Of an escape sequence the printable rest stays. Only what the library ignores
/// when it redacts a secret may be removed here: else two parts of one could meet.
pub(crate) fn sanitize(text: &str) -> String {
    text.chars()
        .filter(|letter| !is_unprintable(*letter))
        .collect()
}

/// The same on one line.
pub(crate) fn one_line(text: &str) -> String {
    let text = text.replace(['\n', '\r', '\t', '\u{2028}', '\u{2029}'], " ");
    sanitize(text.trim())
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
        assert_eq!(sanitize("a \x1b[31mred\x1b[0m cat"), "a [31mred[0m cat");
        assert_eq!(sanitize("over\r\nwritten\x07\x08\x7f\u{9b}"), "overwritten");
        assert_eq!(sanitize("\u{202e}tac\u{2066}"), "tac");
        assert_eq!(sanitize("\x1b"), "");
        assert_eq!(one_line(" a\u{2028}\tb \u{202e} c\n"), "a  b  c");
        assert_eq!(sanitize("Größe 猫 👩\u{200d}🚀"), "Größe 猫 👩\u{200d}🚀");
    }
}
