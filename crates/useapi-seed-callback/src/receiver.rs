//! The callback receiver, and its settings.

use std::fmt;
use std::future::ready;
use std::num::NonZeroU32;
use std::sync::Arc;
use std::time::Duration;

use futures_util::{Stream, StreamExt};
use tokio::sync::mpsc;
use useapi_seed::{Client, Error, JobEvent, SeedResult, Wait};

use crate::body_slots::BodySlots;
use crate::callback_url::{CallbackTarget, CallbackUrls, UrlError};
use crate::event::Events;
use crate::jobs::Jobs;
use crate::key::Key;
use crate::payload::CallbackPayload;
use crate::polls::{PollQueue, Tracker, UnsolicitedCallback, is_job_end};
use crate::rejection::Rejection;
use crate::stats::{Counters, Stats};

/// The queues and the event buffer are bounded.
const WAKE_QUEUE: usize = 10_000;
const UNSOLICITED_QUEUE: usize = 100;
const EVENT_BUFFER: usize = 1_000;

const MAX_POLLS_PER_SECOND: NonZeroU32 = NonZeroU32::new(50).expect("not zero");
const POLL_INTERVAL_AFTER_WAKE: Duration = Duration::from_secs(60);

/// The callback receiver: verifies callbacks, and wakes the waits for their jobs.
///
/// It is cheap to clone; clones share their state. Mount its
/// [router](Self::router), start its [server](Self::server), or pass callbacks to
/// [`handle`](Self::handle).
#[derive(Clone)]
pub struct Receiver(pub(crate) Arc<Inner>);

pub(crate) struct Inner {
    urls: CallbackUrls,
    pub(crate) slots: BodySlots,
    tracker: Tracker,
    wakes: PollQueue<String>,
    unsolicited: PollQueue<UnsolicitedCallback>,
}

impl Receiver {
    /// Configures a receiver. `base_url` leads to it from the internet; the key signs
    /// the URLs below it.
    pub fn builder(client: Client, base_url: impl Into<String>, key: Key) -> ReceiverBuilder {
        ReceiverBuilder {
            client,
            base_url: base_url.into(),
            keys: vec![key],
            max_polls_per_second: MAX_POLLS_PER_SECOND,
            max_unsolicited_polls_per_second: NonZeroU32::MIN,
            poll_interval_after_wake: POLL_INTERVAL_AFTER_WAKE,
        }
    }

    /// The `replyUrl` for the submission of a job, with its `replyRef` if it has one.
    ///
    /// # Errors
    ///
    /// When the job ID is invalid. The length of the URL is checked by the submission.
    pub fn reply_url(&self, job_id: &str, reply_ref: Option<&str>) -> Result<String, UrlError> {
        self.0.urls.for_job(job_id, reply_ref)
    }

    /// The `replyUrl` to configure at the service for an account. It accepts callbacks
    /// about any job of the account.
    ///
    /// ```
    /// # let client = useapi_seed::Client::builder("a-token").build().unwrap();
    /// # tokio::runtime::Runtime::new().unwrap().block_on(async {
    /// use useapi_seed_callback::{Key, Receiver};
    ///
    /// let key = Key::new([7; 32]);
    /// let (receiver, _events) = Receiver::builder(client, "https://example.com", key).build()?;
    /// assert!(receiver.account_url().starts_with("https://example.com/account/"));
    /// # Ok::<(), useapi_seed_callback::UrlError>(())
    /// # }).unwrap();
    /// ```
    #[must_use]
    pub fn account_url(&self) -> String {
        self.0.urls.for_account()
    }

