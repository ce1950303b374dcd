//! Documentation, messages and public names use the terms of the glossary in
//! `CONTRIBUTING.md`, and none of the words that these replace.

#![allow(clippy::panic, clippy::unwrap_used, reason = "a test fails by it")]

use std::fs;
use std::path::Path;
use std::str::FromStr;

use proc_macro2::{Delimiter, TokenStream, TokenTree};
use regex::{Captures, Regex};
use syn::visit::{self, Visit};
use useapi_seed_tests::{source_files, without_tests, workspace};

/// The crates and documents that are checked, with the words that have a meaning
/// of their own there.
const COVERED: &[(&str, &[&str])] = &[
    ("crates/useapi-seed", &[]),
    ("crates/useapi-seed-codegen", &[]),
    (
        "crates/useapi-seed-emulator",
        &["fault", "Fault", "faults", "Faults"],
    ),
    ("crates/useapi-seed-images", &[]),
    ("crates/useapi-seed-raw", &[]),
    ("openapi/seed_async.yaml", &[]),
];

/// Phrases with one of these words in another sense.
const ALLOWED: &[&str] = &[
    "look(s|ed|ing)? up",
    "in[- ]place",
    "one place",
    "(take|takes|took|taking) place",
    "decimal places?",
    "connection (is |was )?refused",
    "inject(s|ed|ing|ion)? (a |the |of )?faults?",
    "fault injection",
    "(?-i:Fault(::|, Operation))",
    r"fault\(Operation",
    "(upper|lower)[- ]?case letters?",
    "(ascii|unicode) letters?",
    "letters(,| and| or) digits",
    "ordinary words",
    "retry budget",
    "whole (call|document|operation|retrieval|wait|number|second|minute|hour|day)s?",
    "as a whole",
    "the description (of|field|property)",
    "there (is|are|was|were) (no|none)",
    "(is|are) no (longer|more|less|other)",
];

/// Words and what replaces them, as regular expressions without regard to case.
const REPLACED: &[(&str, &str)] = &[
    ("folders?", "directory"),
    ("answer(s|ed|ing|able)?", "response, respond"),
    ("faults?", "error"),
    ("(the|this|our) description|undescribed", "spec"),
    ("tell(s|ing)?|told", "report, print, notify, log, return"),
    (
        "look(s|ed|ing)?",
        "poll (API), check (local), search (lost job)",
    ),
    (
        "refus(e|es|ed|al|als|ing)",
        "reject, rejection; 400: bad request",
    ),
    ("pictures?", "image"),
    ("places?|placed", "slot, location, position, directory"),
    ("words?|wording", "value, variant, message, argument"),
    ("whole", "complete, intact"),
    ("cuts?|cutting", "truncated, interrupted, redacted"),
    ("news", "event, progress"),
    (
        r"(is|are|was|were) (no|(?-i:none)) \w+|(is|are) (?-i:none)",
        "is not a, is invalid",
    ),
    ("go(es)? on|went on|gone on|going on", "resume, continue"),
    ("letters?", "character"),
    ("at once", "concurrently, immediately"),
    ("of (ours|yours|mine|before)", "our, your, previous"),
    (
        "nobody|somebody|whoever",
        "no caller, another process, the caller",
    ),
    ("understood|misunderstood", "parsed"),
    ("nudg(e|es|ed|ing)", "notify, wake"),
    ("begun", "started"),
    ("unless (it is )?(set|given|told)", "defaults to"),
    ("strangers?", "unknown, unsolicited, first-time user"),
    ("plant(s|ed|ing)?", "inject"),
    ("doubled", "duplicate"),
    ("errands?", "job, fetch session"),
    ("fates?", "outcome, connection state"),
    ("fresh|freshly", "renewed, new"),
    ("chores?", "task, command"),
    ("rooms?", "capacity"),
    ("so many", "N, up to N"),
    ("given up", "cancelled, abandoned, timed out"),
    ("mend(s|ed|ing)?", "repair, fix"),
    ("anew", "again"),
    ("budgets?", "rate limit"),
    (
        "(hold|holds|held|holding) (it |them |this )?(against|to)",
        "validate, check against",
    ),
    ("patience|patiently", "timeout"),
    (
        "as (it|they) (came|comes|come)|as came",
        "verbatim, as received",
    ),
    ("back to work", "re-enabled, unblocked"),
    ("(stand|stands|standing|stood) still", "paused"),
    ("be had", "available"),
    ("far(e|es|ed|ing)", "succeed, fail, outcome"),
    ("puts? forward", "advance"),
    (
        "go(es)? over|went over|going over",
        "override, take precedence over",
    ),
    ("slips?", "typo"),
    ("in vain", "failed, without success"),
    ("by chance", "at random"),
];

