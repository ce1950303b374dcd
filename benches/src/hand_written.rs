//! A client as one writes it with reqwest and serde when nothing else is there,
//! and with some care: one HTTP client, time-outs, no redirects, a limit of the
//! body, the status before the body, and the text kept beside what was decoded.
//!
//! What it does not do: look for the token in answers, keep headers or fields
//! that it does not know, tell a request that was sent from one that was not,
//! read answers that do not quite fit, wait, and explain.

use std::time::Duration;

use bytes::{Bytes, BytesMut};
use reqwest::header::{AUTHORIZATION, HeaderValue};
use reqwest::{RequestBuilder, StatusCode};
use serde::{Deserialize, Serialize};

use crate::service::Fault;

const BODY_LIMIT: usize = 8 * 1024 * 1024;

/// The client.
#[derive(Clone, Debug)]
pub struct Client {
    http: reqwest::Client,
    base_url: String,
    authorization: HeaderValue,
}

/// A job, and the text that it was decoded from.
#[derive(Clone, Debug)]
pub struct Answer {
    /// The job.
    pub job: Job,
    /// The text.
    pub text: Bytes,
}

/// Why there is no answer.
#[derive(Debug)]
pub enum Failure {
    /// It did not come, or not whole.
    Transport(reqwest::Error),
    /// It is a refusal.
    Refused(StatusCode, Bytes),
    /// It is too large.
    TooLarge,
    /// It is no job.
    Undecodable(serde_json::Error, Bytes),
}

impl Client {
    /// A client of the API at this address.
    ///
    /// # Errors
    ///
    /// When the token cannot stand in a header, or reqwest cannot be set up.
    pub fn new(base_url: &str, token: &str) -> Result<Self, Fault> {
        let mut authorization = HeaderValue::try_from(format!("Bearer {token}"))?;
        authorization.set_sensitive(true);
        let http = reqwest::Client::builder()
            .user_agent("hand-written/1.0.0")
            .connect_timeout(Duration::from_secs(10))
            .timeout(Duration::from_secs(60))
            .redirect(reqwest::redirect::Policy::none())
            .no_proxy()
            .build()?;
        Ok(Self {
            http,
            base_url: base_url.to_owned(),
            authorization,
        })
    }

    /// Starts a seed job.
    ///
    /// # Errors
    ///
    /// When there is no job in the answer.
    pub async fn submit(&self, jobid: &str) -> Result<Answer, Failure> {
        let url = format!("{}/jobs/seed_async", self.base_url);
        self.send(self.http.post(url).json(&SeedRequest { jobid }))
            .await
    }

    /// Asks for a job.
    ///
    /// # Errors
    ///
    /// When there is no job in the answer.
    pub async fn job(&self, jobid: &str) -> Result<Answer, Failure> {
        let url = format!("{}/jobs/", self.base_url);
        self.send(self.http.get(url).query(&[("jobid", jobid)]))
            .await
    }

    async fn send(&self, request: RequestBuilder) -> Result<Answer, Failure> {
        let request = request.header(AUTHORIZATION, self.authorization.clone());
        let mut response = request.send().await.map_err(Failure::Transport)?;
        let status = response.status();
        let mut text = BytesMut::new();
        while let Some(chunk) = response.chunk().await.map_err(Failure::Transport)? {
            if text.len() + chunk.len() > BODY_LIMIT {
                return Err(Failure::TooLarge);
            }
            text.extend_from_slice(&chunk);
        }
        let text = text.freeze();
        if status != StatusCode::OK {
            return Err(Failure::Refused(status, text));
        }
        match serde_json::from_slice(&text) {
            Ok(job) => Ok(Answer { job, text }),
            Err(fault) => Err(Failure::Undecodable(fault, text)),
        }
    }
}

#[derive(Serialize)]
struct SeedRequest<'a> {
    jobid: &'a str,
}

/// A seed job as the endpoint's documentation has it.
#[allow(missing_docs, reason = "the documentation's own names")]
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Job {
    pub jobid: Option<String>,
    pub parent_job_id: Option<String>,
    pub verb: Option<String>,
    pub status: Option<String>,
    pub created: Option<String>,
    pub updated: Option<String>,
    pub discord: Option<String>,
    pub channel: Option<String>,
    pub server: Option<String>,
    pub reply_url: Option<String>,
    pub reply_ref: Option<String>,
    pub message_id: Option<String>,
    pub prompt: Option<String>,
    pub content: Option<String>,
    pub timestamp: Option<String>,
    pub code: Option<u16>,
    pub error: Option<String>,
    pub error_details: Option<String>,
    pub executing_jobs: Option<Vec<String>>,
    pub max_jobs: Option<u32>,
    pub buttons: Option<Vec<String>>,
    pub attachments: Option<Vec<Attachment>>,
    pub seed: Option<Seed>,
}

/// The seed and its pictures.
#[allow(missing_docs, reason = "the documentation's own names")]
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Seed {
    pub value: Option<u32>,
    pub content: Option<String>,
    pub message_id: Option<String>,
    pub attachments: Option<Vec<Attachment>>,
}

/// A picture at Discord.
#[allow(missing_docs, reason = "the documentation's own names")]
#[derive(Clone, Debug, Deserialize)]
pub struct Attachment {
    pub id: Option<String>,
    pub filename: Option<String>,
    pub content_type: Option<String>,
    pub placeholder: Option<String>,
    pub placeholder_version: Option<u32>,
    pub url: Option<String>,
    pub proxy_url: Option<String>,
    pub size: Option<u64>,
    pub width: Option<u32>,
    pub height: Option<u32>,
}
