//! `seed.json`: what was understood of an answer, and what became of it.
//!
//! `seed.schema.json` beside this file is its JSON Schema (draft 2020-12). A test
//! holds the two together; after a change here, write the schema anew with
//! `UPDATE_SCHEMA=1 cargo test -p useapi-seed-cli schema`.

use std::iter;

use serde::Serialize;
use useapi_seed::{Error, Retrieval, SavedImage};

/// What was understood of an answer: the seed, what makes it of use, and the
/// files of its images.
#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub(crate) struct SeedFile<'a> {
    /// Id of the job that the answer is about.
    job_id: &'a str,
    /// Id of the imagine, button or blend job that the seed belongs to.
    original_job_id: Option<&'a str>,
    /// The seed, from Midjourney 0 to 4294967295.
    seed: u64,
    /// The prompt, with its parameters.
    prompt: Option<&'a str>,
    /// The line that makes the images again: the prompt with `--seed`.
    prompt_with_seed: Option<String>,
    /// The images, in the answer's order.
    images: Vec<ImageEntry>,
    /// Where the answer differs from the documentation.
    notes: Vec<String>,
}

/// One of its images: a file, or the error instead.
#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
struct ImageEntry {
    /// Its place among the images, from 1.
    number: usize,
    /// The file's name in this folder; null when it could not be saved.
    file: Option<String>,
    /// Why it could not be saved.
    error: Option<String>,
    /// Its media type, by its content.
    media_type: Option<&'static str>,
    /// Its size in bytes.
    size: Option<u64>,
    /// Its width in pixels.
    width: Option<u64>,
    /// Its height in pixels.
    height: Option<u64>,
    /// Where it differs from what the answer announced.
    differences: Vec<String>,
}

impl<'a> SeedFile<'a> {
    /// `outcomes` are those of the result's images, in order; none of an image
    /// that was not tried yet.
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
                .zip(outcomes.iter().map(Some).chain(iter::repeat(None)))
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
    fn new(number: usize, outcome: Option<&Result<SavedImage, Error>>) -> Self {
        let saved = outcome.and_then(|outcome| outcome.as_ref().ok());
        let fault = outcome.and_then(|outcome| outcome.as_ref().err());
        let (width, height) = saved.and_then(|saved| saved.dimensions).unzip();
        Self {
            number,
            file: saved.and_then(file_name),
            error: fault.map(ToString::to_string),
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

#[cfg(test)]
mod tests {
    use super::*;

    const CHECKED_IN: &str = include_str!("seed.schema.json");

    #[test]
    fn schema_is_up_to_date() {
        let schema = schemars::schema_for!(SeedFile<'static>);
        let current = serde_json::to_string_pretty(&schema).unwrap() + "\n";
        if std::env::var_os("UPDATE_SCHEMA").is_some() {
            let file = concat!(env!("CARGO_MANIFEST_DIR"), "/src/seed.schema.json");
            std::fs::write(file, current).unwrap();
        } else {
            assert_eq!(
                CHECKED_IN, current,
                "write it anew: UPDATE_SCHEMA=1 cargo test -p useapi-seed-cli schema"
            );
        }
    }
}