    /// Waits for the result of a job, woken by its callbacks.
    ///
    /// The wait also polls with its own options, in case callbacks are lost, and less
    /// often once a callback has brought a change
    /// ([`ReceiverBuilder::poll_interval_after_wake`]). The result is not an event in
    /// [`Events`] too, unless the job is tracked.
    ///
    /// # Errors
    ///
    /// The wait's errors.
    pub fn wait(
        &self,
        wait: Wait,
    ) -> impl Future<Output = Result<SeedResult, Error>> + Send + use<> {
        let (wait, guard) = self.0.tracker.register(wait);
        async move {
            let outcome = wait.await;
            if outcome.as_ref().map_or_else(is_job_end, |_| true) {
                guard.job_ended(false);
            }
            outcome
        }
    }

    /// The events of a job, ending with its result, as [`wait`](Self::wait).
    ///
    /// ```
    /// # let client = useapi_seed::Client::builder("a-token").build().unwrap();
    /// # tokio::runtime::Runtime::new().unwrap().block_on(async {
    /// use useapi_seed_callback::{Key, Receiver};
    ///
    /// let key = Key::new([7; 32]);
    /// let wait = client.job("a-job").wait();
    /// let (receiver, _events) = Receiver::builder(client, "https://example.com", key).build()?;
    /// let events = receiver.watch(wait);
    /// # drop(events);
    /// # Ok::<(), useapi_seed_callback::UrlError>(())
    /// # }).unwrap();
    /// ```
    pub fn watch(&self, wait: Wait) -> impl Stream<Item = Result<JobEvent, Error>> + Send + use<> {
        let (wait, guard) = self.0.tracker.register(wait);
        wait.into_stream().inspect(move |event| {
            let is_result = |event: &JobEvent| matches!(event, JobEvent::Completed(_));
            if event.as_ref().map_or_else(is_job_end, is_result) {
                guard.job_ended(false);
            }
        })
    }

    /// Waits for a job in the background, and reports its events in [`Events`].
    pub fn track(&self, wait: Wait) {
        let (wait, guard) = self.0.tracker.register(wait);
        self.0.tracker.report(wait, guard, false);
    }

    /// Handles a callback of another web framework: the path without its query, and the
    /// body. Returns immediately; the job is polled afterwards.
    ///
    /// # Errors
    ///
    /// With the [status](Rejection::status) to respond with; otherwise 200.
    pub fn handle(&self, path: &str, body: &[u8]) -> Result<(), Rejection> {
        let target = self.verify_path(path)?;
        self.accept(target, body)
    }

    /// The numbers of callbacks so far.
    #[must_use]
    pub fn stats(&self) -> Stats {
        self.0.tracker.counters.stats()
    }

    pub(crate) fn verify_path(&self, path: &str) -> Result<CallbackTarget, Rejection> {
        let target = self.0.urls.verify_path(path);
        if target.is_none() {
            let counters = &self.0.tracker.counters;
            counters.count(|stats| stats.unknown_url += 1);
        }
        target.ok_or(Rejection::NotFound)
    }

    pub(crate) fn accept(&self, target: CallbackTarget, body: &[u8]) -> Result<(), Rejection> {
        let (jobs, counters) = (&self.0.tracker.jobs, &self.0.tracker.counters);
        let Some(CallbackPayload { job_id, reply_ref }) = CallbackPayload::parse(body) else {
            counters.count(|stats| stats.invalid_body += 1);
            return Err(Rejection::InvalidBody);
        };
        let is_child = jobs.is_child(&job_id, target.parent());
        if !target.has_reply_ref(reply_ref.as_deref()) || is_child == Some(false) {
            counters.count(|stats| stats.mismatched += 1);
            return Err(Rejection::NotFound);
        }
        counters.count(|stats| stats.accepted += 1);
        if is_child.is_some() {
            if let Some(permit) = self.0.wakes.reserve(counters)
                && jobs.mark_queued(&job_id)
            {
                permit.send(job_id);
            }
        } else if let Some(permit) = self.0.unsolicited.reserve(counters)
            && jobs.mark_checked(&job_id)
            && !self.0.tracker.events.is_closed()
        {
            permit.send(UnsolicitedCallback { job_id, target });
        }
        Ok(())
    }
}

