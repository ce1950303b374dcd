//! Asking for a seed, without waiting.

use std::fmt;

use url::Url;
use useapi_seed_raw::types::{ReplyRef, ReplyUrl, SeedRequest};

use crate::client::Client;
use crate::error::Error;
use crate::job::{Job, Update};
use crate::reading::{self, Meaning};
use crate::retrieval::Retrieval;

/// A request for a seed, to be [sent](Self::send). Made by
/// [`Client::submit`].
#[must_use = "nothing is sent before `send` is awaited"]
pub struct Submit {
    client: Client,
    jobid: String,
    discord: Option<String>,
    reply_url: Option<String>,
    reply_ref: Option<String>,
}

/// What a submission came to (Responses, 200).
#[derive(Debug)]
#[non_exhaustive]
pub enum Submitted {
    /// A job was started; wait for it.
    Started(Job),
    /// The seed was retrieved before; here it is.
    AlreadyRetrieved(Retrieval),
}

impl Submit {
    pub(crate) fn new(client: Client, jobid: String) -> Self {
        Self {
            client,
            jobid,
            discord: None,
            reply_url: None,
            reply_ref: None,
        }
    }

    /// A Discord token to use in place of the account's own (Request Body,
    /// discord). A secret; it is sent, and appears nowhere else.
    pub fn discord(mut self, token: impl Into<String>) -> Self {
        self.discord = Some(token.into());
        self
    }

    /// An `http` or `https` address to call on progress and at the end, of at
    /// most 1024 characters (Request Body, replyUrl).
    pub fn reply_url(mut self, url: impl Into<String>) -> Self {
        self.reply_url = Some(url.into());
        self
    }

    /// Your own reference, of at most 1024 characters; it comes back with the
    /// job (Request Body, replyRef).
    pub fn reply_ref(mut self, reference: impl Into<String>) -> Self {
        self.reply_ref = Some(reference.into());
        self
    }

    /// Sends the request, once. It is never repeated: a lost answer may mean a
    /// started job, and another request might start a second. For the same
    /// reason, see it through: dropped half-way, it may have been sent.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::InvalidInput`](crate::ErrorKind::InvalidInput) before
    /// anything is sent; otherwise what the service refused, or what became of
    /// the request, as [`Error::delivery`] tells.
    pub async fn send(self) -> Result<Submitted, Error> {
        let request = self.request()?;
        let outcome = self.client.raw.retrieve_seed(&request).await;
        let snapshot = reading::snapshot(outcome, None).map_err(Error::of_a_submission)?;
        match snapshot.meaning(None)? {
            Meaning::Retrieved(retrieval) => {
                let retrieval = retrieval.or_job_id(&self.jobid);
                Ok(Submitted::AlreadyRetrieved(retrieval))
            }
            // Completed, but without a seed: that may still come with a poll.
            Meaning::InProgress(snapshot) | Meaning::WithoutSeed(snapshot) => {
                match snapshot
                    .job
                    .jobid
                    .as_deref()
                    .filter(|id| !id.trim().is_empty())
                {
                    Some(id) => {
                        let update = Update::new(id, &snapshot.job);
                        Ok(Submitted::Started(Job::new(
                            self.client,
                            id.to_owned(),
                            Some(update),
                        )))
                    }
                    None => Err(reading::unreadable(
                        "has neither a seed nor a jobid",
                        snapshot.received,
                    )),
                }
            }
        }
    }

    /// The body, with only the given fields.
    fn request(&self) -> Result<SeedRequest, Error> {
        if self.jobid.trim().is_empty() {
            let problem = if self.jobid.is_empty() {
                "is empty"
            } else {
                "is blank"
            };
            return Err(Error::invalid_input("jobid", problem));
        }
        let mut request = SeedRequest::new(self.jobid.as_str());
        if let Some(token) = &self.discord {
            if token.trim().is_empty() {
                return Err(Error::invalid_input("discord", "is empty"));
            }
            request.discord = Some(token.as_str().into());
        }
        if let Some(text) = &self.reply_url {
            let url = ReplyUrl::try_from(text.as_str());
            request.reply_url = Some(url.map_err(|fault| too_long("replyUrl", text, &fault))?);
            check_url(text)?;
        }
        if let Some(text) = &self.reply_ref {
            let reference = ReplyRef::try_from(text.as_str());
            request.reply_ref =
                Some(reference.map_err(|fault| too_long("replyRef", text, &fault))?);
        }
        Ok(request)
    }
}

impl fmt::Debug for Submit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Submit")
            .field("jobid", &self.jobid)
            .field("discord", &self.discord.as_ref().map(|_| "***"))
            .field("reply_url", &self.reply_url)
            .field("reply_ref", &self.reply_ref)
            .finish_non_exhaustive()
    }
}

/// The limit is the description's, and its error's text names it.
fn too_long(field: &'static str, text: &str, fault: &dyn fmt::Display) -> Error {
    let length = text.chars().count();
    Error::invalid_input(field, format!("is {fault}: it has {length}"))
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
        Err(fault) => Err(Error::invalid_input(
            "replyUrl",
            format!("is no address: {fault}"),
        )),
    }
}
