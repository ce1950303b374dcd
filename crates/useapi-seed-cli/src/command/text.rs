//! Texts for other programs: completions and manual pages.

use serde::Serialize;

/// A text.
#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[cfg_attr(test, schemars(rename = "Text"))]
pub(crate) struct Printed {
    /// The shell's name, or the page's.
    pub(crate) name: String,
    /// The text.
    pub(crate) text: String,
}
