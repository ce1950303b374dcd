//! A client as one writes it with reqwest and serde, with some care: one HTTP client,
//! timeouts, no redirects, a limit of the body, the status before the body, and the
//! text kept beside what was decoded.
//!
//! It does not redact secrets, keep headers or unknown fields, distinguish a request
//! that was sent from one that was not, accept deviating responses, wait, or explain
//! errors.

use std::error::Error;
use std::time::Duration;

use bytes::{Bytes, BytesMut};
use reqwest::header::{AUTHORIZATION, HeaderMap, HeaderValue};
use reqwest::{RequestBuilder, StatusCode};
use serde::{Deserialize, Serialize};

const BODY_LIMIT: usize = 8 * 1024 * 1024;

/// The client.
pub struct Client {
    http: reqwest::Client,
    base_url: String,
}

/// A job, and the body that it was decoded from.
#[derive(Debug)]
pub struct JobResponse {
    /// The job.
    pub job: Job,
    /// The body.
    pub body: Bytes,
}

impl Client {
    /// A client of the API at this base URL.
    ///
    /// # Errors
    ///
    /// The token is not a valid header value, or reqwest cannot be set up.
    pub fn new(base_url: &str, token: &str) -> Result<Self, Box<dyn Error>> {
        let mut authorization = HeaderValue::try_from(format!("Bearer {token}"))?;
        authorization.set_sensitive(true);
        let http = reqwest::Client::builder()
            .user_agent("hand-written/1.0.0")
            .connect_timeout(Duration::from_secs(10))
            .timeout(Duration::from_secs(60))
            .redirect(reqwest::redirect::Policy::none())
            .default_headers(HeaderMap::from_iter([(AUTHORIZATION, authorization)]))
            .no_proxy()
            .build()?;
        Ok(Self {
            http,
            base_url: base_url.to_owned(),
        })
    }

    /// Starts a seed job.
    ///
    /// # Errors
    ///
    /// The response is not a job.
    pub async fn submit(&self, jobid: &str) -> Result<JobResponse, Box<dyn Error>> {
        let url = format!("{}/jobs/seed_async", self.base_url);
        Self::send(self.http.post(url).json(&SeedRequest { jobid })).await
    }

    /// Asks for a job's status.
    ///
    /// # Errors
    ///
    /// The response is not a job.
    pub async fn poll(&self, jobid: &str) -> Result<JobResponse, Box<dyn Error>> {
        let url = format!("{}/jobs/", self.base_url);
        Self::send(self.http.get(url).query(&[("jobid", jobid)])).await
    }

    async fn send(request: RequestBuilder) -> Result<JobResponse, Box<dyn Error>> {
        let mut response = request.send().await?;
        let status = response.status();
        let mut body = BytesMut::new();
        while let Some(chunk) = response.chunk().await? {
            if body.len() + chunk.len() > BODY_LIMIT {
                return Err("the body is too large".into());
            }
            body.extend_from_slice(&chunk);
        }
        let body = body.freeze();
        if status != StatusCode::OK {
            return Err(format!("status {status}").into());
        }
        let job = serde_json::from_slice(&body)?;
        Ok(JobResponse { job, body })
    }
}

#[derive(Serialize)]
struct SeedRequest<'a> {
    jobid: &'a str,
}

/// A seed job, with the fields of the endpoint's documentation.
#[allow(missing_docs, reason = "the documentation explains them")]
#[derive(Debug, Deserialize)]
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

/// The seed and its images.
#[allow(missing_docs, reason = "the documentation explains them")]
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Seed {
    pub value: Option<u32>,
    pub content: Option<String>,
    pub message_id: Option<String>,
    pub attachments: Option<Vec<Attachment>>,
}

/// An image.
#[allow(missing_docs, reason = "the documentation explains them")]
#[derive(Debug, Deserialize)]
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
