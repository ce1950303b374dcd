//! The receiver and how it is made.

use std::fmt;
use std::future::Future;
use std::num::NonZeroU32;
use std::pin::pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use futures_util::stream::{self, Stream, StreamExt};
use tokio::sync::mpsc;
use useapi_seed::{Client, Error, JobEvent, SeedResult, Wait};

use crate::address::{AddressError, Addresses, Subject};
use crate::budget::Budget;
use crate::claim::Claim;
use crate::counts::{Counts, Tallies};
use crate::event::{Event, Events};
use crate::jobs::{End, Jobs, Todo};
use crate::key::Key;
use crate::looks::{self, Stranger};
use crate::places::{Place, Places};
use crate::rejection::Rejection;
use crate::waiting::Waiting;

const DUE: usize = 10_000;
const STRANGERS: usize = 100;
const UNHEARD: usize = 1_000;

/// Receives callbacks, and looks at the jobs that they are about.
///
/// Cheap to clone; clones are one. It is a service of HTTP, too
/// ([`router`](Self::router)).
#[derive(Clone)]
pub struct Receiver(pub(crate) Arc<Inner>);

pub(crate) struct Inner {
    pub(crate) client: Client,
    pub(crate) tallies: Tallies,
    pub(crate) events: mpsc::Sender<Event>,
    pub(crate) poll_interval_after_wake: Duration,
    addresses: Addresses,
    jobs: Mutex<Jobs>,
    due: mpsc::Sender<String>,
    strangers: mpsc::Sender<Stranger>,
    places: Places,
}

impl Receiver {
    /// A receiver to configure. `base` is the address that leads to it from the
    /// internet; the key signs the addresses below it.
    pub fn builder(client: Client, base: impl Into<String>, key: Key) -> ReceiverBuilder {
        ReceiverBuilder {
            client,
            base: base.into(),
            keys: vec![key],
            looks: NonZeroU32::MIN.saturating_add(49),
            strangers: NonZeroU32::MIN,
            poll_interval_after_wake: Duration::from_secs(60),
        }
    }

    /// The `replyUrl` for the submission of a job (Request Body, replyUrl), with
    /// the `replyRef` that it has, if any.
    ///
    /// # Errors
    ///
    /// When the id is no job's, or the address gets longer than the service takes.
    pub fn reply_url(&self, jobid: &str, reply_ref: Option<&str>) -> Result<String, AddressError> {
        self.0.addresses.of_job(jobid, reply_ref)
    }

    /// The `replyUrl` to configure at the service for a whole account. Callbacks
    /// about any of its jobs are taken there.
    ///
    /// ```
    /// # let client = useapi_seed::Client::builder("a-token").build().unwrap();
    /// # tokio::runtime::Runtime::new().unwrap().block_on(async {
    /// use useapi_seed_callback::{Key, Receiver};
    ///
    /// let key = Key::new([7; 32]);
    /// let (receiver, _events) = Receiver::builder(client, "https://example.com", key).build()?;
    /// assert!(receiver.account_url().starts_with("https://example.com/account/"));
    /// # Ok::<(), useapi_seed_callback::AddressError>(())
    /// # }).unwrap();
    /// ```
    #[must_use]
    pub fn account_url(&self) -> String {
        self.0.addresses.of_account()
    }

    /// Waits for a job, as the wait is set, and is woken by its callbacks.
    ///
    /// As long as none has come, it polls as without them. Once one has brought
    /// news it polls rarely ([`ReceiverBuilder::poll_interval_after_wake`]), for those that
    /// get lost. What the wait brings is not told by [`Events`]. Of several waits for
    /// one job the first has the end at once, and the others look for themselves.
    ///
    /// # Errors
    ///
    /// As the wait's.
    pub fn wait(
        &self,
        wait: Wait,
    ) -> impl Future<Output = Result<SeedResult, Error>> + Send + use<> {
        let events = self.watch(wait);
        async move {
            let mut events = pin!(events);
            loop {
                match events.next().await {
                    Some(Ok(JobEvent::Completed(result))) => return Ok(result),
                    Some(Err(error)) => return Err(error),
                    Some(Ok(_)) => {}
                    // It ends after the result or an error.
                    None => std::future::pending().await,
                }
            }
        }
    }

