//! The pages, from the templates in `templates/`.

use askama::Template;
use data_encoding::BASE64;
use sha2::{Digest, Sha256};

use super::completed::CompletedJob;

// Shared with the emulator's page, and its own.
pub(crate) const STYLE: &str = concat!(
    include_str!("../../../templates/base.css"),
    include_str!("../../../templates/style.css")
);
pub(crate) const SCRIPT: &str = include_str!("../../../templates/copy.js");

#[derive(Template)]
#[template(path = "job.html")]
pub(super) struct JobPage<'a> {
    pub(super) job: &'a CompletedJob,
    /// Whether there is a page about all jobs.
    pub(super) has_parent: bool,
}

#[derive(Template)]
#[template(path = "all.html")]
pub(super) struct AllPage<'a> {
    pub(super) jobs: Vec<&'a CompletedJob>,
}

/// What a browser lets the page do: show the images of its site, and run exactly
/// this style and script. From disk, images have no origin but their scheme.
pub(crate) fn policy() -> String {
    let hash = |text: &str| format!("'sha256-{}'", BASE64.encode(&Sha256::digest(text)));
    format!(
        "default-src 'none'; img-src 'self' file: data:; style-src {}; script-src {}; \
         base-uri 'none'; form-action 'none'",
        hash(STYLE),
        hash(SCRIPT)
    )
}
