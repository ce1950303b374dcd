//! What can be wrong with a scenario.

use std::ops::Range;

/// A text that is no scenario, with the place of what is wrong.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ScenarioError {
    /// It is no TOML, or a value is not what has to be there.
    #[error("the scenario cannot be read: {0}")]
    File(#[from] toml::de::Error),
    /// It contradicts itself.
    #[error("the scenario contradicts itself in line {line}: {problem}")]
    #[non_exhaustive]
    Contradiction {
        /// Counted from 1.
        line: usize,
        /// What is wrong there.
        problem: String,
    },
}

impl ScenarioError {
    pub(super) fn contradiction(text: &str, place: &Range<usize>, problem: String) -> Self {
        let before = text.get(..place.start).unwrap_or_default();
        let line = before.matches('\n').count() + 1;
        Self::Contradiction { line, problem }
    }
}
