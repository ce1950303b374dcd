//! Asking for a seed, without waiting.

use std::fmt;
use std::time::Duration;

use tokio::time::Instant;
use url::Url;
use useapi_seed_raw::types::{ReplyRef, ReplyUrl, SeedRequest, Verb};

use crate::client::Client;
use crate::error::{Error, SearchOutcome};
use crate::find::{Look, is_permanent};
use crate::job::{Job, JobProgress};
use crate::job_id::check_job_id;
use crate::response::{self, Interpretation, Snapshot};
use crate::result::SeedResult;
use crate::retry_policy::RetryPolicy;
use crate::transport::{CallOptions, Operation};

/// How long a submission may take unless set.
const TIMEOUT: Duration = Duration::from_secs(3 * 60);
/// How often it is looked for a job whose answer was lost.
const SEARCH_ATTEMPTS: u32 = 3;
/// Between two of the searches that last until the submission is settled.
const LEAST_PAUSE: Duration = Duration::from_millis(100);

/// A request for a seed, to be [sent](Self::send). Made by
/// [`Client::submit`].
///
/// ```
/// # use useapi_seed_emulator::Emulator;
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # let emulator = Emulator::start().await?;
/// # let client = useapi_seed::Client::builder(emulator.token()).base_url(emulator.base_url()).build()?;
/// # let jobid = emulator.jobs().imagine.as_str();
/// use std::time::Duration;
/// use useapi_seed::{RetryPolicy, SubmitOutcome};
///
/// let submitted = client
///     .submit(jobid)
///     .reply_url("https://example.com/news")
///     .reply_ref("order-17")
///     .discord("a Discord token in place of the account's own")
///     .timeout(Duration::from_secs(60))
///     .request_timeout(Duration::from_secs(20))
///     .retry(RetryPolicy::disabled())
///     .resubmit(true) // when it was lost, and certainly started no job
///     .send()
///     .await?;
/// # assert!(matches!(submitted, SubmitOutcome::Started(_)));
/// // Where a second job is the lesser evil:
/// let at_once = client.submit(jobid).resubmit_unsettled();
/// # Ok(())
/// # }
/// ```
#[must_use = "nothing is sent before `send` is awaited"]
pub struct SubmitSeed {
    client: Client,
    jobid: String,
    discord: Option<String>,
    reply_url: Option<String>,
    reply_ref: Option<String>,
    timeout: Duration,
    request_timeout: Option<Duration>,
    retry: Option<RetryPolicy>,
    resubmit: Resubmit,
}

/// What follows when a response was lost and no job is found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Resubmit {
    Never,
    /// Once the first submission can start no job any more.
    WhenSettled,
    Unsettled,
}

/// What a submission came to (Responses, 200).
#[derive(Debug)]
#[non_exhaustive]
pub enum SubmitOutcome {
    /// A job was started; wait for it.
    Started(Job),
    /// The seed was retrieved before; here it is.
    AlreadyRetrieved(SeedResult),
}

impl SubmitSeed {
    pub(crate) fn new(client: Client, jobid: String) -> Self {
        Self {
            client,
            jobid,
            discord: None,
            reply_url: None,
            reply_ref: None,
            timeout: TIMEOUT,
            request_timeout: None,
            retry: None,
            resubmit: Resubmit::Never,
        }
    }

    /// A Discord token to use in place of the account's own (Request Body,
    /// discord). A secret; it is sent, and appears nowhere else.
    pub fn discord(mut self, token: impl Into<String>) -> Self {
        self.discord = Some(token.into()).filter(|text| !text.is_empty());
        self
    }

    /// An `http` or `https` address to call on progress and at the end, of at
    /// most 1024 characters (Request Body, replyUrl).
    pub fn reply_url(mut self, url: impl Into<String>) -> Self {
        self.reply_url = Some(url.into()).filter(|text| !text.is_empty());
        self
    }

    /// Your own reference, of at most 1024 characters; it comes back with the
    /// job (Request Body, replyRef).
    pub fn reply_ref(mut self, reference: impl Into<String>) -> Self {
        self.reply_ref = Some(reference.into()).filter(|text| !text.trim().is_empty());
        self
    }

    /// How long all of it may take: repetitions, pauses, and the search after a
    /// lost answer; three minutes unless set.
    pub fn timeout(mut self, timeout: Duration) -> Self {
        self.timeout = timeout;
        self
    }

    /// How long one request may take, instead of the client's
    /// [`request_timeout`](crate::ClientBuilder::request_timeout).
    pub fn request_timeout(mut self, timeout: Duration) -> Self {
        self.request_timeout = Some(timeout);
        self
    }

    /// When and how often the request is repeated, instead of the client's.
    pub fn retry(mut self, retry: RetryPolicy) -> Self {
        self.retry = Some(retry);
        self
    }