    /// The events of a job until it has ended: as [`wait`](Self::wait), which gives
    /// the last of them.
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
    /// # Ok::<(), useapi_seed_callback::AddressError>(())
    /// # }).unwrap();
    /// ```
    pub fn watch(&self, wait: Wait) -> impl Stream<Item = Result<JobEvent, Error>> + Send + use<> {
        let receiver = Arc::clone(&self.0);
        let id = wait.job().id().to_owned();
        let (kept, end) = {
            let mut jobs = receiver.jobs();
            (jobs.kept(&id), jobs.await_end(wait.job(), false))
        };
        let waiting = Waiting::new(Arc::downgrade(&receiver), wait.job(), end);
        let events = receiver.rarely_polled(wait).into_stream();
        stream::unfold(Some((kept, waiting, events)), move |state| {
            let (receiver, id) = (Arc::clone(&receiver), id.clone());
            async move {
                let (kept, mut waiting, mut events) = state?;
                if let Some(Event::Finished(result)) = kept {
                    let result = SeedResult::clone(&result);
                    return Some((Ok(JobEvent::Completed(result)), None));
                }
                let event = tokio::select! {
                    biased;
                    outcome = waiting.end() => outcome.map(JobEvent::Completed),
                    event = events.next() => event?,
                };
                let is_last = matches!(event, Err(_) | Ok(JobEvent::Completed(_)));
                if is_last && event.as_ref().map_or_else(looks::is_end, |_| true) {
                    // No other caller gets it from here on.
                    receiver.jobs().ended(&id, End::Given);
                }
                Some((event, (!is_last).then_some((None, waiting, events))))
            }
        })
    }

    /// Follows a job as the wait is set, but for its
    /// [`poll_interval_after_wake`](ReceiverBuilder::poll_interval_after_wake); [`Events`] tells its news.
    pub fn follow(&self, wait: Wait) {
        self.0.follow(wait);
    }

    /// The end of a job that nobody waited for when its callback came, or that was
    /// followed. Of the last thousand, for an hour.
    ///
    /// ```
    /// # let client = useapi_seed::Client::builder("a-token").build().unwrap();
    /// # tokio::runtime::Runtime::new().unwrap().block_on(async {
    /// use useapi_seed_callback::{Event, Key, Receiver};
    ///
    /// let key = Key::new([7; 32]);
    /// let (receiver, _events) = Receiver::builder(client, "https://example.com", key).build()?;
    /// if let Some(Event::Finished(retrieval)) = receiver.kept("a-job") {
    ///     println!("seed {}", retrieval.seed());
    /// }
    /// # Ok::<(), useapi_seed_callback::AddressError>(())
    /// # }).unwrap();
    /// ```
    #[must_use]
    pub fn kept(&self, job_id: &str) -> Option<Event> {
        self.0.jobs().kept(job_id)
    }

    /// Takes a callback, for servers of other kinds: the path that it came to,
    /// without a query, and its body. Returns at once; looking at the job is done afterwards.
    ///
    /// # Errors
    ///
    /// With the [status](Rejection::status) to answer; otherwise 200.
    pub fn receive(&self, path: &str, body: &[u8]) -> Result<(), Rejection> {
        let address = self.knock(path)?;
        self.take(address, body)
    }

    /// What came so far.
    #[must_use]
    pub fn counts(&self) -> Counts {
        self.0.tallies.counts()
    }

    /// What the address is for, if it is ours.
    pub(crate) fn knock(&self, path: &str) -> Result<Subject, Rejection> {
        self.0.addresses.subject(path).ok_or_else(|| {
            self.0.tallies.strangers.one_more();
            Rejection::NotFound
        })
    }

    /// A place to read a body in, if there is one.
    pub(crate) fn place(&self, address: &Subject) -> Option<Place> {
        self.0.places.take(address)
    }

    pub(crate) fn take(&self, address: Subject, body: &[u8]) -> Result<(), Rejection> {
        let tallies = &self.0.tallies;
        let Some(claim) = Claim::read(body) else {
            tallies.unreadable.one_more();
            return Err(Rejection::Unreadable);
        };
        if !address.has_reference(claim.reply_ref.as_deref()) {
            tallies.mismatched.one_more();
            return Err(Rejection::NotFound);
        }
        tallies.accepted.one_more();
        let parent = address.parent();
        let todo = self.0.jobs().called(&claim.job_id, parent, claim.is_end);
        match todo {
            Todo::Look => self.0.look_soon(&claim.job_id),
            Todo::Ask => self.0.ask_soon(Stranger {
                id: claim.job_id,
                address,
                says_end: claim.is_end,
            }),
            Todo::Nothing => tallies.repeated.one_more(),
            Todo::Refuse => tallies.mismatched.one_more(),
        }
        Ok(())
    }
}

