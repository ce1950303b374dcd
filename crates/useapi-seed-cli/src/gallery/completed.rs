//! A finished folder, as its pages need it.
//!
//! Whatever stands in its files is text that a server had a hand in.

use std::fs::Metadata;
use std::path::{Component, Path};

use jiff::Timestamp;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use serde_json::Value;

use super::owner::Owner;
use crate::fetch::{SeedFile, listed};
use crate::local_file::read_json;
use crate::text::{IMAGES_SHOWN, one_line};

/// What a part of a path may have as it is.
const PATH: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'-')
    .remove(b'.')
    .remove(b'_')
    .remove(b'~');

/// A folder with a seed and its pictures.
#[derive(Debug)]
pub(crate) struct CompletedJob {
    /// Where it is, from the page about all: a link that ends in `/`.
    pub(crate) place: String,
    /// Its own page, from there.
    pub(crate) page: String,
    pub(crate) seed: u64,
    pub(crate) prompt: Option<String>,
    /// The line to paste.
    pub(crate) line: Option<String>,
    pub(crate) original: Option<String>,
    pub(crate) job_id: String,
    /// When its seed was retrieved, for people.
    pub(crate) when: Option<String>,
    created: Option<String>,
    /// As many as are shown.
    pub(crate) images: Vec<PageImage>,
    /// How many there are.
    pub(crate) count: usize,
    pub(crate) differences: Vec<String>,
}

/// One of its pictures.
#[derive(Debug)]
pub(crate) struct PageImage {
    pub(crate) number: usize,
    /// From its folder.
    pub(crate) link: String,
    pub(crate) size: Option<(u64, u64)>,
}

impl CompletedJob {
    /// What a folder has; none when it is not one of these, or not finished. `name` is
    /// what the page about all calls it.
    pub(super) fn read(dir: &Path, name: &str, owner: Owner) -> Option<Self> {
        let file = |name: &str| {
            let path = dir.join(name);
            let data = owner.data(&path).filter(Metadata::is_file);
            data.map(|data| (path, data.len()))
        };
        let seed_file: SeedFile = read_json(&file("seed.json")?.0)?;
        let result = &seed_file.result;
        let mut images: Vec<_> = seed_file
            .files
            .iter()
            .filter_map(|image| {
                let file = image.file.as_deref().filter(|file| is_a_name(file))?;
                Some(PageImage {
                    number: image.number,
                    link: link(file),
                    size: image.width.zip(image.height),
                })
            })
            .collect();
        let size = |name: &str| file(name).map(|(_, size)| size);
        if images.len() < seed_file.files.len() || !seed_file.is_whole(size) {
            return None;
        }
        let count = result.images().len().max(images.len());
        images.truncate(IMAGES_SHOWN);
        let response: Value = read_json(&file("job.json")?.0)?;
        let of_image = |number, text: &String| format!("Picture {number}: {}", one_line(text));
        let files = seed_file.files.iter();
        let differences = files
            .flat_map(|image| {
                image
                    .differences
                    .iter()
                    .map(move |text| (image.number, text))
            })
            .map(|(number, text)| of_image(number, text))
            .chain(listed(result.warnings()).iter().map(|note| one_line(note)))
            .collect();
        let created = response.get("created").and_then(Value::as_str);
        let place = format!("{}/", link(name));
        Some(Self {
            page: format!("{place}{}", super::PAGE),
            place,
            seed: result.seed(),
            prompt: result.prompt().and_then(words),
            line: result.prompt_with_seed().and_then(words),
            original: result.parent_job_id().map(one_line),
            job_id: one_line(result.job_id()),
            when: created.map(when),
            created: created.map(str::to_owned),
            images,
            count,
            differences,
        })
    }

    /// What it is called.
    pub(crate) fn title(&self) -> String {
        self.prompt
            .clone()
            .unwrap_or_else(|| format!("Seed {}", self.seed))
    }

    /// By time; those that tell none come first.
    pub(super) fn order(&self) -> (&Option<String>, &str) {
        (&self.created, &self.place)
    }
}

/// Text as a page shows it and as it is copied, if anything is left of it.
fn words(text: &str) -> Option<String> {
    Some(one_line(text)).filter(|text| !text.trim().is_empty())
}

/// A time of the service's for people, or what stands in its place.
fn when(text: &str) -> String {
    match text.parse::<Timestamp>() {
        Ok(time) => time.strftime("%Y-%m-%d %H:%M UTC").to_string(),
        Err(_) => one_line(text),
    }
}

/// Whether a file's name leads nowhere else.
fn is_a_name(name: &str) -> bool {
    let mut components = Path::new(name).components();
    matches!(components.next(), Some(Component::Normal(_))) && components.next().is_none()
}

/// A link to what is called so, here: never to a scheme or a host.
fn link(name: &str) -> String {
    format!("./{}", utf8_percent_encode(name, PATH))
}