    /// Whether to submit again when a response was lost and no job is found.
    /// Without this the error says that the request may have been sent.
    ///
    /// The search goes on until the first submission is settled
    /// ([`Client::settle_time`] after it was sent; 90 seconds by default), since
    /// until then it may still start a job. Where [`timeout`](Self::timeout) leaves
    /// no time for that, nothing is submitted again.
    pub fn resubmit(mut self, resubmit: bool) -> Self {
        self.resubmit = if resubmit {
            Resubmit::WhenSettled
        } else {
            Resubmit::Never
        };
        self
    }

    /// As [`resubmit`](Self::resubmit), but after a short search: a submission that
    /// is still on its way then starts a second job, which is paid for, too. Choose
    /// this only where that is the lesser evil.
    pub fn resubmit_unsettled(mut self) -> Self {
        self.resubmit = Resubmit::Unsettled;
        self
    }

    /// Sends the request.
    ///
    /// It is repeated only as [`RetryPolicy`] says: when nothing was sent, or the service
    /// itself rejected it for the moment. After a lost response a job may be running
    /// that no caller knows; then it is searched for as [`Client::find_seed_job`] does,
    /// three times, or with [`resubmit`](Self::resubmit) until the submission is
    /// settled. If it is found, or the seed is, that is the outcome.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::InvalidInput`](crate::ErrorKind::InvalidInput) before
    /// anything is sent; otherwise what the service refused, or what became of
    /// the request, as [`Error::request_status`] tells: an answer that was lost for
    /// good `may have been sent`.
    pub async fn send(mut self) -> Result<SubmitOutcome, Error> {
        let request = self.request()?;
        if let Some(discord) = &self.discord {
            // Later answers about the job may repeat it, too.
            self.client = self.client.without(discord);
        }
        let common = self.client.options();
        let options = CallOptions {
            retry: self.retry.clone().unwrap_or(common.retry),
            request_timeout: self.request_timeout.unwrap_or(common.request_timeout),
            deadline: Instant::now().checked_add(self.timeout),
        };
        let begun = Instant::now();
        let error = match self.submitted(&request, &options).await {
            Err(error) if error.may_have_been_sent() => error,
            outcome => return outcome,
        };
        let found = self.search(error, &options, self.resubmit).await;
        let error = match found.map_err(|error| error.with_elapsed(begun.elapsed())) {
            Err(error) if self.may_resubmit(&error) => error,
            outcome => return outcome,
        };
        match self.submitted(&request, &options).await {
            // What was sent last is settled last.
            Err(again) if again.may_have_been_sent() => {
                self.search(again, &options, Resubmit::Never).await
            }
            Err(again) => {
                // Perhaps because the first one did get through, late. It is that
                // one which is not known.
                tracing::warn!(error = %again, "the second submission failed, too");
                self.search(error, &options, Resubmit::Never).await
            }
            outcome => outcome,
        }
    }

    /// Only a search that was answered, and found nothing after the submission was
    /// settled, shows that it started no job.
    fn may_resubmit(&self, error: &Error) -> bool {
        let Some(SearchOutcome::NotFound { settled, .. }) = error.search() else {
            return false;
        };
        match self.resubmit {
            Resubmit::Never => false,
            Resubmit::WhenSettled => *settled,
            Resubmit::Unsettled => true,
        }
    }

    /// What the answer to the request is.
    async fn submitted(
        &self,
        request: &SeedRequest,
        options: &CallOptions,
    ) -> Result<SubmitOutcome, Error> {
        let job = Some(self.jobid.as_str());
        let client = &self.client;
        client
            .call(Operation::RetrieveSeed, job, options, async |raw| {
                let snapshot = response::snapshot(raw.retrieve_seed(request).await, None);
                let submitted = snapshot.and_then(|snapshot| {
                    let status = snapshot.response.status;
                    Ok((self.understood(snapshot)?, status))
                });
                submitted.map_err(|error| error.with_parent_job_id(Some(self.jobid.clone())))
            })
            .await
    }

    fn understood(&self, snapshot: Snapshot) -> Result<SubmitOutcome, Error> {
        match snapshot.interpret(None)? {
            Interpretation::Completed(result) => {
                let result = result.or_job_id(&self.jobid);
                Ok(SubmitOutcome::AlreadyRetrieved(result))
            }
            // Completed, but without a seed: that may still come with a poll.
            Interpretation::InProgress(snapshot) | Interpretation::WithoutSeed(snapshot) => {
                match &snapshot.job.jobid {
                    // The original job is no seed job: something echoes the request.
                    Some(id) if *id == self.jobid && snapshot.job.verb != Some(Verb::SeedAsync) => {
                        Err(
                            Error::invalid_response("names no other job than the request")
                                .with_response(Some(snapshot.response)),
                        )
                    }
                    Some(id) => {
                        let update = JobProgress::new(id, &snapshot);
                        let job = Job::new(self.client.clone(), id.clone(), Some(update));
                        let job = job.of_parent(&self.jobid);
                        Ok(SubmitOutcome::Started(job))
                    }
                    None => Err(Error::invalid_response("has neither a seed nor a jobid")
                        .with_response(Some(snapshot.response))),
                }
            }
        }
    }

