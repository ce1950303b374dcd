//! `seed.json`: what was understood of an answer, and what became of it.

use std::iter;

use serde::{Deserialize, Serialize};
use useapi_seed::{Error, SavedImage, SeedResult, Warning};

use crate::terminal::IMAGES_SHOWN;

pub(crate) const NAME: &str = "seed.json";

/// What was understood of an answer: the seed, what makes it of use, and the
/// files of its images.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub(crate) struct SeedFile {
    /// Id of the job that was asked for: the original job of a fetch, the started
    /// one of a wait.
    pub(crate) requested_job_id: Option<String>,
    /// Id of the job that the answer is about.
    pub(crate) job_id: String,
    /// Id of the imagine, button or blend job that the seed belongs to.
    pub(crate) parent_job_id: Option<String>,
    /// The seed, from Midjourney 0 to 4294967295.
    pub(crate) seed: u64,
    /// The prompt, with its parameters.
    pub(crate) prompt: Option<String>,
    /// The line that makes the images again: the prompt with `--seed`.
    pub(crate) prompt_with_seed: Option<String>,
    /// How many images the answer lists.
    #[serde(default)]
    pub(crate) image_count: usize,
    /// The images, in the answer's order; 16 at most.
    pub(crate) images: Vec<ImageEntry>,
    /// Where the answer differs from the documentation; 16 lines and a count at
    /// most.
    pub(crate) notes: Vec<String>,
}

/// One of its images: a file, or the error instead.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub(crate) struct ImageEntry {
    /// Its place among the images, from 1.
    pub(crate) number: usize,
    /// The file's name in this folder; null when it could not be saved.
    pub(crate) file: Option<String>,
    /// Why it could not be saved.
    pub(crate) error: Option<String>,
    /// Its media type, by its content.
    media_type: Option<String>,
    /// Its size in bytes.
    pub(crate) size: Option<u64>,
    /// Its width in pixels.
    pub(crate) width: Option<u64>,
    /// Its height in pixels.
    pub(crate) height: Option<u64>,
    /// Where it differs from what the answer announced.
    pub(crate) differences: Vec<String>,
}

impl SeedFile {
    /// `outcomes` are those of the result's images, in order; none of an image
    /// that was not tried yet.
    pub(crate) fn new(
        (requested_job_id, parent_job_id): (&str, Option<&str>),
        retrieval: &SeedResult,
        notes: &[Warning],
        outcomes: &[Result<SavedImage, Error>],
    ) -> Self {
        Self {
            requested_job_id: Some(requested_job_id.to_owned()),
            job_id: retrieval.job_id().to_owned(),
            parent_job_id: retrieval
                .parent_job_id()
                .or(parent_job_id)
                .map(str::to_owned),
            seed: retrieval.seed(),
            prompt: retrieval.prompt().map(str::to_owned),
            prompt_with_seed: retrieval.prompt_with_seed(),
            image_count: retrieval.images().len(),
            images: retrieval
                .images()
                .iter()
                .take(IMAGES_SHOWN)
                .zip(outcomes.iter().map(Some).chain(iter::repeat(None)))
                .map(|(image, outcome)| ImageEntry::new(image.number, outcome))
                .collect(),
            notes: listed(notes),
        }
    }

    /// Whether the file is about a job: the one that was asked for, the one of the
    /// response, or the one that the seed belongs to.
    pub(crate) fn is_about(&self, job_id: &str) -> bool {
        let ids = [&self.requested_job_id, &self.parent_job_id];
        self.job_id == job_id || ids.into_iter().flatten().any(|id| id == job_id)
    }

    /// Whether nothing is missing, when the folder has files of these sizes.
    pub(crate) fn is_whole(&self, size: impl Fn(&str) -> Option<u64>) -> bool {
        let is_there = |image: &ImageEntry| {
            let found = image.file.as_deref().and_then(&size);
            found.is_some() && found == image.size
        };
        !self.images.is_empty() && self.images.iter().all(is_there)
    }
}

impl ImageEntry {
    fn new(number: usize, outcome: Option<&Result<SavedImage, Error>>) -> Self {
        let saved = outcome.and_then(|outcome| outcome.as_ref().ok());
        let fault = outcome.and_then(|outcome| outcome.as_ref().err());
        let (width, height) = saved.and_then(|saved| saved.dimensions).unzip();
        Self {
            number,
            file: saved.and_then(file_name),
            error: fault.map(ToString::to_string),
            media_type: saved.map(|saved| saved.media_type.clone()),
            size: saved.map(|saved| saved.size),
            width,
            height,
            differences: saved
                .map(|saved| saved.mismatches.iter().map(ToString::to_string).collect())
                .unwrap_or_default(),
        }
    }
}

/// The first of a list, and how many more there are.
pub(crate) fn listed(list: &[impl ToString]) -> Vec<String> {
    let more = list.len().saturating_sub(IMAGES_SHOWN);
    let more = (more > 0).then(|| format!("and {more} more"));
    let first = list.iter().take(IMAGES_SHOWN).map(ToString::to_string);
    first.chain(more).collect()
}

/// The name of an image's file in its folder.
pub(crate) fn file_name(saved: &SavedImage) -> Option<String> {
    Some(saved.path.file_name()?.to_string_lossy().into_owned())
}
