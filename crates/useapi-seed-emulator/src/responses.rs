//! The JSON of a job, field by field as documented.

use std::borrow::Cow;

use serde::Serialize;
use serde_json::Value;

/// A job, without the fields that it does not have.
#[derive(Clone, Debug, Default, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct JobResponse {
    pub(crate) jobid: String,
    pub(crate) verb: Cow<'static, str>,
    pub(crate) status: Cow<'static, str>,
    pub(crate) created: String,
    pub(crate) updated: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) parent_job_id: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) content: Option<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(crate) attachments: Vec<Attachment>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) seed: Option<SeedResponse>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) prompt: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) discord: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) channel: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) server: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) max_jobs: Option<usize>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) reply_url: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) reply_ref: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) message_id: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) timestamp: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) error: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) error_details: Option<&'static str>,
    /// Fields of one verb only: `buttons`, `children`, `button`, …
    #[serde(flatten)]
    pub(crate) particulars: serde_json::Map<String, Value>,
    pub(crate) code: u16,
}

/// A seed with its images.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct SeedResponse {
    pub(crate) content: String,
    pub(crate) value: u32,
    pub(crate) attachments: Vec<Attachment>,
}

/// A file on the image host.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct Attachment {
    pub(crate) id: String,
    pub(crate) url: String,
    pub(crate) proxy_url: String,
    pub(crate) width: u32,
    pub(crate) height: u32,
    pub(crate) size: usize,
    pub(crate) placeholder_version: u8,
    pub(crate) placeholder: &'static str,
    pub(crate) filename: String,
    pub(crate) content_type: &'static str,
}
