//! The steps of a submission.

use std::time::Duration;

use tokio::time::Instant;
use useapi_seed_raw::Operation;
use useapi_seed_raw::types::{SeedRequest, Verb};

use crate::attempts::Attempts;
use crate::client::Client;
use crate::error::class::Class;
use crate::error::{Error, ErrorKind, SearchOutcome};
use crate::find::SeedJobSearch;
use crate::job::{Job, JobHandle, JobProgress};
use crate::response::{self, Interpretation, Snapshot};
use crate::submit::options::{Resubmit, SubmitOptions};
use crate::submit::protocol::{Action, Execution};
use crate::submit::state::{Intent, SubmissionState, now};
use crate::submit_outcome::SubmitOutcome;
use crate::transport::CallOptions;
use crate::wait::event::JobEvent;
use crate::wait::poller::Poller;

/// How many searches follow a lost response, unless it is to be submitted again.
const SEARCH_ATTEMPTS: u32 = 3;
/// The shortest time between two searches.
const MIN_SEARCH_BACKOFF: Duration = Duration::from_millis(100);

/// Submits a seed job once, in steps. Made by [`Client::submission`].
///
/// [`Client::submit`] and [`Client::retrieve`] take these steps in memory. Take them
/// yourself to store the [state](SubmissionState) in between, so that another process
/// can continue after this one was killed, and no job is submitted twice:
///
/// ```
/// # mod docs { include!(concat!(env!("CARGO_MANIFEST_DIR"), "/docs/harness.rs")); }
/// # docs::example(async |client, job_id| {
/// use useapi_seed::{Next, SubmissionState, SubmitOptions};
///
/// # let store = |_: &SubmissionState| {};
/// let mut submission = client.submission(job_id, SubmitOptions::default())?;
/// let mut state = SubmissionState::Planned; // or what is stored
/// loop {
///     let step = submission.step(state).await;
///     state = step.state;
///     store(&state); // must succeed before the next step
///     if let Some(error) = &step.error {
///         println!("{error}");
///     }
///     match step.next {
///         Next::Now => {}
///         Next::After(pause) => tokio::time::sleep(pause).await,
///         Next::Stop => break,
///     }
/// }
/// assert!(matches!(state, SubmissionState::Completed { .. }));
/// # Ok(())
/// # });
/// ```
///
/// Between two steps a submission may be stopped, or dropped. A step must not be
/// dropped while it is awaited if its request is to be known; the state before it
/// stays valid in any case. Only one process may step from a stored state at a time:
/// store it with a lock, or by compare-and-set.
///
/// A job that was started and has failed before anyone knew its id is not found by
/// any search; then [`Resubmit::WhenSettled`] starts another one.
#[derive(Debug)]
pub struct Submission {
    client: Client,
    parent_job_id: String,
    request: SeedRequest,
    options: SubmitOptions,
    call_options: CallOptions,
    execution: Execution,
    started: Instant,
    /// Requests that were sent.
    attempts: u32,
    /// Searches since the last request.
    searches: u32,
    /// How many of them got their responses.
    searched: u32,
    /// Why the outcome of the last request is unknown.
    lost: Option<Error>,
    /// Whether another execution lost the response to an earlier request.
    was_lost_before: bool,
    /// The job that was started or found.
    job: Option<Job>,
    poller: Option<Box<Poller>>,
}

/// The outcome of one step.
#[derive(Debug)]
#[non_exhaustive]
pub struct Step {
    /// The new state: store it before the next step.
    pub state: SubmissionState,
    /// When to take the next step.
    pub next: Next,
    /// Why this step did not succeed, if it did not.
    pub error: Option<Error>,
}

/// When to take the next step.
///
/// ```
/// assert_eq!(useapi_seed::Next::Stop, useapi_seed::Next::Stop);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Next {
    /// Immediately.
    Now,
    /// After this time.
    After(Duration),
    /// Not before something has changed: the end is reached, or the error requires
    /// an action.
    Stop,
}

impl Step {
    fn new(state: SubmissionState, next: Next) -> Self {
        Self {
            state,
            next,
            error: None,
        }
    }

    fn failed(state: SubmissionState, next: Next, error: Error) -> Self {
        Self {
            error: Some(error),
            ..Self::new(state, next)
        }
    }
}

impl Client {
    /// A submission to take step by step.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::InvalidInput`] when the id or an option is invalid.
    pub fn submission(
        &self,
        parent_job_id: impl Into<String>,
        options: SubmitOptions,
    ) -> Result<Submission, Error> {
        Submission::new(self, parent_job_id.into(), options)
    }
}

