//! A folder's name from a job's id.

use std::path::PathBuf;

use sanitize_filename::{Options, sanitize_with_options};

/// Real ids have about 60; file systems allow 255 bytes.
const LONGEST: usize = 60;

/// Stands in when nothing of an id can be part of a name.
const NAMELESS: &str = "job";

/// A name for one folder, on any system, that resembles the id.
pub(crate) fn of(job_id: &str) -> PathBuf {
    let options = Options {
        windows: true,
        truncate: true,
        replacement: "-",
    };
    let name: String = sanitize_with_options(job_id, options)
        .chars()
        .take(LONGEST)
        .collect();
    // No hidden folder, none that commands take for an option, and no dot or
    // space at the end, which Windows drops.
    let name = name
        .trim_start_matches(['.', '-', ' '])
        .trim_end_matches(['.', ' ']);
    PathBuf::from(if name.is_empty() { NAMELESS } else { name })
}

#[cfg(test)]
mod tests {
    use std::path::{Component, Path};

    use super::*;

    #[test]
    fn an_id_stays_recognizable() {
        let id = "20240225145303538-user:1234-channel:1114555266835431444";
        let name = "20240225145303538-user-1234-channel-1114555266835431444";
        assert_eq!(of(id), Path::new(name));
    }

    #[test]
    fn every_id_names_one_folder_right_here() {
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
