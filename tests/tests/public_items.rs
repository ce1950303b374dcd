//! Whoever reads the documentation of a public item of the crates for applications
//! finds an example with it: on its own page, or on that of the type it belongs to.

#![allow(clippy::panic, clippy::unwrap_used, reason = "a test fails by it")]

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use walkdir::WalkDir;

const CRATES: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../crates");

/// Its public items that have no example of their own, and the words of all
/// examples.
#[derive(Default)]
struct Source {
    count: usize,
    without: Vec<String>,
    words: BTreeSet<String>,
}

impl Source {
    fn read(path: &Path) -> Self {
        let mut source = Self::default();
        let (mut is_example, mut has_example) = (false, false);
        for line in fs::read_to_string(path).unwrap().lines() {
            let line = line.trim_start();
            if line == "mod tests {" {
                break;
            }
            match line.strip_prefix("///").or(line.strip_prefix("//!")) {
                Some(doc) if doc.trim_start().starts_with("```") => {
                    is_example = !is_example;
                    has_example = true;
                }
                Some(doc) if is_example => source.words.extend(words(doc)),
                Some(_) => {}
                None if line.starts_with('#') => {}
                None => {
                    if let Some(item) = public_item(line) {
                        source.count += 1;
                        source.without.extend((!has_example).then_some(item));
                    }
                    has_example = false;
                }
            }
        }
        assert!(!is_example, "{}", path.display());
        source
    }
}

fn words(line: &str) -> impl Iterator<Item = String> {
    line.split(|letter: char| !letter.is_alphanumeric() && letter != '_')
        .map(ToOwned::to_owned)
}

/// Without fields and variants, which are explained where they stand.
fn public_item(line: &str) -> Option<String> {
    let declared = line.strip_prefix("pub ")?;
    let declared = declared.strip_prefix("async ").unwrap_or(declared);
    let (kind, name) = declared.split_once(' ')?;
    let is_item = ["fn", "struct", "enum", "trait", "const", "type"].contains(&kind);
    is_item.then(|| words(name).next().unwrap())
}

fn check(package: &str, least: usize) {
    let folder = Path::new(CRATES).join(package).join("src");
    let files = WalkDir::new(folder).into_iter().map(Result::unwrap);
    let sources: Vec<_> = files
        .filter(|file| {
            file.path()
                .extension()
                .is_some_and(|extension| extension == "rs")
        })
        .map(|file| Source::read(file.path()))
        .collect();
    let words: BTreeSet<_> = sources.iter().flat_map(|source| &source.words).collect();
    let count: usize = sources.iter().map(|source| source.count).sum();
    assert!(count > least, "{count}");
    let without = sources.iter().flat_map(|source| &source.without);
    let without: Vec<_> = without.filter(|item| !words.contains(item)).collect();
    assert!(without.is_empty(), "no example has {without:?}");
}

#[test]
fn every_public_item_stands_in_an_example() {
    check("useapi-seed", 100);
    check("useapi-seed-callback", 20);
    check("useapi-seed-images", 40);
}
