//! A fresh answer of the API, for links that have expired.

use tokio::sync::OnceCell;

use super::fault::ImageFault;
use crate::client::Client;
use crate::error::{Error, ErrorKind};
use crate::job::JobState;
use crate::retrieval::{Image, Retrieval};

/// Asked for when the first link turns out to have expired, and once only: one
/// answer has the links of all images.
pub(super) struct Renewal<'a> {
    client: &'a Client,
    retrieval: &'a Retrieval,
    fresh: OnceCell<Option<Retrieval>>,
}

impl<'a> Renewal<'a> {
    pub(super) fn new(client: &'a Client, retrieval: &'a Retrieval) -> Self {
        Self {
            client,
            retrieval,
            fresh: OnceCell::new(),
        }
    }

    /// The image with another link, if a fresh answer has one. It has none when
    /// the API does not answer either: then what the image's host said stands.
    pub(super) async fn of(&self, image: &Image) -> Option<Image> {
        let fresh = self.fresh.get_or_init(|| self.ask()).await.as_ref()?;
        fresh
            .images()
            .iter()
            .find(|other| other.number == image.number)
            .filter(|other| (&other.url, &other.proxy_url) != (&image.url, &image.proxy_url))
            .cloned()
    }

    async fn ask(&self) -> Option<Retrieval> {
        let job = self.client.job(self.retrieval.job_id());
        match job.poll().await {
            Ok(JobState::Retrieved(fresh)) if fresh.seed() == self.retrieval.seed() => Some(fresh),
            _ => None,
        }
    }
}

/// Whether a fresh link may help.
pub(super) fn is_due(error: &Error) -> bool {
    matches!(error.kind(), ErrorKind::Image(ImageFault::Gone { .. }))
}
