//! Other limits for some calls than for the others.

use std::sync::Arc;
use std::time::Duration;

use crate::client::{Client, Shared};
use crate::retry::Retry;

/// A clone with another limit, for the calls that are made with it: connections
/// are shared.
///
/// ```
/// # use useapi_seed_emulator::Emulator;
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # let emulator = Emulator::start().await?;
/// # let client = useapi_seed::Client::builder(emulator.token()).base_url(emulator.base_url()).build()?;
/// # let jobid = emulator.jobs().progress.as_str();
/// use std::time::Duration;
/// use useapi_seed::Retry;
///
/// let hasty = client.with_request_timeout(Duration::from_secs(2)).with_retry(Retry::never());
/// hasty.job(jobid).poll().await?;
/// hasty.jobs().await?;
/// # Ok(())
/// # }
/// ```
impl Client {
    /// As [`ClientBuilder::request_timeout`](crate::ClientBuilder::request_timeout),
    /// but not for images.
    ///
    /// Making the connection counts as part of the request here. A submission
    /// that runs out of time meanwhile may have been sent, for all the client
    /// knows, and its job is looked for.
    #[must_use]
    pub fn with_request_timeout(&self, timeout: Duration) -> Self {
        self.with(|shared| shared.request_timeout = timeout)
    }

    /// As [`ClientBuilder::retry`](crate::ClientBuilder::retry).
    #[must_use]
    pub fn with_retry(&self, retry: Retry) -> Self {
        self.with(|shared| shared.retry = retry)
    }

    /// As [`ClientBuilder::image_timeout`](crate::ClientBuilder::image_timeout).
    ///
    /// ```
    /// # use useapi_seed_emulator::Emulator;
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let emulator = Emulator::builder().speed(600.0).start().await?;
    /// # let client = useapi_seed::Client::builder(emulator.token()).base_url(emulator.base_url()).build()?;
    /// # let jobid = emulator.jobs().imagine.as_str();
    /// # let folder = tempfile::tempdir()?;
    /// # let retrieval = client.retrieve(jobid).interval(std::time::Duration::from_millis(20)).await?;
    /// use std::time::Duration;
    ///
    /// let hasty = client
    ///     .with_image_timeout(Duration::from_secs(60))
    ///     .with_image_size_limit(32 * 1024 * 1024);
    /// for saved in hasty.save_images(&retrieval, &folder).await {
    ///     println!("{} bytes", saved?.size);
    /// }
    /// # Ok(())
    /// # }
    /// ```
    #[cfg(feature = "images")]
    #[must_use]
    pub fn with_image_timeout(&self, timeout: Duration) -> Self {
        self.with(|shared| shared.downloader = shared.downloader.with_timeout(timeout))
    }

    /// As [`ClientBuilder::image_size_limit`](crate::ClientBuilder::image_size_limit).
    #[cfg(feature = "images")]
    #[must_use]
    pub fn with_image_size_limit(&self, bytes: u64) -> Self {
        self.with(|shared| shared.downloader = shared.downloader.with_size_limit(bytes))
    }

    /// The same client, to whose answers one more secret is unknown.
    pub(crate) fn without(&self, secret: &str) -> Self {
        self.with(|shared| shared.raw = shared.raw.with_secret(secret))
    }

    fn with(&self, change: impl FnOnce(&mut Shared)) -> Self {
        let mut shared = Shared::clone(&self.shared);
        change(&mut shared);
        Self {
            shared: Arc::new(shared),
        }
    }
}
