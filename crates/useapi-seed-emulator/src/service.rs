//! The state of the service, and its decision about each request.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};

use jiff::{SignedDuration, Timestamp};
use serde_json::Value;
use tokio::sync::Notify;

use crate::access::{Subscription, Token};
use crate::account::Moderation;
use crate::attachments::LIFETIME;
use crate::clock::Clock;
use crate::image_files::Variant;
use crate::initial_state::InitialState;
use crate::parent::ParentJob;
use crate::rejection::Rejection;
use crate::request::SeedRequest;
use crate::responses::{JobResponse, SeedResponse};
use crate::seed_job::{JobCounts, SeedJob, Stage};

/// How long a job can be found.
const JOB_LIFETIME: SignedDuration = SignedDuration::from_hours(31 * 24);

/// Shared by all routes.
#[derive(Debug)]
pub(crate) struct Service {
    clock: Clock,
    image_base_url: String,
    tokens: Vec<Token>,
    state: Mutex<State>,
    /// A job was cancelled.
    cancelled: Notify,
}

#[derive(Debug)]
struct State {
    /// The clock's start, which dates the ids.
    origin: Timestamp,
    world: InitialState,
    jobs: Vec<SeedJob>,
}

/// Whether the links of a response work.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Links {
    Valid,
    Expired,
}

/// The time of a response, and of its links.
#[derive(Clone, Copy)]
struct Context<'a> {
    now: Timestamp,
    issued: Timestamp,
    image_base_url: &'a str,
}

impl Service {
    pub(crate) fn new(clock: Clock, image_base_url: String, world: InitialState) -> Self {
        let tokens = world.tokens.clone();
        let executing = world.executing.clone();
        let mut state = State {
            origin: clock.origin(),
            world,
            jobs: Vec::new(),
        };
        for (parent, created) in executing {
            state.add_executing(&parent, created);
        }
        Self {
            clock,
            image_base_url,
            tokens,
            state: Mutex::new(state),
            cancelled: Notify::new(),
        }
    }

    /// None for an unknown token.
    pub(crate) fn subscription(&self, token: &str) -> Option<Subscription> {
        let known = self.tokens.iter().find(|known| known.token == token);
        known.map(|known| known.subscription)
    }

    /// `POST /jobs/seed_async`.
    pub(crate) fn submit(
        &self,
        request: SeedRequest,
        links: Links,
    ) -> Result<JobResponse, Rejection> {
        self.with_state(|state| state.submit(request, self.context(links)))
    }

    /// `GET /jobs/?jobid=`.
    pub(crate) fn get_job(&self, jobid: &str, links: Links) -> Result<JobResponse, Rejection> {
        self.with_state(|state| state.get_job(jobid, self.context(links)))
    }

    /// `GET /jobs`.
    pub(crate) fn executing(&self) -> Vec<String> {
        let now = self.clock.now();
        self.with_state(|state| ids(state.executing(now)))
    }

    /// `GET /jobs/cancel/?jobid=`.
    pub(crate) fn cancel(&self, jobid: &str) -> Result<(), Rejection> {
        let now = self.clock.now();
        self.with_state(|state| state.cancel(jobid, now))?;
        self.cancelled.notify_waiters();
        Ok(())
    }

    /// `POST /account/midjourney/<channel>/reset`.
    pub(crate) fn reset(&self, channel: &str) -> Result<(), Rejection> {
        self.with_state(|state| {
            let account = state.world.account_mut(channel);
            let account = account.ok_or_else(|| Rejection::NoAccount(channel.into()))?;
            account.moderation = Moderation::Clear;
            Ok(())
        })
    }

    /// The job's `replyUrl`, and when to call it.
    pub(crate) fn milestones(&self, jobid: &str) -> Option<(String, Vec<Timestamp>)> {
        self.with_state(|state| {
            let job = state.jobs.iter().find(|job| job.id == jobid)?;
            Some((job.reply_url.clone()?, job.milestones()))
        })
    }

    /// The body of a callback at a milestone, or when the job was cancelled before.
    pub(crate) fn callback(&self, jobid: &str, milestone: Timestamp) -> Option<(Stage, Value)> {
        let (stage, response) = self.with_state(|state| {
            let job = state.jobs.iter().find(|job| job.id == jobid)?;
            let cancelled = job.cancelled.filter(|at| *at < milestone);
            let now = cancelled.unwrap_or(milestone);
            let context = Context {
                now,
                issued: now,
                ..self.context(Links::Valid)
            };
            Some((job.stage(now), state.seed_job_response(job, context)?))
        })?;
        Some((stage, serde_json::to_value(response).ok()?))
    }

