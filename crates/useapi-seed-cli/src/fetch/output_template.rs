//! Names of images: `-o '{prompt:.60}-{seed}/{n}.{ext}'`.

use std::collections::BTreeSet;
use std::path::Path;

use jiff::Timestamp;
use useapi_seed::{SeedResult, channel_of};

use super::directory_name::component;
use crate::error::CliError;
use crate::text::one_line;

/// The template of `--flat`.
pub(crate) const FLAT: &str = "{job_id}-{n}.{ext}";

const KEYS: &str = "{job_id}, {seed_job_id}, {seed}, {prompt}, {date}, {channel}, {n}, {ext}";
/// In bytes; file systems allow 255.
const LONGEST: usize = 200;
/// Enough for a suffix and an extension.
const ENDING: usize = 30;

/// A template of paths below an output directory.
///
/// | key | value |
/// | --- | --- |
/// | `{job_id}` | ID of the requested job |
/// | `{seed_job_id}` | ID of the job that the response is about |
/// | `{seed}` | the seed |
/// | `{prompt}` | the prompt, on one line |
/// | `{date}` | when the image was saved: YYYY-MM-DD, in UTC |
/// | `{channel}` | the Discord channel in the job's ID |
/// | `{n}`, `{number}` | the image's number, from 1 |
/// | `{ext}` | the extension of the image's format, without a dot |
///
/// `{key:.N}` keeps N characters of a value. `/` separates directories, except in a
/// value, where it becomes `-`. A path always ends in `.{ext}`, which is appended where
/// it is missing, after `-{n}` where the template has no number.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct OutputTemplate {
    directories: Vec<String>,
    /// The file's name up to its extension.
    stem: String,
}

impl OutputTemplate {
    /// Whether a value of `--output` is a template, and not a directory.
    pub(crate) fn is_template(text: &str) -> bool {
        text.contains('{')
    }

    pub(crate) fn parse(text: &str) -> Result<Self, CliError> {
        let invalid = |reason: &str| {
            CliError::usage(format!("invalid output template {text:?}: {reason}"))
                .hint(format!("Keys: {KEYS}; {{key:.N}} keeps N characters"))
        };
        let mut parts: Vec<_> = text.split('/').map(str::to_owned).collect();
        if Path::new(text).has_root() || parts.iter().any(|part| part == "..") {
            let error = invalid("must be relative, without ..");
            return Err(error.hint("Use --dir for the directory."));
        }
        for part in &parts {
            fill(part, |_| String::new()).map_err(|reason| invalid(&reason))?;
        }
        let name = parts.pop().unwrap_or_default();
        let mut stem = name.strip_suffix(".{ext}").unwrap_or(&name).to_owned();
        if stem.is_empty() {
            stem.push_str("{n}");
        } else if !["{n}", "{number}"].iter().any(|key| text.contains(key)) {
            stem.push_str("-{n}");
        }
        parts.retain(|part| !["", "."].contains(&part.as_str()));
        Ok(Self {
            directories: parts,
            stem,
        })
    }

    /// Chooses the paths of a job's images, given their numbers and extensions: relative
    /// to `base`, with `/` between components, none of which is hidden or leads
    /// elsewhere. One that is taken or reserved gets a suffix: ` (2)`, ` (3)` and so on.
    pub(crate) fn names(
        &self,
        base: &Path,
        reserved: &BTreeSet<String>,
        requested_job_id: &str,
        result: &SeedResult,
        images: &[(usize, String)],
    ) -> Vec<String> {
        let mut names = Vec::new();
        for (n, ext) in images {
            let stem = self.stem(|key| match key {
                "job_id" => requested_job_id.to_owned(),
                "seed_job_id" => result.job_id().to_owned(),
                "seed" => result.seed().to_string(),
                "prompt" => one_line(result.prompt().unwrap_or_default()),
                "date" => Timestamp::now().strftime("%F").to_string(),
                "channel" => channel_of(requested_job_id).unwrap_or_default().to_owned(),
                "ext" => ext.clone(),
                _ => n.to_string(),
            });
            let mut name = format!("{stem}.{ext}");
            let mut copy = 2;
            let exists = |name: &str| base.join(name).symlink_metadata().is_ok();
            while names.contains(&name) || reserved.contains(&name) || exists(&name) {
                name = format!("{stem} ({copy}).{ext}");
                copy += 1;
            }
            names.push(name);
        }
        names
    }

