//! Jobs of the verb `seed_async`, and their state at a time.

use jiff::{SignedDuration, Timestamp};
use serde::Serialize;

use crate::account::masked;
use crate::clock::{seconds_between, with_microseconds, with_milliseconds};
use crate::parent::ParentJob;
use crate::responses::JobResponse;

/// From the request to the first progress, on the virtual clock.
const STARTED: SignedDuration = SignedDuration::from_secs(5);
/// From the request to the completed job, on the virtual clock.
pub(crate) const DURATION: SignedDuration = SignedDuration::from_secs(45);

#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Stage {
    Started,
    /// With its percentage.
    Progress(f64),
    Completed,
    /// For a pending moderation message.
    Failed,
    Cancelled,
}

impl Stage {
    /// Whether the job occupies a slot of its account.
    pub(crate) fn is_executing(self) -> bool {
        matches!(self, Self::Started | Self::Progress(_))
    }

    fn name(self) -> &'static str {
        match self {
            Self::Started => "started",
            Self::Progress(_) => "progress",
            Self::Completed => "completed",
            Self::Failed => "failed",
            Self::Cancelled => "cancelled",
        }
    }
}

/// How many seed jobs of one parent there are.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct JobCounts {
    /// Jobs started, whatever their outcome.
    pub started: u64,
    /// Jobs completed.
    pub completed: u64,
    /// Jobs failed.
    pub failed: u64,
    /// Jobs cancelled.
    pub cancelled: u64,
}

impl JobCounts {
    pub(crate) fn add(&mut self, stage: Stage) {
        self.started += 1;
        match stage {
            Stage::Started | Stage::Progress(_) => {}
            Stage::Completed => self.completed += 1,
            Stage::Failed => self.failed += 1,
            Stage::Cancelled => self.cancelled += 1,
        }
    }
}

#[derive(Clone, Debug)]
pub(crate) struct SeedJob {
    pub(crate) id: String,
    /// Index of the parent among the service's jobs.
    pub(crate) parent: usize,
    pub(crate) created: Timestamp,
    pub(crate) discord: String,
    pub(crate) channel: String,
    pub(crate) reply_url: Option<String>,
    pub(crate) reply_ref: Option<String>,
    pub(crate) message_id: u64,
    /// Whether a pending moderation message fails it.
    pub(crate) halted: bool,
    pub(crate) cancelled: Option<Timestamp>,
}

impl SeedJob {
    pub(crate) fn stage(&self, now: Timestamp) -> Stage {
        let (first, last) = (self.after(STARTED), self.after(DURATION));
        if self.halted {
            Stage::Failed
        } else if self.cancelled.is_some_and(|at| at <= now) {
            Stage::Cancelled
        } else if now < first {
            Stage::Started
        } else if now < last {
            Stage::Progress(100.0 * seconds_between(first, now) / seconds_between(first, last))
        } else {
            Stage::Completed
        }
    }

    /// When the service calls back, unless the job is cancelled before.
    pub(crate) fn milestones(&self) -> Vec<Timestamp> {
        if self.halted {
            return vec![self.created];
        }
        [STARTED, DURATION / 2, DURATION]
            .map(|span| self.after(span))
            .into()
    }

    fn after(&self, span: SignedDuration) -> Timestamp {
        self.created.checked_add(span).unwrap_or(Timestamp::MAX)
    }

    /// The response at a time, without the seed of a completed job.
    pub(crate) fn response(&self, parent: &ParentJob, now: Timestamp) -> JobResponse {
        let stage = self.stage(now);
        let updated = match stage {
            Stage::Started | Stage::Failed => self.created,
            Stage::Progress(_) => now,
            Stage::Completed => self.after(DURATION),
            Stage::Cancelled => self.cancelled.unwrap_or(self.created),
        };
        let mut response = JobResponse {
            jobid: self.id.clone(),
            verb: "seed_async".into(),
            status: stage.name().into(),
            created: with_milliseconds(self.created),
            updated: with_milliseconds(updated),
            parent_job_id: Some(parent.id.clone()),
            discord: Some(masked(&self.discord)),
            channel: Some(self.channel.clone()),
            reply_url: self.reply_url.clone(),
            reply_ref: self.reply_ref.clone(),
            code: 200,
            ..JobResponse::default()
        };
        if stage != Stage::Started {
            response.message_id = Some(self.message_id.to_string());
            response.timestamp = Some(with_microseconds(updated));
        }
        match stage {
            Stage::Progress(percent) => {
                response.content = Some(with_percentage(&parent.content, percent));
            }
            Stage::Failed => {
                response.error = Some("Pending mod message");
                response.error_details = Some(
                    "You have a pending moderation message. Please acknowledge it before using \
                     the bot further.",
                );
                response.code = 596;
            }
            Stage::Started | Stage::Completed | Stage::Cancelled => {}
        }
        response
    }
}

/// The parent's content, with a percentage before the mode in parentheses.
fn with_percentage(content: &str, percent: f64) -> String {
    let percent = percent.floor();
    match content.rsplit_once(" (") {
        Some((before, mode)) => format!("{before} ({percent}%) ({mode}"),
        None => format!("{content} ({percent}%)"),
    }
}
