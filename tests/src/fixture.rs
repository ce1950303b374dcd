//! The documented answers.

use std::path::{Path, PathBuf};

use serde_json::Value;

/// One documented answer, from `fixtures/SECTION/STATUS-SHAPE.json`.
#[derive(Clone, Debug)]
pub struct Fixture {
    /// `SECTION/STATUS-SHAPE`.
    pub name: String,
    /// The HTTP status that it comes with.
    pub status: u16,
    /// The body.
    pub text: String,
}

impl Fixture {
    /// The fixture of this name.
    ///
    /// # Panics
    ///
    /// When there is none.
    #[must_use]
    pub fn named(name: &str) -> Self {
        let file = folder().join(format!("{name}.json"));
        let text = std::fs::read_to_string(&file)
            .unwrap_or_else(|fault| panic!("{}: {fault}", file.display()));
        let shape = name.rsplit('/').next().unwrap_or(name);
        let status = shape
            .split('-')
            .next()
            .and_then(|status| status.parse().ok())
            // The model is not bound to a status.
            .unwrap_or(200);
        Self {
            name: name.to_owned(),
            status,
            text,
        }
    }

    /// All fixtures, by name.
    ///
    /// # Panics
    ///
    /// When the folder cannot be read.
    #[must_use]
    pub fn all() -> Vec<Self> {
        let mut names: Vec<String> = ["responses", "model", "service"]
            .into_iter()
            .flat_map(|section| {
                let files =
                    std::fs::read_dir(folder().join(section)).expect("a folder of fixtures");
                files.map(move |file| {
                    let path = file.expect("a fixture").path();
                    let shape = path.file_stem().expect("a file's name").to_string_lossy();
                    format!("{section}/{shape}")
                })
            })
            .collect();
        names.sort();
        names.iter().map(|name| Self::named(name)).collect()
    }

    /// The body as JSON.
    ///
    /// # Panics
    ///
    /// When it is none.
    #[must_use]
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.text).expect("JSON")
    }
}

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures")
}