struct Vocabulary {
    replaced: Vec<(Regex, &'static str)>,
    allowed: Regex,
}

impl Vocabulary {
    fn new() -> Self {
        let regex = |words: &str| {
            let words = words.replace(' ', r"\s+");
            Regex::new(&format!(r"(?i)\b(?:{words})\b")).unwrap()
        };
        Self {
            replaced: REPLACED
                .iter()
                .map(|(words, standard)| (regex(words), *standard))
                .collect(),
            allowed: regex(&ALLOWED.join("|")),
        }
    }

    /// `FILE:LINE: WORD -> STANDARD TERM` for each replaced word in a text that
    /// starts in this line.
    fn check(&self, Text { line, text }: &Text, file: &str, exempt: &[&str]) -> Vec<String> {
        let text = self.allowed.replace_all(text, |found: &Captures<'_>| {
            found[0].replace(|character| character != '\n', "-")
        });
        let words = self.replaced.iter();
        words
            .flat_map(|(word, standard)| word.find_iter(&text).map(move |found| (found, standard)))
            .filter(|(found, _)| !exempt.contains(&found.as_str()))
            .map(|(found, standard)| {
                let line = line + text[..found.start()].matches('\n').count();
                let word = found.as_str().split_whitespace().collect::<Vec<_>>();
                format!("{file}:{line}: \"{}\" -> {standard}", word.join(" "))
            })
            .collect()
    }
}

/// A text in a file, from this line on.
#[derive(Debug, PartialEq, Eq)]
struct Text {
    line: usize,
    text: String,
}

/// The documentation, messages and public names in a Rust file.
fn texts_of_rust(source: &str) -> Vec<Text> {
    let tokens = without_tests(TokenStream::from_str(source).unwrap());
    let mut texts = Vec::new();
    literals(tokens.clone(), &mut texts);
    let mut names = PublicNames(texts);
    names.visit_file(&syn::parse2(tokens).unwrap());
    names.0
}

/// Documentation, which is a literal in an attribute, and the strings that have a
/// space: keys and names of headers have none.
fn literals(tokens: TokenStream, texts: &mut Vec<Text>) {
    let mut doc_end = 0;
    let mut last = String::new();
    for token in tokens {
        match token {
            TokenTree::Group(group) => {
                let is_doc = group.delimiter() == Delimiter::Bracket
                    && group.stream().to_string().starts_with("doc =");
                let mut inside = Vec::new();
                literals(group.stream(), &mut inside);
                match texts.last_mut() {
                    // A phrase may continue on the next line.
                    Some(previous) if is_doc && doc_end + 1 == group.span().start().line => {
                        for text in inside {
                            previous.text.push('\n');
                            previous.text.push_str(&text.text);
                        }
                    }
                    _ => texts.append(&mut inside),
                }
                doc_end = if is_doc { group.span().end().line } else { 0 };
            }
            TokenTree::Literal(literal) => {
                let text = literal.to_string();
                if text.contains('"') && (text.contains(' ') || last == "doc") {
                    texts.push(Text {
                        line: literal.span().start().line,
                        // The string may continue on the next line.
                        text: text
                            .trim_matches('"')
                            .replace("\\\n", "\n")
                            .replace("\\n", " "),
                    });
                }
            }
            TokenTree::Ident(name) => last = name.to_string(),
            TokenTree::Punct(_) => {}
        }
    }
}

struct PublicNames(Vec<Text>);

impl PublicNames {
    fn add(&mut self, visibility: &syn::Visibility, name: &syn::Ident) {
        if matches!(visibility, syn::Visibility::Public(_)) {
            self.0.push(Text {
                line: name.span().start().line,
                text: in_words(&name.to_string()),
            });
        }
    }
}

impl<'ast> Visit<'ast> for PublicNames {
    fn visit_item_const(&mut self, item: &'ast syn::ItemConst) {
        self.add(&item.vis, &item.ident);
    }

    fn visit_item_enum(&mut self, item: &'ast syn::ItemEnum) {
        self.add(&item.vis, &item.ident);
        for variant in &item.variants {
            self.add(&item.vis, &variant.ident);
            for field in variant
                .fields
                .iter()
                .filter_map(|field| field.ident.as_ref())
            {
                self.add(&item.vis, field);
            }
        }
    }

