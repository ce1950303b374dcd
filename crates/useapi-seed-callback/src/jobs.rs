//! The jobs that callbacks may be about.

use std::collections::HashMap;
use std::num::NonZeroUsize;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use lru::LruCache;
use tokio::time::Instant;
use useapi_seed::Job;

/// Callers of the network fill this map, so it is bounded.
const MAX_RECENT: NonZeroUsize = NonZeroUsize::new(10_000).expect("not zero");
/// How long a job that is not awaited is not checked again.
const CHECK_INTERVAL: Duration = Duration::from_secs(10);

pub(crate) struct Jobs(Mutex<State>);

struct State {
    /// One entry per job that the application waits for, or that is tracked.
    awaited: HashMap<String, Awaited>,
    recent: LruCache<String, Recent>,
}

#[derive(Default)]
struct Awaited {
    waits: Vec<Arc<Job>>,
    /// Whether the waits are to be woken.
    is_queued: bool,
}

#[derive(Clone, Copy)]
enum Recent {
    /// A callback came while the job was not awaited.
    Checked(Instant),
    /// `is_reported`: as an event, not only by a wait.
    Ended { is_reported: bool },
}

/// Keeps a job awaited until it is dropped.
pub(crate) struct WaitGuard {
    jobs: Arc<Jobs>,
    job: Arc<Job>,
}

impl Jobs {
    pub(crate) fn new() -> Self {
        Self(Mutex::new(State {
            awaited: HashMap::new(),
            recent: LruCache::new(MAX_RECENT),
        }))
    }

    /// Awaits a job for the application.
    pub(crate) fn register(self: &Arc<Self>, job: &Job) -> WaitGuard {
        let mut state = self.lock();
        if state.recent.contains(job.id()) {
            // A callback came first, or the job has ended.
            job.wake();
        }
        self.guard(&mut state, job)
    }

    /// Awaits a job after an unsolicited callback, unless it is awaited or has ended.
    pub(crate) fn register_unsolicited(self: &Arc<Self>, job: &Job) -> Option<WaitGuard> {
        let mut state = self.lock();
        let has_ended = matches!(state.recent.peek(job.id()), Some(Recent::Ended { .. }));
        let is_known = has_ended || state.awaited.contains_key(job.id());
        (!is_known).then(|| self.guard(&mut state, job))
    }

    fn guard(self: &Arc<Self>, state: &mut State, job: &Job) -> WaitGuard {
        let job = Arc::new(job.clone());
        let awaited = state.awaited.entry(job.id().to_owned()).or_default();
        awaited.waits.push(Arc::clone(&job));
        let jobs = Arc::clone(self);
        WaitGuard { jobs, job }
    }

    /// Whether a callback for this parent may be about the job; none when the job is
    /// not awaited. Any may be for an account's URL, or while the parent is unknown.
    pub(crate) fn is_child(&self, id: &str, parent: Option<&str>) -> Option<bool> {
        let state = self.lock();
        let waits = &state.awaited.get(id)?.waits;
        let mut parents = waits
            .iter()
            .filter_map(|job| job.handle().parent_job_id.as_deref());
        let known = parents.find(|known| !known.is_empty());
        Some(known.is_none() || parent.is_none() || known == parent)
    }

    /// Whether an awaited job has to be queued for a wake; false when it is queued.
    pub(crate) fn mark_queued(&self, id: &str) -> bool {
        let mut state = self.lock();
        let awaited = state.awaited.get_mut(id);
        awaited.is_some_and(|awaited| !std::mem::replace(&mut awaited.is_queued, true))
    }

    /// Whether a job that is not awaited has to be checked.
    pub(crate) fn mark_checked(&self, id: &str) -> bool {
        let recent = &mut self.lock().recent;
        let is_due = match recent.get(id) {
            Some(Recent::Checked(time)) => time.elapsed() >= CHECK_INTERVAL,
            known => known.is_none(),
        };
        if is_due {
            recent.put(id.to_owned(), Recent::Checked(Instant::now()));
        }
        is_due
    }

    /// The check failed: the next callback repeats it.
    pub(crate) fn unmark_checked(&self, id: &str) {
        let recent = &mut self.lock().recent;
        if let Some(Recent::Checked(_)) = recent.peek(id) {
            recent.pop(id);
        }
    }

