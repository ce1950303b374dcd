//! What a test binary says of its tests.

use std::collections::BTreeSet;

use super::named_test::TestName;

/// So that its lines are as `passed` and `failed` expect them.
pub(crate) const FORMAT: [&str; 3] = ["--exact", "--format=pretty", "--color=never"];

/// The tests that passed in a run of cargo's, by their binaries.
pub(crate) struct Passed(BTreeSet<(String, String)>);

impl Passed {
    /// Reads the output of `cargo test`, standard error among it.
    pub(crate) fn read(output: &str) -> Self {
        let mut binary = "";
        let mut found = BTreeSet::new();
        for line in output.lines() {
            if let Some(name) = started(line) {
                binary = name;
            }
            found.extend(
                passed(line)
                    .into_iter()
                    .map(|test| (binary.to_owned(), test.to_owned())),
            );
        }
        Self(found)
    }

    pub(crate) fn has(&self, test: &TestName) -> bool {
        self.0.contains(&(test.executable(), test.path.clone()))
    }
}

/// Which test binary cargo says that it runs: of
/// `     Running tests/a.rs (target/debug/deps/a-0123456789abcdef)` the `a`.
fn started(line: &str) -> Option<&str> {
    let (_, place) = line
        .trim_start()
        .strip_prefix("Running ")?
        .rsplit_once('(')?;
    let file = place
        .trim_end()
        .strip_suffix(')')?
        .rsplit(['/', '\\'])
        .next()?;
    Some(file.rsplit_once('-')?.0)
}

/// The tests that passed. One that is not among them failed, was left out, or
/// does not exist.
pub(crate) fn passed(output: &str) -> BTreeSet<&str> {
    with_outcome(output, "ok").collect()
}

/// Whether this test ran and failed.
pub(crate) fn failed(output: &str, test: &str) -> bool {
    with_outcome(output, "FAILED").any(|failed| failed == test)
}

fn with_outcome<'a>(output: &'a str, outcome: &'a str) -> impl Iterator<Item = &'a str> {
    output.lines().filter_map(move |line| {
        let (name, found) = line.strip_prefix("test ")?.rsplit_once(" ... ")?;
        let name = name.strip_suffix(" - should panic").unwrap_or(name);
        (found == outcome).then_some(name)
    })
}

#[cfg(test)]
mod tests {
    use super::{Passed, failed, passed};
    use crate::contract::named_test::TestName;

    #[test]
    fn tests_are_known_by_their_binaries() {
        let output = "     Running unittests src/lib.rs (target/debug/deps/useapi_seed-0f)\n\
            test a ... ok\ntest b ... ignored\n     Running tests/wire.rs (/t/deps/wire-0f)\n\
            test c ... ok\n   Doc-tests useapi_seed\ntest d ... ok\n";
        let passed = Passed::read(output);
        let has = |name| passed.has(&TestName::parse(name).unwrap());
        assert!(has("seed::lib::a") && has("tests::wire::c"));
        for other in [
            "seed::lib::b",
            "seed::lib::c",
            "tests::wire::a",
            "raw::lib::a",
        ] {
            assert!(!has(other), "{other}");
        }
    }

    #[test]
    fn only_tests_that_ran_count() {
        let output = "\nrunning 4 tests\ntest a::b ... ok\ntest c - should panic ... ok\n\
            test d ... ignored\ntest e ... FAILED\n\ntest result: FAILED. 2 passed\n";
        assert_eq!(
            passed(output).into_iter().collect::<Vec<_>>(),
            ["a::b", "c"]
        );
        assert!(failed(output, "e"));
        for other in ["a::b", "d", "result", "no_such_test"] {
            assert!(!failed(output, other), "{other}");
        }
    }
}
