//! Renewed URLs for those that have expired.

use tokio::sync::OnceCell;

use crate::client::Client;
use crate::job::PollResult;
use crate::result::{Image, SeedResult};

/// Polls the job when the first URL has expired, and once only: one response has
/// the URLs of all images.
pub(super) struct UrlRefresher<'a> {
    client: &'a Client,
    result: &'a SeedResult,
    renewed: OnceCell<Option<SeedResult>>,
}

impl<'a> UrlRefresher<'a> {
    pub(super) fn new(client: &'a Client, result: &'a SeedResult) -> Self {
        Self {
            client,
            result,
            renewed: OnceCell::new(),
        }
    }

    /// The image with other URLs; none when a new response has none, or when the
    /// poll fails: then the error of the image's host stands.
    pub(super) async fn refreshed(&self, image: &Image) -> Option<Image> {
        let renewed = self.renewed.get_or_init(|| self.poll()).await.as_ref()?;
        renewed
            .images()
            .iter()
            .find(|other| other.number == image.number)
            .filter(|other| (&other.url, &other.proxy_url) != (&image.url, &image.proxy_url))
            .cloned()
    }

    async fn poll(&self) -> Option<SeedResult> {
        let job = self.client.job(self.result.job_id());
        match job.poll().await {
            Ok(PollResult::Completed(new)) if new.seed() == self.result.seed() => Some(new),
            _ => None,
        }
    }
}
