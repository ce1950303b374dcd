//! The jobs that callbacks may be about.

use std::num::NonZeroUsize;
use std::time::Duration;

use lru::LruCache;
use tokio::sync::oneshot;
use tokio::time::Instant;
use useapi_seed::{Error, Job, SeedResult};

use crate::event::Event;

pub(crate) type Outcome = Result<SeedResult, Error>;

/// As many jobs in each table; the one that was not heard of for longest goes
/// first. What is forgotten is polled for.
const CAPACITY: NonZeroUsize = NonZeroUsize::new(10_000).expect("not zero");
/// Results are larger.
const KEPT: NonZeroUsize = NonZeroUsize::new(1_000).expect("not zero");
/// How long the end of a job that nobody waits for is kept.
const KEPT_FOR: Duration = Duration::from_secs(60 * 60);
/// How long a job that nobody waits for is not asked for again.
const PAUSE: Duration = Duration::from_secs(10);

pub(crate) struct Jobs {
    awaited: LruCache<String, Awaited>,
    ended: LruCache<String, (Instant, End)>,
    /// That nobody waits for, and when they were asked for.
    strange: LruCache<String, Instant>,
}

/// A job that somebody waits for, or that is followed.
struct Awaited {
    waiters: Vec<Waiter>,
    look: Look,
    /// Whether a callback since the last look said that the job has ended.
    says_end: bool,
}

struct Waiter {
    job: Job,
    outcome: oneshot::Sender<Outcome>,
    /// What it gets is told by the events.
    is_follower: bool,
}

/// A job's end.
#[derive(Clone)]
pub(crate) enum End {
    /// Nobody waited for it, or the job was followed.
    Kept(Event),
    /// Whoever waited has it.
    Given,
}

/// Whether a look at a job is on its way. There is one at a time.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Look {
    No,
    Due,
    Going,
    /// Going, and what came since may not be in its answer.
    GoingAndDue,
}

/// What is to be done about a callback.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Todo {
    /// Look at the job that is waited for.
    Look,
    /// Ask whether there is such a job.
    Ask,
    /// It is known, or will be seen.
    Nothing,
    /// The job is not the address's.
    Refuse,
}

/// What to look for in a job.
pub(crate) struct Assignment {
    pub(crate) job: Job,
    pub(crate) says_end: bool,
}

impl Jobs {
    pub(crate) fn new() -> Self {
        Self {
            awaited: LruCache::new(CAPACITY),
            ended: LruCache::new(KEPT),
            strange: LruCache::new(CAPACITY),
        }
    }

    /// From now on the job is waited for, by one more; its end, once it is
    /// confirmed, comes here.
    pub(crate) fn await_end(&mut self, job: &Job, is_follower: bool) -> oneshot::Receiver<Outcome> {
        let (outcome, end) = oneshot::channel();
        let waiter = Waiter {
            job: job.clone(),
            outcome,
            is_follower,
        };
        let awaited = self
            .awaited
            .get_or_insert_mut(job.id().to_owned(), || Awaited {
                waiters: Vec::new(),
                look: Look::No,
                says_end: false,
            });
        awaited.waiters.push(waiter);
        if self.strange.pop(job.id()).is_some() {
            // A callback was there first.
            job.wake();
        }
        end
    }

    /// Whether somebody waits for the job, after those who no longer do are gone.
    pub(crate) fn is_awaited(&mut self, id: &str) -> bool {
        let Some(awaited) = self.awaited.peek_mut(id) else {
            return false;
        };
        awaited.waiters.retain(|waiter| !waiter.outcome.is_closed());
        if awaited.waiters.is_empty() {
            self.awaited.pop(id);
            return false;
        }
        true
    }

