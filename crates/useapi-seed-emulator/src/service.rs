//! The service's memory, and what it decides about a request.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};

use jiff::{SignedDuration, Timestamp};
use serde_json::Value;
use tokio::sync::Notify;

use crate::access::{Subscription, Token};
use crate::account::Moderation;
use crate::answers::JobAnswer;
use crate::attachments::{ImageSet, LIFETIME, Variant};
use crate::clock::Clock;
use crate::parent::ParentJob;
use crate::refusal::Refusal;
use crate::request::SeedRequest;
use crate::retrieval::{JobCounts, Retrieval, Stage};
use crate::world::{Executing, World};

/// How long a job is kept.
const KEPT: SignedDuration = SignedDuration::from_hours(31 * 24);

/// All of the service that its routes share.
#[derive(Debug)]
pub(crate) struct Service {
    clock: Clock,
    image_base_url: String,
    tokens: Vec<Token>,
    memory: Mutex<Memory>,
    /// A job has been given up.
    cancelled: Notify,
}

#[derive(Debug)]
struct Memory {
    /// When the clock began, which dates the ids.
    origin: Timestamp,
    world: World,
    retrievals: Vec<Retrieval>,
}

/// What a retrieval is told, beside its parent.
struct Wish {
    discord: String,
    reply_url: Option<String>,
    reply_ref: Option<String>,
}

/// What links an answer is to have.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Links {
    Fresh,
    Expired,
}

impl Links {
    /// When they were issued.
    fn issued(self, now: Timestamp) -> Timestamp {
        match self {
            Self::Fresh => now,
            Self::Expired => now.checked_sub(LIFETIME).unwrap_or(Timestamp::MIN),
        }
    }
}

/// A job's answer and which pictures it still lacks.
struct Draft {
    answer: JobAnswer,
    grid: Option<ImageSet>,
    /// With the message that tells it.
    seed: Option<(ImageSet, String)>,
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
    pub(crate) fn new(clock: Clock, image_base_url: String, world: World) -> Self {
        let tokens = world.tokens.clone();
        let executing = world.executing.clone();
        let mut memory = Memory {
            origin: clock.origin(),
            world,
            retrievals: Vec::new(),
        };
        for entry in &executing {
            memory.executes(entry);
        }
        Self {
            clock,
            image_base_url,
            tokens,
            memory: Mutex::new(memory),
            cancelled: Notify::new(),
        }
    }

    /// What the holder of a token has paid for, if it is known.
    pub(crate) fn subscription(&self, token: &str) -> Option<Subscription> {
        let known = self.tokens.iter().find(|known| known.token == token);
        known.map(|known| known.subscription)
    }

    /// Answers `POST /jobs/seed_async`.
    pub(crate) fn submit(&self, request: SeedRequest, links: Links) -> Result<JobAnswer, Refusal> {
        let now = self.clock.now();
        let draft = self.with_memory(|memory| memory.submit(request, now))?;
        Ok(self.complete(draft, links.issued(now)))
    }

    /// Answers `GET /jobs/?jobid=`.
    pub(crate) fn look_up(&self, jobid: &str, links: Links) -> Result<JobAnswer, Refusal> {
        let now = self.clock.now();
        let draft = self.with_memory(|memory| memory.look_up(jobid, now))?;
        Ok(self.complete(draft, links.issued(now)))
    }

    /// Answers `GET /jobs`.
    pub(crate) fn executing(&self) -> Vec<String> {
        let now = self.clock.now();
        self.with_memory(|memory| ids(memory.executing(now)))
    }

    /// Answers `GET /jobs/cancel/?jobid=`.
    pub(crate) fn cancel(&self, jobid: &str) -> Result<(), Refusal> {
        let now = self.clock.now();
        self.with_memory(|memory| memory.cancel(jobid, now))?;
        self.cancelled.notify_waiters();
        Ok(())
    }

    /// Answers `POST /account/midjourney/<channel>/reset`.
    pub(crate) fn reset(&self, channel: &str) -> Result<(), Refusal> {
        self.with_memory(|memory| memory.reset(channel))
    }

    /// Where a job's news are to be sent, and when there are any.
    pub(crate) fn to_be_called(&self, jobid: &str) -> Option<(String, Vec<Timestamp>)> {
        self.with_memory(|memory| {
            let job = memory.retrievals.iter().find(|job| job.id == jobid)?;
            Some((job.reply_url.clone()?, job.milestones()))
        })
    }

    /// The job's news, as they are called back at a milestone, or when it was
    /// given up before.
    pub(crate) fn callback(&self, jobid: &str, milestone: Timestamp) -> Option<(Stage, Value)> {
        let (stage, draft, now) = self.with_memory(|memory| {
            let job = memory.retrievals.iter().find(|job| job.id == jobid)?;
            let now = job
                .cancelled
                .filter(|at| *at < milestone)
                .unwrap_or(milestone);
            Some((job.stage(now), memory.retrieval_draft(job, now)?, now))
        })?;
        let answer = self.complete(draft, now);
        Some((stage, serde_json::to_value(answer).ok()?))
    }