impl Submission {
    fn new(client: &Client, parent_job_id: String, options: SubmitOptions) -> Result<Self, Error> {
        let request = options.request(&parent_job_id)?;
        // Later responses about the job may repeat it, too.
        let client = match &request.discord {
            Some(discord) => client.with_redacted(discord.expose_secret()),
            None => client.clone(),
        };
        let transport = client.transport();
        let request_timeout = options.request_timeout.unwrap_or(transport.request_timeout);
        let started = Instant::now();
        let call_options = CallOptions {
            retry: options.retry.clone().unwrap_or(transport.retry.clone()),
            request_timeout,
            deadline: started.checked_add(options.timeout),
            attempts_before: 0,
        };
        let margin = transport.settle_margin;
        let owner = format!("{:016x}", fastrand::u64(..));
        let execution = Execution::new(owner, request_timeout.saturating_add(margin), margin);
        Ok(Self {
            client,
            parent_job_id,
            request,
            options,
            call_options,
            execution,
            started,
            attempts: 0,
            searches: 0,
            searched: 0,
            lost: None,
            was_lost_before: false,
            job: None,
            poller: None,
        })
    }

    /// Id of the job whose seed is retrieved.
    #[must_use]
    pub fn parent_job_id(&self) -> &str {
        &self.parent_job_id
    }

    /// The job of [`SubmissionState::Started`], to wait for instead of polling it in
    /// steps. If this submission has started or found it, the response counts as its
    /// first poll.
    ///
    /// ```
    /// # include!(concat!(env!("CARGO_MANIFEST_DIR"), "/docs/harness.rs"));
    /// # example(async |client, job_id| {
    /// use useapi_seed::{SubmissionState, SubmitOptions};
    ///
    /// let mut submission = client.submission(job_id, SubmitOptions::default())?;
    /// let recorded = submission.step(SubmissionState::Planned).await.state;
    /// if let SubmissionState::Started { job, .. } = submission.step(recorded).await.state {
    ///     println!("seed {}", submission.job(job).wait().await?.seed());
    /// }
    /// # Ok(())
    /// # });
    /// ```
    #[must_use]
    pub fn job(&self, handle: JobHandle) -> Job {
        let job = self.job.clone();
        job.unwrap_or_else(|| self.client.job(handle))
    }

    /// Takes one step: records an intent, sends the request, searches once, or polls
    /// once.
    pub async fn step(&mut self, state: SubmissionState) -> Step {
        match self.execution.action(&state, now()) {
            Action::Record => Step::new(self.execution.record(state, now()), Next::Now),
            Action::Send(intent) => self.send(intent).await,
            Action::Search(intent) => self.search(intent).await,
            Action::Poll => self.poll(state).await,
            Action::Stop => Step::new(state, Next::Stop),
        }
    }

    /// Sends the request once.
    pub(crate) async fn request(&self) -> Result<SubmitOutcome, Error> {
        let options = CallOptions {
            attempts_before: self.attempts.saturating_sub(1),
            ..self.call_options.without_retry()
        };
        let parent = Some(self.parent_job_id.as_str());
        let transport = self.client.transport();
        let call = transport.call(Operation::RetrieveSeed, parent, &options, async |raw| {
            let snapshot = response::snapshot(raw.retrieve_seed(&self.request).await, None);
            let outcome = snapshot.and_then(|snapshot| {
                let status = snapshot.response.status;
                Ok((self.outcome(snapshot)?, status))
            });
            outcome.map_err(|error| error.with_parent_job_id(Some(self.parent_job_id.clone())))
        });
        call.await
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
        Err(Error::invalid_response(reason).with_response(Some(snapshot.response)))
    }

    async fn send(&mut self, intent: Intent) -> Step {
        self.execution.sending();
        self.attempts += 1;
        (self.searches, self.searched) = (0, 0);
        let error = match self.request().await {
            Ok(outcome) => return self.found(outcome),
            Err(error) => error,
        };
        let attempts = Attempts {
            count: self.attempts,
            elapsed: self.started.elapsed(),
        };
        let error = error.with_attempts(attempts);
        if error.class() == Class::Ambiguous {
            self.lost = Some(error);
            return Step::new(SubmissionState::Intent(intent), Next::Now);
        }
        let rejected = Execution::rejected(intent, now());
        let is_unsettled = matches!(rejected, SubmissionState::Intent(_));
        if error.class() == Class::NotProcessed {
            let retry = &self.call_options.retry;
            let backoff = retry.backoff(&error, attempts, fastrand::f64());
            let next = self.pause(backoff);
            return Step::failed(rejected, next, error);
        }
        let verdict = error.verdict();
        let state = match error.kind() {
            _ if is_unsettled => rejected,
            ErrorKind::Halted { .. } => SubmissionState::Halted { verdict },
            _ => SubmissionState::Failed { verdict },
        };
        Step::failed(state, Next::Stop, error)
    }