impl Inner {
    pub(crate) fn jobs(&self) -> MutexGuard<'_, Jobs> {
        // Each change is made whole.
        self.jobs.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The wait, which polls rarely once a callback has brought news.
    pub(crate) fn rarely_polled(&self, wait: Wait) -> Wait {
        let interval = self.poll_interval_after_wake;
        let options = wait.options().poll_interval_after_wake(interval);
        wait.with_options(options)
    }

    pub(crate) fn look_soon(&self, id: &str) {
        if self.due.try_send(id.to_owned()).is_err() {
            self.tallies.dropped.one_more();
            self.jobs().look_given_up(id);
        }
    }

    fn ask_soon(&self, stranger: Stranger) {
        if let Err(fault) = self.strangers.try_send(stranger) {
            self.tallies.dropped.one_more();
            self.jobs().ask_given_up(&fault.into_inner().id);
        }
    }
}

impl fmt::Debug for Receiver {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Receiver")
            .field("counts", &self.counts())
            .finish_non_exhaustive()
    }
}

/// Settings of a [`Receiver`].
///
/// ```
/// # let client = useapi_seed::Client::builder("a-token").build().unwrap();
/// # tokio::runtime::Runtime::new().unwrap().block_on(async {
/// use std::num::NonZeroU32;
/// use std::time::Duration;
/// use useapi_seed_callback::{Key, Receiver};
///
/// let (key, before) = (Key::new([8; 32]), Key::new([7; 32])); // from files, as a rule
/// let (receiver, _events) = Receiver::builder(client, "https://example.com/callbacks", key)
///     .previous_key(before)
///     .looks_per_second(NonZeroU32::new(20).unwrap())
///     .strangers_per_second(NonZeroU32::MIN)
///     .poll_interval_after_wake(Duration::from_secs(120))
///     .build()?;
/// # drop(receiver);
/// # Ok::<(), useapi_seed_callback::AddressError>(())
/// # }).unwrap();
/// ```
pub struct ReceiverBuilder {
    client: Client,
    base: String,
    keys: Vec<Key>,
    looks: NonZeroU32,
    strangers: NonZeroU32,
    poll_interval_after_wake: Duration,
}

impl ReceiverBuilder {
    /// One more key whose addresses are believed: that of before, while its
    /// addresses are still out.
    #[must_use]
    pub fn previous_key(mut self, key: Key) -> Self {
        self.keys.push(key);
        self
    }

    /// How many calls of the API callbacks may cause in a second about jobs that
    /// are waited for or followed; 50 unless set.
    #[must_use]
    pub fn looks_per_second(mut self, looks: NonZeroU32) -> Self {
        self.looks = looks;
        self
    }

    /// The same for jobs that nobody waits for, such as those of before a restart;
    /// one unless set. Whoever knows an address can cause them.
    #[must_use]
    pub fn strangers_per_second(mut self, looks: NonZeroU32) -> Self {
        self.strangers = looks;
        self
    }

    /// How often a job is polled once a callback has brought news of it; every
    /// minute unless set.
    #[must_use]
    pub fn poll_interval_after_wake(mut self, interval: Duration) -> Self {
        self.poll_interval_after_wake = interval;
        self
    }

    /// The receiver, and the news of what it [follows](Receiver::follow) and of
    /// jobs that nobody waits for.
    ///
    /// # Errors
    ///
    /// When the base is no address, or longer than the service would take.
    ///
    /// # Panics
    ///
    /// Outside of a tokio runtime.
    pub fn build(self) -> Result<(Receiver, Events), AddressError> {
        let addresses = Addresses::new(&self.base, self.keys)?;
        let (due, looks) = mpsc::channel(DUE);
        let (strangers, asks) = mpsc::channel(STRANGERS);
        let (events, heard) = mpsc::channel(UNHEARD);
        let inner = Arc::new(Inner {
            client: self.client,
            tallies: Tallies::default(),
            events,
            poll_interval_after_wake: self.poll_interval_after_wake,
            addresses,
            jobs: Mutex::new(Jobs::new()),
            due,
            strangers,
            places: Places::default(),
        });
        let receiver = || Arc::downgrade(&inner);
        let budget = Budget::per_second(self.looks);
        tokio::spawn(looks::at_awaited(receiver(), looks, budget));
        let budget = Budget::per_second(self.strangers);
        tokio::spawn(looks::at_strangers(receiver(), asks, budget));
        Ok((Receiver(inner), Events(heard)))
    }
}

impl fmt::Debug for ReceiverBuilder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ReceiverBuilder")
            .field("base", &self.base)
            .finish_non_exhaustive()
    }
}
