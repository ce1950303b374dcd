//! Parses Midjourney's messages: the prompt and the seed.

/// Separates the job's id from the seed in `seed.content`.
const SEED: &str = "**seed**";
const JOB_ID: &str = "**Job ID**";

/// The number after the last `**seed**`; the prompt before it may contain anything.
pub(crate) fn seed(content: &str) -> Option<u64> {
    let start = content
        .to_ascii_lowercase()
        .rfind(SEED)
        .map(|start| start + SEED.len())?;
    let rest = content.get(start..)?.trim_start();
    let end = rest
        .find(|character: char| !character.is_ascii_digit())
        .unwrap_or(rest.len());
    rest.get(..end)?.parse().ok()
}

/// The prompt at the start of `seed.content`.
///
/// The documentation's example lacks the backslash of a line break, so an `n` may
/// follow the prompt.
pub(crate) fn parse_seed_prompt(content: &str) -> Option<&str> {
    let end = content.find(JOB_ID)?;
    let before = content.get(..end)?;
    let close = before.rfind("**")?;
    bold_prefix(before, close)
}

/// The prompt at the start of a job's `content`.
pub(crate) fn parse_job_prompt(content: &str) -> Option<&str> {
    // Bold text on a line of its own is not the prompt.
    let first = content.split("\n**").next()?;
    let close = first.rfind("** - ").or_else(|| first.rfind("**"))?;
    bold_prefix(first, close)
}

fn bold_prefix(text: &str, close: usize) -> Option<&str> {
    let prompt = text.get(..close)?.trim_start().strip_prefix("**")?.trim();
    (!prompt.is_empty()).then_some(prompt)
}

/// The percentage in a progress message, such as `(31%)`.
pub(crate) fn percentage(content: &str) -> Option<u8> {
    let end = content.rfind("%)")?;
    let before = content.get(..end)?;
    let start = before.rfind('(')? + 1;
    before
        .get(start..)?
        .trim()
        .parse()
        .ok()
        .filter(|percent| *percent <= 100)
}

/// `prompt` with `--seed N`, which replaces any seed that it has, however spelled.
pub(crate) fn with_seed(prompt: &str, seed: u64) -> String {
    let mut kept = String::with_capacity(prompt.len());
    let mut rest = prompt;
    while let Some((before, after)) = split_at_seed(rest) {
        kept.push_str(before);
        // The words around the seed stay apart.
        if after.starts_with(|next| !is_closing(next)) {
            kept.push(' ');
        }
        rest = after;
    }
    kept.push_str(rest);
    kept.truncate(kept.trim_end().len());
    let kept = kept.trim_start();
    let space = if kept.is_empty() { "" } else { " " };
    format!("{kept}{space}--seed {seed}")
}

/// The text before the first seed parameter, and the text after it.
fn split_at_seed(prompt: &str) -> Option<(&str, &str)> {
    const NAME: &str = "seed";
    // Some keyboards replace two hyphens by one dash.
    const DASHES: [char; 5] = ['-', '–', '—', '―', '−'];
    prompt.match_indices(['s', 'S']).find_map(|(start, _)| {
        let name = prompt.get(start..start + NAME.len())?;
        let (head, tail) = (prompt.get(..start)?, prompt.get(start + NAME.len()..)?);
        let before = head.trim_end_matches(DASHES);
        let dashes = head.get(before.len()..)?;
        // In a sentence, a dash may follow a word directly.
        let is_parameter = dashes.contains("--")
            || dashes.contains(|dash| dash != '-') && !before.ends_with(char::is_alphanumeric);
        // Such as `--seeds` and `--seed-of-all`.
        let is_longer = tail
            .strip_prefix('-')
            .unwrap_or(tail)
            .starts_with(is_of_word);
        if !name.eq_ignore_ascii_case(NAME) || !is_parameter || is_longer {
            return None;
        }
        Some((before.trim_end(), after_value(tail)))
    })
}

/// The text after the value of a seed, if that is a number.
fn after_value(tail: &str) -> &str {
    let separators = ['=', ':'];
    let value =
        tail.trim_start_matches(|next: char| next.is_whitespace() || separators.contains(&next));
    let digits = value.strip_prefix(['-', '+']).unwrap_or(value);
    let after = digits.trim_start_matches(|next: char| next.is_ascii_digit());
    if after.len() < digits.len() && !after.starts_with(is_of_word) {
        after
    } else {
        tail.trim_start_matches(separators)
    }
}

fn is_of_word(character: char) -> bool {
    character.is_alphanumeric() || character == '_'
}

