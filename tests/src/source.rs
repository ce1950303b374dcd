//! The sources of the workspace's crates, as tokens.

use std::path::{Path, PathBuf};

use proc_macro2::{Delimiter, TokenStream, TokenTree};
use walkdir::WalkDir;

/// The root of the workspace.
#[must_use]
pub fn workspace() -> &'static Path {
    Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/.."))
}

/// The files below a directory with this extension, in order.
///
/// # Panics
///
/// If the directory cannot be read, or has no such file.
#[must_use]
pub fn source_files(directory: &Path, extension: &str) -> Vec<PathBuf> {
    let entries = WalkDir::new(directory).sort_by_file_name();
    let paths = entries
        .into_iter()
        .map(|entry| entry.expect("a readable directory").into_path());
    let files: Vec<_> = paths
        .filter(|path| path.extension().is_some_and(|found| found == extension))
        .collect();
    assert!(!files.is_empty(), "{}", directory.display());
    files
}

/// The tokens without the items that are marked `#[cfg(test)]`.
#[must_use]
pub fn without_tests(tokens: TokenStream) -> TokenStream {
    let mut kept = Vec::new();
    let mut tokens = tokens.into_iter().peekable();
    while let Some(token) = tokens.next() {
        match token {
            TokenTree::Group(attribute) if is_cfg_test(&attribute.stream().to_string()) => {
                // The `#` before it.
                kept.pop();
                // The item ends with its body or a semicolon.
                tokens.find(|token| match token {
                    TokenTree::Group(group) => group.delimiter() == Delimiter::Brace,
                    TokenTree::Punct(punct) => punct.as_char() == ';',
                    _ => false,
                });
                // After the braces of a `use`.
                let is_semicolon = |token: &TokenTree| token.to_string() == ";";
                tokens.next_if(is_semicolon);
            }
            TokenTree::Group(group) => {
                let mut inside =
                    proc_macro2::Group::new(group.delimiter(), without_tests(group.stream()));
                inside.set_span(group.span());
                kept.push(inside.into());
            }
            other => kept.push(other),
        }
    }
    kept.into_iter().collect()
}

fn is_cfg_test(attribute: &str) -> bool {
    attribute == "cfg (test)" || attribute.starts_with("cfg (all (test")
}
