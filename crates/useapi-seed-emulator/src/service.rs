//! The service's memory, and what it decides about a request.

use std::sync::{Arc, Mutex, PoisonError};

use jiff::Timestamp;

use crate::account::{Account, MAX_JOBS, Moderation};
use crate::answers::JobAnswer;
use crate::attachments::Album;
use crate::clock::Clock;
use crate::gallery::Gallery;
use crate::parent::ParentJob;
use crate::refusal::Refusal;
use crate::request::SeedRequest;
use crate::retrieval::{Retrieval, Stage};
use crate::samples::{self, SampleJobs};

/// All of the service that its routes share.
#[derive(Debug)]
pub(crate) struct Service {
    clock: Clock,
    gallery: Arc<Gallery>,
    memory: Mutex<Memory>,
}

#[derive(Debug)]
struct Memory {
    accounts: Vec<Account>,
    parents: Vec<ParentJob>,
    retrievals: Vec<Retrieval>,
}

/// A job's answer and which pictures it still lacks.
struct Draft {
    answer: JobAnswer,
    grid: Option<Album>,
    /// With the message that tells it.
    seed: Option<(Album, String)>,
}

impl From<JobAnswer> for Draft {
    fn from(answer: JobAnswer) -> Self {
        Self {
            answer,
            grid: None,
            seed: None,
        }
    }
}

impl Service {
    pub(crate) fn new(clock: Clock, gallery: Arc<Gallery>) -> (Self, SampleJobs) {
        let (ids, parents) = samples::jobs(clock.origin());
        let memory = Memory {
            accounts: samples::accounts(),
            parents,
            retrievals: Vec::new(),
        };
        let service = Self {
            clock,
            gallery,
            memory: Mutex::new(memory),
        };
        (service, ids)
    }

    /// Answers `POST /jobs/seed_async`.
    pub(crate) async fn submit(&self, request: SeedRequest) -> Result<JobAnswer, Refusal> {
        let now = self.clock.now();
        let draft = self.with_memory(|memory| memory.submit(request, now))?;
        self.complete(draft, now).await
    }

    /// Answers `GET /jobs/?jobid=`.
    pub(crate) async fn look_up(&self, jobid: &str) -> Result<JobAnswer, Refusal> {
        let now = self.clock.now();
        let draft = self.with_memory(|memory| memory.look_up(jobid, now))?;
        self.complete(draft, now).await
    }

    /// Answers `GET /jobs`.
    pub(crate) fn executing(&self) -> Vec<String> {
        let now = self.clock.now();
        self.with_memory(|memory| memory.executing(now, |_| true))
    }

    /// Answers `GET /jobs/cancel/?jobid=`.
    pub(crate) fn cancel(&self, jobid: &str) -> Result<(), Refusal> {
        let now = self.clock.now();
        self.with_memory(|memory| memory.cancel(jobid, now))
    }

    /// Answers `POST /account/midjourney/<channel>/reset`.
    pub(crate) fn reset(&self, channel: &str) -> Result<(), Refusal> {
        self.with_memory(|memory| memory.reset(channel))
    }

    /// Nothing that waits may happen in between, so the lock is held here only.
    fn with_memory<T>(&self, decide: impl FnOnce(&mut Memory) -> T) -> T {
        // No decision leaves the memory half changed, so that a poisoned lock
        // does no harm.
        decide(&mut self.memory.lock().unwrap_or_else(PoisonError::into_inner))
    }

    async fn complete(&self, draft: Draft, now: Timestamp) -> Result<JobAnswer, Refusal> {
        let Draft {
            mut answer,
            grid,
            seed,
        } = draft;
        if let Some(album) = grid {
            answer.attachments = self.gallery.whole(&album, now).await?;
        }
        if let Some((album, content)) = seed {
            answer.seed = Some(self.gallery.seed(&album, content, now).await?);
        }
        Ok(answer)
    }
}

impl Memory {
    fn account(&self, channel: &str) -> Option<&Account> {
        self.accounts
            .iter()
            .find(|account| account.channel == channel)
    }

    fn halted(&self, channel: &str) -> bool {
        self.account(channel)
            .is_some_and(|account| account.moderation == Moderation::Halted)
    }

    /// Whether a parent's seed has been retrieved.
    fn retrieved(&self, parent: usize, now: Timestamp) -> bool {
        self.retrievals
            .iter()
            .any(|job| job.parent == parent && job.stage(now) == Stage::Completed)
    }

