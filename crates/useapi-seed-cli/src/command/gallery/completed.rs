//! A completed job, as its pages need it.
//!
//! Whatever its files contain is text that a server had a hand in.

use std::path::Path;

use jiff::Timestamp;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use serde_json::Value;

use super::owner::Owner;
use crate::fetch::{SeedFile, images_base, listed};
use crate::local_file::read_json;
use crate::text::{IMAGES_SHOWN, one_line};
use crate::thumbnails;

/// The name that hosts of static files serve for a directory.
pub(crate) const PAGE: &str = "index.html";
/// The characters that a component of a link has unescaped.
const PATH: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'-')
    .remove(b'.')
    .remove(b'_')
    .remove(b'~');

/// A job with a seed and all images that are to be there.
#[derive(Debug)]
pub(crate) struct CompletedJob {
    /// Its own page, from the page about all.
    pub(crate) page: String,
    /// What its images' links begin with on the page about all.
    pub(crate) from_all: String,
    /// What they begin with on its own page.
    pub(crate) from_job: &'static str,
    /// The directory of the page about all, from its own page.
    pub(crate) parent: &'static str,
    pub(crate) seed: u64,
    pub(crate) prompt: Option<String>,
    /// The prompt with its seed.
    pub(crate) line: Option<String>,
    pub(crate) original: Option<String>,
    pub(crate) job_id: String,
    /// When it was retrieved; where that is unknown, when it was created.
    pub(super) retrieved: Option<String>,
    /// As many as are shown.
    pub(crate) images: Vec<PageImage>,
    /// How many the result has.
    pub(crate) count: usize,
    pub(crate) differences: Vec<String>,
}

/// One of its images.
#[derive(Debug)]
pub(crate) struct PageImage {
    pub(crate) number: usize,
    /// Behind what the page's links to images begin with.
    pub(crate) link: String,
    pub(crate) size: Option<(u64, u64)>,
    /// The links of its thumbnails, and their widths.
    pub(crate) thumbnails: Vec<(String, u64)>,
    /// Its file, relative to the directory of the images.
    file: String,
}

impl CompletedJob {
    /// The job in a directory; none when it is not a job's, or the job is not completed.
    /// `path` is relative to the page about all.
    pub(super) fn read(dir: &Path, path: &str, owner: Owner) -> Option<Self> {
        let read = |name| owner.size(dir, name).map(|_| dir.join(name));
        let seed_file: SeedFile = read_json(&read("seed.json")?)?;
        let response: Value = read_json(&read("job.json")?)?;
        let base = images_base(dir);
        if !seed_file.is_whole(|name| owner.size(base, name)) {
            return None;
        }
        let images = seed_file.files.iter().filter_map(|image| {
            let file = image.file.as_deref()?;
            Some(PageImage {
                number: image.number,
                link: link(file),
                size: image.width.zip(image.height),
                thumbnails: Vec::new(),
                file: file.to_owned(),
            })
        });
        let result = &seed_file.result;
        let differences = seed_file.files.iter().flat_map(|image| {
            let texts = image.differences.iter();
            texts.map(|text| format!("Image {}: {text}", image.number))
        });
        let differences = differences.chain(listed(result.warnings()));
        let created = response.get("created").and_then(Value::as_str);
        let retrieved = seed_file.retrieved_at.as_deref().or(created);
        let path = format!("./{}/", link(path));
        let (from_all, from_job, parent) = if base == dir {
            (path.clone(), "./", "../")
        } else {
            ("./".to_owned(), "../../", "../../")
        };
        Some(Self {
            page: format!("{path}{PAGE}"),
            from_all,
            from_job,
            parent,
            seed: result.seed(),
            prompt: result.prompt().and_then(words),
            line: result.prompt_with_seed().and_then(words),
            original: result.parent_job_id().map(one_line),
            job_id: one_line(result.job_id()),
            retrieved: retrieved.map(str::to_owned),
            count: result.images().len().max(seed_file.files.len()),
            differences: differences.map(|text| one_line(&text)).collect(),
            images: images.take(IMAGES_SHOWN).collect(),
        })
    }

    pub(crate) fn title(&self) -> String {
        self.prompt
            .clone()
            .unwrap_or_else(|| format!("Seed {}", self.seed))
    }

    /// Whether not all images are shown, because they are too many.
    pub(crate) fn is_cut(&self) -> bool {
        self.images.len() == IMAGES_SHOWN && self.count > IMAGES_SHOWN
    }

    /// When it was retrieved, for people; the text as it is where that is not a time.
    pub(crate) fn when(&self) -> Option<String> {
        let retrieved = self.retrieved.as_deref()?;
        Some(match retrieved.parse::<Timestamp>() {
            Ok(time) => time.strftime("%Y-%m-%d %H:%M UTC").to_string(),
            Err(_) => one_line(retrieved),
        })
    }
}

impl PageImage {
    /// Makes its thumbnails, unless they are there. Without one the page shows the image.
    pub(super) fn add_thumbnails(&mut self, base: &Path, owner: Owner) {
        let Some(size) = self.size else { return };
        let edges = thumbnails::edges(size).map(|(edge, _)| edge);
        if thumbnails::make(&base.join(&self.file), edges).is_err() {
            return;
        }
        for (edge, width) in thumbnails::edges(size) {
            let path = thumbnails::path(Path::new(&self.file), edge);
            let name = path.to_str();
            if let Some(name) = name.filter(|name| owner.size(base, name).is_some()) {
                self.thumbnails.push((link(name), width));
            }
        }
    }
}

/// Text on one line, if anything is left of it.
fn words(text: &str) -> Option<String> {
    Some(one_line(text)).filter(|text| !text.is_empty())
}

/// A relative path as a part of a link.
fn link(path: &str) -> String {
    let components = Path::new(path).components();
    let components = components.map(|component| {
        let component = component.as_os_str().to_string_lossy();
        utf8_percent_encode(&component, PATH).to_string()
    });
    components.collect::<Vec<_>>().join("/")
}