    /// Looks for the job that may have been started; what was found, or the error
    /// with what came of the search.
    ///
    /// Three searches, or as many as it takes until the submission is settled.
    async fn search(
        &self,
        error: Error,
        options: &CallOptions,
        resubmit: Resubmit,
    ) -> Result<SubmitOutcome, Error> {
        let settles_at = error.settles_at();
        let parent = self.jobid.clone();
        let look = Look {
            client: &self.client,
            parent: &parent,
            reply_ref: self.reply_ref.as_deref(),
        };
        // What came of a torn answer may name the job, or else the original.
        let named = error.job_id().filter(|id| *id != self.jobid.trim());
        if let Some(id) = named
            && look.is(id, options).await
        {
            return Ok(SubmitOutcome::Started(
                self.client.job(id).of_parent(&parent),
            ));
        }
        let (mut looks, mut unanswered) = (0, None);
        let mut is_settled = false;
        // The request may still be on its way: so it is searched for again.
        for tries in 1_u32.. {
            let is_after = settles_at.is_some_and(|end| Instant::now() >= end);
            match look.run(options).await {
                Ok(Some(submitted)) => {
                    tracing::warn!(
                        useapi.parent_job.id = self.jobid,
                        "the answer to a submission was lost, but its job was found"
                    );
                    return Ok(submitted);
                }
                Ok(None) => {
                    looks += 1;
                    unanswered = None;
                    is_settled = is_after;
                }
                Err(found) => {
                    let is_permanent = is_permanent(&found);
                    unanswered = Some(found.to_string());
                    if is_permanent {
                        break;
                    }
                }
            }
            let until_settled = resubmit == Resubmit::WhenSettled;
            let is_enough = if until_settled {
                is_settled
            } else {
                tries >= SEARCH_ATTEMPTS
            };
            if is_enough {
                break;
            }
            let mut pause = options.retry.search_backoff(tries);
            if let Some(end) = settles_at.filter(|_| until_settled) {
                let left = end.saturating_duration_since(Instant::now());
                pause = pause.min(left).max(LEAST_PAUSE);
            }
            if !options.pause(pause).await {
                break;
            }
        }
        let search = match unanswered {
            Some(reason) => SearchOutcome::Failed {
                parent_job_id: parent,
                reason,
            },
            None => SearchOutcome::NotFound {
                attempts: looks,
                parent_job_id: parent,
                settled: is_settled,
            },
        };
        // Its id, if any, was the original's.
        Err(error.without_job_id().with_search(search))
    }

    /// The body, with only the given fields.
    fn request(&self) -> Result<SeedRequest, Error> {
        check_job_id(&self.jobid)?;
        let mut request = SeedRequest::new(self.jobid.as_str());
        if let Some(token) = &self.discord {
            if token.trim().is_empty() {
                return Err(Error::invalid_input("discord", "is empty"));
            }
            request.discord = Some(token.as_str().into());
        }
        if let Some(text) = &self.reply_url {
            let url = ReplyUrl::try_from(text.as_str());
            request.reply_url = Some(url.map_err(|error| too_long("replyUrl", text, &error))?);
            check_url(text)?;
        }
        if let Some(text) = &self.reply_ref {
            let reference = ReplyRef::try_from(text.as_str());
            request.reply_ref =
                Some(reference.map_err(|error| too_long("replyRef", text, &error))?);
        }
        Ok(request)
    }
}

impl fmt::Debug for SubmitSeed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SubmitSeed")
            .field("jobid", &self.jobid)
            .field("discord", &self.discord.as_ref().map(|_| "***"))
            .field("reply_url", &self.reply_url)
            .field("reply_ref", &self.reply_ref)
            .finish_non_exhaustive()
    }
}

/// The limit is the description's, and its error's text names it.
fn too_long(field: &'static str, text: &str, error: &dyn fmt::Display) -> Error {
    let length = text.chars().count();
    Error::invalid_input(field, format!("is {error}: it has {length}"))
}

fn check_url(text: &str) -> Result<(), Error> {
    match Url::parse(text) {
        Ok(url) if matches!(url.scheme(), "http" | "https") => Ok(()),
        Ok(url) => Err(Error::invalid_input(
            "replyUrl",
            format!(
                "has to begin with http:// or https://, not {}:",
                url.scheme()
            ),
        )),
        Err(error) => Err(Error::invalid_input(
            "replyUrl",
            format!("is no address: {error}"),
        )),
    }
}
