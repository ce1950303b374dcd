//! `seed.json`: the result, and the files of its images.

use std::iter;

use serde::{Deserialize, Serialize};
use useapi_seed::{Error, SavedImage, SeedResult};

use crate::text::IMAGES_SHOWN;

pub(crate) const NAME: &str = "seed.json";

/// The result, and the files of its images.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub(crate) struct SeedFile {
    /// Id of the job whose seed was asked for; the started job's for a `wait`, where
    /// no other is recorded.
    pub(crate) requested_job_id: Option<String>,
    #[serde(flatten)]
    pub(crate) result: SeedResult,
    /// The files of the images, in their order; 16 at most.
    pub(crate) files: Vec<ImageFile>,
    /// When the seed was retrieved (RFC 3339).
    #[serde(default)]
    pub(crate) retrieved_at: Option<String>,
}

/// The file of one image, or the error instead.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub(crate) struct ImageFile {
    /// The image's position among the images, from 1.
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
    /// Where it differs from what the response announced.
    pub(crate) differences: Vec<String>,
}

impl SeedFile {
    /// `outcomes` are those of the result's images, in order; none of an image
    /// that was not tried yet.
    pub(crate) fn new(
        requested_job_id: &str,
        result: &SeedResult,
        outcomes: &[Result<SavedImage, Error>],
    ) -> Self {
        let images = result.images().iter().take(IMAGES_SHOWN);
        Self {
            requested_job_id: Some(requested_job_id.to_owned()),
            result: result.clone(),
            files: images
                .zip(outcomes.iter().map(Some).chain(iter::repeat(None)))
                .map(|(image, outcome)| ImageFile::new(image.number, outcome))
                .collect(),
            retrieved_at: None,
        }
    }

    /// Whether the file is about a job: the one that was asked for, the one of the
    /// response, or the one that the seed belongs to.
    pub(crate) fn is_about(&self, job_id: &str) -> bool {
        let result = &self.result;
        let ids = [self.requested_job_id.as_deref(), result.parent_job_id()];
        result.job_id() == job_id || ids.contains(&Some(job_id))
    }

    /// Whether nothing is missing, when the folder has files of these sizes.
    pub(crate) fn is_whole(&self, size: impl Fn(&str) -> Option<u64>) -> bool {
        let is_there = |image: &ImageFile| {
            let found = image.file.as_deref().and_then(&size);
            found.is_some() && found == image.size
        };
        !self.files.is_empty() && self.files.iter().all(is_there)
    }
}

impl ImageFile {
    fn new(number: usize, outcome: Option<&Result<SavedImage, Error>>) -> Self {
        let saved = outcome.and_then(|outcome| outcome.as_ref().ok());
        let error = outcome.and_then(|outcome| outcome.as_ref().err());
        let (width, height) = saved.and_then(|saved| saved.dimensions).unzip();
        Self {
            number,
            file: saved.map(|saved| saved.name.clone()),
            error: error.map(ToString::to_string),
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
