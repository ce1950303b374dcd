//! The result: a seed and its images.

use std::time::SystemTime;

use bytes::Bytes;
use serde::{Deserialize, Serialize};
use useapi_seed_raw::types::{Attachment, Job, Verb};

use crate::cdn_url;
use crate::json;
use crate::seed_text;
use crate::warning::{DOCUMENTED_IMAGES, Warning};

/// A seed with its images.
///
/// It serializes to JSON and back, so that a stored result is complete without
/// another request; only [`raw_body`](Self::raw_body) is not part of it.
///
/// ```
/// # mod docs { include!(concat!(env!("CARGO_MANIFEST_DIR"), "/docs/harness.rs")); }
/// # docs::example(async |client, job_id| {
/// use useapi_seed::SeedResult;
///
/// let result = client.retrieve(job_id).await?;
/// println!("{} of {:?}", result.job_id(), result.parent_job_id());
/// println!("{:?} with seed {}", result.prompt(), result.seed());
/// println!("{} of 4 images, complete: {}", result.images().len(), result.is_complete());
/// println!("{} bytes, created {:?}", result.raw_body().len(), result.raw_job().created);
/// println!("{} warnings", result.warnings().len());
///
/// let stored = serde_json::to_string(&result)?;
/// let restored: SeedResult = serde_json::from_str(&stored)?;
/// assert_eq!(restored.images(), result.images());
/// # Ok(())
/// # });
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema))]
pub struct SeedResult {
    /// Id of the job that the response is about.
    job_id: String,
    /// Id of the imagine, button or blend job that the seed belongs to.
    parent_job_id: Option<String>,
    /// The seed; from Midjourney 0 to 4294967295.
    seed: u64,
    /// The prompt, with its parameters.
    prompt: Option<String>,
    /// The prompt with `--seed`.
    prompt_with_seed: Option<String>,
    /// The images, in the order of the response.
    images: Vec<Image>,
    /// Where the response differs from the documentation.
    warnings: Vec<Warning>,
    #[serde(skip)]
    body: Bytes,
}

/// One of the separate images.
///
/// ```
/// # mod docs { include!(concat!(env!("CARGO_MANIFEST_DIR"), "/docs/harness.rs")); }
/// # docs::example(async |client, job_id| {
/// # let result = client.retrieve(job_id).await?;
/// use useapi_seed::Image;
///
/// fn line(image: &Image) -> String {
///     format!("{}: {}", image.number, image.url.as_deref().unwrap_or("no URL"))
/// }
///
/// for image in result.images() {
///     println!("{}", line(image));
/// }
/// # Ok(())
/// # });
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema))]
#[non_exhaustive]
pub struct Image {
    /// Its position among the images, from 1.
    pub number: usize,
    /// The URL, valid for about a day; none when the response has none.
    pub url: Option<String>,
    /// The URL of Discord's proxy for the same image, valid as long.
    pub proxy_url: Option<String>,
    /// The service's file name. Never used as a path.
    pub filename: Option<String>,
    /// The announced media type.
    pub content_type: Option<String>,
    /// The announced size in bytes.
    pub size: Option<u64>,
    /// The announced width in pixels.
    pub width: Option<u64>,
    /// The announced height in pixels.
    pub height: Option<u64>,
}

impl SeedResult {
    /// `text_value` is the seed in the message, `requested_id` the id that the
    /// caller asked for, which stands in where the response has none.
    pub(crate) fn new(
        seed: u64,
        text_value: Option<u64>,
        requested_id: Option<&str>,
        job: &Job,
        found: Vec<Warning>,
        body: Bytes,
    ) -> Self {
        let job_id = job.jobid.as_deref().or(requested_id).unwrap_or_default();
        let parent_job_id = match &job.verb {
            Some(Verb::SeedAsync) => job.parent_job_id.clone(),
            verb => has_own_seed(verb.as_ref()).then(|| job_id.to_owned()),
        };
        let images = images(job);
        let mut warnings = Vec::new();
        if images.len() != DOCUMENTED_IMAGES {
            warnings.push(Warning::ImageCount(images.len()));
        }
        if let Some(text_value) = text_value.filter(|text| *text != seed) {
            warnings.push(Warning::SeedMismatch {
                value: seed,
                text_value,
            });
        }
        for image in &images {
            if image.url.as_deref().is_some_and(cdn_url::is_unencrypted) {
                warnings.push(Warning::UnencryptedImage(image.number));
            }
        }
        warnings.extend(found);
        warnings.extend(Warning::for_job(job));
        let prompt = prompt(job);
        Self {
            job_id: job_id.to_owned(),
            parent_job_id,
            seed,
            prompt_with_seed: prompt.map(|prompt| seed_text::with_seed(prompt, seed)),
            prompt: prompt.map(str::to_owned),
            images,
            warnings,
            body,
        }
    }

    /// For a submission, which knows the job where the response names none.
    pub(crate) fn or_job_id(mut self, job_id: &str) -> Self {
        if self.job_id.is_empty() {
            job_id.clone_into(&mut self.job_id);
            let named = self.parent_job_id.take();
            self.parent_job_id = named.map(|_| job_id.to_owned());
        }
        self
    }

