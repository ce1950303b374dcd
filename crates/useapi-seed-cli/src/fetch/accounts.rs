//! The accounts that jobs belong to: how many of one account's jobs execute at
//! once, who submits next, and whether the account is halted.

use std::collections::BTreeMap;
use std::num::NonZeroUsize;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use tokio::sync::{Mutex as Turns, MutexGuard as Turn, OwnedSemaphorePermit, Semaphore};
use useapi_seed::channel_of;

use crate::error::CliError;
use crate::exit::Exit;

/// Accounts, by the Discord channel that stands in their jobs' ids.
#[derive(Debug)]
pub(crate) struct Accounts {
    at_once: NonZeroUsize,
    by_channel: Mutex<BTreeMap<String, Arc<Account>>>,
    /// Why nothing more is submitted to any.
    stopped: StopCell,
}

/// Set once: the first reason is the one that counts.
type StopCell = Arc<OnceLock<StopReason>>;

/// Why nothing more is submitted.
#[derive(Clone, Copy, Debug)]
pub(crate) enum StopReason {
    Halted,
    Busy,
    Auth,
    Unavailable,
}

impl From<StopReason> for CliError {
    fn from(refusal: StopReason) -> Self {
        let (exit, why) = match refusal {
            StopReason::Halted => (Exit::Halted, "its account is halted"),
            StopReason::Busy => (Exit::Pending, "its account has no place for another job"),
            StopReason::Auth => (Exit::Auth, "the token gives no access"),
            StopReason::Unavailable => (Exit::Unavailable, "the service cannot be reached"),
        };
        Self::new(format!("not submitted: {why}")).with_exit(exit)
    }
}

impl Accounts {
    pub(crate) fn new(at_once: NonZeroUsize) -> Self {
        Self {
            at_once,
            by_channel: Mutex::default(),
            stopped: StopCell::default(),
        }
    }

    /// How many of these jobs can be active concurrently.
    pub(crate) fn active<'a>(&self, job_ids: impl Iterator<Item = &'a str>) -> usize {
        let mut counts: BTreeMap<_, usize> = BTreeMap::new();
        for job_id in job_ids {
            *counts.entry(channel_of(job_id)).or_default() += 1;
        }
        let most = self.at_once.get();
        counts.into_values().map(|count| count.min(most)).sum()
    }

    /// The account of a job. Jobs whose ids tell nothing share one.
    pub(crate) fn of(&self, job_id: &str) -> Arc<Account> {
        let channel = channel_of(job_id).unwrap_or_default();
        let places = self.at_once.get().min(Semaphore::MAX_PERMITS);
        let mut accounts = self
            .by_channel
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        let account = accounts.entry(channel.to_owned()).or_insert_with(|| {
            Arc::new(Account {
                channel: channel.to_owned(),
                places: Arc::new(Semaphore::new(places)),
                turns: Turns::default(),
                stopped: [Arc::clone(&self.stopped), StopCell::default()],
            })
        });
        Arc::clone(account)
    }
}

/// One account.
#[derive(Debug)]
pub(crate) struct Account {
    channel: String,
    places: Arc<Semaphore>,
    /// One job at a time knocks at a busy account, in the order in which they
    /// came.
    turns: Turns<()>,
    /// All, and this one.
    stopped: [StopCell; 2],
}

impl Account {
    pub(crate) fn channel(&self) -> &str {
        &self.channel
    }

    /// One of the places, once there is one.
    pub(crate) async fn place(&self) -> Option<OwnedSemaphorePermit> {
        // Fails only for a semaphore that was closed, which this one never is.
        Arc::clone(&self.places).acquire_owned().await.ok()
    }

    pub(crate) async fn turn(&self) -> Turn<'_, ()> {
        self.turns.lock().await
    }

    /// Lets nothing more be submitted to it.
    pub(crate) fn stop(&self, why: StopReason) {
        let [_, own] = &self.stopped;
        let _ = own.set(why);
    }

    /// Lets nothing more be submitted to any account.
    pub(crate) fn stop_all(&self, why: StopReason) {
        let [all, _] = &self.stopped;
        let _ = all.set(why);
    }

    /// An error when nothing more is to be submitted.
    pub(crate) fn check(&self) -> Result<(), CliError> {
        let mut stopped = self.stopped.iter();
        stopped
            .find_map(|stopped| stopped.get())
            .map_or(Ok(()), |why| Err((*why).into()))
    }
}
