//! How a seed job is submitted.

use std::time::Duration;

use secrecy::{ExposeSecret, SecretString};
use url::Url;
use useapi_seed_raw::types::{ReplyRef, ReplyUrl, SeedRequest};

use crate::error::Error;
use crate::job_id::check_job_id;
use crate::retry_policy::RetryPolicy;

/// The default time for a submission.
const TIMEOUT: Duration = Duration::from_secs(3 * 60);

/// The optional fields of a submission, and its limits.
///
/// ```
/// use std::time::Duration;
/// use useapi_seed::{Resubmit, RetryPolicy, SubmitOptions};
///
/// let options = SubmitOptions::default()
///     .reply_url("https://example.com/callbacks")
///     .reply_ref("order-17")
///     .discord("a Discord token instead of the account's own")
///     .timeout(Duration::from_secs(60))
///     .request_timeout(Duration::from_secs(20))
///     .retry(RetryPolicy::disabled())
///     .resubmit(Resubmit::WhenSettled);
/// assert!(!format!("{options:?}").contains("Discord token"));
/// ```
#[derive(Clone, Debug)]
pub struct SubmitOptions {
    pub(crate) discord: Option<SecretString>,
    pub(crate) reply_url: Option<String>,
    pub(crate) reply_ref: Option<String>,
    pub(crate) timeout: Duration,
    pub(crate) request_timeout: Option<Duration>,
    pub(crate) retry: Option<RetryPolicy>,
    pub(crate) resubmit: Resubmit,
}

/// Whether to submit again when the response to a submission was lost and no job is
/// found.
///
/// ```
/// use useapi_seed::Resubmit;
///
/// assert_eq!(Resubmit::default(), Resubmit::Never);
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Resubmit {
    /// Never: the error says that the request may have been sent. Continue with
    /// another value, or search by [`Client::find_seed_job`](crate::Client::find_seed_job).
    #[default]
    Never,
    /// Once the first submission is settled: [`Client::settle_time`](crate::Client::settle_time)
    /// after it was sent, 90 s by default. Until then it may still start a job, and
    /// the search continues. Where the timeout leaves no time for that, nothing is
    /// submitted again.
    WhenSettled,
    /// After one search. A submission that arrives late then starts a second job,
    /// which is paid for, too: only where a duplicate job is acceptable.
    Immediately,
}

impl Default for SubmitOptions {
    fn default() -> Self {
        Self {
            discord: None,
            reply_url: None,
            reply_ref: None,
            timeout: TIMEOUT,
            request_timeout: None,
            retry: None,
            resubmit: Resubmit::Never,
        }
    }
}

impl SubmitOptions {
    /// A Discord token instead of the account's own. A secret: it is sent, and redacted
    /// in responses about the job. A job that is made from its handle later does not
    /// know it.
    #[must_use]
    pub fn discord(mut self, token: impl Into<SecretString>) -> Self {
        let token = token.into();
        self.discord = Some(token).filter(|token| !token.expose_secret().is_empty());
        self
    }

    /// An `http` or `https` URL to call on progress and at the end; at most 1024
    /// characters.
    #[must_use]
    pub fn reply_url(mut self, url: impl Into<String>) -> Self {
        self.reply_url = Some(url.into()).filter(|text| !text.is_empty());
        self
    }

    /// A custom reference, returned with the job; at most 1024 characters.
    #[must_use]
    pub fn reply_ref(mut self, reference: impl Into<String>) -> Self {
        self.reply_ref = Some(reference.into()).filter(|text| !text.trim().is_empty());
        self
    }

    /// How long the submission may take, with retries and searches; defaults to 3
    /// minutes.
    #[must_use]
    pub fn timeout(mut self, timeout: Duration) -> Self {
        self.timeout = timeout;
        self
    }

    /// How long one request may take; defaults to the client's
    /// [`request_timeout`](crate::ClientBuilder::request_timeout).
    #[must_use]
    pub fn request_timeout(mut self, timeout: Duration) -> Self {
        self.request_timeout = Some(timeout);
        self
    }

    /// When and how often the request is retried; defaults to the client's policy.
    #[must_use]
    pub fn retry(mut self, policy: RetryPolicy) -> Self {
        self.retry = Some(policy);
        self
    }

    /// Whether to submit again when the response was lost and no job is found.
    #[must_use]
    pub fn resubmit(mut self, resubmit: Resubmit) -> Self {
        self.resubmit = resubmit;
        self
    }

    /// The request body, with the given fields only.
    pub(crate) fn request(&self, job_id: &str) -> Result<SeedRequest, Error> {
        check_job_id(job_id)?;
        let mut request = SeedRequest::new(job_id);
        if let Some(token) = &self.discord {
            let token = token.expose_secret();
            if token.trim().is_empty() {
                return Err(Error::invalid_input("discord", "is empty"));
            }
            request.discord = Some(token.into());
        }
        if let Some(text) = &self.reply_url {
            let url = ReplyUrl::try_from(text.as_str());
            request.reply_url = Some(url.map_err(|error| too_long("replyUrl", text, &error))?);
            check_url(text)?;
        }
        if let Some(text) = &self.reply_ref {
            let reference = ReplyRef::try_from(text.as_str());
            let reference = reference.map_err(|error| too_long("replyRef", text, &error))?;
            request.reply_ref = Some(reference);
        }
        Ok(request)
    }
}

/// The limit is in the spec, and in the generated error's text.
fn too_long(field: &'static str, text: &str, error: &dyn std::fmt::Display) -> Error {
    let length = text.chars().count();
    Error::invalid_input(field, format!("is {error}: it has {length}"))
}

fn check_url(text: &str) -> Result<(), Error> {
    let reason = match Url::parse(text) {
        Ok(url) if matches!(url.scheme(), "http" | "https") => return Ok(()),
        Ok(url) => format!("must start with http:// or https://, not {}:", url.scheme()),
        Err(error) => format!("is not a URL: {error}"),
    };
    Err(Error::invalid_input("replyUrl", reason))
}
