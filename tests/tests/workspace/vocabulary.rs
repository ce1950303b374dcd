//! Documentation, messages and public names use the terms of the glossary in
//! `CONTRIBUTING.md`, and none of the words that these replace.

use std::fs;

use regex::{Captures, Regex};
use useapi_seed_tests::{source_files, workspace};

const CRATES: &[&str] = &[
    "useapi-seed",
    "useapi-seed-callback",
    "useapi-seed-cli",
    "useapi-seed-codegen",
    "useapi-seed-emulator",
    "useapi-seed-images",
    "useapi-seed-raw",
];
const TEXTS: &[&str] = &[
    "docs/benchmarks.md",
    "docs/layers.md",
    "docs/recipes.md",
    "openapi/seed_async.yaml",
];
/// Where errors are injected, they are faults.
const INJECTED: &str = "crates/useapi-seed-emulator/";

/// Phrases with one of these words in another sense, as regular expressions.
const ALLOWED: &str = r"
look(s|ed|ing)? up
in[- ]place
one place
(take|takes|took|taking) place
decimal places?
connection (is |was )?refused
inject(s|ed|ing|ion)? (a |the |of )?faults?
fault injection
(?-i:Fault(::|, Operation))
fault\(Operation
(upper|lower)[- ]?case letters?
(ascii|unicode) letters?
letters(,| and| or) digits
ordinary words
retry budget
whole (call|document|operation|retrieval|wait|number|second|minute|hour|day)s?
as a whole
the description (of|field|property)
there (is|are|was|were) (no|none)
(is|are) no (longer|more|less|other)
";

/// Words and what replaces them, as regular expressions without regard to case.
const REPLACED: &str = r"
folders? -> directory
answer(s|ed|ing|able)? -> response, respond
faults? -> error
(the|this|our) description|undescribed -> spec
tell(s|ing)?|told -> report, print, notify, log, return
look(s|ed|ing)? -> poll (API), check (local), search (lost job)
refus(e|es|ed|al|als|ing) -> reject, rejection; 400: bad request
pictures? -> image
places?|placed -> slot, location, position, directory
words?|wording -> value, variant, message, argument
whole -> complete, intact
cuts?|cutting -> truncated, interrupted, redacted
news -> event, progress
(is|are|was|were) (no|(?-i:none)) \w+|(is|are) (?-i:none) -> is not a, is invalid
go(es)? on|went on|gone on|going on -> resume, continue
letters? -> character
at once -> concurrently, immediately
of (ours|yours|mine|before) -> our, your, previous
nobody|somebody|whoever -> no caller, another process, the caller
understood|misunderstood -> parsed
nudg(e|es|ed|ing) -> notify, wake
begun -> started
unless (it is )?(set|given|told) -> defaults to
strangers? -> unknown, unsolicited, first-time user
plant(s|ed|ing)? -> inject
doubled -> duplicate
errands? -> job, fetch session
fates? -> outcome, connection state
fresh|freshly -> renewed, new
chores? -> task, command
rooms? -> capacity
so many -> N, up to N
given up -> cancelled, abandoned, timed out
mend(s|ed|ing)? -> repair, fix
anew -> again
budgets? -> rate limit
(hold|holds|held|holding) (it |them |this )?(against|to) -> validate, check against
patience|patiently -> timeout
as (it|they) (came|comes|come)|as came -> verbatim, as received
back to work -> re-enabled, unblocked
(stand|stands|standing|stood) still -> paused
be had -> available
far(e|es|ed|ing) -> succeed, fail, outcome
puts? forward -> advance
go(es)? over|went over|going over -> override, take precedence over
slips? -> typo
in vain -> failed, without success
by chance -> at random
";

/// What is checked of a Rust file: documentation, strings with a space, and the
/// lines of public names and of variants.
const CHECKED: &str = r#"(?xm)
    (?<text> //[/!][^\n]* | "(?:[^"\\]|\\[\s\S])*\s(?:[^"\\]|\\[\s\S])*" )
    | ^\x20* (?<names> (?: pub\ [^\n"]* | [A-Z]\w* (?: ,$ | \ \{[^=\n]* | \([A-Z][^=\n]* ) ) )
    | "(?:[^"\\]|\\.)*" | '(?:[^'\\]|\\.)' | .
"#;

struct Vocabulary {
    allowed: Regex,
    replaced: Vec<(Regex, &'static str)>,
    checked: Regex,
    /// The end of a word in `CamelCase`.
    camel_case: Regex,
    comment: Regex,
}

impl Vocabulary {
    fn new() -> Self {
        let words = |words: &str| {
            let words = words.trim().replace('\n', "|").replace(' ', r"\s+");
            Regex::new(&format!(r"(?i)\b(?:{words})\b")).unwrap()
        };
        let lines = REPLACED.trim().lines();
        let replaced = lines.map(|line| line.split_once(" -> ").unwrap());
        Self {
            allowed: words(ALLOWED),
            replaced: replaced
                .map(|(replaced, standard)| (words(replaced), standard))
                .collect(),
            checked: Regex::new(CHECKED).unwrap(),
            camel_case: Regex::new("([a-z])([A-Z])").unwrap(),
            comment: Regex::new("(?m)^-*//[/!]").unwrap(),
        }
    }

    /// What is checked of a Rust file, each text in its line.
    fn text(&self, source: &str) -> String {
        let tests = source.find("\n#[cfg(test)]\nmod ").unwrap_or(source.len());
        let text = self
            .checked
            .replace_all(&source[..tests], |found: &Captures<'_>| {
                if let Some(text) = found.name("text") {
                    // A string may continue on the next line.
                    return text.as_str().replace("\\\n", "\n").replace("\\n", " ");
                }
                found.name("names").map_or("-".into(), |names| {
                    let names = self.camel_case.replace_all(names.as_str(), "$1 $2");
                    names.replace('_', " ")
                })
            });
        // A phrase may continue on the next line.
        self.comment.replace_all(&text, "").into_owned()
    }

    /// `LINE: WORD -> STANDARD TERM` for each replaced word.
    fn findings(&self, text: &str) -> Vec<String> {
        let text = self.allowed.replace_all(text, |found: &Captures<'_>| {
            found[0].replace(|character| character != '\n', "-")
        });
        let mut findings = Vec::new();
        for (replaced, standard) in &self.replaced {
            for found in replaced.find_iter(&text) {
                let line = text[..found.start()].matches('\n').count() + 1;
                let word = found.as_str().split_whitespace().collect::<Vec<_>>();
                findings.push(format!("{line}: {} -> {standard}", word.join(" ")));
            }
        }
        findings
    }
}

#[test]
fn documentation_and_names_use_standard_terms() {
    let mut texts: Vec<_> = TEXTS.iter().map(|file| workspace().join(file)).collect();
    for name in CRATES {
        let directory = workspace().join("crates").join(name);
        texts.extend(source_files(&directory.join("src"), "rs"));
        texts.extend(Some(directory.join("README.md")).filter(|file| file.is_file()));
    }
    let vocabulary = Vocabulary::new();
    let mut found = Vec::new();
    for file in texts {
        let mut text = fs::read_to_string(&file).unwrap();
        if file.extension().is_some_and(|extension| extension == "rs") {
            text = vocabulary.text(&text);
        }
        let name = file.strip_prefix(workspace()).unwrap();
        let findings = vocabulary.findings(&text).into_iter();
        found.extend(
            findings
                .filter(|line| !name.starts_with(INJECTED) || !line.ends_with("-> error"))
                .map(|line| format!("{}:{line}", name.display())),
        );
    }
    assert!(found.is_empty(), "{}", found.join("\n"));
}

#[test]
fn replaced_word_is_reported_with_its_line() {
    let source = r#"
/// Keeps the answer as it
/// came.
pub enum Errand {
    TwoPictures { was_told: bool },
}
pub fn look_now(&self) {
    let character = '"';
    panic!("there is a
        folder, and \
        a stranger");
}
/// Changes the file in place, and looks up what connection refused means. There
/// is no placeholder, and the password is no longer whole numbers of letters, digits.
fn look(answer: Answer) -> Option<&str> { Some(["answer", "not_told"]) }

#[cfg(test)]
mod tests {
    /// The answer.
    pub fn answer() { panic!("the answer") }
}
"#;
    let vocabulary = Vocabulary::new();
    let mut found = vocabulary.findings(&vocabulary.text(source));
    found.sort();
    let expected = [
        "10: folder -> directory",
        "11: stranger -> unknown, unsolicited, first-time user",
        "2: answer -> response, respond",
        "2: as it came -> verbatim, as received",
        "4: Errand -> job, fetch session",
        "5: Pictures -> image",
        "5: told -> report, print, notify, log, return",
        "7: look -> poll (API), check (local), search (lost job)",
    ];
    assert_eq!(found, expected);
}
