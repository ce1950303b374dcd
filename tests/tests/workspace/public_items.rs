//! The documentation has an example of every public item of the crates for
//! applications: in the item's own documentation, or in that of another item.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use useapi_seed_tests::{source_files, workspace};

/// The public items of a file that have no example of their own, and the
/// identifiers in all its examples.
#[derive(Default)]
struct Source {
    count: usize,
    without: Vec<String>,
    identifiers: BTreeSet<String>,
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
                Some(doc) if is_example => source.identifiers.extend(identifiers(doc)),
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

fn identifiers(line: &str) -> impl Iterator<Item = String> {
    line.split(|character: char| !character.is_alphanumeric() && character != '_')
        .map(ToOwned::to_owned)
}

/// Not fields and variants: their type's documentation explains them.
fn public_item(line: &str) -> Option<String> {
    let declared = line.strip_prefix("pub ")?;
    let declared = declared.strip_prefix("async ").unwrap_or(declared);
    let (kind, name) = declared.split_once(' ')?;
    let is_item = ["fn", "struct", "enum", "trait", "const", "type"].contains(&kind);
    is_item.then(|| identifiers(name).next().unwrap())
}

fn check(package: &str, min_count: usize) {
    let directory = workspace().join("crates").join(package).join("src");
    let files = source_files(&directory, "rs");
    let sources: Vec<_> = files.iter().map(|file| Source::read(file)).collect();
    let identifiers: BTreeSet<_> = sources
        .iter()
        .flat_map(|source| &source.identifiers)
        .collect();
    let count: usize = sources.iter().map(|source| source.count).sum();
    assert!(count > min_count, "{count}");
    let without = sources.iter().flat_map(|source| &source.without);
    let without: Vec<_> = without.filter(|item| !identifiers.contains(item)).collect();
    assert!(without.is_empty(), "in no example: {without:?}");
}

#[test]
fn every_public_item_has_an_example() {
    check("useapi-seed", 100);
    check("useapi-seed-callback", 20);
    check("useapi-seed-images", 40);
}