    /// Returns when the job has been cancelled.
    pub(crate) async fn cancelled(&self, jobid: &str) {
        loop {
            let cancelled = self.cancelled.notified();
            let is_cancelled = self.with_state(|state| {
                let job = state.jobs.iter().find(|job| job.id == jobid);
                job.is_some_and(|job| job.cancelled.is_some())
            });
            if is_cancelled {
                return;
            }
            cancelled.await;
        }
    }

    pub(crate) fn job_counts(&self) -> BTreeMap<String, JobCounts> {
        let now = self.clock.now();
        self.with_state(|state| {
            let mut counts = BTreeMap::<_, JobCounts>::new();
            for job in &state.jobs {
                if let Some(parent) = state.world.jobs.get(job.parent) {
                    let counts = counts.entry(parent.id.clone()).or_default();
                    counts.add(job.stage(now));
                }
            }
            counts
        })
    }

    fn context(&self, links: Links) -> Context<'_> {
        let now = self.clock.now();
        let expired = || now.checked_sub(LIFETIME).unwrap_or(Timestamp::MIN);
        Context {
            now,
            issued: match links {
                Links::Valid => now,
                Links::Expired => expired(),
            },
            image_base_url: &self.image_base_url,
        }
    }

    /// Decisions do not await, so the lock is not held for long.
    fn with_state<T>(&self, decide: impl FnOnce(&mut State) -> T) -> T {
        // No decision can panic halfway, so a poisoned lock is harmless.
        decide(&mut self.state.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

impl State {
    /// The job whose seed can be requested, with its index.
    fn parent(&self, jobid: &str, now: Timestamp) -> Option<(usize, &ParentJob)> {
        let mut parents = self.world.jobs.iter().enumerate();
        parents.find(|(_, job)| job.id == jobid && can_be_found(job.created, now))
    }

    fn seed_job(&self, jobid: &str, now: Timestamp) -> Option<&SeedJob> {
        let mut jobs = self.jobs.iter();
        jobs.find(|job| job.id == jobid && can_be_found(job.created, now))
    }

    /// Rejects every call about a job of a halted account, before any other check.
    fn check_halted(&self, jobid: &str, now: Timestamp) -> Result<(), Rejection> {
        let channel = match self.parent(jobid, now) {
            Some((_, parent)) => parent.channel.as_deref(),
            None => self.seed_job(jobid, now).map(|job| job.channel.as_str()),
        };
        let account = channel.and_then(|channel| self.world.account(channel));
        if account.is_some_and(|account| account.moderation == Moderation::Halted) {
            return Err(Rejection::Halted);
        }
        Ok(())
    }

    fn is_retrieved(&self, parent: usize, now: Timestamp) -> bool {
        let mut jobs = self.jobs.iter();
        jobs.any(|job| job.parent == parent && job.stage(now) == Stage::Completed)
    }

    fn submit(&mut self, request: SeedRequest, at: Context<'_>) -> Result<JobResponse, Rejection> {
        let now = at.now;
        self.check_halted(&request.jobid, now)?;
        let Some((index, parent)) = self.parent(&request.jobid, now) else {
            // A seed job is found, but has no seed of its own.
            return Err(match self.seed_job(&request.jobid, now) {
                None => Rejection::NoParent(request.jobid),
                Some(job) if job.stage(now) == Stage::Completed => {
                    Rejection::Verb("seed_async".into())
                }
                Some(_) => Rejection::ParentNotCompleted,
            });
        };
        if !parent.completed() {
            return Err(Rejection::ParentNotCompleted);
        }
        if !parent.has_seed() {
            return Err(Rejection::Verb(parent.verb.clone()));
        }
        if self.is_retrieved(index, now) {
            return Ok(self.parent_response(index, parent, at));
        }

        let discord = request
            .discord
            .or_else(|| self.world.discord(parent).map(ToOwned::to_owned))
            .ok_or(Rejection::Missing("discord"))?;
        let channel = parent
            .channel
            .clone()
            .ok_or(Rejection::Missing("channel"))?;
        let executing = || self.executing(now).filter(|job| job.channel == channel);
        if executing().count() >= self.world.max_jobs(&channel) {
            return Err(Rejection::Busy(ids(executing())));
        }

        let account = self.world.account(&channel);
        let halted = account.is_some_and(|account| account.moderation == Moderation::Unnoticed);
        let job = SeedJob {
            discord,
            reply_url: request
                .reply_url
                .or_else(|| account.and_then(|account| account.reply_url.clone())),
            reply_ref: request.reply_ref,
            halted,
            ..self.next_job(index, parent, &channel, now)
        };
        let response = job.response(parent, now);
        if halted && let Some(account) = self.world.account_mut(&channel) {
            account.moderation = Moderation::Halted;
        }
        self.jobs.push(job);
        Ok(response)
    }

    fn next_job(
        &self,
        index: usize,
        parent: &ParentJob,
        channel: &str,
        created: Timestamp,
    ) -> SeedJob {
        // Ids are counted, so that they are the same at every start.
        let number = self.jobs.len() + 1;
        let date = self.origin.strftime("%Y%m%d");
        SeedJob {
            id: format!(
                "{date}{:09}-user:1234-channel:{channel}",
                120_000_000 + number
            ),
            parent: index,
            created,
            discord: String::new(),
            channel: channel.to_owned(),
            reply_url: None,
            reply_ref: None,
            message_id: parent.message_id + 500_000 + number as u64,
            cancelled: None,
            halted: false,
        }
    }

    /// Adds a job that started before the clock did.
    fn add_executing(&mut self, parent: &str, created: Timestamp) {
        let mut parents = self.world.jobs.iter().enumerate();
        let found = parents.find(|(_, job)| job.id == parent);
        let job = found.and_then(|(index, parent)| {
            Some(SeedJob {
                discord: self.world.discord(parent)?.to_owned(),
                ..self.next_job(index, parent, parent.channel.as_deref()?, created)
            })
        });
        self.jobs.extend(job);
    }

    fn executing(&self, now: Timestamp) -> impl Iterator<Item = &SeedJob> {
        let jobs = self.jobs.iter();
        jobs.filter(move |job| job.stage(now).is_executing())
    }

    fn cancel(&mut self, jobid: &str, now: Timestamp) -> Result<(), Rejection> {
        self.check_halted(jobid, now)?;
        let mut jobs = self.jobs.iter_mut();
        let job = jobs
            .find(|job| job.id == jobid && job.stage(now).is_executing())
            .ok_or_else(|| Rejection::NoJob(jobid.into()))?;
        job.cancelled = Some(now);
        Ok(())
    }

    fn get_job(&self, jobid: &str, at: Context<'_>) -> Result<JobResponse, Rejection> {
        self.check_halted(jobid, at.now)?;
        if let Some((index, parent)) = self.parent(jobid, at.now) {
            return Ok(self.parent_response(index, parent, at));
        }
        self.seed_job(jobid, at.now)
            .and_then(|job| self.seed_job_response(job, at))
            .ok_or_else(|| Rejection::NoJob(jobid.into()))
    }

    fn seed_job_response(&self, job: &SeedJob, at: Context<'_>) -> Option<JobResponse> {
        let parent = self.world.jobs.get(job.parent)?;
        let mut response = job.response(parent, at.now);
        if job.stage(at.now) == Stage::Completed {
            add_seed(&mut response, parent, at);
            response.content = response.seed.as_ref().map(|seed| seed.content.clone());
        }
        Some(response)
    }

    fn parent_response(&self, index: usize, parent: &ParentJob, at: Context<'_>) -> JobResponse {
        let channel = parent.channel.as_deref().unwrap_or_default();
        let mut response = parent.response(self.world.max_jobs(channel));
        let grid = parent.images.as_ref();
        let grid = grid.map(|it| it.attachment(Variant::Grid, at.image_base_url, at.issued));
        response.attachments.extend(grid);
        if self.is_retrieved(index, at.now) {
            add_seed(&mut response, parent, at);
        }
        response
    }
}

fn add_seed(response: &mut JobResponse, parent: &ParentJob, at: Context<'_>) {
    response.seed = parent.images.as_ref().map(|images| SeedResponse {
        content: parent.seed_content(images.seed),
        value: images.seed,
        attachments: Variant::UPSCALED
            .map(|variant| images.attachment(variant, at.image_base_url, at.issued))
            .into(),
    });
}

fn ids<'a>(jobs: impl Iterator<Item = &'a SeedJob>) -> Vec<String> {
    jobs.map(|job| job.id.clone()).collect()
}

fn can_be_found(created: Timestamp, now: Timestamp) -> bool {
    now.duration_since(created) < JOB_LIFETIME
}