    /// Wakes the waits for a job, which poll the API.
    pub(crate) fn wake(&self, id: &str) {
        if let Some(awaited) = self.lock().awaited.get_mut(id) {
            awaited.is_queued = false;
            awaited.waits.iter().for_each(|job| job.wake());
        }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        // No change is left incomplete by a panic.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl WaitGuard {
    pub(crate) fn job_id(&self) -> &str {
        self.job.id()
    }

    /// Whether something else waits for the job too.
    pub(crate) fn is_shared(&self) -> bool {
        let state = self.jobs.lock();
        let awaited = state.awaited.get(self.job.id());
        awaited.is_some_and(|awaited| awaited.waits.len() > 1)
    }

    /// The job has ended, so later callbacks about it are ignored. Returns false when
    /// its end was reported as an event before.
    pub(crate) fn job_ended(&self, is_reported: bool) -> bool {
        let recent = &mut self.jobs.lock().recent;
        let id = self.job.id();
        let was_reported = matches!(recent.peek(id), Some(Recent::Ended { is_reported: true }));
        let is_reported = is_reported || was_reported;
        recent.put(id.to_owned(), Recent::Ended { is_reported });
        !was_reported
    }
}

impl Drop for WaitGuard {
    fn drop(&mut self) {
        let mut state = self.jobs.lock();
        if let Some(awaited) = state.awaited.get_mut(self.job.id()) {
            awaited.waits.retain(|job| !Arc::ptr_eq(job, &self.job));
            if awaited.waits.is_empty() {
                state.awaited.remove(self.job.id());
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use useapi_seed::{Client, JobHandle};

    use super::*;

    fn jobs() -> Arc<Jobs> {
        Arc::new(Jobs::new())
    }

    fn job(handle: impl Into<JobHandle>) -> Job {
        Client::builder("a-token").build().unwrap().job(handle)
    }

    #[test]
    fn job_is_awaited_until_its_last_guard_drops() {
        let jobs = jobs();
        assert_eq!(jobs.is_child("a", None), None);
        let first = jobs.register(&job("a"));
        assert!(!first.is_shared());
        let second = jobs.register(&job("a"));
        assert!(first.is_shared() && second.is_shared());
        drop(first);
        assert!(!second.is_shared());
        assert_eq!(jobs.is_child("a", None), Some(true));
        drop(second);
        assert_eq!(jobs.is_child("a", None), None);
    }

    #[test]
    fn callback_for_another_parent_is_a_mismatch() {
        let jobs = jobs();
        let handle = |parent: &str| JobHandle::new("a").with_parent(parent);
        let with_empty = jobs.register(&job(handle("")));
        assert_eq!(jobs.is_child("a", Some("q")), Some(true));
        let with_parent = jobs.register(&job(handle("p")));
        assert_eq!(jobs.is_child("a", Some("p")), Some(true));
        assert_eq!(jobs.is_child("a", Some("q")), Some(false));
        assert_eq!(jobs.is_child("a", None), Some(true));
        drop((with_empty, with_parent));
    }

    #[test]
    fn awaited_job_is_queued_once_per_wake() {
        let jobs = jobs();
        assert!(!jobs.mark_queued("a"));
        let _guard = jobs.register(&job("a"));
        assert!(jobs.mark_queued("a"));
        assert!(!jobs.mark_queued("a"));
        jobs.wake("a");
        assert!(jobs.mark_queued("a"));
    }

    #[tokio::test(start_paused = true)]
    async fn job_is_checked_once_per_interval() {
        let jobs = jobs();
        assert!(jobs.mark_checked("a"));
        assert!(!jobs.mark_checked("a"));
        assert!(jobs.mark_checked("b"));
        jobs.unmark_checked("a");
        assert!(jobs.mark_checked("a"));
        tokio::time::advance(CHECK_INTERVAL).await;
        assert!(jobs.mark_checked("a"));
    }

    #[tokio::test(start_paused = true)]
    async fn ended_job_is_never_checked_again() {
        let jobs = jobs();
        drop(jobs.register(&job("a")));
        assert!(jobs.mark_checked("a"));
        jobs.register(&job("a")).job_ended(false);
        jobs.unmark_checked("a");
        tokio::time::advance(CHECK_INTERVAL).await;
        assert!(!jobs.mark_checked("a"));
        assert!(jobs.register_unsolicited(&job("a")).is_none());
    }

    #[test]
    fn end_is_reported_once() {
        let jobs = jobs();
        let guard = jobs.register(&job("a"));
        assert!(guard.job_ended(false));
        assert!(guard.job_ended(true));
        assert!(!guard.job_ended(false));
        assert!(!guard.job_ended(true));
    }

    #[test]
    fn awaited_job_is_not_registered_as_unsolicited() {
        let jobs = jobs();
        let guard = jobs.register_unsolicited(&job("a"));
        assert!(guard.is_some());
        assert!(jobs.register_unsolicited(&job("a")).is_none());
        drop(guard);
        assert!(jobs.register_unsolicited(&job("a")).is_some());
    }

    #[test]
    fn oldest_jobs_are_forgotten_over_the_limit() {
        let jobs = jobs();
        for number in 0..=MAX_RECENT.get() {
            assert!(jobs.mark_checked(&number.to_string()));
        }
        assert_eq!(jobs.lock().recent.len(), MAX_RECENT.get());
        assert!(!jobs.mark_checked("1"));
        assert!(jobs.mark_checked("0"));
    }
}
