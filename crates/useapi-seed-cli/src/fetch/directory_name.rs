//! Names of files and directories from job IDs and prompts.

use std::path::PathBuf;

use data_encoding::HEXLOWER;
use sanitize_filename::{Options, sanitize_with_options};
use sha2::{Digest, Sha256};

use crate::text::sanitize;

/// Real ids have about 60; file systems allow 255 bytes.
const LONGEST: usize = 60;

/// Precedes the hash. No name without a hash contains it.
const HASH_MARK: char = '+';
const HASH_BYTES: usize = 6;

/// A name for one directory, on any system, that resembles the ID.
///
/// No two ids share a name, not even where case is ignored: an id from which more
/// is lost than the colons of the service's own ids gets a hash.
pub(crate) fn of(job_id: &str) -> PathBuf {
    let name = component(job_id, LONGEST);
    PathBuf::from(if is_reversible(&name, job_id) {
        name
    } else {
        format!("{name}{HASH_MARK}{}", hash(&[job_id]))
    })
}

/// A name for one file or directory on any system: not hidden, not an option of a
/// command, not reserved, and without a dot or space at the end, which Windows drops.
/// It has at most `longest` bytes.
pub(super) fn component(text: &str, longest: usize) -> String {
    let valid = |text: &str| {
        let options = Options {
            windows: true,
            truncate: false,
            replacement: "-",
        };
        sanitize_with_options(text, options)
    };
    let name = valid(&sanitize(text));
    let name = name.trim_start_matches(['.', '-', ' ']);
    let is_within = |(at, letter): &(usize, char)| at + letter.len_utf8() <= longest;
    let start = name.char_indices().take_while(is_within);
    let start: String = start.map(|(_, letter)| letter).collect();
    let name = start.trim_end_matches(['.', ' ']);
    // Such as `con` of `-con`.
    if name.is_empty() || valid(name) != name {
        return "_".to_owned() + name;
    }
    name.to_owned()
}

/// A short hash of all parts, in hexadecimal digits.
pub(super) fn hash(parts: &[&str]) -> String {
    let mut hasher = Sha256::new();
    for part in parts {
        hasher.update(part);
        // Not part of any of them.
        hasher.update([0xff]);
    }
    let digest = hasher.finalize();
    HEXLOWER.encode(digest.get(..HASH_BYTES).unwrap_or(&digest))
}

/// Whether the name stands for no other id than this one.
fn is_reversible(name: &str, job_id: &str) -> bool {
    let is_kept = |letter: char| {
        letter.is_ascii_lowercase() || letter.is_ascii_digit() || "-_.".contains(letter)
    };
    // As the service writes its ids.
    let with_colons = name
        .replace("-user-", "-user:")
        .replace("-channel-", "-channel:");
    name.chars().all(is_kept) && with_colons == job_id
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;
    use std::path::{Component, Path};

    use super::*;

    #[test]
    fn short_ids_keep_their_names() {
        let id = "20240225145303538-user:1234-channel:1114555266835431444";
        let name = "20240225145303538-user-1234-channel-1114555266835431444";
        assert_eq!(of(id), Path::new(name));
        for id in ["5", "abc", "2024-02.25_x", "1-2", &"7".repeat(60)] {
            assert_eq!(of(id), Path::new(id));
        }
    }

    /// Compared in lower case, as some file systems do.
    #[test]
    fn different_ids_have_different_names() {
        let long = "7".repeat(60);
        let ids = [
            "1:2",
            "1-2",
            "1/2",
            "1?2",
            "1-2.",
            "-1-2",
            " 1-2",
            "1-2 ",
            "abc",
            "ABC",
            "Abc",
            "\u{e4}",
            "\u{c4}",
            "a\u{308}",
            "1-user:2-channel:3",
            "1-user-2-channel-3",
            "1-user:2-channel-3",
            "1-USER:2-channel:3",
            "con",
            "nul",
            "",
            "job",
            ".",
            &long,
            &format!("{long}8"),
            &format!("{long}9"),
            &format!("{long}{long}"),
        ]
        .map(str::to_owned);
        // Nor can an id be chosen so that it has the name of another one.
        let mut names = BTreeMap::new();
        let chosen: Vec<String> = ids
            .iter()
            .map(|id| of(id).into_os_string().into_string().unwrap())
            .filter(|name| !ids.contains(name) && name.contains(HASH_MARK))
            .collect();
        assert!(chosen.len() > 10);
        for id in ids.iter().chain(&chosen) {
            let name = of(id).to_str().unwrap().to_lowercase();
            assert_eq!(names.insert(name, id), None, "{id:?}");
        }
    }

    #[test]
    fn every_id_names_one_directory_here() {
        for id in [
            "",
            ".",
            "..",
            "...",
            "-",
            " ",
            "../../etc/passwd",
            "/etc/passwd",
            r"..\..\windows",
            "C:",
            "con",
            "a/b/../c",
            "\0\n\x1b",
            "-rf",
            ".hidden",
            "猫",
            &"long".repeat(500),
            &"猫".repeat(500),
        ] {
            let name = of(id);
            let components: Vec<_> = name.components().collect();
            assert!(
                matches!(components.as_slice(), [Component::Normal(_)]),
                "{id:?} became {name:?}"
            );
            let name = name.to_str().unwrap();
            assert!(name.len() <= 255 && !name.starts_with(['.', '-']), "{name}");
        }
    }
}
