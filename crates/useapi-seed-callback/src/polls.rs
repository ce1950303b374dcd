//! Polls jobs because a callback came.

use std::num::NonZeroU32;
use std::sync::Arc;
use std::time::Duration;

use governor::{Quota, RateLimiter};
use tokio::sync::mpsc::{self, Permit};
use useapi_seed::{Client, Error, ErrorKind, JobEvent, PollResult, Verb, Wait};

use crate::callback_url::CallbackTarget;
use crate::event::Event;
use crate::jobs::{Jobs, WaitGuard};
use crate::stats::Counters;

/// A bounded queue of polls, made one after the other at a limited rate. Awaited jobs
/// and unsolicited callbacks have one each, so that forged callbacks, which anyone who
/// knows a URL can send, cost awaited jobs nothing.
pub(crate) struct PollQueue<T>(mpsc::Sender<T>);

impl<T: Send + 'static> PollQueue<T> {
    pub(crate) fn start<P: Future<Output = ()> + Send>(
        capacity: usize,
        max_per_second: NonZeroU32,
        poll: impl Fn(T) -> P + Send + 'static,
    ) -> Self {
        let (queue, mut items) = mpsc::channel(capacity);
        let rate_limit = RateLimiter::direct(Quota::per_second(max_per_second));
        tokio::spawn(async move {
            while let Some(item) = items.recv().await {
                rate_limit.until_ready().await;
                poll(item).await;
            }
        });
        Self(queue)
    }

    /// Capacity for one item; none while the queue is full.
    pub(crate) fn reserve(&self, counters: &Counters) -> Option<Permit<'_, T>> {
        let permit = self.0.try_reserve().ok();
        if permit.is_none() {
            counters.count(|stats| stats.dropped += 1);
        }
        permit
    }
}

/// A callback about a job that is not awaited.
pub(crate) struct UnsolicitedCallback {
    pub(crate) job_id: String,
    pub(crate) target: CallbackTarget,
}

/// Reports the events of jobs.
#[derive(Clone)]
pub(crate) struct Tracker {
    pub(crate) client: Client,
    pub(crate) jobs: Arc<Jobs>,
    pub(crate) events: mpsc::Sender<Event>,
    pub(crate) counters: Arc<Counters>,
    pub(crate) poll_interval_after_wake: Duration,
}

impl Tracker {
    /// Awaits the job, so that its callbacks wake the wait from now on.
    pub(crate) fn register(&self, wait: Wait) -> (Wait, WaitGuard) {
        let guard = self.jobs.register(wait.job());
        (self.with_interval(wait), guard)
    }

    fn with_interval(&self, wait: Wait) -> Wait {
        let options = wait.options();
        wait.with_options(options.poll_interval_after_wake(self.poll_interval_after_wake))
    }

    /// Reports the events of a job until it has ended. A job of an unsolicited callback
    /// is left to the application once that waits for it.
    pub(crate) fn report(&self, wait: Wait, guard: WaitGuard, is_unsolicited: bool) {
        let events = self.events.clone();
        let mut job_events = wait.into_stream();
        tokio::spawn(async move {
            while let Some(event) = job_events.next().await {
                if is_unsolicited && guard.is_shared() {
                    return;
                }
                let (event, has_ended) = match event {
                    Ok(JobEvent::Progress(progress)) => (Event::Progress(progress), false),
                    Ok(JobEvent::Completed(result)) => (Event::Completed(result), true),
                    Ok(_) => continue,
                    Err(error) => {
                        let (job_id, has_ended) = (guard.job_id().to_owned(), is_job_end(&error));
                        (Event::Failed { job_id, error }, has_ended)
                    }
                };
                let is_new = !has_ended || guard.job_ended(true);
                if !is_new || events.send(event).await.is_err() {
                    return;
                }
            }
        });
    }

    /// Tracks the job of an unsolicited callback, if the API says that its parent is
    /// the URL's.
    pub(crate) async fn verify(self, callback: UnsolicitedCallback) {
        let UnsolicitedCallback { job_id, target } = callback;
        let mismatched = || self.counters.count(|stats| stats.mismatched += 1);
        let job = self.client.job(job_id.as_str());
        let parent = match job.poll().await {
            Ok(PollResult::Completed(result)) => result.parent_job_id().map(ToOwned::to_owned),
            Ok(PollResult::InProgress(progress)) => progress.parent_job_id,
            Err(error) if error.is_not_found() || is_other_verb(&error) => return mismatched(),
            Err(error) if is_job_end(&error) => error.parent_job_id().map(ToOwned::to_owned),
            Err(error) => {
                tracing::debug!(%error, "a job could not be polled after a callback");
                self.counters.count(|stats| stats.dropped += 1);
                return self.jobs.unmark_checked(&job_id);
            }
        };
        if target.parent().is_some() && target.parent() != parent.as_deref() {
            mismatched();
        } else if let Some(guard) = self.jobs.register_unsolicited(&job) {
            self.report(self.with_interval(job.wait()), guard, true);
        }
    }
}

/// Whether the job has ended, rather than the wait for it.
pub(crate) fn is_job_end(error: &Error) -> bool {
    let kind = error.kind();
    matches!(
        kind,
        ErrorKind::JobFailed { .. } | ErrorKind::SeedMissing { .. }
    ) || matches!(kind, ErrorKind::Halted { job_failed, .. } if *job_failed)
}

/// Whether the job is not a seed job.
fn is_other_verb(error: &Error) -> bool {
    let ErrorKind::SeedMissing { verb, .. } = error.kind() else {
        return false;
    };
    matches!(verb, Some(Verb::Imagine | Verb::Button | Verb::Blend))
}

#[cfg(test)]
mod tests {
    use tokio::time::Instant;

    use super::*;

    #[tokio::test]
    async fn queue_drops_the_excess_and_polls_at_the_rate() {
        let (done, mut polls) = mpsc::unbounded_channel();
        let rate = NonZeroU32::new(20).unwrap();
        let queue = PollQueue::start(30, rate, move |number| {
            let _ = done.send(number);
            std::future::ready(())
        });
        let counters = Counters::default();
        // The queue's task does not run before the first await.
        for number in 0..100 {
            if let Some(permit) = queue.reserve(&counters) {
                permit.send(number);
            }
        }
        assert_eq!(counters.stats().dropped, 70);
        let start = Instant::now();
        for number in 0..30 {
            assert_eq!(polls.recv().await, Some(number));
        }
        // A burst of 20, and ten more at 20 per second.
        assert!(start.elapsed() >= Duration::from_millis(450));
    }
}
