//! The result: a seed and its images.

use std::time::SystemTime;

use bytes::Bytes;
use serde::Serialize;
use useapi_seed_raw::types::{Attachment, Job, Verb};

use crate::cdn_url;
use crate::response::Snapshot;
use crate::seed_text;
use crate::warning::{self, DOCUMENTED_IMAGES, Warning};

/// A seed with its images, and the answer that they were read from.
///
/// ```
/// # use useapi_seed_emulator::Emulator;
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # let emulator = Emulator::builder().speed(600.0).start().await?;
/// # let client = useapi_seed::Client::builder(emulator.token()).base_url(emulator.base_url()).build()?;
/// # let jobid = emulator.jobs().imagine.as_str();
/// let result = client.retrieve(jobid)
/// #   .interval(std::time::Duration::from_millis(20))
///     .await?;
/// println!("{} of {:?}", result.job_id(), result.parent_job_id());
/// println!("{:?} with seed {}", result.prompt(), result.seed());
/// println!("{} bytes as they came", result.raw_body().len());
/// println!("{:?} since {:?}", result.raw_job().status, result.raw_job().created);
/// println!("complete: {}", result.is_complete());
/// println!("{} things differ from the documentation", result.warnings().len());
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug)]
pub struct SeedResult {
    job_id: String,
    seed: u64,
    images: Vec<Image>,
    answer: Bytes,
    warnings: Vec<Warning>,
    job: Box<Job>,
}

/// One of the separate images.
///
/// ```
/// # use useapi_seed_emulator::Emulator;
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # let emulator = Emulator::builder().speed(600.0).start().await?;
/// # let client = useapi_seed::Client::builder(emulator.token()).base_url(emulator.base_url()).build()?;
/// # let jobid = emulator.jobs().imagine.as_str();
/// # let result = client.retrieve(jobid).interval(std::time::Duration::from_millis(20)).await?;
/// use useapi_seed::Image;
///
/// fn line(image: &Image) -> String {
///     format!("{}: {}", image.number, image.url.as_deref().unwrap_or("no link"))
/// }
///
/// for image in result.images() {
///     println!("{}", line(image));
/// }
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema))]
#[non_exhaustive]
pub struct Image {
    /// Its place among the images, from 1.
    pub number: usize,
    /// Where it can be fetched, for about a day. None when the answer has no
    /// link.
    pub url: Option<String>,
    /// The same image at another host, for when `url` cannot be used.
    pub proxy_url: Option<String>,
    /// Its name at Discord. Never used as a path.
    pub filename: Option<String>,
    /// Its announced media type.
    pub content_type: Option<String>,
    /// Its announced size in bytes.
    pub size: Option<u64>,
    /// Its announced width in pixels.
    pub width: Option<u64>,
    /// Its announced height in pixels.
    pub height: Option<u64>,
}

impl SeedResult {
    /// `text` is the seed that stands in the message.
    pub(crate) fn new(job_id: String, seed: u64, text: Option<u64>, snapshot: Snapshot) -> Self {
        let Snapshot {
            job,
            response,
            type_errors,
        } = snapshot;
        let own = job
            .seed
            .as_ref()
            .and_then(|seed| seed.attachments.as_deref());
        // The files beside a seed that stands in the message are its pictures,
        // as are those of a seed job; the original job's are the grid.
        let others = job
            .attachments
            .as_deref()
            .filter(|_| job.seed.is_none() || job.verb == Some(Verb::SeedAsync));
        let images: Vec<_> = own
            .filter(|own| !own.is_empty())
            .or(others)
            .unwrap_or_default()
            .iter()
            .enumerate()
            .map(|(index, attachment)| Image::new(index + 1, attachment))
            .collect();

        let mut warnings = Vec::new();
        if images.len() != DOCUMENTED_IMAGES {
            warnings.push(Warning::ImageCount(images.len()));
        }
        if let Some(text) = text.filter(|text| *text != seed) {
            warnings.push(Warning::SeedMismatch {
                value: seed,
                text_value: text,
            });
        }
        for image in &images {
            if image.url.as_deref().is_some_and(cdn_url::is_unencrypted) {
                warnings.push(Warning::UnencryptedImage(image.number));
            }
        }
        warnings.extend(warning::drift(&job, type_errors));
        Self {
            job_id,
            seed,
            images,
            answer: response.body,
            warnings,
            job: Box::new(job),
        }
    }

    /// Stands in where the answer has no id of its own.
    pub(crate) fn or_job_id(mut self, job_id: &str) -> Self {
        if self.job_id.is_empty() {
            job_id.clone_into(&mut self.job_id);
        }
        self
    }