    /// The path of an image up to its extension.
    fn stem(&self, value: impl Fn(&str) -> String) -> String {
        // `parse` has rejected what cannot be filled.
        let filled = |part: &String| fill(part, &value).unwrap_or_default();
        let directories = self.directories.iter();
        let directories = directories.map(|part| component(&filled(part), LONGEST) + "/");
        directories.collect::<String>() + &component(&filled(&self.stem), LONGEST - ENDING)
    }
}

/// Replaces the placeholders in a part of a template.
fn fill(part: &str, value: impl Fn(&str) -> String) -> Result<String, String> {
    let mut filled = String::new();
    let mut rest = part;
    while let Some((before, placeholder)) = rest.split_once('{') {
        let (text, after) = placeholder.split_once('}').ok_or("missing }")?;
        let (key, length) = match text.split_once(":.") {
            Some((key, length)) => (key, length.parse().ok()),
            None => (text, Some(LONGEST)),
        };
        // In `--help`, `{n}` would be a line break.
        if key != "number" && !KEYS.split(", ").any(|known| known == format!("{{{key}}}")) {
            return Err(format!("unknown key {{{key}}}"));
        }
        let invalid = || format!("{{{text}}} has no length such as {{{key}:.60}}");
        let length = length.filter(|length| *length > 0).ok_or_else(invalid)?;
        let value: String = value(key).chars().take(length).collect();
        filled += before;
        filled += value.trim_end();
        rest = after;
    }
    Ok(filled + rest)
}

#[cfg(test)]
mod tests {
    use std::path::Component;

    use super::*;

    const ID: &str = "20240225145303538-user:1234-channel:1114555266835431444";

    fn result(prompt: &str) -> SeedResult {
        let json = serde_json::json!({
            "job_id": "9", "parent_job_id": null, "seed": 7, "prompt": prompt,
            "prompt_with_seed": null, "images": [], "warnings": [],
        });
        serde_json::from_value(json).unwrap()
    }

    fn names_in(base: &Path, template: &str, prompt: &str, count: usize) -> Vec<String> {
        let images: Vec<_> = (1..=count).map(|n| (n, "png".to_owned())).collect();
        let template = OutputTemplate::parse(template).unwrap();
        template.names(base, &BTreeSet::new(), ID, &result(prompt), &images)
    }

    fn names(template: &str, prompt: &str, count: usize) -> Vec<String> {
        names_in(Path::new("/dev/null"), template, prompt, count)
    }

    fn name(template: &str, prompt: &str) -> String {
        names(template, prompt, 1).remove(0)
    }

    #[test]
    fn keys_are_replaced_by_values() {
        for (template, expected) in [
            ("{prompt:.5}-{seed}/{n}.{ext}", "misty-7/1.png"),
            ("{prompt:.6}-{seed}/{n}.{ext}", "misty-7/1.png"),
            ("{prompt:.3}", "mis-1.png"),
            ("{seed} {channel:.4}_{seed_job_id}", "7 1114_9-1.png"),
            ("a/./b//{n}.{ext}", "a/b/1.png"),
            ("{seed}/", "7/1.png"),
            ("{seed}/.{ext}", "7/1.png"),
            ("{ext}/{number}", "png/1.png"),
            ("{n}.{ext}.bak", "1.png.bak.png"),
            (
                FLAT,
                "20240225145303538-user-1234-channel-1114555266835431444-1.png",
            ),
        ] {
            assert_eq!(name(template, "misty tea house"), expected, "{template}");
        }
        assert_eq!(name("{prompt:.2}", "猫猫猫"), "猫猫-1.png");
        assert_eq!(name("{prompt}", " a\n\tb  c "), "a  b  c-1.png");
        assert_eq!(name("{date}", "").len(), "2026-01-02-1.png".len());
    }