    /// Whether there are as many images as documented, each with a URL. A job may
    /// report completion a moment before its images are there; a
    /// [wait](crate::Wait) polls three more times then, and returns what is there.
    #[must_use]
    pub fn is_complete(&self) -> bool {
        let has_url = |image: &Image| image.url.is_some() || image.proxy_url.is_some();
        self.images.len() >= DOCUMENTED_IMAGES && self.images.iter().all(has_url)
    }

    /// Id of the job that the response is about: the seed job, or the parent job
    /// when its seed had been retrieved before.
    #[must_use]
    pub fn job_id(&self) -> &str {
        &self.job_id
    }

    /// Id of the imagine, button or blend job that the seed belongs to, when the
    /// response contains it.
    #[must_use]
    pub fn parent_job_id(&self) -> Option<&str> {
        self.parent_job_id.as_deref()
    }

    /// The seed; from Midjourney 0 to 4294967295.
    #[must_use]
    pub fn seed(&self) -> u64 {
        self.seed
    }

    /// The images, usually four.
    #[must_use]
    pub fn images(&self) -> &[Image] {
        &self.images
    }

    /// The prompt, with its parameters when the response contains them.
    #[must_use]
    pub fn prompt(&self) -> Option<&str> {
        self.prompt.as_deref()
    }

    /// The prompt with `--seed N`, which reproduces the images in Midjourney; none
    /// when the response has no prompt.
    #[must_use]
    pub fn prompt_with_seed(&self) -> Option<&str> {
        self.prompt_with_seed.as_deref()
    }

    /// The body of the response, byte for byte, except that a repeated API token
    /// reads `***`. Empty in a result that was deserialized.
    #[must_use]
    pub fn raw_body(&self) -> &[u8] {
        &self.body
    }

    /// The response as the raw layer's type, parsed from
    /// [`raw_body`](Self::raw_body) at each call; without a body all its fields are
    /// absent.
    #[must_use]
    pub fn raw_job(&self) -> Job {
        json::job(&self.body)
    }

    /// Where the response differs from the documentation.
    #[must_use]
    pub fn warnings(&self) -> &[Warning] {
        &self.warnings
    }
}

/// Whether a job with this verb has a seed of its own, so that it is not a seed job but
/// may be the parent of one.
pub(crate) fn has_own_seed(verb: Option<&Verb>) -> bool {
    matches!(verb, Some(Verb::Imagine | Verb::Button | Verb::Blend))
}

/// The images of the seed. Attachments of the job itself are images when the seed
/// is in its message, or when it is the seed job; those of the parent are the grid.
fn images(job: &Job) -> Vec<Image> {
    let of_seed = job.seed.as_ref().and_then(|seed| seed.attachments.as_ref());
    let is_seed_job = job.seed.is_none() || job.verb == Some(Verb::SeedAsync);
    let of_job = job.attachments.as_ref().filter(|_| is_seed_job);
    let attachments = of_seed.filter(|list| !list.is_empty()).or(of_job);
    let numbered = attachments.into_iter().flatten().enumerate();
    numbered
        .map(|(index, attachment)| Image::new(index + 1, attachment))
        .collect()
}

fn prompt(job: &Job) -> Option<&str> {
    let of_job = job.content.as_deref();
    let of_seed = job.seed.as_ref().and_then(|seed| seed.content.as_deref());
    of_job
        .and_then(|text| {
            seed_text::parse_seed_prompt(text).or_else(|| seed_text::parse_job_prompt(text))
        })
        .or_else(|| of_seed.and_then(seed_text::parse_seed_prompt))
        .or(job.prompt.as_deref())
}

impl Image {
    fn new(number: usize, attachment: &Attachment) -> Self {
        let count = |value: Option<i64>| value.and_then(|value| value.try_into().ok());
        let url = |url: &Option<String>| url.clone().filter(|url| !url.trim().is_empty());
        Self {
            number,
            url: url(&attachment.url),
            proxy_url: url(&attachment.proxy_url),
            filename: attachment.filename.clone(),
            content_type: attachment.content_type.clone(),
            size: count(attachment.size),
            width: count(attachment.width),
            height: count(attachment.height),
        }
    }

    /// When the URL expires, according to the URL itself (Discord's `ex`); none
    /// when it does not say.
    ///
    /// Only the host decides whether a URL is valid: saving an image tries it in
    /// any case.
    ///
    /// ```
    /// # mod docs { include!(concat!(env!("CARGO_MANIFEST_DIR"), "/docs/harness.rs")); }
    /// # docs::example(async |client, job_id| {
    /// # let result = client.retrieve(job_id).await?;
    /// use std::time::SystemTime;
    ///
    /// let image = &result.images()[0];
    /// let left = image.expires_at().map(|end| end.duration_since(SystemTime::now()));
    /// # assert!(left.is_some());
    /// # Ok(())
    /// # });
    /// ```
    #[must_use]
    pub fn expires_at(&self) -> Option<SystemTime> {
        cdn_url::expires_at(self.url.as_deref().or(self.proxy_url.as_deref())?)
    }
}
