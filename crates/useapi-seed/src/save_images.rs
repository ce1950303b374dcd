//! Saving all images of a result.

use std::fmt;
use std::future::{Future, IntoFuture};
use std::path::PathBuf;
use std::pin::Pin;

use futures_util::{StreamExt, stream};
use tracing::{Instrument, info_span};

use super::SavedImage;
use super::renewal::Renewal;
use crate::client::Client;
use crate::error::Error;
use crate::note::Note;
use crate::retrieval::Retrieval;

/// As many as there should be.
const AT_ONCE: usize = 4;

type OnEach<'a> = Box<dyn FnMut(&Result<SavedImage, Error>) + Send + 'a>;

/// Saves all images of a result. Made by [`Client::save_images`].
///
/// ```
/// # use useapi_seed_emulator::Emulator;
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # let emulator = Emulator::builder().speed(600.0).start().await?;
/// # let client = useapi_seed::Client::builder(emulator.token()).base_url(emulator.base_url()).build()?;
/// # let jobid = emulator.jobs().imagine.as_str();
/// # let retrieval = client.retrieve(jobid).interval(std::time::Duration::from_millis(20)).await?;
/// # let folder = tempfile::tempdir()?;
/// let mut bytes = 0;
/// let outcomes = client
///     .save_images(&retrieval, &folder)
///     .on_each(|outcome| bytes += outcome.as_ref().map_or(0, |saved| saved.size))
///     .await;
/// println!("{} images of {bytes} bytes", outcomes.len());
/// # assert!(bytes > 0);
/// # Ok(())
/// # }
/// ```
#[must_use = "nothing is saved before it is awaited"]
pub struct SaveImages<'a> {
    client: &'a Client,
    retrieval: &'a Retrieval,
    folder: PathBuf,
    on_each: OnEach<'a>,
}

impl<'a> SaveImages<'a> {
    pub(crate) fn new(client: &'a Client, retrieval: &'a Retrieval, folder: PathBuf) -> Self {
        Self {
            client,
            retrieval,
            folder,
            on_each: Box::new(|_| {}),
        }
    }

    /// Called with each outcome as it comes, in the order of the images.
    pub fn on_each(mut self, on_each: impl FnMut(&Result<SavedImage, Error>) + Send + 'a) -> Self {
        self.on_each = Box::new(on_each);
        self
    }

    /// The warning that not all images will be saved.
    ///
    /// ```
    /// # use useapi_seed_emulator::Emulator;
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let emulator = Emulator::builder().speed(600.0).start().await?;
    /// # let client = useapi_seed::Client::builder(emulator.token()).base_url(emulator.base_url()).build()?;
    /// # let jobid = emulator.jobs().imagine.as_str();
    /// # let retrieval = client.retrieve(jobid).interval(std::time::Duration::from_millis(20)).await?;
    /// # let folder = tempfile::tempdir()?;
    /// let saving = client.save_images(&retrieval, &folder);
    /// if let Some(note) = saving.note() {
    ///     eprintln!("{note}");
    /// }
    /// let outcomes = saving.await;
    /// # assert_eq!(outcomes.len(), 4);
    /// # Ok(())
    /// # }
    /// ```
    #[must_use]
    pub fn note(&self) -> Option<Note> {
        let (listed, limit) = (self.retrieval.images().len(), self.limit());
        (listed > limit).then_some(Note::ImageLimit { listed, limit })
    }

    fn limit(&self) -> usize {
        self.client.shared.downloader.limits.images
    }

    async fn run(mut self) -> Vec<Result<SavedImage, Error>> {
        let downloader = &self.client.shared.downloader;
        let renewal = &Renewal::new(self.client, self.retrieval);
        let images = self.retrieval.images().iter().take(self.limit());
        let saves: Vec<_> = images
            .map(|image| downloader.save_renewed(image, &self.folder, renewal))
            .collect();
        let job_id = self.retrieval.job_id();
        let on_each = &mut self.on_each;
        stream::iter(saves)
            .buffered(AT_ONCE)
            .map(|outcome| outcome.map_err(|error| error.with_job_id(Some(job_id))))
            .inspect(on_each)
            .collect()
            .instrument(info_span!(
                "useapi_seed.save_images",
                useapi.job.id = job_id
            ))
            .await
    }
}

impl<'a> IntoFuture for SaveImages<'a> {
    type Output = Vec<Result<SavedImage, Error>>;
    type IntoFuture = Pin<Box<dyn Future<Output = Self::Output> + Send + 'a>>;

    fn into_future(self) -> Self::IntoFuture {
        Box::pin(self.run())
    }
}

impl fmt::Debug for SaveImages<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SaveImages")
            .field("job_id", &self.retrieval.job_id())
            .field("folder", &self.folder)
            .finish_non_exhaustive()
    }
}
