//! Sends the request.

use tokio::time::Instant;
use useapi_seed_raw::Operation;
use useapi_seed_raw::types::Verb;

use super::{Next, Step, Submission};
use crate::error::class::Class;
use crate::error::{Error, ErrorKind};
use crate::job::{JobHandle, JobProgress};
use crate::response::{self, Interpretation, Snapshot};
use crate::submit::protocol::Execution;
use crate::submit::state::{Intent, SubmissionState};
use crate::submit_outcome::SubmitOutcome;
use crate::transport::CallOptions;

impl Submission {
    /// Sends the request once.
    pub(crate) async fn request(&self) -> Result<SubmitOutcome, Error> {
        let options = CallOptions {
            attempts_before: self.attempts.saturating_sub(1),
            ..self.call_options.without_retry()
        };
        let parent = Some(self.parent_job_id.as_str());
        let transport = self.client.transport();
        let call = transport.call(Operation::RetrieveSeed, parent, &options, async |raw| {
            let snapshot = response::snapshot(raw.retrieve_seed(&self.request).await, None)?;
            let status = snapshot.response.status;
            Ok((self.outcome(snapshot)?, status))
        });
        let outcome = call.await;
        outcome.map_err(|error| error.with_parent_job_id(Some(self.parent_job_id.clone())))
    }

    fn outcome(&self, snapshot: Snapshot) -> Result<SubmitOutcome, Error> {
        let parent = self.parent_job_id.as_str();
        let snapshot = match snapshot.interpret(None)? {
            Interpretation::Completed(result) => {
                return Ok(SubmitOutcome::AlreadyRetrieved(result.or_job_id(parent)));
            }
            // Completed without a seed: a poll may still find it.
            Interpretation::InProgress(snapshot) | Interpretation::WithoutSeed(snapshot) => {
                snapshot
            }
        };
        let reason = match &snapshot.job.jobid {
            // Something between us and the service echoes the request.
            Some(id) if id == parent && snapshot.job.verb != Some(Verb::SeedAsync) => {
                "names no other job than the request"
            }
            Some(id) => {
                let progress = JobProgress::new(id, &snapshot);
                let handle = JobHandle::new(id).with_parent(parent);
                let job = self.client.started_job(handle, progress);
                return Ok(SubmitOutcome::Started(job));
            }
            None => "has neither a seed nor a jobid",
        };
        Err(Error::invalid_response(reason).with_response(snapshot.response))
    }

    pub(super) async fn send(&mut self, intent: Intent) -> Step {
        self.execution.sending();
        self.attempts += 1;
        (self.searches, self.searched) = (0, 0);
        let error = match self.request().await {
            Ok(outcome) => return self.found(outcome),
            Err(error) => error,
        };
        let attempts = self.attempts();
        let error = error.with_attempts(attempts);
        let retry = &self.call_options.retry;
        let next = match error.class() {
            Class::Ambiguous => {
                self.losses += 1;
                self.lost = Some(error);
                return Step::new(SubmissionState::Intent(intent), Next::Now);
            }
            Class::NotProcessed => self.pause(retry.backoff(&error, attempts, fastrand::f64())),
            Class::Transient | Class::Permanent => Next::Stop,
        };
        let state = match Execution::rejected(intent) {
            SubmissionState::Planned if error.class() == Class::Permanent => {
                let verdict = error.verdict();
                match error.kind() {
                    ErrorKind::Halted { .. } => SubmissionState::Halted { verdict },
                    _ => SubmissionState::Failed { verdict },
                }
            }
            state => state,
        };
        self.not_sent(state, next, error)
    }

    /// The request was rejected, or not sent. If that ends the steps, and an earlier one
    /// of this execution may have started a job, the error has to say so.
    pub(super) fn not_sent(&mut self, state: SubmissionState, next: Next, error: Error) -> Step {
        let error = match &state {
            SubmissionState::Intent(earlier) if next == Next::Stop && self.lost.is_some() => {
                let attempts = self.attempts();
                let lost = self.take_lost(earlier);
                lost.with_attempts(attempts).with_source(error)
            }
            _ => error.with_parent_job_id(Some(self.parent_job_id.clone())),
        };
        Step::failed(state, next, error)
    }

    /// The error of the lost response to the request of an intent.
    pub(super) fn take_lost(&mut self, intent: &Intent) -> Error {
        let lost = self.lost.take().unwrap_or_else(|| {
            let settles_at = Instant::now().checked_add(intent.settles_in());
            Error::lost_submission().with_settles_at(settles_at)
        });
        lost.with_parent_job_id(Some(self.parent_job_id.clone()))
    }
}
