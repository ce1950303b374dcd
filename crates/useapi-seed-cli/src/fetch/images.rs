//! Which images of a job are wanted.

use std::collections::BTreeSet;

use crate::text::IMAGES_SHOWN;

/// Which images of a job are wanted.
#[derive(Clone, Debug, Default)]
pub(crate) enum ImageSelection {
    #[default]
    All,
    /// These, by number; none with `--seed-only`.
    Numbers(BTreeSet<usize>),
}

impl ImageSelection {
    /// The numbers of the wanted images of a result that lists `count` images.
    pub(crate) fn of(&self, count: usize) -> BTreeSet<usize> {
        match self {
            Self::All => (1..=count.min(IMAGES_SHOWN)).collect(),
            Self::Numbers(numbers) => numbers.clone(),
        }
    }

    /// Whether a result without images is complete.
    pub(crate) fn allows_none(&self) -> bool {
        matches!(self, Self::Numbers(numbers) if numbers.is_empty())
    }
}