/// What needs no space before it.
fn is_closing(character: char) -> bool {
    character.is_whitespace() || matches!(character, ',' | '.' | ';' | '!' | '?' | ')' | ']' | '}')
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn seed_is_read_after_line_break_or_its_typo() {
        let intended = "**a cat**\n**Job ID**: 5f0d\n**seed** 3204441961";
        let documented = "**<prompt>**\n**Job ID**: <Job ID>n**seed** 123456789";
        assert_eq!(seed(intended), Some(3_204_441_961));
        assert_eq!(seed(documented), Some(123_456_789));
        assert_eq!(parse_seed_prompt(intended), Some("a cat"));
        assert_eq!(parse_seed_prompt(documented), Some("<prompt>"));
        assert_eq!(parse_seed_prompt("**a cat**n**Job ID**: 5"), Some("a cat"));
    }

    #[test]
    fn text_without_seed_has_none() {
        for text in [
            "",
            "**seed**",
            "**seed** none",
            "seed 5",
            "**seed** 99999999999999999999",
        ] {
            assert_eq!(seed(text), None, "{text}");
        }
    }

    #[test]
    fn prompt_comes_with_its_parameters() {
        let content = "**Steampunk cat --s 750 --v 5.2** - <@Discord user id> (fast)";
        assert_eq!(
            parse_job_prompt(content),
            Some("Steampunk cat --s 750 --v 5.2")
        );
        assert_eq!(parse_job_prompt("**a ** b** - <@1> (fast)"), Some("a ** b"));
        assert_eq!(parse_job_prompt("**cat**\n**seed** 5"), Some("cat"));
        assert_eq!(parse_job_prompt("no prompt"), None);
        assert_eq!(parse_job_prompt("****"), None);
    }

    #[test]
    fn percentage_is_read_from_progress() {
        assert_eq!(percentage("**a cat** - <@1> (31%) (fast)"), Some(31));
        assert_eq!(percentage("**100% cotton** (fast)"), None);
        assert_eq!(percentage("(400%)"), None);
    }

    #[test]
    fn seed_in_prompt_is_replaced() {
        for (prompt, expected) in [
            ("a cat", "a cat --seed 7"),
            ("a cat --seed 5 --v 6", "a cat --v 6 --seed 7"),
            ("--seed 5 a cat", "a cat --seed 7"),
            ("--seed 5", "--seed 7"),
            ("", "--seed 7"),
            ("a cat \u{2014}seed 5", "a cat --seed 7"),
            ("a cat \u{2013}seed 5 --v 6", "a cat --v 6 --seed 7"),
            ("a cat --SEED 5", "a cat --seed 7"),
            ("a cat --seed=5 --v 6", "a cat --v 6 --seed 7"),
            ("a cat --seed = 5", "a cat --seed 7"),
            ("a cat --seed 5, --v 6", "a cat, --v 6 --seed 7"),
            ("a cat --seed -1", "a cat --seed 7"),
            ("a cat --seed 5 --seed 6", "a cat --seed 7"),
            (
                "a cat --seed\n5\nin  the rain",
                "a cat\nin  the rain --seed 7",
            ),
            ("a cat--seed 5", "a cat --seed 7"),
            ("a cat --seed 99999999999999999999", "a cat --seed 7"),
            ("a cat --seed", "a cat --seed 7"),
            ("a cat --seed random", "a cat random --seed 7"),
        ] {
            assert_eq!(with_seed(prompt, 7), expected, "{prompt}");
        }
    }

    #[test]
    fn other_words_in_prompt_are_kept() {
        for prompt in [
            "a cat --sameseed 5",
            "a cat --seeds 5",
            "a cat --no seed 5",
            "a sunflower\u{2014}seed 5 of 9",
            "a poppy-seed 5",
            "--v 6\n  a  cat",
        ] {
            assert_eq!(with_seed(prompt, 7), format!("{prompt} --seed 7"));
        }
    }

    /// How many seed parameters a prompt has, read in another way.
    fn seeds(prompt: &str) -> usize {
        let text = prompt.to_ascii_lowercase();
        let parts = text.split("--seed").skip(1);
        parts
            .filter(|rest| {
                !rest
                    .strip_prefix('-')
                    .unwrap_or(rest)
                    .starts_with(is_of_word)
            })
            .count()
    }

    proptest! {
        #[test]
        fn any_seed_is_found_whatever_the_prompt(prompt in "\\PC*", value: u64) {
            for line_break in ["\n", "n"] {
                let text = format!("**{prompt}**\n**Job ID**: 5f0d{line_break}**seed** {value}");
                prop_assert_eq!(seed(&text), Some(value));
            }
        }

        #[test]
        fn seed_is_the_only_one_and_all_else_is_kept(
            words in prop::collection::vec("[a-z,.]{1,6}|--(v|ar|sameseed) [0-9]{1,3}", 0..8),
            at in 0..8_usize,
            flag in "(--|\u{2014}|\u{2013})(seed|SEED|Seed)",
            value in "( |=|  )[0-9]{1,12}",
            seed: u64,
        ) {
            let at = at.min(words.len());
            let (before, after) = (words[..at].join(" "), words[at..].join(" "));
            let result = with_seed(&format!("{before} {flag}{value} {after}"), seed);
            let expected = with_seed(&words.join(" "), seed);
            prop_assert_eq!(seeds(&result), 1);
            prop_assert_eq!(result, expected);
        }

        #[test]
        fn any_prompt_gets_one_seed(prompt in "(\\PC|--|-|\u{2014}|s|ed|seed|SEED|=| |5)*", seed: u64) {
            let result = with_seed(&prompt, seed);
            prop_assert_eq!(seeds(&result), 1, "{}", result);
            let end = format!("--seed {seed}");
            prop_assert!(result.ends_with(&end));
            prop_assert_eq!(with_seed(&result, seed), result);
        }

        #[test]
        fn any_text_is_read_without_panic(text in "(\\PC|\\*|\n|%|\\(|seed|Job ID|é)*") {
            let _ = (seed(&text), parse_seed_prompt(&text), parse_job_prompt(&text), percentage(&text));
        }
    }
}
