//! What a test binary says of its tests.

use std::collections::BTreeSet;

/// So that its lines are as `passed` and `failed` expect them.
pub(crate) const FORMAT: [&str; 3] = ["--exact", "--format=pretty", "--color=never"];

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
    use super::{failed, passed};

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