    #[test]
    fn invalid_template_is_a_usage_error() {
        for (template, reason) in [
            ("{promt}", "unknown key {promt}"),
            ("{}", "unknown key {}"),
            ("{n", "missing }"),
            ("{n:3}", "unknown key {n:3}"),
            ("{n:.0}", "{n:.0} has no length such as {n:.60}"),
            ("{n:.x}", "{n:.x} has no length such as {n:.60}"),
            ("/{n}", "must be relative, without .."),
            ("a/../{n}", "must be relative, without .."),
        ] {
            let error = OutputTemplate::parse(template).unwrap_err();
            let expected = format!("invalid output template {template:?}: {reason}");
            assert_eq!(error.message(), expected);
            assert_eq!(error.exit(), crate::exit::Exit::Usage);
            assert!(
                error
                    .hint_text()
                    .unwrap()
                    .contains("Keys: {job_id}, {seed_job_id}, ")
            );
        }
    }

    #[test]
    fn hostile_prompt_stays_one_component() {
        let long = "猫".repeat(500);
        for prompt in [
            "",
            ".",
            "..",
            "../../etc/passwd",
            "/etc/passwd",
            r"..\..\a",
            "C:",
            "con",
            "-con",
            ":con",
            "con ",
            "nul.txt",
            "-rf",
            ".hidden",
            "a/b",
            "\0\n\x1b[31m",
            "\u{202e}gnp",
            "...",
            "- .-",
            "a. .",
            &long,
        ] {
            for template in ["{prompt}/{prompt}.{ext}", "{prompt}/x/-{prompt}.{ext}"] {
                let path = name(template, prompt);
                let (directory, file) = path.split_once('/').unwrap();
                for part in [directory, file.rsplit('/').next().unwrap()] {
                    assert!(part.len() <= LONGEST, "{part}");
                    assert!(!part.starts_with(['.', '-', ' ']), "{prompt:?}: {part}");
                    assert!(!part.ends_with(['.', ' ']), "{prompt:?}: {part}");
                    assert!(sanitize_filename::is_sanitized_with_options(
                        part,
                        sanitize_filename::OptionsForCheck {
                            windows: true,
                            truncate: true
                        },
                    ));
                    assert_eq!(crate::text::sanitize(part), part);
                }
                let mut components = Path::new(&path).components();
                assert!(components.all(|part| matches!(part, Component::Normal(_))));
                assert_eq!(path.split('/').count(), template.split('/').count());
            }
        }
        assert_eq!(name("{prompt}", "a/b:c"), "a-b-c-1.png");
        assert_eq!(name("{prompt}/{n}", ""), "_/1.png");
    }

    #[test]
    fn missing_number_is_appended() {
        assert_eq!(names("{seed}.{ext}", "", 2), ["7-1.png", "7-2.png"]);
        assert_eq!(names("{n}/{seed}", "", 2), ["1/7.png", "2/7.png"]);
        // Where it is cut off, too, the names differ.
        let names = names("{prompt}{n}.{ext}", &"x".repeat(300), 12);
        assert!(names[11].ends_with("x (12).png"), "{names:?}");
        assert!(names.iter().all(|name| name.len() <= LONGEST));
    }

    #[test]
    fn taken_name_gets_a_suffix() {
        let root = tempfile::tempdir().unwrap();
        std::fs::create_dir(root.path().join("b")).unwrap();
        let choose = || names_in(root.path(), "{prompt}/{n}.{ext}", "b", 2);
        assert_eq!(choose(), ["b/1.png", "b/2.png"]);
        for taken in ["b/2.png", "b/2 (2).png"] {
            std::fs::write(root.path().join(taken), "").unwrap();
        }
        assert_eq!(choose(), ["b/1.png", "b/2 (3).png"]);
    }
}