    /// A callback is about this job, at the address of a job of this parent.
    pub(crate) fn called(&mut self, id: &str, parent: Option<&str>, says_end: bool) -> Todo {
        if self.is_awaited(id)
            && let Some(awaited) = self.awaited.get_mut(id)
        {
            if !awaited.is_of(parent) {
                return Todo::Refuse;
            }
            awaited.says_end |= says_end;
            match awaited.look {
                Look::No => {
                    awaited.look = Look::Due;
                    return Todo::Look;
                }
                Look::Going => awaited.look = Look::GoingAndDue,
                Look::Due | Look::GoingAndDue => {}
            }
            return Todo::Nothing;
        }
        let now = Instant::now();
        if self.end_of(id).is_some() {
            return Todo::Nothing;
        }
        let asked = self.strange.get(id);
        if asked.is_some_and(|asked| now.duration_since(*asked) < PAUSE) {
            return Todo::Nothing;
        }
        self.strange.put(id.to_owned(), now);
        Todo::Ask
    }

    /// A look that was due cannot be made: there are too many.
    pub(crate) fn look_given_up(&mut self, id: &str) {
        if let Some(awaited) = self.awaited.get_mut(id) {
            awaited.look = Look::No;
        }
    }

    /// A job that nobody waits for could not be asked for.
    pub(crate) fn ask_given_up(&mut self, id: &str) {
        self.strange.pop(id);
    }

    /// A look begins; none when nobody waits any more.
    pub(crate) fn begin(&mut self, id: &str) -> Option<Assignment> {
        let awaited = self.awaited.get_mut(id)?;
        awaited.look = Look::Going;
        Some(Assignment {
            job: awaited.waiters.first()?.job.clone(),
            says_end: std::mem::take(&mut awaited.says_end),
        })
    }

    /// A look has ended. Whether there is to be another.
    pub(crate) fn finish(&mut self, id: &str) -> bool {
        let Some(awaited) = self.awaited.get_mut(id) else {
            return false;
        };
        let is_due = awaited.look == Look::GoingAndDue;
        awaited.look = if is_due { Look::Due } else { Look::No };
        is_due
    }

    /// Lets all who wait for the job look by themselves.
    pub(crate) fn nudge(&mut self, id: &str) {
        let awaited = self.awaited.get(id);
        for waiter in awaited.iter().flat_map(|awaited| &awaited.waiters) {
            waiter.job.wake();
        }
    }

    /// Gives the end to the first who waits for it, or else back. The others look
    /// by themselves.
    pub(crate) fn give(&mut self, id: &str, mut outcome: Outcome) -> Option<Outcome> {
        let Some(awaited) = self.awaited.pop(id) else {
            return Some(outcome);
        };
        let mut waiters = awaited.waiters.into_iter();
        for waiter in waiters.by_ref() {
            let Err(back) = waiter.outcome.send(outcome) else {
                if !waiter.is_follower {
                    self.ended(id, End::Given);
                }
                for other in waiters {
                    other.job.wake();
                }
                return None;
            };
            outcome = back;
        }
        Some(outcome)
    }

    /// The job has ended; whether that is news.
    pub(crate) fn ended(&mut self, id: &str, end: End) -> bool {
        self.strange.pop(id);
        // A poll and a look may both have seen it.
        let is_news = self.end_of(id).is_none();
        if is_news {
            self.ended.put(id.to_owned(), (Instant::now(), end));
        }
        is_news
    }

    fn end_of(&mut self, id: &str) -> Option<End> {
        let (time, end) = self.ended.get(id)?;
        if time.elapsed() < KEPT_FOR {
            return Some(end.clone());
        }
        self.ended.pop(id);
        None
    }

    /// The end of a job that whoever asks may have.
    pub(crate) fn kept(&mut self, id: &str) -> Option<Event> {
        match self.end_of(id)? {
            End::Kept(event) => Some(event),
            End::Given => None,
        }
    }
}

impl Awaited {
    /// Whether the job may be called about at the address of a job of this parent.
    /// Any may be at an account's address, or while its parent is not known.
    fn is_of(&self, parent: Option<&str>) -> bool {
        let submitted = self
            .waiters
            .iter()
            .find_map(|waiter| waiter.job.initial_progress());
        let known = submitted
            .and_then(|update| update.parent_job_id.as_deref())
            .filter(|known| !known.is_empty());
        known.is_none() || parent.is_none() || known == parent
    }
}