    async fn search(&mut self, intent: Intent) -> Step {
        let parent = self.parent_job_id.clone();
        let client = self.client.clone();
        let is_own = self.execution.is_own(&intent);
        self.was_lost_before |= !is_own;
        // Another execution may have sent another reference.
        let reply_ref = self.options.reply_ref.clone().filter(|_| is_own);
        let search = SeedJobSearch {
            client: &client,
            parent_job_id: &parent,
            reply_ref: reply_ref.as_deref(),
        };
        // A truncated response may name the job, or only the parent.
        let named = self.lost.as_ref().and_then(Error::job_id);
        if let Some(id) = named.filter(|id| self.searches == 0 && *id != parent.trim())
            && search.may_be(id, &self.call_options).await
        {
            let handle = JobHandle::new(id).with_parent(parent);
            return self.found(SubmitOutcome::Started(client.job(handle)));
        }
        let searched_at = now();
        self.searches += 1;
        match search.run(&self.call_options).await {
            Ok(Some(outcome)) => {
                tracing::warn!(
                    useapi.parent_job.id = parent,
                    "the response to a submission was lost, but its job was found"
                );
                self.found(outcome)
            }
            Ok(None) => {
                self.searched += 1;
                let resubmit = self.resubmit();
                let state = self
                    .execution
                    .nothing_found(intent, searched_at, resubmit, now());
                let outcome = SearchOutcome::NotFound {
                    attempts: self.searched,
                    parent_job_id: parent,
                };
                match (&state, resubmit) {
                    (SubmissionState::Planned, _) | (_, Resubmit::Immediately) => {
                        Step::new(state, Next::Now)
                    }
                    _ => self.search_again(state, outcome),
                }
            }
            Err(error) => {
                let outcome = SearchOutcome::Failed {
                    parent_job_id: parent,
                    reason: error.to_string(),
                };
                let state = SubmissionState::Intent(intent);
                if error.class() == Class::Permanent {
                    let error = match self.lost.take() {
                        Some(lost) => self.unresolved(lost, outcome),
                        None => error,
                    };
                    return Step::failed(state, Next::Stop, error);
                }
                let step = self.search_again(state, outcome);
                Step {
                    error: step.error.or(Some(error)),
                    ..step
                }
            }
        }
    }

    /// A second lost response is not followed by a third request.
    fn resubmit(&self) -> Resubmit {
        if (self.attempts > 1 || self.was_lost_before) && self.lost.is_some() {
            Resubmit::Never
        } else {
            self.options.resubmit
        }
    }

    fn search_again(&mut self, state: SubmissionState, outcome: SearchOutcome) -> Step {
        let mut backoff = self.call_options.retry.search_backoff(self.searches);
        let is_over = match (&state, self.resubmit()) {
            (SubmissionState::Intent(intent), Resubmit::WhenSettled) => {
                let left = intent.settles_in();
                backoff = backoff.min(left).max(MIN_SEARCH_BACKOFF);
                false
            }
            _ => self.searches >= SEARCH_ATTEMPTS,
        };
        let next = self.pause((!is_over).then_some(backoff));
        if next != Next::Stop {
            return Step::new(state, next);
        }
        let lost = self.lost.take().unwrap_or_else(Error::lost_submission);
        let error = self.unresolved(lost, outcome);
        Step::failed(state, Next::Stop, error)
    }

    /// The id in a truncated response, if any, was the parent's.
    fn unresolved(&self, lost: Error, outcome: SearchOutcome) -> Error {
        lost.without_job_id()
            .with_parent_job_id(Some(self.parent_job_id.clone()))
            .with_search(outcome)
            .with_elapsed(self.started.elapsed())
    }

    async fn poll(&mut self, state: SubmissionState) -> Step {
        let SubmissionState::Started { job, progress } = &state else {
            return Step::new(state, Next::Stop);
        };
        let poller = self.poller.get_or_insert_with(|| {
            let job = self
                .job
                .take()
                .unwrap_or_else(|| self.client.job(job.clone()));
            Box::new(job.wait().poller())
        });
        let (job, progress) = (job.clone(), progress.clone());
        let event = poller.poll_once().await;
        let next = Next::After(poller.pause());
        match event {
            Ok(Some(JobEvent::Completed(result))) => {
                Step::new(SubmissionState::Completed { result }, Next::Stop)
            }
            Ok(Some(JobEvent::Progress(progress))) => {
                let progress = Some(progress);
                Step::new(SubmissionState::Started { job, progress }, next)
            }
            Ok(Some(JobEvent::PollError(error))) => {
                Step::failed(SubmissionState::Started { job, progress }, next, error)
            }
            Ok(_) => Step::new(SubmissionState::Started { job, progress }, next),
            Err(error) => {
                self.poller = None;
                let verdict = error.verdict();
                let state = match error.kind() {
                    ErrorKind::JobFailed { .. } => SubmissionState::Failed { verdict },
                    ErrorKind::Halted { job_failed: true } => SubmissionState::Halted { verdict },
                    _ => SubmissionState::Started { job, progress },
                };
                Step::failed(state, Next::Stop, error)
            }
        }
    }

    fn found(&mut self, outcome: SubmitOutcome) -> Step {
        match outcome {
            SubmitOutcome::Started(job) => {
                let state = SubmissionState::Started {
                    job: job.handle().clone(),
                    progress: job.initial_progress().cloned(),
                };
                self.job = Some(job);
                Step::new(state, Next::After(self.client.shared.wait.poll_interval))
            }
            SubmitOutcome::AlreadyRetrieved(result) => {
                Step::new(SubmissionState::Completed { result }, Next::Stop)
            }
        }
    }

    fn pause(&self, pause: Option<Duration>) -> Next {
        let pause = pause.filter(|pause| self.call_options.allows(*pause));
        pause.map_or(Next::Stop, Next::After)
    }
}