    /// Whether it has as many images as documented, each with a link. A job may say
    /// that it has completed a moment before; a [wait](crate::Wait) polls three times
    /// more then, and takes what is there.
    #[must_use]
    pub fn is_complete(&self) -> bool {
        self.images.len() >= DOCUMENTED_IMAGES
            && self
                .images
                .iter()
                .all(|image| image.url.is_some() || image.proxy_url.is_some())
    }

    /// Id of the job that the answer is about: the seed job, or the original
    /// one when its seed had been retrieved before.
    #[must_use]
    pub fn job_id(&self) -> &str {
        &self.job_id
    }

    /// Id of the imagine, button or blend job that the seed belongs to, when
    /// the answer says so (Model, parentJobId).
    #[must_use]
    pub fn parent_job_id(&self) -> Option<&str> {
        match self.job.verb.as_ref()? {
            Verb::SeedAsync => self.job.parent_job_id.as_deref(),
            Verb::Imagine | Verb::Button | Verb::Blend => Some(&self.job_id),
            _ => None,
        }
    }

    /// The seed, from Midjourney 0 to 4294967295 (Model, seed.value).
    #[must_use]
    pub fn seed(&self) -> u64 {
        self.seed
    }

    /// The images, four as a rule (Model, seed.attachments).
    #[must_use]
    pub fn images(&self) -> &[Image] {
        &self.images
    }

    /// The prompt, with its parameters where the answer has them.
    #[must_use]
    pub fn prompt(&self) -> Option<&str> {
        let content = self.job.content.as_deref();
        let of_seed = self
            .job
            .seed
            .as_ref()
            .and_then(|seed| seed.content.as_deref());
        content
            .and_then(|text| {
                seed_text::parse_seed_prompt(text).or_else(|| seed_text::parse_job_prompt(text))
            })
            .or_else(|| of_seed.and_then(seed_text::parse_seed_prompt))
            .or(self.job.prompt.as_deref())
    }

    /// The prompt with `--seed N`, to paste into Midjourney and make the
    /// images again.
    ///
    /// None when the answer has no prompt.
    #[must_use]
    pub fn prompt_with_seed(&self) -> Option<String> {
        self.prompt()
            .map(|prompt| seed_text::with_seed(prompt, self.seed))
    }

    /// The answer exactly as it came, byte for byte: JSON, as a rule.
    ///
    /// With one exception: where it repeats the API token, that reads `***`.
    #[must_use]
    pub fn raw_body(&self) -> &[u8] {
        &self.answer
    }

    /// The answer as decoded by the raw layer.
    #[must_use]
    pub fn raw_job(&self) -> &Job {
        &self.job
    }

    /// What differs from the documentation.
    #[must_use]
    pub fn warnings(&self) -> &[Warning] {
        &self.warnings
    }
}

impl Image {
    fn new(number: usize, attachment: &Attachment) -> Self {
        let count = |value: Option<i64>| value.and_then(|value| value.try_into().ok());
        let link = |link: &Option<String>| link.clone().filter(|link| !link.trim().is_empty());
        Self {
            number,
            url: link(&attachment.url),
            proxy_url: link(&attachment.proxy_url),
            filename: attachment.filename.clone(),
            content_type: attachment.content_type.clone(),
            size: count(attachment.size),
            width: count(attachment.width),
            height: count(attachment.height),
        }
    }

    /// Until when the link works, as the link itself says it (Discord's `ex`).
    /// None where it does not.
    ///
    /// Only the host decides whether it works, by its own clock: a link is tried
    /// in any case when the image is saved.
    ///
    /// ```
    /// # use useapi_seed_emulator::Emulator;
    /// # use std::time::Duration;
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let emulator = Emulator::builder().speed(600.0).start().await?;
    /// # let client = useapi_seed::Client::builder(emulator.token()).base_url(emulator.base_url()).build()?;
    /// # let jobid = emulator.jobs().imagine.as_str();
    /// # let result = client.retrieve(jobid).interval(Duration::from_millis(20)).await?;
    /// use std::time::SystemTime;
    ///
    /// let image = &result.images()[0];
    /// let left = image.expires_at().map(|end| end.duration_since(SystemTime::now()));
    /// # assert!(left.is_some());
    /// # Ok(())
    /// # }
    /// ```
    #[must_use]
    pub fn expires_at(&self) -> Option<SystemTime> {
        cdn_url::expires_at(self.url.as_deref().or(self.proxy_url.as_deref())?)
    }
}