    /// Returns once the job has been given up.
    pub(crate) async fn cancelled(&self, jobid: &str) {
        loop {
            let cancelled = self.cancelled.notified();
            let is_cancelled = self.with_memory(|memory| {
                let job = memory.retrievals.iter().find(|job| job.id == jobid);
                job.is_some_and(|job| job.cancelled.is_some())
            });
            if is_cancelled {
                return;
            }
            cancelled.await;
        }
    }

    /// How the seed jobs of each parent have fared so far.
    pub(crate) fn counts(&self) -> BTreeMap<String, JobCounts> {
        let now = self.clock.now();
        self.with_memory(|memory| {
            let mut counts = BTreeMap::<_, JobCounts>::new();
            for job in &memory.retrievals {
                if let Some(parent) = memory.world.jobs.get(job.parent) {
                    counts
                        .entry(parent.id.clone())
                        .or_default()
                        .add(job.stage(now));
                }
            }
            counts
        })
    }

    /// Nothing that waits may happen in between, so the lock is held here only.
    fn with_memory<T>(&self, decide: impl FnOnce(&mut Memory) -> T) -> T {
        // No decision leaves the memory half changed, so that a poisoned lock
        // does no harm.
        decide(&mut self.memory.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// The links were issued at the given time.
    fn complete(&self, draft: Draft, issued: Timestamp) -> JobAnswer {
        let Draft {
            mut answer,
            grid,
            seed,
        } = draft;
        let host = &self.image_base_url;
        if let Some(images) = grid {
            answer.attachments = vec![images.attachment(Variant::Grid, host, issued)];
        }
        answer.seed = seed.map(|(images, content)| images.seed(content, host, issued));
        answer
    }
}

impl Memory {
    /// The job whose seed can be asked for, with its position.
    fn parent(&self, jobid: &str, now: Timestamp) -> Option<(usize, &ParentJob)> {
        let mut parents = self.world.jobs.iter().enumerate();
        parents.find(|(_, job)| job.id == jobid && is_kept(job.created, now))
    }

    /// The seed job.
    fn own(&self, jobid: &str, now: Timestamp) -> Option<&Retrieval> {
        let mut jobs = self.retrievals.iter();
        jobs.find(|job| job.id == jobid && is_kept(job.created, now))
    }

    /// Every call about a job of a halted account is refused, whatever else is
    /// wrong with it.
    fn not_halted(&self, jobid: &str, now: Timestamp) -> Result<(), Refusal> {
        let channel = match self.parent(jobid, now) {
            Some((_, parent)) => parent.channel.as_deref(),
            None => self.own(jobid, now).map(|job| job.channel.as_str()),
        };
        let account = channel.and_then(|channel| self.world.account(channel));
        if account.is_some_and(|account| account.moderation == Moderation::Halted) {
            return Err(Refusal::Halted);
        }
        Ok(())
    }

    /// Whether a parent's seed has been retrieved.
    fn retrieved(&self, parent: usize, now: Timestamp) -> bool {
        self.retrievals
            .iter()
            .any(|job| job.parent == parent && job.stage(now) == Stage::Completed)
    }

    fn submit(&mut self, request: SeedRequest, now: Timestamp) -> Result<Draft, Refusal> {
        self.not_halted(&request.jobid, now)?;
        let Some((position, parent)) = self.parent(&request.jobid, now) else {
            // A seed job is found, but is none of those that have a seed.
            return Err(match self.own(&request.jobid, now) {
                None => Refusal::NoParent(request.jobid),
                Some(job) if job.stage(now) == Stage::Completed => {
                    Refusal::Verb("seed_async".into())
                }
                Some(_) => Refusal::ParentNotCompleted,
            });
        };
        if !parent.completed() {
            return Err(Refusal::ParentNotCompleted);
        }
        if !parent.has_seed() {
            return Err(Refusal::Verb(parent.verb.clone()));
        }
        if self.retrieved(position, now) {
            return Ok(self.parent_draft(position, parent, now));
        }

        let channel = parent.channel.as_deref();
        let account = channel.and_then(|channel| self.world.account(channel));
        let discord = request
            .discord
            .or_else(|| account.and_then(|account| account.discord.clone()))
            .or_else(|| parent.discord.clone())
            .ok_or(Refusal::Missing("discord"))?;
        let channel = channel.ok_or(Refusal::Missing("channel"))?.to_owned();
        let executing = || {
            let jobs = self.executing(now);
            jobs.filter(|job| job.channel == channel)
        };
        if executing().count() >= self.world.max_jobs(&channel) {
            return Err(Refusal::Busy(ids(executing())));
        }

        let wish = Wish {
            discord,
            reply_url: request
                .reply_url
                .or_else(|| account.and_then(|account| account.reply_url.clone())),
            reply_ref: request.reply_ref,
        };
        let halted = account.is_some_and(|account| account.moderation == Moderation::Unnoticed);
        let mut job = self.retrieval(position, parent, &channel, wish, now);
        job.halted = halted;
        let answer = job.answer(parent, now);
        if halted && let Some(account) = self.world.account_mut(&channel) {
            account.moderation = Moderation::Halted;
        }
        self.retrievals.push(job);
        Ok(answer.into())
    }

    /// The next retrieval.
    fn retrieval(
        &self,
        position: usize,
        parent: &ParentJob,
        channel: &str,
        wish: Wish,
        created: Timestamp,
    ) -> Retrieval {
        let Wish {
            discord,
            reply_url,
            reply_ref,
        } = wish;
        // Ids are counted, not dated, so that they are the same at every start.
        let number = self.retrievals.len() + 1;
        Retrieval {
            id: format!(
                "{}{:09}-user:1234-channel:{channel}",
                self.origin.strftime("%Y%m%d"),
                120_000_000 + number
            ),
            parent: position,
            created,
            discord,
            channel: channel.to_owned(),
            reply_url,
            reply_ref,
            message_id: parent.message_id + 500_000 + number as u64,
            cancelled: None,
            halted: false,
        }
    }

    /// Adds a retrieval that began before the clock did.
    fn executes(&mut self, executing: &Executing) {
        let found = self
            .world
            .jobs
            .iter()
            .position(|parent| parent.id == executing.parent);
        let job = found.and_then(|position| {
            let parent = self.world.jobs.get(position)?;
            let channel = parent.channel.clone()?;
            let wish = Wish {
                discord: self.world.discord(parent)?.to_owned(),
                reply_url: None,
                reply_ref: None,
            };
            Some(self.retrieval(position, parent, &channel, wish, executing.created))
        });
        self.retrievals.extend(job);
    }

    fn executing(&self, now: Timestamp) -> impl Iterator<Item = &Retrieval> {
        self.retrievals.iter().filter(move |job| job.executing(now))
    }

    fn cancel(&mut self, jobid: &str, now: Timestamp) -> Result<(), Refusal> {
        self.not_halted(jobid, now)?;
        let job = self
            .retrievals
            .iter_mut()
            .find(|job| job.id == jobid && job.executing(now))
            .ok_or_else(|| Refusal::NoJob(jobid.into()))?;
        job.cancelled = Some(now);
        Ok(())
    }

    fn reset(&mut self, channel: &str) -> Result<(), Refusal> {
        let account = self
            .world
            .account_mut(channel)
            .ok_or_else(|| Refusal::NoAccount(channel.into()))?;
        account.moderation = Moderation::Clear;
        Ok(())
    }

    fn look_up(&self, jobid: &str, now: Timestamp) -> Result<Draft, Refusal> {
        self.not_halted(jobid, now)?;
        if let Some((position, parent)) = self.parent(jobid, now) {
            return Ok(self.parent_draft(position, parent, now));
        }
        self.own(jobid, now)
            .and_then(|job| self.retrieval_draft(job, now))
            .ok_or_else(|| Refusal::NoJob(jobid.into()))
    }

    fn retrieval_draft(&self, job: &Retrieval, now: Timestamp) -> Option<Draft> {
        let parent = self.world.jobs.get(job.parent)?;
        let mut draft = Draft::from(job.answer(parent, now));
        if job.stage(now) == Stage::Completed {
            draft.seed = seed_of(parent);
            draft.answer.content = draft.seed.as_ref().map(|(_, content)| content.clone());
        }
        Some(draft)
    }

    fn parent_draft(&self, position: usize, parent: &ParentJob, now: Timestamp) -> Draft {
        Draft {
            answer: parent.answer(
                self.world
                    .max_jobs(parent.channel.as_deref().unwrap_or_default()),
            ),
            grid: parent.images.clone(),
            seed: seed_of(parent).filter(|_| self.retrieved(position, now)),
        }
    }
}

fn ids<'a>(jobs: impl Iterator<Item = &'a Retrieval>) -> Vec<String> {
    jobs.map(|job| job.id.clone()).collect()
}

/// Whether a job of this age is still to be had.
fn is_kept(created: Timestamp, now: Timestamp) -> bool {
    now.duration_since(created) < KEPT
}

fn seed_of(parent: &ParentJob) -> Option<(ImageSet, String)> {
    let images = parent.images.clone()?;
    let content = parent.seed_content(images.seed);
    Some((images, content))
}