    fn visit_item_fn(&mut self, item: &'ast syn::ItemFn) {
        self.add(&item.vis, &item.sig.ident);
    }

    fn visit_item_mod(&mut self, item: &'ast syn::ItemMod) {
        self.add(&item.vis, &item.ident);
        visit::visit_item_mod(self, item);
    }

    fn visit_item_struct(&mut self, item: &'ast syn::ItemStruct) {
        self.add(&item.vis, &item.ident);
        for field in &item.fields {
            if let Some(name) = &field.ident {
                self.add(&field.vis, name);
            }
        }
    }

    fn visit_item_trait(&mut self, item: &'ast syn::ItemTrait) {
        self.add(&item.vis, &item.ident);
        for function in &item.items {
            if let syn::TraitItem::Fn(function) = function {
                self.add(&item.vis, &function.sig.ident);
            }
        }
    }

    fn visit_item_type(&mut self, item: &'ast syn::ItemType) {
        self.add(&item.vis, &item.ident);
    }

    fn visit_impl_item_const(&mut self, item: &'ast syn::ImplItemConst) {
        self.add(&item.vis, &item.ident);
    }

    fn visit_impl_item_fn(&mut self, item: &'ast syn::ImplItemFn) {
        self.add(&item.vis, &item.sig.ident);
    }
}

/// `was_there` and `WasThere` as `was there`.
fn in_words(name: &str) -> String {
    let mut words = String::new();
    for character in name.chars() {
        if character.is_uppercase() && words.ends_with(char::is_lowercase) {
            words.push(' ');
        }
        words.push(if character == '_' { ' ' } else { character });
    }
    words
}

fn texts_of(path: &Path) -> Vec<Text> {
    let text =
        fs::read_to_string(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    if path.extension().is_some_and(|extension| extension == "rs") {
        texts_of_rust(&text)
    } else {
        vec![Text { line: 1, text }]
    }
}

#[test]
fn documentation_and_names_use_standard_terms() {
    let vocabulary = Vocabulary::new();
    let mut findings = Vec::new();
    for (covered, exempt) in COVERED {
        let path = workspace().join(covered);
        let files = if path.is_file() {
            vec![path]
        } else {
            let mut files = source_files(&path.join("src"), "rs");
            files.extend(Some(path.join("README.md")).filter(|file| file.is_file()));
            files
        };
        for file in files {
            let name = file
                .strip_prefix(workspace())
                .unwrap()
                .display()
                .to_string();
            for text in texts_of(&file) {
                findings.extend(vocabulary.check(&text, &name, exempt));
            }
        }
    }
    let count = findings.len();
    assert!(
        findings.is_empty(),
        "{}\n{count} replaced words",
        findings.join("\n")
    );
}

/// What is found in this source.
fn found(source: &str) -> Vec<String> {
    let vocabulary = Vocabulary::new();
    let texts = texts_of_rust(source);
    let found = texts
        .iter()
        .flat_map(|text| vocabulary.check(text, "a.rs", &[]));
    found.collect()
}

#[test]
fn replaced_word_is_reported_with_its_line() {
    let source = r#"
/// Keeps the answer as it
/// came.
pub enum Errand {
    TwoPictures { was_told: bool },
}

impl Errand {
    pub fn look_now(&self) {
        panic!("there is a
            folder, and \
            a stranger");
    }
}
"#;
    let expected = [
        r#"a.rs:2: "answer" -> response, respond"#,
        r#"a.rs:2: "as it came" -> verbatim, as received"#,
        r#"a.rs:11: "folder" -> directory"#,
        r#"a.rs:12: "stranger" -> unknown, unsolicited, first-time user"#,
        r#"a.rs:4: "Errand" -> job, fetch session"#,
        r#"a.rs:5: "Pictures" -> image"#,
        r#"a.rs:5: "told" -> report, print, notify, log, return"#,
        r#"a.rs:9: "look" -> poll (API), check (local), search (lost job)"#,
    ];
    assert_eq!(found(source), expected);
}

#[test]
fn private_names_keys_and_tests_are_not_checked() {
    let source = r#"
// A comment about an answer.
struct Answer { pub(crate) folder: u8 }
fn look(answer: Answer) -> Option<&str> { Some(["answer", "not_told"]) }
#[cfg(test)]
mod tests {
    /// The answer.
    pub fn answer() { panic!("the answer") }
}
/// Changes the file in place, and looks up what connection refused means. There
/// is no placeholder, and the password is no longer whole numbers of letters, digits.
pub fn respond() {}
"#;
    assert_eq!(found(source), [""; 0]);
}
