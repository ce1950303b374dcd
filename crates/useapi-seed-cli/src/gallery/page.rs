//! The pages, from the templates in `templates/`.

use askama::Template;
use data_encoding::BASE64;
use sha2::{Digest, Sha256};

use super::completed::CompletedJob;

// Shared with the emulator's page, and its own.
pub(crate) const STYLE: &str = concat!(
    include_str!("../../templates/base.css"),
    include_str!("../../templates/style.css")
);
pub(crate) const SCRIPT: &str = include_str!("../../templates/copy.js");

#[derive(Template)]
#[template(path = "job.html")]
struct JobPage<'a> {
    policy: String,
    job: &'a CompletedJob,
    /// Whether there is a page about all jobs.
    has_parent: bool,
}

#[derive(Template)]
#[template(path = "all.html")]
struct AllPage<'a> {
    policy: String,
    jobs: &'a [CompletedJob],
}

pub(super) fn of_job(job: &CompletedJob, has_parent: bool) -> askama::Result<String> {
    let policy = policy();
    JobPage {
        policy,
        job,
        has_parent,
    }
    .render()
}

pub(super) fn of_all(jobs: &[CompletedJob]) -> askama::Result<String> {
    let policy = policy();
    AllPage { policy, jobs }.render()
}

/// What a browser lets the page do: show the images of its site, and run exactly
/// this style and script. From disk, images have no origin but their scheme.
fn policy() -> String {
    let hash = |text: &str| format!("'sha256-{}'", BASE64.encode(&Sha256::digest(text)));
    format!(
        "default-src 'none'; img-src 'self' file: data:; style-src {}; script-src {}; \
         base-uri 'none'; form-action 'none'",
        hash(STYLE),
        hash(SCRIPT)
    )
}
