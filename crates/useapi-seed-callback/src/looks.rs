//! Looking at jobs because a callback has come.
//!
//! Two queues with a budget each, so that callbacks about jobs that nobody waits
//! for, which anyone who has seen an address can send, cost those that are waited
//! for nothing.

use std::sync::{Arc, Weak};
use std::time::Duration;

use tokio::sync::mpsc::error::TrySendError;
use tokio::sync::{OwnedSemaphorePermit, Semaphore, mpsc, oneshot};
use tokio::time::sleep;
use useapi_seed::{Error, ErrorKind, JobEvent, PollResult, Verb, Wait};

use crate::address::Subject;
use crate::budget::Budget;
use crate::event::Event;
use crate::jobs::{Assignment, End, Outcome};
use crate::receiver::Inner;
use crate::waiting::Waiting;

/// After a callback that was not true its job is not looked at for so long, or one
/// who forges them could use all of the budget up.
const AFTER_FORGERY: Duration = Duration::from_millis(250);
/// How many looks may be on their way at once.
const AT_ONCE: usize = 16;

/// A job that nobody waits for, called about at an address of ours.
pub(crate) struct Stranger {
    pub(crate) id: String,
    pub(crate) address: Subject,
    pub(crate) says_end: bool,
}

/// Looks at the jobs that are waited for, as they fall due.
pub(crate) async fn at_awaited(
    receiver: Weak<Inner>,
    mut due: mpsc::Receiver<String>,
    budget: Budget,
) {
    let places = Arc::new(Semaphore::new(AT_ONCE));
    while let Some(id) = due.recv().await {
        budget.take().await;
        let place = Arc::clone(&places).acquire_owned().await;
        // The places are never closed.
        let (Ok(place), Some(receiver)) = (place, receiver.upgrade()) else {
            break;
        };
        tokio::spawn(async move { receiver.look_at(&id, place).await });
    }
}

/// Asks for the jobs that nobody waits for, one after the other.
pub(crate) async fn at_strangers(
    receiver: Weak<Inner>,
    mut strangers: mpsc::Receiver<Stranger>,
    budget: Budget,
) {
    while let Some(stranger) = strangers.recv().await {
        budget.take().await;
        let Some(receiver) = receiver.upgrade() else {
            break;
        };
        receiver.ask_for(stranger).await;
    }
}

impl Inner {
    async fn look_at(self: &Arc<Self>, id: &str, place: OwnedSemaphorePermit) {
        let Some(Assignment { job, says_end }) = self.jobs().begin(id) else {
            return;
        };
        if says_end {
            let outcome = job.poll().await;
            // What follows may take its time.
            drop(place);
            match outcome {
                Ok(PollResult::Completed(retrieval)) if retrieval.is_complete() => {
                    self.end(id, Ok(retrieval));
                }
                // The wait knows for how long the rest may still come.
                Ok(PollResult::Completed(_)) => self.jobs().nudge(id),
                Err(error) if is_without_seed(&error) => self.jobs().nudge(id),
                Err(error) if is_end(&error) => self.end(id, Err(error)),
                Ok(_) => {
                    self.tallies.unconfirmed.one_more();
                    sleep(AFTER_FORGERY).await;
                }
                Err(error) => {
                    tracing::debug!(%error, "a job could not be asked for after a callback");
                    self.jobs().nudge(id);
                }
            }
        } else {
            // Whoever waits sees what has changed.
            self.jobs().nudge(id);
        }
        if self.jobs().finish(id) {
            self.look_soon(id);
        }
    }

    async fn ask_for(self: &Arc<Self>, stranger: Stranger) {
        if self.jobs().is_awaited(&stranger.id) {
            // By now somebody waits for it.
            self.jobs().nudge(&stranger.id);
            return;
        }
        let job = self.client.job(&stranger.id);
        let (parent, outcome) = match job.poll().await {
            Ok(PollResult::Completed(retrieval)) => (
                retrieval.parent_job_id().map(ToOwned::to_owned),
                // Otherwise the rest of it may still come.
                retrieval.is_complete().then_some(Ok(retrieval)),
            ),
            Ok(PollResult::InProgress(update)) => (update.parent_job_id, None),
            // Another kind of job, whose seed nobody has asked for.
            Err(error) if is_of_another_kind(&error) => {
                self.tallies.mismatched.one_more();
                return;
            }
            Err(error) if is_end(&error) => (
                error.parent_job_id().map(ToOwned::to_owned),
                (!is_without_seed(&error)).then_some(Err(error)),
            ),
            Err(error) if error.is_not_found() => {
                self.tallies.mismatched.one_more();
                return;
            }
            outcome => {
                tracing::debug!(?outcome, "a job could not be asked for after a callback");
                self.tallies.dropped.one_more();
                self.jobs().ask_given_up(&stranger.id);
                return;
            }
        };
        let ours = stranger.address.parent();
        if ours.is_some() && ours != parent.as_deref() {
            self.tallies.mismatched.one_more();
        } else if let Some(outcome) = outcome {
            self.end(&stranger.id, outcome);
        } else {
            if stranger.says_end {
                self.tallies.unconfirmed.one_more();
            }
            self.adopt(job.wait());
        }
    }

