//! The documented answers, and what of them a row is about.

use std::collections::BTreeSet;
use std::fmt;
use std::fs;
use std::path::Path;

use anyhow::{Context, Result};
use serde_json::Value;

pub(crate) const FOLDER: &str = "tests/fixtures";

/// What the documentation shows. The folder `service` beside them is not from it.
const DOCUMENTED: [&str; 2] = ["responses", "model"];

/// What a row is about.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Subject {
    /// A field, as its path: `seed.attachments[].url`.
    Field(String),
    /// A whole answer, as `responses/STATUS-SHAPE`.
    Answer(String),
}

impl Subject {
    pub(crate) fn named(name: &str) -> Self {
        if name.contains('/') {
            Self::Answer(name.to_owned())
        } else {
            Self::Field(name.to_owned())
        }
    }
}

impl fmt::Display for Subject {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (Self::Field(name) | Self::Answer(name)) = self;
        f.write_str(name)
    }
}

/// A documented answer.
pub(crate) struct Fixture {
    /// `SECTION/STATUS-SHAPE`.
    pub(crate) name: String,
    pub(crate) body: Value,
}

impl Fixture {
    pub(crate) fn file(&self) -> String {
        format!("{FOLDER}/{}.json", self.name)
    }

    pub(crate) fn is_response(&self) -> bool {
        self.name.starts_with("responses/")
    }

    pub(crate) fn has(&self, subject: &Subject) -> bool {
        match subject {
            Subject::Field(path) => self.paths().contains(path),
            Subject::Answer(name) => self.name == *name,
        }
    }

    /// The path of every field, `[]` for any item of a list.
    pub(crate) fn paths(&self) -> BTreeSet<String> {
        let mut found = BTreeSet::new();
        collect(&self.body, "", &mut found);
        found
    }
}

fn collect(value: &Value, path: &str, found: &mut BTreeSet<String>) {
    match value {
        Value::Object(fields) => {
            for (name, value) in fields {
                let path = if path.is_empty() {
                    name.clone()
                } else {
                    format!("{path}.{name}")
                };
                collect(value, &path, found);
                found.insert(path);
            }
        }
        Value::Array(items) => {
            let path = format!("{path}[]");
            for item in items {
                collect(item, &path, found);
            }
        }
        _ => {}
    }
}

/// All of them, by name.
pub(crate) fn read() -> Result<Vec<Fixture>> {
    let mut fixtures = Vec::new();
    for section in DOCUMENTED {
        let folder = Path::new(FOLDER).join(section);
        let entries =
            fs::read_dir(&folder).with_context(|| format!("cannot read {}", folder.display()))?;
        for entry in entries {
            let file = entry
                .with_context(|| format!("cannot read {}", folder.display()))?
                .path();
            let shape = file.file_stem().unwrap_or_default().to_string_lossy();
            let text = fs::read_to_string(&file)
                .with_context(|| format!("cannot read {}", file.display()))?;
            let body = serde_json::from_str(&text)
                .with_context(|| format!("{} is no JSON", file.display()))?;
            fixtures.push(Fixture {
                name: format!("{section}/{shape}"),
                body,
            });
        }
    }
    fixtures.sort_by(|one, other| one.name.cmp(&other.name));
    Ok(fixtures)
}
