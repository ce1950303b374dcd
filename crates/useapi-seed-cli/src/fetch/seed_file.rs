//! `seed.json`: the result, and the files of its images.

use std::path::{Component, Path, PathBuf};

use serde::{Deserialize, Deserializer, Serialize};
use useapi_seed::{Error, SavedImage, SeedResult};

use super::images::ImageSelection;
use super::output_dir::{images_base, read_json};
use crate::atomic_file;
use crate::error::CliError;
use crate::text::IMAGES_SHOWN;

pub(crate) const NAME: &str = "seed.json";

/// The result, and the files of its images.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub(crate) struct SeedFile {
    /// ID of the job whose seed was requested; the seed job's for a `wait`, where no
    /// other is recorded.
    pub(crate) requested_job_id: Option<String>,
    /// When the result was retrieved, as in RFC 3339.
    #[serde(default)]
    pub(crate) retrieved_at: Option<String>,
    #[serde(flatten)]
    pub(crate) result: SeedResult,
    /// The files of the requested images, by number; 16 at most.
    pub(crate) files: Vec<ImageFile>,
}

/// The file of one image, or the error instead.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub(crate) struct ImageFile {
    /// The image's position among the images, from 1.
    pub(crate) number: usize,
    /// The file's path, relative to the job's directory, or with an output template to
    /// the directory of all jobs; null when it is not saved.
    #[serde(default, deserialize_with = "path_below")]
    pub(crate) file: Option<String>,
    /// Why it is not saved.
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
    /// A result of which no image is saved yet.
    pub(crate) fn new(
        requested_job_id: &str,
        result: &SeedResult,
        selection: &ImageSelection,
    ) -> Self {
        let numbers = selection.of(result.images().len()).into_iter();
        Self {
            requested_job_id: Some(requested_job_id.to_owned()),
            retrieved_at: Some(jiff::Timestamp::now().strftime("%FT%TZ").to_string()),
            result: result.clone(),
            files: numbers.map(ImageFile::missing).collect(),
        }
    }

    /// Keeps the images that an earlier run saved.
    pub(crate) fn keep(&mut self, earlier: Self, size: impl Fn(&str) -> Option<u64>) {
        for file in earlier.files {
            if file.is_saved(&size) {
                self.files.retain(|own| own.number != file.number);
                self.files.push(file);
            }
        }
        self.files.sort_by_key(|file| file.number);
    }

    /// Takes the outcome of saving an image.
    pub(crate) fn set(&mut self, number: usize, outcome: &Result<SavedImage, Error>) {
        if let Some(file) = self.files.iter_mut().find(|file| file.number == number) {
            *file = ImageFile::new(number, outcome);
        }
    }

    /// Records another path of an image.
    pub(crate) fn rename(&mut self, number: usize, name: String) {
        if let Some(file) = self.files.iter_mut().find(|file| file.number == number) {
            file.file = Some(name);
        }
    }

    /// Records another size of an image.
    pub(crate) fn resize(&mut self, number: usize, size: u64) {
        if let Some(file) = self.files.iter_mut().find(|file| file.number == number) {
            file.size = Some(size);
        }
    }

    /// Whether the file is about a job: the requested one, the one of the response, or
    /// the one that the seed belongs to.
    pub(crate) fn is_about(&self, job_id: &str) -> bool {
        let result = &self.result;
        let ids = [self.requested_job_id.as_deref(), result.parent_job_id()];
        result.job_id() == job_id || ids.contains(&Some(job_id))
    }

    /// Whether all wanted images are saved, when the files have these sizes.
    pub(crate) fn is_complete(
        &self,
        selection: &ImageSelection,
        size: impl Fn(&str) -> Option<u64>,
    ) -> bool {
        let is_saved = |number: &usize| {
            let mut files = self.files.iter();
            files.any(|file| file.number == *number && file.is_saved(&size))
        };
        let wanted = selection.of(self.result.images().len());
        (selection.allows_none() || !wanted.is_empty()) && wanted.iter().all(is_saved)
    }

    /// Whether no requested image is missing, when the files have these sizes. With
    /// `--seed-only` none is requested; a result without images is not complete.
    pub(crate) fn is_whole(&self, size: impl Fn(&str) -> Option<u64>) -> bool {
        let has_images = !self.files.is_empty() || !self.result.images().is_empty();
        has_images && self.files.iter().all(|file| file.is_saved(&size))
    }

    /// How many images are saved, and their bytes.
    pub(crate) fn saved(&self) -> (usize, u64) {
        let saved = self.files.iter().filter(|file| file.file.is_some());
        (
            saved.clone().count(),
            saved.filter_map(|file| file.size).sum(),
        )
    }
}

