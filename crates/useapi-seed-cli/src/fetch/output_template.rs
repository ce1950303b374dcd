//! Names of images: `-o '{prompt:.60}-{seed}/{n}.{ext}'`.

use std::collections::BTreeSet;
use std::mem;
use std::path::Path;

use icu_normalizer::ComposingNormalizerBorrowed;
use jiff::Timestamp;
use sanitize_filename::{Options, sanitize_with_options};
use useapi_seed::{SeedResult, channel_of};

use crate::error::CliError;
use crate::text::{one_line, sanitize};

/// The template of `--flat`.
pub(crate) const FLAT: &str = "{job_id}-{n}.{ext}";

/// For `--help`, and for the hint of an error.
pub(crate) const KEYS_HELP: &str = "{job_id}, {seed_job_id}, {seed}, {prompt}, {date}, {channel}, \
                                    {n}, {ext}; {key:.N} keeps N characters";

const KEYS: [&str; 8] = [
    "job_id",
    "seed_job_id",
    "seed",
    "prompt",
    "date",
    "channel",
    "n",
    "ext",
];

/// In bytes; file systems allow 255.
const LONGEST: usize = 200;
/// Enough for a number, a suffix and an extension.
const ENDING: usize = 30;

/// A template of paths below an output directory.
///
/// | key | value |
/// | --- | --- |
/// | `{job_id}` | ID of the requested job |
/// | `{seed_job_id}` | ID of the job that the response is about |
/// | `{seed}` | the seed |
/// | `{prompt}` | the prompt, on one line |
/// | `{date}` | when the seed was retrieved: YYYY-MM-DD, in UTC |
/// | `{channel}` | the Discord channel in the job's ID |
/// | `{n}`, `{number}` | the image's number, from 1 |
/// | `{ext}` | the extension of the image's format, without a dot |
///
/// `{key:.N}` keeps N characters of a value; `{{` and `}}` are braces. `/` separates
/// directories, except in a value, where it becomes `-`. A path always ends in
/// `.{ext}`, which is appended where it is missing; `-{n}` precedes it where the images
/// of a job would share a name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct OutputTemplate {
    directories: Vec<Vec<Part>>,
    /// The file's name up to its extension.
    stem: Vec<Part>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Part {
    Character(char),
    /// A key, and how many characters its value can have.
    Value(&'static str, usize),
}

/// The values of the keys, except the image's own.
#[derive(Clone, Debug)]
pub(crate) struct Values([(&'static str, String); 6]);

impl Values {
    /// The date is that of the response, or today where it has none.
    pub(crate) fn new(requested_job_id: &str, result: &SeedResult) -> Self {
        let created = result.raw_job().created;
        let created = created.and_then(|time| time.parse::<Timestamp>().ok());
        let date = created.unwrap_or_else(Timestamp::now).strftime("%Y-%m-%d");
        let channel = channel_of(requested_job_id).or_else(|| channel_of(result.job_id()));
        Self([
            ("job_id", requested_job_id.to_owned()),
            ("seed_job_id", result.job_id().to_owned()),
            ("seed", result.seed().to_string()),
            ("prompt", one_line(result.prompt().unwrap_or_default())),
            ("date", date.to_string()),
            ("channel", channel.unwrap_or_default().to_owned()),
        ])
    }

    fn get(&self, key: &str, n: usize, ext: &str) -> String {
        let value = self.0.iter().find(|(known, _)| *known == key);
        match (key, value) {
            (_, Some((_, value))) => value.clone(),
            ("n", _) => n.to_string(),
            _ => ext.to_owned(),
        }
    }
}

impl OutputTemplate {
    /// Whether a value of `--output` is a template, and not a directory.
    pub(crate) fn is_template(text: &str) -> bool {
        text.contains('{')
    }

    pub(crate) fn parse(text: &str) -> Result<Self, CliError> {
        let invalid = |reason: &str| {
            CliError::usage(format!("invalid output template {text:?}: {reason}"))
                .hint(format!("Keys: {KEYS_HELP}"))
        };
        if Path::new(text).has_root() {
            return Err(invalid("must be relative").hint("Use --dir for the directory."));
        }
        let (mut directories, mut stem) = (Vec::new(), Vec::new());
        let mut characters = text.chars();
        while let Some(character) = characters.next() {
            let rest = characters.as_str();
            match character {
                '{' | '}' if rest.starts_with(character) => {
                    characters.next();
                    stem.push(Part::Character(character));
                }
                '{' => {
                    let (key, rest) = rest.split_once('}').ok_or_else(|| invalid("missing }"))?;
                    stem.push(Part::value(key).map_err(|reason| invalid(&reason))?);
                    characters = rest.chars();
                }
                '}' => return Err(invalid("} without {; write }} for a brace")),
                '/' => directories.push(mem::take(&mut stem)),
                character => stem.push(Part::Character(character)),
            }
        }
        directories.push(stem);
        let dot = Part::Character('.');
        if directories.iter().any(|parts| *parts == [dot, dot]) {
            return Err(invalid("must not contain ..").hint("Use --dir for the directory."));
        }
        let mut stem = directories.pop().unwrap_or_default();
        directories.retain(|parts| !parts.is_empty() && *parts != [dot]);
        if stem.ends_with(&[dot, Part::Value("ext", usize::MAX)]) {
            stem.truncate(stem.len() - 2);
        }
        if stem.is_empty() {
            stem.push(Part::Value("n", usize::MAX));
        }
        Ok(Self { directories, stem })
    }

    /// The paths of a job's images, given their numbers and extensions: relative, with
    /// `/` between components, none of which is hidden or leads elsewhere. Where one is
    /// taken, all get the same suffix: ` (2)`, ` (3)` and so on.
    pub(crate) fn final_names(
        &self,
        values: &Values,
        images: &[(usize, String)],
        is_taken: impl Fn(&str) -> bool,
    ) -> Vec<String> {
        let stems = images.iter().map(|(n, ext)| self.stem(values, *n, ext));
        let stems: Vec<_> = stems.collect();
        let are_distinct = stems.iter().collect::<BTreeSet<_>>().len() == stems.len();
        let mut copy = 1;
        loop {
            let names = stems.iter().zip(images).map(|(stem, (n, ext))| {
                let number = if are_distinct {
                    String::new()
                } else {
                    format!("-{n}")
                };
                let suffix = if copy == 1 {
                    String::new()
                } else {
                    format!(" ({copy})")
                };
                format!("{stem}{number}{suffix}.{ext}")
            });
            let names: Vec<_> = names.collect();
            if !names.iter().any(|name| is_taken(name)) {
                return names;
            }
            copy += 1;
        }
    }

    /// The path of an image up to its extension.
    fn stem(&self, values: &Values, n: usize, ext: &str) -> String {
        let text = |parts: &[Part]| -> String {
            let texts = parts.iter().map(|part| part.text(values, n, ext));
            texts.collect()
        };
        let directories = self.directories.iter();
        let directories = directories.map(|parts| component(&text(parts), LONGEST) + "/");
        directories.collect::<String>() + &component(&text(&self.stem), LONGEST - ENDING)
    }
}

impl Part {
    /// The value in `{key}` or `{key:.N}`.
    fn value(text: &str) -> Result<Self, String> {
        let (name, length) = match text.split_once(':') {
            Some((name, length)) => (name, Some(length)),
            None => (text, None),
        };
        // In `--help`, `{n}` would be a line break.
        let known = if name == "number" { "n" } else { name };
        let key = KEYS.into_iter().find(|key| *key == known);
        let key = key.ok_or_else(|| format!("unknown key {{{name}}}"))?;
        let longest = match length.map(|length| length.strip_prefix('.')) {
            None => Some(usize::MAX),
            Some(length) => length.and_then(|length| length.parse().ok()),
        };
        let longest = longest.filter(|longest| *longest > 0);
        longest
            .map(|longest| Self::Value(key, longest))
            .ok_or_else(|| format!("{{{text}}} has no length such as {{{name}:.60}}"))
    }

    fn text(self, values: &Values, n: usize, ext: &str) -> String {
        match self {
            Self::Character(character) => character.to_string(),
            Self::Value(key, longest) => {
                let value: String = values.get(key, n, ext).chars().take(longest).collect();
                value.trim_end().to_owned()
            }
        }
    }
}

/// A name for one file or directory on any system: not hidden, not an option of a
/// command, not reserved.
fn component(text: &str, longest: usize) -> String {
    let mut name = sanitize(text);
    // Twice: what the first pass leaves may be reserved, such as `con` of `-con`.
    for _ in 0..2 {
        let options = Options {
            windows: true,
            truncate: false,
            replacement: "-",
        };
        let trimmed = name.trim_start_matches(['.', '-', ' ']);
        name = sanitize_with_options(trimmed.trim_end_matches(['.', ' ']), options);
    }
    let is_within = |(at, character): &(usize, char)| at + character.len_utf8() <= longest;
    let characters = name.char_indices().take_while(is_within);
    let name: String = characters.map(|(_, character)| character).collect();
    let name = name.trim_start_matches('-').trim_end_matches(['.', ' ']);
    if name.is_empty() { "_" } else { name }.to_owned()
}

/// The names in use below a directory, compared as file systems may compare them.
#[derive(Debug, Default)]
pub(crate) struct Names(BTreeSet<String>);

impl Names {
    /// Chooses names that neither the directory nor this set has, and adds them.
    pub(crate) fn choose(
        &mut self,
        base: &Path,
        template: &OutputTemplate,
        values: &Values,
        images: &[(usize, String)],
    ) -> Vec<String> {
        let names = template.final_names(values, images, |name| {
            self.0.contains(&folded(name)) || base.join(name).symlink_metadata().is_ok()
        });
        self.0.extend(names.iter().map(|name| folded(name)));
        names
    }
}

/// What is equal for two names that a file system may take for the same.
fn folded(name: &str) -> String {
    let normalizer = const { ComposingNormalizerBorrowed::new_nfc() };
    normalizer.normalize(&name.to_lowercase()).into_owned()
}

#[cfg(test)]
mod tests {
    use std::path::Component;

    use super::*;

    const ID: &str = "20240225145303538-user:1234-channel:1114555266835431444";

    fn values(prompt: &str) -> Values {
        Values([
            ("job_id", ID.to_owned()),
            ("seed_job_id", "9".to_owned()),
            ("seed", "7".to_owned()),
            ("prompt", prompt.to_owned()),
            ("date", "2026-01-02".to_owned()),
            ("channel", "1114555266835431444".to_owned()),
        ])
    }

    fn images(count: usize) -> Vec<(usize, String)> {
        (1..=count).map(|n| (n, "png".to_owned())).collect()
    }

    fn names(template: &str, prompt: &str, count: usize) -> Vec<String> {
        let template = OutputTemplate::parse(template).unwrap();
        template.final_names(&values(prompt), &images(count), |_| false)
    }

    fn name(template: &str, prompt: &str) -> String {
        names(template, prompt, 1).remove(0)
    }

    #[test]
    fn keys_are_replaced_by_values() {
        for (template, expected) in [
            ("{prompt:.5}-{seed}/{n}.{ext}", "misty-7/1.png"),
            ("{prompt:.6}-{seed}/{n}.{ext}", "misty-7/1.png"),
            ("{prompt:.3}", "mis.png"),
            ("{date} {channel:.4}_{seed_job_id}", "2026-01-02 1114_9.png"),
            ("{{{n}}}.{ext}", "{1}.png"),
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
        assert_eq!(name("{prompt:.2}", "猫猫猫"), "猫猫.png");
    }

    #[test]
    fn values_are_read_from_the_result() {
        let json = serde_json::json!({
            "job_id": "9", "parent_job_id": null, "seed": 7, "prompt": " a\n\tb  c ",
            "prompt_with_seed": null, "images": [], "warnings": [],
        });
        let values = Values::new(ID, &serde_json::from_value(json).unwrap());
        for (key, expected) in [
            ("job_id", ID),
            ("seed_job_id", "9"),
            ("seed", "7"),
            ("prompt", "a b c"),
            ("channel", "1114555266835431444"),
            ("n", "3"),
            ("ext", "png"),
        ] {
            assert_eq!(values.get(key, 3, "png"), expected);
        }
        assert_eq!(values.get("date", 3, "png").len(), "2026-01-02".len());
    }

    #[test]
    fn invalid_template_is_a_usage_error() {
        for (template, reason) in [
            ("{promt}", "unknown key {promt}"),
            ("{}", "unknown key {}"),
            ("{n", "missing }"),
            ("n}", "} without {; write }} for a brace"),
            ("{n:3}", "{n:3} has no length such as {n:.60}"),
            ("{n:.0}", "{n:.0} has no length such as {n:.60}"),
            ("{n:.x}", "{n:.x} has no length such as {n:.60}"),
            ("/{n}", "must be relative"),
            ("a/../{n}", "must not contain .."),
        ] {
            let error = OutputTemplate::parse(template).unwrap_err();
            let expected = format!("invalid output template {template:?}: {reason}");
            assert_eq!(error.message(), expected);
            assert_eq!(error.exit(), crate::exit::Exit::Usage);
            assert!(error.hint_text().unwrap().contains(KEYS_HELP));
        }
    }

    #[test]
    fn keys_help_lists_every_key() {
        let listed: Vec<_> = KEYS.iter().map(|key| format!("{{{key}}}")).collect();
        assert!(KEYS_HELP.starts_with(&(listed.join(", ") + ";")));
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
                    assert_eq!(sanitize(part), part);
                }
                let mut components = Path::new(&path).components();
                assert!(components.all(|part| matches!(part, Component::Normal(_))));
                assert_eq!(path.split('/').count(), template.split('/').count());
            }
        }
        assert_eq!(name("{prompt}", "a/b:c"), "a-b-c.png");
        assert_eq!(name("{prompt}", ""), "_.png");
    }

    #[test]
    fn missing_number_is_inserted_for_many() {
        assert_eq!(names("{seed}.{ext}", "", 1), ["7.png"]);
        assert_eq!(names("{seed}.{ext}", "", 2), ["7-1.png", "7-2.png"]);
        assert_eq!(names("{n}/{seed}", "", 2), ["1/7.png", "2/7.png"]);
        // A number that is cut off is missing, too.
        let names = names("{prompt}{n}.{ext}", &"x".repeat(300), 12);
        assert!(names[11].ends_with("x-12.png"), "{names:?}");
        assert!(names.iter().all(|name| name.len() <= LONGEST));
    }

    #[test]
    fn taken_name_moves_the_whole_job() {
        let root = tempfile::tempdir().unwrap();
        let template = OutputTemplate::parse("{prompt}/{n}.{ext}").unwrap();
        let mut chosen = Names::default();
        let mut choose =
            |prompt: &str| chosen.choose(root.path(), &template, &values(prompt), &images(2));
        assert_eq!(choose("caf\u{e9}"), ["café/1.png", "café/2.png"]);
        let other = choose("CAFE\u{301}");
        assert_eq!(other, ["CAFE\u{301}/1 (2).png", "CAFE\u{301}/2 (2).png"]);
        std::fs::create_dir(root.path().join("b")).unwrap();
        for taken in ["b/2.png", "b/1 (2).png"] {
            std::fs::write(root.path().join(taken), "").unwrap();
        }
        assert_eq!(choose("b"), ["b/1 (3).png", "b/2 (3).png"]);
    }
}
