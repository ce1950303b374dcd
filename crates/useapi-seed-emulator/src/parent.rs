//! The initial jobs: those whose seed can be requested, and others.

use jiff::Timestamp;
use serde_json::{Map, Value};

use crate::account::masked;
use crate::attachments::ImageSet;
use crate::clock::{with_microseconds, with_milliseconds};
use crate::responses::JobResponse;

/// The Discord server of all channels.
pub(crate) const SERVER: &str = "1114555266365661215";

/// A job of a verb other than `seed_async`.
#[derive(Clone, Debug)]
pub(crate) struct ParentJob {
    pub(crate) id: String,
    pub(crate) verb: String,
    pub(crate) status: String,
    pub(crate) created: Timestamp,
    pub(crate) updated: Timestamp,
    /// Without its parameters, which `content` has.
    pub(crate) prompt: Option<String>,
    pub(crate) content: String,
    /// The text in bold of `content`: the prompt, or what replaces it.
    pub(crate) caption: String,
    /// Of the execution; the account may have another now.
    pub(crate) discord: Option<String>,
    pub(crate) channel: Option<String>,
    /// As the request for this job gave them.
    pub(crate) reply_url: Option<String>,
    pub(crate) reply_ref: Option<String>,
    pub(crate) message_id: u64,
    pub(crate) particulars: Map<String, Value>,
    /// Its images, if it has any.
    pub(crate) images: Option<ImageSet>,
}

/// A prompt as a job's `prompt` shows it: without parameters (`--v 5.2`).
pub(crate) fn bare(prompt: &str) -> String {
    let words = prompt.split(" --").next().unwrap_or_default();
    words.trim().to_owned()
}

impl ParentJob {
    pub(crate) fn completed(&self) -> bool {
        self.status == "completed"
    }

    /// Whether its verb has a seed.
    pub(crate) fn has_seed(&self) -> bool {
        matches!(self.verb.as_str(), "imagine" | "button" | "blend")
    }

    /// Midjourney's message about a seed of this job.
    pub(crate) fn seed_content(&self, seed: u32) -> String {
        let Self { caption, id, .. } = self;
        format!("**{caption}**\n**Job ID**: {id}\n**seed** {seed}")
    }

    /// The response, without attachments and seed.
    pub(crate) fn response(&self, max_jobs: usize) -> JobResponse {
        JobResponse {
            jobid: self.id.clone(),
            verb: self.verb.clone().into(),
            status: self.status.clone().into(),
            created: with_milliseconds(self.created),
            updated: with_milliseconds(self.updated),
            content: Some(self.content.clone()),
            prompt: self.prompt.clone(),
            discord: self.discord.as_deref().map(masked),
            channel: self.channel.clone(),
            server: Some(SERVER),
            max_jobs: Some(max_jobs),
            reply_url: self.reply_url.clone(),
            reply_ref: self.reply_ref.clone(),
            message_id: Some(self.message_id.to_string()),
            timestamp: Some(with_microseconds(self.updated)),
            particulars: self.particulars.clone(),
            code: 200,
            ..JobResponse::default()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::bare;

    #[test]
    fn bare_prompt_has_no_parameters() {
        for (prompt, expected) in [
            ("Steampunk cat --s 750 --v 5.2", "Steampunk cat"),
            ("a well-known cat -- and --a-- dog", "a well-known cat"),
            ("a--b", "a--b"),
            ("", ""),
        ] {
            assert_eq!(bare(prompt), expected);
        }
    }
}
