//! The documented responses.

use std::path::{Path, PathBuf};

use serde::Serialize;
use serde_json::Value;

/// One test for each fixture: an async function that takes the [`Fixture`], run
/// under the fixture's [`test_name`](Fixture::test_name).
#[macro_export]
macro_rules! fixture_tests {
    ($run:path) => {
        $crate::fixture_tests! { each
            model_every_field
            responses_200_already_retrieved
            responses_200_started
            responses_400_channel_missing
            responses_400_discord_missing
            responses_400_jobid_missing
            responses_400_parent_not_completed
            responses_400_reply_ref_too_long
            responses_400_reply_url_too_long
            responses_400_verb_not_supported
            responses_401_unauthorized
            responses_402_payment_required
            responses_404_not_found
            responses_596_failed_job
            responses_596_halted_account
            service_200_completed_seed_job
            service_200_imagine_job
            service_200_in_progress
            service_400_query_without_jobid
            service_404_job_not_found
            service_429_account_busy
            => $run
        }
    };
    (each $($test:ident)* => $run:path) => {
        #[test]
        fn every_fixture_has_a_test() {
            let fixtures = $crate::Fixture::all();
            let names: Vec<_> = fixtures.iter().map($crate::Fixture::test_name).collect();
            assert_eq!(names, [$(stringify!($test)),*]);
        }

        $(
            #[tokio::test]
            async fn $test() {
                let fixtures = $crate::Fixture::all();
                let mut fixtures = fixtures.into_iter();
                let fixture = fixtures.find(|fixture| fixture.test_name() == stringify!($test));
                $run(fixture.expect("a fixture of this name")).await;
            }
        )*
    };
}

/// One documented response, from `fixtures/SECTION/STATUS-SHAPE.json`.
#[derive(Clone, Debug)]
pub struct Fixture {
    /// `SECTION/STATUS-SHAPE`.
    pub name: String,
    /// Its HTTP status.
    pub status: u16,
    /// The body.
    pub text: String,
}

impl Fixture {
    /// The fixture of this name.
    ///
    /// # Panics
    ///
    /// If it cannot be read.
    #[must_use]
    pub fn named(name: &str) -> Self {
        let file = directory().join(format!("{name}.json"));
        let text = std::fs::read_to_string(&file)
            .unwrap_or_else(|error| panic!("{}: {error}", file.display()));
        let shape = name.rsplit('/').next().unwrap_or(name);
        let status = shape
            .split('-')
            .next()
            .and_then(|status| status.parse().ok())
            // The model belongs to no status.
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
    /// If the directory cannot be read.
    #[must_use]
    pub fn all() -> Vec<Self> {
        let mut names: Vec<String> = ["responses", "model", "service"]
            .into_iter()
            .flat_map(|section| {
                let files =
                    std::fs::read_dir(directory().join(section)).expect("a directory of fixtures");
                files.map(move |file| {
                    let path = file.expect("a fixture").path();
                    let shape = path.file_stem().expect("a file name").to_string_lossy();
                    format!("{section}/{shape}")
                })
            })
            .collect();
        names.sort();
        names.iter().map(|name| Self::named(name)).collect()
    }

    /// The name of its tests and snapshots: `SECTION_STATUS_SHAPE`.
    #[must_use]
    pub fn test_name(&self) -> String {
        self.name.replace(['/', '-'], "_")
    }

    /// Whether it is a response to a poll. The others are responses to a
    /// submission.
    #[must_use]
    pub fn is_poll(&self) -> bool {
        self.name.starts_with("service/")
    }

    /// The body as JSON.
    ///
    /// # Panics
    ///
    /// If it is not JSON.
    #[must_use]
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.text).expect("JSON")
    }
}

/// A value as JSON without nulls: an optional field that is new changes no
/// snapshot.
///
/// # Panics
///
/// If it cannot be serialized.
#[must_use]
pub fn without_nulls(value: &impl Serialize) -> Value {
    fn strip(value: &mut Value) {
        match value {
            Value::Object(map) => {
                map.retain(|_, value| !value.is_null());
                map.values_mut().for_each(strip);
            }
            Value::Array(values) => values.iter_mut().for_each(strip),
            _ => {}
        }
    }
    let mut value = serde_json::to_value(value).expect("JSON");
    strip(&mut value);
    value.sort_all_objects();
    value
}

fn directory() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures")
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;
    use std::fs;

    use super::directory;

    fn directories_and_files(path: &str) -> (BTreeSet<String>, BTreeSet<String>) {
        let entries = fs::read_dir(directory().join(path))
            .unwrap()
            .map(Result::unwrap);
        let (directories, files): (Vec<_>, Vec<_>) =
            entries.partition(|entry| entry.path().is_dir());
        let names = |entries: Vec<fs::DirEntry>| {
            let names = entries.iter().map(fs::DirEntry::file_name);
            names.map(|name| name.into_string().unwrap()).collect()
        };
        (names(directories), names(files))
    }

    /// Each test of responses checks this for the other directories.
    #[test]
    fn every_example_has_a_test() {
        let (directories, _) = directories_and_files("");
        let known = ["examples", "model", "responses", "service"];
        assert_eq!(directories, known.map(String::from).into());

        let tests = include_str!("../tests/workspace/documentation_examples.rs");
        let (_, examples) = directories_and_files("examples");
        for example in examples {
            let included = format!("include_str!(\"../../fixtures/examples/{example}\")");
            assert!(tests.contains(&included), "{example}");
        }
    }
}