    /// The API says that a job has ended.
    fn end(&self, id: &str, outcome: Outcome) {
        let given = self.jobs().give(id, outcome);
        let Some(outcome) = given else {
            return;
        };
        // News that nobody takes must not hold looks up; this one is kept.
        if let Some(event) = self.news_of_end(id, outcome)
            && let Err(TrySendError::Full(_)) = self.events.try_send(event)
        {
            self.tallies.dropped.one_more();
        }
    }

    /// What is to be told of a job's end, unless it was told before.
    fn news_of_end(&self, id: &str, outcome: Outcome) -> Option<Event> {
        let has_ended = outcome.as_ref().map_or_else(is_end, |_| true);
        let event = match outcome {
            Ok(retrieval) => Event::Finished(Arc::new(retrieval)),
            Err(error) => Event::Failed {
                job_id: id.to_owned(),
                error: Arc::new(error),
            },
        };
        // A job that could no longer be followed may still end.
        let is_news = !has_ended || self.jobs().ended(id, End::Kept(event.clone()));
        is_news.then_some(event)
    }

    async fn tell(&self, event: Event) {
        // Nobody may want to hear it.
        let _ = self.events.send(event).await;
    }

    /// Follows a job, unless somebody waits for it by now.
    fn adopt(self: &Arc<Self>, wait: Wait) {
        let mut jobs = self.jobs();
        if jobs.is_awaited(wait.job().id()) {
            jobs.nudge(wait.job().id());
            return;
        }
        let end = jobs.await_end(wait.job(), true);
        drop(jobs);
        self.follow_to(end, wait);
    }

    /// Tells the news of a job until it has ended.
    pub(crate) fn follow(self: &Arc<Self>, wait: Wait) {
        let end = self.jobs().await_end(wait.job(), true);
        self.follow_to(end, wait);
    }

    fn follow_to(self: &Arc<Self>, end: oneshot::Receiver<Outcome>, wait: Wait) {
        let id = wait.job().id().to_owned();
        let receiver = Arc::downgrade(self);
        let mut waiting = Waiting::new(receiver.clone(), wait.job(), end);
        let mut updates = self.rarely_polled(wait).into_stream();
        tokio::spawn(async move {
            let outcome = loop {
                let news = tokio::select! {
                    biased;
                    end = waiting.end() => break end,
                    news = updates.next() => news,
                };
                match news {
                    Some(Ok(JobEvent::Completed(retrieval))) => break Ok(retrieval),
                    Some(Err(error)) => break Err(error),
                    Some(Ok(JobEvent::Progress(update))) => {
                        let Some(receiver) = receiver.upgrade() else {
                            return;
                        };
                        receiver.tell(Event::Progress(update)).await;
                    }
                    Some(Ok(_)) => {}
                    None => return,
                }
            };
            if let Some(receiver) = receiver.upgrade() {
                let news = receiver.news_of_end(&id, outcome);
                if let Some(event) = news {
                    receiver.tell(event).await;
                }
            }
        });
    }
}

/// Whether the job has ended, and not only could not be asked for.
pub(crate) fn is_end(error: &Error) -> bool {
    matches!(
        error.kind(),
        ErrorKind::JobFailed { .. }
            | ErrorKind::SeedMissing { .. }
            | ErrorKind::Halted {
                job_failed: true,
                ..
            }
    )
}

/// Whether the job says that it has completed, and its seed is not there.
fn is_without_seed(error: &Error) -> bool {
    matches!(error.kind(), ErrorKind::SeedMissing { .. })
}

/// Whether the job retrieves no seed.
fn is_of_another_kind(error: &Error) -> bool {
    matches!(
        error.kind(),
        ErrorKind::SeedMissing {
            verb: Some(Verb::Imagine | Verb::Button | Verb::Blend),
            ..
        }
    )
}
