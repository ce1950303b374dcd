//! Jobs of the verb `seed_async`: where each stands at a time.

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use crate::account::masked;
use crate::answers::JobAnswer;
use crate::clock::{seconds_between, with_microseconds, with_milliseconds};
use crate::parent::ParentJob;

/// Virtual time from the request until Midjourney answers for the first time.
const FIRST_NEWS: SignedDuration = SignedDuration::from_secs(5);
/// Virtual time from the request to the finished job.
pub(crate) const DURATION: SignedDuration = SignedDuration::from_secs(45);

/// How long a seed job has been executing: less than it takes.
#[derive(Clone, Copy, Default, Deserialize)]
#[serde(try_from = "u32")]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[cfg_attr(test, schemars(extend("maximum" = 44)))]
pub(crate) struct Seconds(pub(crate) u32);

impl TryFrom<u32> for Seconds {
    type Error = &'static str;

    fn try_from(seconds: u32) -> Result<Self, Self::Error> {
        let executing = i64::from(seconds) < DURATION.as_secs();
        let seconds = executing.then_some(Self(seconds));
        seconds.ok_or("a seed job is completed after 45 seconds")
    }
}

/// Where a retrieval stands.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Stage {
    Started,
    /// With its percentage.
    Progress(f64),
    Completed,
    /// Failed for a pending moderation message.
    Halted,
    /// Given up on request.
    Cancelled,
}

/// How the seed jobs of one parent have fared.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct JobCounts {
    /// All that were started, whatever became of them.
    pub started: u64,
    /// Those that have completed.
    pub completed: u64,
    /// Those that have failed.
    pub failed: u64,
    /// Those that were given up.
    pub cancelled: u64,
}

impl JobCounts {
    pub(crate) fn add(&mut self, stage: Stage) {
        self.started += 1;
        match stage {
            Stage::Started | Stage::Progress(_) => {}
            Stage::Completed => self.completed += 1,
            Stage::Halted => self.failed += 1,
            Stage::Cancelled => self.cancelled += 1,
        }
    }
}

/// A seed retrieval.
#[derive(Clone, Debug)]
pub(crate) struct Retrieval {
    pub(crate) id: String,
    /// Position of the parent among the service's jobs.
    pub(crate) parent: usize,
    pub(crate) created: Timestamp,
    pub(crate) discord: String,
    pub(crate) channel: String,
    pub(crate) reply_url: Option<String>,
    pub(crate) reply_ref: Option<String>,
    pub(crate) message_id: u64,
    pub(crate) halted: bool,
    /// When it was cancelled.
    pub(crate) cancelled: Option<Timestamp>,
}

impl Retrieval {
    pub(crate) fn stage(&self, now: Timestamp) -> Stage {
        let (first, last) = (self.after(FIRST_NEWS), self.after(DURATION));
        if self.halted {
            Stage::Halted
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

    /// When the service calls back, unless the job is given up before.
    pub(crate) fn milestones(&self) -> Vec<Timestamp> {
        if self.halted {
            return vec![self.created];
        }
        vec![
            self.after(FIRST_NEWS),
            self.after(DURATION / 2),
            self.after(DURATION),
        ]
    }

    /// Whether it takes one of the account's places.
    pub(crate) fn executing(&self, now: Timestamp) -> bool {
        matches!(self.stage(now), Stage::Started | Stage::Progress(_))
    }

    fn after(&self, span: SignedDuration) -> Timestamp {
        self.created.checked_add(span).unwrap_or(Timestamp::MAX)
    }

    /// The answer at a time, still without the seed of a finished one.
    pub(crate) fn answer(&self, parent: &ParentJob, now: Timestamp) -> JobAnswer {
        let stage = self.stage(now);
        let updated = match stage {
            Stage::Started | Stage::Halted => self.created,
            Stage::Progress(_) => now,
            Stage::Completed => self.after(DURATION),
            Stage::Cancelled => self.cancelled.unwrap_or(self.created),
        };
        let started = JobAnswer {
            jobid: self.id.clone(),
            verb: "seed_async".into(),
            status: "started".into(),
            created: with_milliseconds(self.created),
            updated: with_milliseconds(updated),
            parent_job_id: Some(parent.id.clone()),
            discord: Some(masked(&self.discord)),
            channel: Some(self.channel.clone()),
            reply_url: self.reply_url.clone(),
            reply_ref: self.reply_ref.clone(),
            code: 200,
            ..JobAnswer::default()
        };
        if stage == Stage::Started {
            return started;
        }
        let heard = JobAnswer {
            message_id: Some(self.message_id.to_string()),
            timestamp: Some(with_microseconds(updated)),
            ..started
        };
        match stage {
            Stage::Started => heard,
            Stage::Progress(percent) => JobAnswer {
                status: "progress".into(),
                content: Some(progress(&parent.content, percent)),
                ..heard
            },
            Stage::Completed => JobAnswer {
                status: "completed".into(),
                ..heard
            },
            Stage::Cancelled => JobAnswer {
                status: "cancelled".into(),
                ..heard
            },
            Stage::Halted => JobAnswer {
                status: "failed".into(),
                error: Some("Pending mod message"),
                error_details: Some(
                    "You have a pending moderation message. Please acknowledge it before using \
                     the bot further.",
                ),
                code: 596,
                ..heard
            },
        }
    }
}

/// The parent's content, with a percentage before the mode in parentheses.
fn progress(content: &str, percent: f64) -> String {
    let percent = percent.floor();
    match content.rsplit_once(" (") {
        Some((before, mode)) => format!("{before} ({percent}%) ({mode}"),
        None => format!("{content} ({percent}%)"),
    }
}
