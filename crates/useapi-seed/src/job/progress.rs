//! The progress of a job.

use std::fmt;

use bytes::Bytes;
use serde::{Deserialize, Serialize};
use useapi_seed_raw::types::{Job, JobStatus};

use crate::json;
use crate::response::Snapshot;
use crate::seed_text;

/// The progress of a job. It serializes to JSON and back, without its
/// [`raw_body`](Self::raw_body).
///
/// ```
/// # mod docs { include!(concat!(env!("CARGO_MANIFEST_DIR"), "/docs/harness.rs")); }
/// # docs::example(async |client, job_id| {
/// use useapi_seed::{JobProgress, SubmitOutcome};
///
/// fn line(progress: &JobProgress) -> String {
///     let job = progress.raw_job();
///     let bytes = progress.raw_body().len();
///     format!("{} {:?} since {:?}: {bytes} bytes", progress.job_id, job.verb, job.created)
/// }
///
/// if let SubmitOutcome::Started(job) = client.submit(job_id).await? {
///     println!("{}", job.initial_progress().map_or(String::new(), line));
/// }
/// # Ok(())
/// # });
/// ```
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema))]
#[non_exhaustive]
pub struct JobProgress {
    /// Id of the job.
    pub job_id: String,
    /// Its status; an unknown value means that it still runs.
    #[cfg_attr(feature = "schemars", schemars(with = "Option<String>"))]
    pub status: Option<JobStatus>,
    /// The percentage in Midjourney's message, when it has one.
    pub percent: Option<u8>,
    /// Midjourney's message.
    pub content: Option<String>,
    /// Id of the job whose seed it retrieves, when the response contains it.
    pub parent_job_id: Option<String>,
    #[serde(skip)]
    body: Bytes,
}

impl JobProgress {
    pub(crate) fn new(job_id: &str, snapshot: &Snapshot) -> Self {
        let job = &snapshot.job;
        Self {
            job_id: job_id.to_owned(),
            status: job.status.clone(),
            percent: job.content.as_deref().and_then(seed_text::percentage),
            content: job.content.clone(),
            parent_job_id: job.parent_job_id.clone(),
            body: snapshot.response.body.clone(),
        }
    }

    /// The prompt in Midjourney's message, when it has one.
    #[must_use]
    pub fn prompt(&self) -> Option<&str> {
        seed_text::parse_job_prompt(self.content.as_deref()?)
    }

    /// The body of the response, byte for byte, except that a repeated API token
    /// reads `***`.
    #[must_use]
    pub fn raw_body(&self) -> &[u8] {
        &self.body
    }

    /// The response as the raw layer's type, with every other field. Parsed from
    /// [`raw_body`](Self::raw_body) at each call.
    #[must_use]
    pub fn raw_job(&self) -> Job {
        json::job(&self.body)
    }

    /// Whether nothing that a caller sees has changed; `updated` always does.
    pub(crate) fn is_same(&self, other: &Self) -> bool {
        self.status == other.status
            && self.content == other.content
            && self.parent_job_id == other.parent_job_id
    }

    /// Keeps waits small.
    pub(crate) fn without_body(&self) -> Self {
        Self {
            body: Bytes::new(),
            ..self.clone()
        }
    }
}

impl fmt::Debug for JobProgress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("JobProgress")
            .field("job_id", &self.job_id)
            .field("status", &self.status)
            .field("percent", &self.percent)
            .field("content", &self.content)
            .field("parent_job_id", &self.parent_job_id)
            .finish_non_exhaustive()
    }
}
