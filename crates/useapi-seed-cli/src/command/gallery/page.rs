//! The pages, from the templates in `templates/`.

use askama::Template;
use data_encoding::BASE64;
use sha2::{Digest, Sha256};

use super::completed::{CompletedJob, PAGE};

// Shared with the emulator's page, and its own.
pub(crate) const STYLE: &str = concat!(
    include_str!("../../../templates/base.css"),
    include_str!("../../../templates/style.css")
);
pub(crate) const SCRIPT: &str = concat!(
    include_str!("../../../templates/copy.js"),
    include_str!("../../../templates/thumbnails.js"),
    include_str!("../../../templates/viewer.js"),
    include_str!("../../../templates/find.js")
);

/// The parts of a prompt between spaces, each with whether it stays on one line if it
/// fits: a parameter and its value (`--ar 3:2`) are one part.
pub(crate) fn unbroken_parts(prompt: &str) -> Vec<(String, bool)> {
    let mut pieces = prompt.split(' ').peekable();
    let mut parts = Vec::new();
    while let Some(piece) = pieces.next() {
        let is_value =
            |next: &&str| piece.starts_with("--") && !next.is_empty() && !next.starts_with("--");
        parts.push(match pieces.next_if(is_value) {
            Some(value) => (format!("{piece} {value}"), true),
            None => (piece.to_owned(), false),
        });
    }
    parts
}

#[derive(Template)]
#[template(path = "job.html")]
pub(super) struct JobPage<'a> {
    job: &'a CompletedJob,
    /// Links to other pages, with their texts.
    links: Vec<(&'static str, String)>,
}

impl<'a> JobPage<'a> {
    /// `has_all` is whether there is a page about all jobs.
    pub(super) fn new(
        job: &'a CompletedJob,
        has_all: bool,
        previous: Option<&CompletedJob>,
        next: Option<&CompletedJob>,
    ) -> Self {
        let link = |text, page: &str| (text, format!("{}{page}", job.parent));
        let all = has_all.then(|| link("All jobs", PAGE));
        let previous = previous.map(|job| link("Previous job", &job.page));
        let next = next.map(|job| link("Next job", &job.page));
        Self {
            job,
            links: [all, previous, next].into_iter().flatten().collect(),
        }
    }
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parameter_and_value_are_one_part() {
        let kept = |prompt: &str| {
            let parts = unbroken_parts(prompt);
            let text: Vec<_> = parts.iter().map(|(part, _)| part.as_str()).collect();
            assert_eq!(text.join(" "), prompt);
            let kept = parts.into_iter().filter(|(_, is_kept)| *is_kept);
            kept.map(|(part, _)| part).collect::<Vec<_>>()
        };
        let prompt = "a  cat -- sleeping --tile --ar 3:2 --no dogs, mice --seed 7";
        assert_eq!(
            kept(prompt),
            ["-- sleeping", "--ar 3:2", "--no dogs,", "--seed 7"]
        );
        assert_eq!(kept("--ar"), [""; 0]);
        assert_eq!(kept(""), [""; 0]);
    }
}