impl fmt::Debug for Receiver {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Receiver")
            .field("stats", &self.stats())
            .finish_non_exhaustive()
    }
}

/// Configures a [`Receiver`]. Made by [`Receiver::builder`].
///
/// ```
/// # let client = useapi_seed::Client::builder("a-token").build().unwrap();
/// # tokio::runtime::Runtime::new().unwrap().block_on(async {
/// use std::num::NonZeroU32;
/// use std::time::Duration;
/// use useapi_seed_callback::{Key, Receiver};
///
/// let (key, previous) = (Key::new([8; 32]), Key::new([7; 32])); // usually from files
/// let (receiver, _events) = Receiver::builder(client, "https://example.com/callbacks", key)
///     .previous_key(previous)
///     .max_polls_per_second(NonZeroU32::new(20).unwrap())
///     .max_unsolicited_polls_per_second(NonZeroU32::MIN)
///     .poll_interval_after_wake(Duration::from_secs(120))
///     .build()?;
/// # drop(receiver);
/// # Ok::<(), useapi_seed_callback::UrlError>(())
/// # }).unwrap();
/// ```
#[derive(Debug)]
pub struct ReceiverBuilder {
    client: Client,
    base_url: String,
    keys: Vec<Key>,
    max_polls_per_second: NonZeroU32,
    max_unsolicited_polls_per_second: NonZeroU32,
    poll_interval_after_wake: Duration,
}

impl ReceiverBuilder {
    /// Also accepts the URLs of a previous key.
    #[must_use]
    pub fn previous_key(mut self, key: Key) -> Self {
        self.keys.push(key);
        self
    }

    /// How many awaited jobs per second callbacks may wake to be polled; defaults to
    /// 50.
    #[must_use]
    pub fn max_polls_per_second(mut self, polls: NonZeroU32) -> Self {
        self.max_polls_per_second = polls;
        self
    }

    /// How many unsolicited callbacks per second, about jobs that are not awaited, are
    /// verified with a poll; defaults to 1. Anyone who knows a URL can cause them.
    #[must_use]
    pub fn max_unsolicited_polls_per_second(mut self, polls: NonZeroU32) -> Self {
        self.max_unsolicited_polls_per_second = polls;
        self
    }

    /// The poll interval of a wait once a callback has brought a change, if longer than
    /// the wait's own; defaults to 1 minute.
    #[must_use]
    pub fn poll_interval_after_wake(mut self, interval: Duration) -> Self {
        self.poll_interval_after_wake = interval;
        self
    }

    /// The receiver, and the events of the jobs that it [tracks](Receiver::track): also
    /// of those that unsolicited callbacks bring.
    ///
    /// # Errors
    ///
    /// When the base URL is invalid, or longer than the service accepts.
    ///
    /// # Panics
    ///
    /// Outside of a tokio runtime.
    pub fn build(self) -> Result<(Receiver, Events), UrlError> {
        let urls = CallbackUrls::new(&self.base_url, self.keys)?;
        let (events, event_buffer) = mpsc::channel(EVENT_BUFFER);
        let tracker = Tracker {
            client: self.client,
            jobs: Arc::new(Jobs::new()),
            events,
            counters: Arc::new(Counters::default()),
            poll_interval_after_wake: self.poll_interval_after_wake,
        };
        let jobs = Arc::clone(&tracker.jobs);
        let wake = move |job_id: String| {
            jobs.wake(&job_id);
            ready(())
        };
        let verifier = tracker.clone();
        let verify = move |callback| verifier.clone().verify(callback);
        let receiver = Receiver(Arc::new(Inner {
            urls,
            slots: BodySlots::default(),
            tracker,
            wakes: PollQueue::start(WAKE_QUEUE, self.max_polls_per_second, wake),
            unsolicited: PollQueue::start(
                UNSOLICITED_QUEUE,
                self.max_unsolicited_polls_per_second,
                verify,
            ),
        }));
        Ok((receiver, Events(event_buffer)))
    }
}