    fn submit(&mut self, request: SeedRequest, now: Timestamp) -> Result<Draft, Refusal> {
        let Some((position, parent)) = self
            .parents
            .iter()
            .enumerate()
            .find(|(_, parent)| parent.id == request.jobid)
        else {
            // A seed job is found, but is none of those that have a seed.
            return Err(
                match self.retrievals.iter().find(|job| job.id == request.jobid) {
                    None => Refusal::NoParent(request.jobid),
                    Some(job) if job.stage(now) == Stage::Completed => Refusal::Verb("seed_async"),
                    Some(_) => Refusal::ParentNotCompleted,
                },
            );
        };
        if !parent.completed() {
            return Err(Refusal::ParentNotCompleted);
        }
        if !parent.has_seed() {
            return Err(Refusal::Verb(parent.verb));
        }
        if self.retrieved(position, now) {
            return Ok(self.parent_draft(position, parent, now));
        }

        let account = parent.channel.and_then(|channel| self.account(channel));
        let discord = request
            .discord
            .or_else(|| account.map(|account| account.discord.into()))
            .or_else(|| parent.discord.map(Into::into))
            .ok_or(Refusal::Missing("discord"))?;
        let channel = parent.channel.ok_or(Refusal::Missing("channel"))?;
        if self.halted(channel) {
            return Err(Refusal::Halted);
        }
        let executing = self.executing(now, |job| job.channel == channel);
        if executing.len() >= MAX_JOBS {
            return Err(Refusal::Busy(executing));
        }

        // Ids are counted, not dated, so that they are the same at every start.
        let number = self.retrievals.len() + 1;
        let job = Retrieval {
            id: format!(
                "20241007{:09}-user:1234-channel:{channel}",
                120_000_000 + number
            ),
            parent: position,
            created: now,
            discord,
            channel,
            reply_url: request
                .reply_url
                .or_else(|| account.and_then(|account| account.reply_url.map(Into::into))),
            reply_ref: request.reply_ref,
            message_id: parent.message_id + 500_000 + number as u64,
            cancelled: None,
            halted: account.is_some_and(|account| account.moderation == Moderation::Unnoticed),
        };
        let answer = job.answer(parent, now);
        if job.halted {
            for account in &mut self.accounts {
                if account.channel == channel {
                    account.moderation = Moderation::Halted;
                }
            }
        }
        self.retrievals.push(job);
        Ok(answer.into())
    }

    /// The ids of those executing jobs that are meant.
    fn executing(&self, now: Timestamp, meant: impl Fn(&Retrieval) -> bool) -> Vec<String> {
        self.retrievals
            .iter()
            .filter(|job| job.executing(now) && meant(job))
            .map(|job| job.id.clone())
            .collect()
    }

    fn cancel(&mut self, jobid: &str, now: Timestamp) -> Result<(), Refusal> {
        let found = self
            .retrievals
            .iter()
            .position(|job| job.id == jobid && job.executing(now));
        let Some(job) = found.and_then(|position| self.retrievals.get_mut(position)) else {
            return Err(Refusal::NoJob(jobid.into()));
        };
        job.cancelled = Some(now);
        Ok(())
    }

    fn reset(&mut self, channel: &str) -> Result<(), Refusal> {
        let account = self
            .accounts
            .iter_mut()
            .find(|account| account.channel == channel)
            .ok_or_else(|| Refusal::NoAccount(channel.into()))?;
        account.moderation = Moderation::Clear;
        Ok(())
    }

    fn look_up(&self, jobid: &str, now: Timestamp) -> Result<Draft, Refusal> {
        let parent = self
            .parents
            .iter()
            .enumerate()
            .find(|(_, job)| job.id == jobid);
        if let Some((position, parent)) = parent {
            if parent.channel.is_some_and(|channel| self.halted(channel)) {
                return Err(Refusal::Halted);
            }
            return Ok(self.parent_draft(position, parent, now));
        }
        let found = self.retrievals.iter().find(|job| job.id == jobid);
        let Some((job, parent)) = found.and_then(|job| Some((job, self.parents.get(job.parent)?)))
        else {
            return Err(Refusal::NoJob(jobid.into()));
        };
        if self.halted(job.channel) {
            return Err(Refusal::Halted);
        }
        let mut draft = Draft::from(job.answer(parent, now));
        if job.stage(now) == Stage::Completed {
            draft.seed = seed_of(parent);
            draft.answer.content = draft.seed.as_ref().map(|(_, content)| content.clone());
        }
        Ok(draft)
    }

    fn parent_draft(&self, position: usize, parent: &ParentJob, now: Timestamp) -> Draft {
        Draft {
            answer: parent.answer(),
            grid: parent.album.clone(),
            seed: seed_of(parent).filter(|_| self.retrieved(position, now)),
        }
    }
}

fn seed_of(parent: &ParentJob) -> Option<(Album, String)> {
    let album = parent.album.clone()?;
    let content = parent.seed_content(album.seed);
    Some((album, content))
}
