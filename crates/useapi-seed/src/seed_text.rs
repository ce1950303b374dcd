//! What Midjourney's messages say: the prompt and the seed.

/// What stands between the job's id and the seed in `seed.content`.
const SEED: &str = "**seed**";
const JOB_ID: &str = "**Job ID**";

/// The number after the last `**seed**` (Responses, 200).
///
/// The last one, because the prompt comes before it and may say anything.
pub(crate) fn seed(content: &str) -> Option<u64> {
    let place = content
        .to_ascii_lowercase()
        .rfind(SEED)
        .map(|start| start + SEED.len())?;
    let rest = content.get(place..)?.trim_start();
    let end = rest
        .find(|letter: char| !letter.is_ascii_digit())
        .unwrap_or(rest.len());
    rest.get(..end)?.parse().ok()
}

/// The prompt that a `seed.content` begins with.
///
/// The documentation's example lacks the backslash of a line break, so what
/// stands between the prompt and the job's id may also be an `n`.
pub(crate) fn prompt_of_seed(content: &str) -> Option<&str> {
    let end = content.find(JOB_ID)?;
    let before = content.get(..end)?;
    let close = before.rfind("**")?;
    between(before, close)
}

/// The prompt that a job's `content` begins with.
pub(crate) fn prompt_of_job(content: &str) -> Option<&str> {
    // What begins a line of its own in bold is something else.
    let first = content.split("\n**").next()?;
    let close = first.rfind("** - ").or_else(|| first.rfind("**"))?;
    between(first, close)
}

fn between(text: &str, close: usize) -> Option<&str> {
    let prompt = text.get(..close)?.trim_start().strip_prefix("**")?.trim();
    (!prompt.is_empty()).then_some(prompt)
}

/// The percentage in a message of progress, such as `(31%)`.
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

/// `prompt` with `--seed N` in place of any seed it has.
pub(crate) fn with_seed(prompt: &str, seed: u64) -> String {
    let mut words = Vec::new();
    let mut skip = false;
    for word in prompt.split_whitespace() {
        if skip && word.parse::<u64>().is_ok() {
            skip = false;
            continue;
        }
        skip = word == "--seed";
        if !skip {
            words.push(word);
        }
    }
    format!("{} --seed {seed}", words.join(" "))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn seed_is_read_after_a_line_break_and_after_the_slip_for_one() {
        let written = "**a cat**\n**Job ID**: 5f0d\n**seed** 3204441961";
        let slipped = "**<prompt>**\n**Job ID**: <Job ID>n**seed** 123456789";
        assert_eq!(seed(written), Some(3_204_441_961));
        assert_eq!(seed(slipped), Some(123_456_789));
        assert_eq!(prompt_of_seed(written), Some("a cat"));
        assert_eq!(prompt_of_seed(slipped), Some("<prompt>"));
        assert_eq!(prompt_of_seed("**a cat**n**Job ID**: 5"), Some("a cat"));
    }

    #[test]
    fn text_without_a_seed_has_none() {
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
            prompt_of_job(content),
            Some("Steampunk cat --s 750 --v 5.2")
        );
        assert_eq!(prompt_of_job("**a ** b** - <@1> (fast)"), Some("a ** b"));
        assert_eq!(prompt_of_job("**cat**\n**seed** 5"), Some("cat"));
        assert_eq!(prompt_of_job("no prompt"), None);
        assert_eq!(prompt_of_job("****"), None);
    }

    #[test]
    fn percentage_is_read_from_progress() {
        assert_eq!(percentage("**a cat** - <@1> (31%) (fast)"), Some(31));
        assert_eq!(percentage("**100% cotton** (fast)"), None);
        assert_eq!(percentage("(400%)"), None);
    }

    #[test]
    fn a_seed_in_the_prompt_is_replaced() {
        assert_eq!(with_seed("a cat --seed 5 --v 6", 7), "a cat --v 6 --seed 7");
        assert_eq!(with_seed("a cat", 7), "a cat --seed 7");
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
        fn any_text_is_read_without_panic(text in "(\\PC|\\*|\n|%|\\(|seed|Job ID|é)*") {
            let _ = (seed(&text), prompt_of_seed(&text), prompt_of_job(&text), percentage(&text));
        }
    }
}
