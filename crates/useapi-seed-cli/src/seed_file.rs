//! `seed.json`: what was understood of an answer, and what became of it.

use serde::Serialize;
use useapi_seed::{Error, Retrieval, SavedImage};

/// The file's content.
#[derive(Debug, Serialize)]
pub(crate) struct SeedFile<'a> {
    job_id: &'a str,
    original_job_id: Option<&'a str>,
    seed: u64,
    prompt: Option<&'a str>,
    prompt_with_seed: Option<String>,
    images: Vec<ImageEntry>,
    notes: Vec<String>,
}

/// One of its images: a file, or the error instead.
#[derive(Debug, Serialize)]
struct ImageEntry {
    number: usize,
    file: Option<String>,
    error: Option<String>,
    media_type: Option<&'static str>,
    size: Option<u64>,
    width: Option<u64>,
    height: Option<u64>,
    differences: Vec<String>,
}

impl<'a> SeedFile<'a> {
    /// `outcomes` are those of the result's images, in order.
    pub(crate) fn new(
        retrieval: &'a Retrieval,
        outcomes: &[Result<SavedImage, Error>],
    ) -> SeedFile<'a> {
        SeedFile {
            job_id: retrieval.job_id(),
            original_job_id: retrieval.original_job_id(),
            seed: retrieval.seed(),
            prompt: retrieval.prompt(),
            prompt_with_seed: retrieval.prompt_with_seed(),
            images: retrieval
                .images()
                .iter()
                .zip(outcomes)
                .map(|(image, outcome)| ImageEntry::new(image.number, outcome))
                .collect(),
            notes: retrieval.notes().iter().map(ToString::to_string).collect(),
        }
    }

    /// The file's bytes.
    pub(crate) fn to_json(&self) -> serde_json::Result<Vec<u8>> {
        let mut json = serde_json::to_vec_pretty(self)?;
        json.push(b'\n');
        Ok(json)
    }
}

impl ImageEntry {
    fn new(number: usize, outcome: &Result<SavedImage, Error>) -> Self {
        let saved = outcome.as_ref().ok();
        let (width, height) = saved.and_then(|saved| saved.dimensions).unzip();
        Self {
            number,
            file: saved.and_then(file_name),
            error: outcome.as_ref().err().map(ToString::to_string),
            media_type: saved.map(|saved| saved.media_type),
            size: saved.map(|saved| saved.size),
            width,
            height,
            differences: saved
                .map(|saved| saved.differences.iter().map(ToString::to_string).collect())
                .unwrap_or_default(),
        }
    }
}

/// The name of an image's file in its folder.
pub(crate) fn file_name(saved: &SavedImage) -> Option<String> {
    Some(saved.path.file_name()?.to_string_lossy().into_owned())
}
