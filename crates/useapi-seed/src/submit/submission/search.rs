//! Searches for the job of a request whose response was lost.

use std::time::Duration;

use super::{Next, Step, Submission};
use crate::error::Error;
use crate::error::class::Class;
use crate::job::JobHandle;
use crate::submit::options::Resubmit;
use crate::submit::state::{Intent, SubmissionState, now};
use crate::submit_outcome::SubmitOutcome;

/// How many searches follow a lost response, unless it is to be submitted again.
const SEARCH_ATTEMPTS: u32 = 3;
/// The shortest time between two searches.
const MIN_SEARCH_BACKOFF: Duration = Duration::from_millis(100);

impl Submission {
    pub(super) async fn search(&mut self, intent: Intent) -> Step {
        let parent = self.parent_job_id.clone();
        let is_own = self.execution.is_own(&intent);
        if !is_own {
            // Another execution has lost its response.
            self.losses = self.losses.max(1);
        }
        let mut search = self.client.find_seed_job(parent.as_str());
        // Another execution may have sent another reference.
        if let Some(reference) = self.options.reply_ref.as_ref().filter(|_| is_own) {
            search = search.reply_ref(reference);
        }
        // A truncated response may name the job, or only the parent.
        let named = self.lost.as_ref().and_then(Error::job_id);
        if let Some(id) = named.filter(|id| self.searches == 0 && *id != parent.trim())
            && search.may_be(id, &self.call_options).await
        {
            let handle = JobHandle::new(id).with_parent(parent);
            return self.found(SubmitOutcome::Started(self.client.job(handle)));
        }
        let searched_at = now();
        self.searches += 1;
        match search.search(&self.call_options).await {
            Ok(Some(outcome)) => {
                tracing::warn!(
                    useapi.parent_job.id = parent,
                    "the response to a submission was lost, but its job was found"
                );
                self.found(outcome)
            }
            Ok(None) => {
                self.searched += 1;
                let (resubmit, time) = (self.resubmit(), self.now());
                let state = self
                    .execution
                    .nothing_found(intent, searched_at, resubmit, time);
                match state {
                    SubmissionState::Intent(intent) if resubmit != Resubmit::Immediately => {
                        let count = self.searched;
                        let searches = if count == 1 { "search" } else { "searches" };
                        let outcome =
                            format!("no seed job found for {parent} after {count} {searches}");
                        self.search_again(intent, outcome)
                    }
                    state => {
                        if state == SubmissionState::Planned {
                            self.lost = None;
                        }
                        Step::new(state, Next::Now)
                    }
                }
            }
            Err(error) => {
                let outcome = format!("search for a seed job of {parent} failed: {error}");
                if error.class() != Class::Permanent {
                    let step = self.search_again(intent, outcome);
                    return Step {
                        error: step.error.or(Some(error)),
                        ..step
                    };
                }
                let error = match self.lost.take() {
                    // A halted account must not be called again: that comes first.
                    Some(lost) if error.is_halted() => {
                        error.after_lost_response().with_source(lost)
                    }
                    Some(lost) => lost.after_search(outcome, self.started.elapsed()),
                    None => error.after_lost_response(),
                };
                let error = error.with_parent_job_id(Some(parent));
                Step::failed(SubmissionState::Intent(intent), Next::Stop, error)
            }
        }
    }

    /// A second lost response is not followed by a third request.
    fn resubmit(&self) -> Resubmit {
        if self.losses > 1 {
            Resubmit::Never
        } else {
            self.options.resubmit
        }
    }

    fn search_again(&mut self, intent: Intent, outcome: String) -> Step {
        let mut backoff = self.call_options.retry.search_backoff(self.searches);
        let is_over = match self.resubmit() {
            Resubmit::WhenSettled => {
                // The first search that counts is due when the intent is settled.
                let left = Some(intent.settles_in()).filter(|left| !left.is_zero());
                backoff = backoff.min(left.unwrap_or(backoff)).max(MIN_SEARCH_BACKOFF);
                false
            }
            Resubmit::Never | Resubmit::Immediately => self.searches >= SEARCH_ATTEMPTS,
        };
        let next = self.pause((!is_over).then_some(backoff));
        let error = (next == Next::Stop).then(|| {
            let lost = self.take_lost(&intent);
            lost.after_search(outcome, self.started.elapsed())
        });
        Step {
            state: SubmissionState::Intent(intent),
            next,
            error,
        }
    }
}
