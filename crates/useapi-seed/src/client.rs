//! The client.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

#[cfg(feature = "images")]
use useapi_seed_images::Downloader;
use useapi_seed_raw as raw;

use crate::transport::Transport;
use crate::wait_options::WaitOptions;

/// A client of the API, for one API token.
///
/// Cheap to clone; clones share their connections.
///
/// ```
/// # fn main() -> Result<(), useapi_seed::Error> {
/// let client = useapi_seed::Client::builder("a-token").build()?;
/// println!("requests go to {}", client.base_url());
/// assert_eq!(client.request_timeout().as_secs(), 60);
/// assert_eq!(client.settle_time().as_secs(), 60 + 30);
/// # Ok(())
/// # }
/// ```
#[derive(Clone)]
pub struct Client {
    pub(crate) shared: Arc<Shared>,
}

/// What clones of a client share.
#[derive(Clone)]
pub(crate) struct Shared {
    pub(crate) transport: Transport,
    pub(crate) wait: WaitOptions,
    #[cfg(feature = "images")]
    pub(crate) downloader: Downloader,
    #[cfg(feature = "images")]
    pub(crate) max_images: usize,
}

impl Client {
    pub(crate) fn transport(&self) -> &Transport {
        &self.shared.transport
    }

    /// A clone that also redacts this secret in responses.
    pub(crate) fn with_redacted(&self, secret: &str) -> Self {
        let mut shared = Shared::clone(&self.shared);
        shared.transport.raw = shared.transport.raw.redact(secret);
        Self {
            shared: Arc::new(shared),
        }
    }

    /// How long one request may take, unless a call overrides it.
    #[must_use]
    pub fn request_timeout(&self) -> Duration {
        self.transport().request_timeout
    }

    /// How long after it was sent a submission may still start a job: the request
    /// timeout plus the [settle margin](crate::ClientBuilder::settle_margin). Until
    /// then an unsuccessful [search](Self::find_seed_job) proves nothing. A longer
    /// [`SubmitOptions::request_timeout`](crate::SubmitOptions::request_timeout) counts
    /// instead of the client's.
    #[must_use]
    pub fn settle_time(&self) -> Duration {
        self.request_timeout()
            .saturating_add(self.transport().settle_margin)
    }

    /// The base URL that requests are sent to.
    #[must_use]
    pub fn base_url(&self) -> &str {
        self.transport().raw.base_url()
    }

    /// The generated client below, with the same configuration.
    ///
    /// ```
    /// # mod docs { include!(concat!(env!("CARGO_MANIFEST_DIR"), "/docs/harness.rs")); }
    /// # docs::example(async |client, job_id| {
    /// let response = client.raw().get_job(job_id).await?;
    /// println!("{} {:?}", response.raw_response().status, response.status);
    /// # Ok(())
    /// # });
    /// ```
    #[must_use]
    pub fn raw(&self) -> &raw::Client {
        &self.transport().raw
    }
}

impl fmt::Debug for Client {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Client")
            .field("base_url", &self.base_url())
            .finish_non_exhaustive()
    }
}