/// A path that leads elsewhere counts as none: anyone can write a `seed.json`.
fn path_below<'de, D: Deserializer<'de>>(input: D) -> Result<Option<String>, D::Error> {
    let path = Option::<String>::deserialize(input)?;
    let is_below = |path: &String| {
        let mut parts = Path::new(path).components();
        parts.all(|part| matches!(part, Component::Normal(_)))
    };
    Ok(path.filter(is_below))
}

impl ImageFile {
    fn missing(number: usize) -> Self {
        Self {
            number,
            file: None,
            error: None,
            media_type: None,
            size: None,
            width: None,
            height: None,
            differences: Vec::new(),
        }
    }

    fn new(number: usize, outcome: &Result<SavedImage, Error>) -> Self {
        let missing = Self::missing(number);
        match outcome {
            Err(error) => Self {
                error: Some(error.to_string()),
                ..missing
            },
            Ok(saved) => Self {
                file: Some(saved.name.clone()),
                media_type: Some(saved.media_type.clone()),
                size: Some(saved.size),
                width: saved.dimensions.map(|(width, _)| width),
                height: saved.dimensions.map(|(_, height)| height),
                differences: saved.mismatches.iter().map(ToString::to_string).collect(),
                ..missing
            },
        }
    }

    /// Where an image with a name from a template is before it is moved.
    pub(super) fn unmoved_path(&self, dir: &Path) -> Option<PathBuf> {
        let extension = Path::new(self.file.as_ref()?)
            .extension()
            .unwrap_or_default();
        let extension = extension.to_string_lossy();
        Some(dir.join(format!("image-{}.{extension}", self.number)))
    }

    pub(crate) fn is_saved(&self, size: impl Fn(&str) -> Option<u64>) -> bool {
        let found = self.file.as_deref().and_then(size);
        found.is_some() && found == self.size
    }
}

/// The result in a directory, if there is one that can be parsed. Images that a killed
/// process has named and not moved are not saved: another file may have their names.
pub(super) fn read(dir: &Path) -> Result<Option<SeedFile>, CliError> {
    let mut seed_file = read_as_is(dir)?;
    if images_base(dir) != dir {
        for image in seed_file.iter_mut().flat_map(|file| &mut file.files) {
            if image.unmoved_path(dir).is_some_and(|path| path.exists()) {
                image.file = None;
            }
        }
    }
    Ok(seed_file)
}

/// As [`read`], with all names.
pub(super) fn read_as_is(dir: &Path) -> Result<Option<SeedFile>, CliError> {
    read_json(&dir.join(NAME))
}

/// The saved result of a job, when nothing is left to do. It only reads.
pub(super) fn complete(
    dir: &Path,
    job_id: &str,
    images: &ImageSelection,
) -> Result<Option<SeedFile>, CliError> {
    let base = images_base(dir);
    let size = |name: &str| atomic_file::size(&base.join(name));
    let has_response = || atomic_file::size(&dir.join("job.json")).is_some();
    Ok(read(dir)?
        .filter(|file| file.is_about(job_id) && file.is_complete(images, size) && has_response()))
}

/// The job whose result a directory has, if it is another one: the two would mix.
pub(super) fn other_job(dir: &Path, job_id: &str) -> Result<Option<String>, CliError> {
    let seed_file: Option<serde_json::Value> = read_json(&dir.join(NAME))?;
    let id = |name: &str| {
        let seed_file = seed_file.as_ref()?;
        seed_file.get(name)?.as_str().map(str::to_owned)
    };
    let (present, parent) = (id("job_id"), id("parent_job_id"));
    let requested = id("requested_job_id");
    let is_same = [&present, &parent, &requested]
        .into_iter()
        .any(|id| id.as_deref() == Some(job_id));
    Ok(requested.or(parent).or(present).filter(|_| !is_same))
}

/// The first of a list, and how many more there are.
pub(crate) fn listed(list: &[impl ToString]) -> Vec<String> {
    let more = list.len().saturating_sub(IMAGES_SHOWN);
    let more = (more > 0).then(|| format!("and {more} more"));
    let first = list.iter().take(IMAGES_SHOWN).map(ToString::to_string);
    first.chain(more).collect()
}
