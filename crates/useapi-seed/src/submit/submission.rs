//! The steps of a submission.

mod search;
mod send;

use std::time::Duration;

use tokio::time::Instant;
use useapi_seed_raw::types::SeedRequest;

use crate::attempts::Attempts;
use crate::client::Client;
use crate::error::{Error, ErrorKind};
use crate::job::{Job, JobHandle, JobProgress};
use crate::submit::options::SubmitOptions;
use crate::submit::protocol::{Action, Execution, Time};
use crate::submit::state::{SubmissionState, millis, now};
use crate::submit_outcome::SubmitOutcome;
use crate::transport::CallOptions;
use crate::wait::event::JobEvent;
use crate::wait::poller::Poller;

/// Submits a seed job once, in steps. Made by [`Client::submission`].
///
/// [`Client::submit`] and [`Client::retrieve`] take these steps in memory. Take them
/// yourself to store the [state](SubmissionState) in between, so that another process
/// can continue after this one was killed, and no job is submitted twice:
///
/// ```
/// # mod docs { include!(concat!(env!("CARGO_MANIFEST_DIR"), "/docs/harness.rs")); }
/// # docs::example(async |client, job_id| {
/// use useapi_seed::{Next, Step, SubmissionState, SubmitOptions};
///
/// # let store = |_: &SubmissionState| {};
/// let mut submission = client.submission(job_id, SubmitOptions::default())?;
/// let mut state = SubmissionState::Planned; // or what is stored
/// loop {
///     let step: Step = submission.step(state).await;
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
/// - A state belongs to its parent job and options: store their id and values with it.
/// - Between two steps it may be stopped, or dropped. The future of a step may be
///   dropped, too: then the state before it stays valid, and a response that it would
///   have received is lost.
/// - Only one process may step from a stored state at a time: store it with a lock, or
///   by compare-and-set. After a conflict step from the state that is stored.
/// - Storing an intent must take less than half the
///   [settle margin](crate::ClientBuilder::settle_margin): an intent that is older is
///   not sent but recorded again, until the [timeout](SubmitOptions::timeout).
/// - The clocks of the processes must agree within some seconds. A clock that is put
///   back delays the search that counts; one that is advanced by more than what is
///   left of the settle margin may lead to a second job.
/// - A job that was started and has failed before any process knew its id is not found
///   by a search; then [`Resubmit::WhenSettled`](crate::Resubmit::WhenSettled) starts
///   another one. A [reference](SubmitOptions::reply_ref) does not help with that.
///
/// [`SubmitOptions::timeout`] counts from [`Client::submission`] on, and limits requests
/// and searches; [`WaitOptions::timeout`](crate::WaitOptions::timeout) counts from the
/// first poll on. The retries and searches of a process count by themselves.
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
    /// How many of their responses were lost.
    losses: u32,
    /// Searches since the last request.
    searches: u32,
    /// How many of them got their responses.
    searched: u32,
    /// Why the outcome of the last request is unknown.
    lost: Option<Error>,
    /// The job that was started, found or polled.
    job: Option<Job>,
    /// Its poller.
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
    /// Why this step did not succeed, if it did not. A lost response, and a search
    /// that found nothing, are reported once no other step is due.
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
        let parent_job_id = parent_job_id.into();
        let request = options.request(&parent_job_id)?;
        // Later responses about the job may repeat it, too.
        let client = match &request.discord {
            Some(discord) => self.with_redacted(discord.expose_secret()),
            None => self.clone(),
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
        Ok(Submission {
            client,
            parent_job_id,
            request,
            options,
            call_options,
            execution,
            started,
            attempts: 0,
            losses: 0,
            searches: 0,
            searched: 0,
            lost: None,
            job: None,
            poller: None,
        })
    }
}

impl Submission {
    /// The job of [`SubmissionState::Started`], to wait for instead of polling it in
    /// steps. If this submission has started or found it, the response counts as its
    /// first poll.
    ///
    /// ```
    /// # mod docs { include!(concat!(env!("CARGO_MANIFEST_DIR"), "/docs/harness.rs")); }
    /// # docs::example(async |client, job_id| {
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
        let job = self.job.as_ref().filter(|job| *job.handle() == handle);
        job.cloned().unwrap_or_else(|| self.client.job(handle))
    }

    /// Takes one step: records an intent, sends the request, searches once, or polls
    /// once. Store the state before each step, not only before a request.
    pub async fn step(&mut self, state: SubmissionState) -> Step {
        let now = self.now();
        match self.execution.action(&state, now) {
            // Without this an execution that stores too slowly would never end.
            Action::Record if self.call_options.time_left().is_none() => {
                let state = self.execution.without_unsent(state);
                let error = Error::time_is_up().with_attempts(self.attempts());
                self.not_sent(state, Next::Stop, error)
            }
            Action::Record => Step::new(self.execution.record(state, now), Next::Now),
            Action::Send(intent) => self.send(intent).await,
            Action::Search(intent) => self.search(intent).await,
            Action::Poll => self.poll(state).await,
            Action::Stop => Step::new(state, Next::Stop),
        }
    }

    fn now(&self) -> Time {
        Time {
            unix: now(),
            monotonic: millis(self.started.elapsed()),
        }
    }

    fn attempts(&self) -> Attempts {
        Attempts {
            count: self.attempts.max(1),
            elapsed: self.started.elapsed(),
        }
    }

    async fn poll(&mut self, state: SubmissionState) -> Step {
        let SubmissionState::Started { job, progress } = state else {
            return Step::new(state, Next::Stop);
        };
        let parent = job.parent_job_id.as_ref();
        if parent.is_some_and(|parent| *parent != self.parent_job_id) {
            let error = Error::invalid_input("state", "belongs to another parent job");
            return Step::failed(
                SubmissionState::Started { job, progress },
                Next::Stop,
                error,
            );
        }
        // Another process may have stored another job.
        if self.job.as_ref().is_none_or(|own| *own.handle() != job) {
            (self.job, self.poller) = (Some(self.client.job(job.clone())), None);
        }
        let own = self.job(job.clone());
        let poller = self
            .poller
            .get_or_insert_with(|| Box::new(own.wait().poller()));
        let event = poller.poll_once().await;
        let next = Next::After(poller.pause());
        match event {
            Ok(Some(JobEvent::Completed(result))) => {
                Step::new(SubmissionState::Completed { result }, Next::Stop)
            }
            Ok(Some(JobEvent::Progress(progress))) => {
                let progress = Some(progress.without_body());
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
                    progress: job.initial_progress().map(JobProgress::without_body),
                };
                (self.job, self.poller) = (Some(job), None);
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
