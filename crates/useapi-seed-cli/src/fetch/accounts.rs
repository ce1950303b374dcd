//! The accounts that jobs belong to: how many of one account's jobs run, which
//! one submits next, and whether anything more may be submitted.

use std::cell::{OnceCell, RefCell};
use std::collections::BTreeMap;
use std::num::NonZeroUsize;
use std::rc::Rc;
use std::sync::Arc;

use tokio::sync::{Mutex, MutexGuard, OwnedSemaphorePermit, Semaphore};
use useapi_seed::channel_of;

use crate::error::CliError;

/// Accounts, by the Discord channel in their jobs' IDs.
#[derive(Debug)]
pub(crate) struct Accounts {
    slots: NonZeroUsize,
    by_channel: RefCell<BTreeMap<String, Rc<Account>>>,
    /// Why nothing more is submitted to any.
    stopped: Stopped,
}

/// Set once: the first reason counts.
type Stopped = Rc<OnceCell<CliError>>;

impl Accounts {
    pub(crate) fn new(slots: NonZeroUsize) -> Self {
        Self {
            slots,
            by_channel: RefCell::default(),
            stopped: Stopped::default(),
        }
    }

    /// How many of these jobs can be active concurrently.
    pub(crate) fn active<'a>(&self, job_ids: impl Iterator<Item = &'a str>) -> usize {
        let mut counts: BTreeMap<_, usize> = BTreeMap::new();
        for job_id in job_ids {
            *counts.entry(channel_of(job_id)).or_default() += 1;
        }
        let slots = self.slots.get();
        counts.into_values().map(|count| count.min(slots)).sum()
    }

    /// The account of a job. Jobs whose IDs have no channel share one.
    pub(crate) fn of(&self, job_id: &str) -> Rc<Account> {
        let channel = channel_of(job_id).unwrap_or_default();
        let slots = self.slots.get().min(Semaphore::MAX_PERMITS);
        let mut accounts = self.by_channel.borrow_mut();
        let account = accounts.entry(channel.to_owned()).or_insert_with(|| {
            Rc::new(Account {
                channel: channel.to_owned(),
                slots: Arc::new(Semaphore::new(slots)),
                submit_lock: Mutex::default(),
                stopped: [Rc::clone(&self.stopped), Stopped::default()],
            })
        });
        Rc::clone(account)
    }

    /// Lets nothing more be submitted to any account.
    pub(crate) fn stop_all(&self, reason: &CliError) {
        let _ = self.stopped.set(reason.clone());
    }
}

/// One account.
#[derive(Debug)]
pub(crate) struct Account {
    channel: String,
    slots: Arc<Semaphore>,
    /// One job at a time submits to a busy account, in order.
    submit_lock: Mutex<()>,
    /// All accounts, and this one.
    stopped: [Stopped; 2],
}

impl Account {
    pub(crate) fn channel(&self) -> &str {
        &self.channel
    }

    /// One of the slots, once there is one.
    pub(crate) async fn acquire_slot(&self) -> Option<OwnedSemaphorePermit> {
        // Fails only for a closed semaphore, which this one never is.
        Arc::clone(&self.slots).acquire_owned().await.ok()
    }

    pub(crate) async fn submit_lock(&self) -> MutexGuard<'_, ()> {
        self.submit_lock.lock().await
    }

    /// Lets nothing more be submitted to this account.
    pub(crate) fn stop(&self, reason: &CliError) {
        let [_, own] = &self.stopped;
        let _ = own.set(reason.clone());
    }

    /// An error when nothing more may be submitted.
    pub(crate) fn check(&self) -> Result<(), CliError> {
        let mut stopped = self.stopped.iter();
        stopped
            .find_map(|stopped| stopped.get())
            .map_or(Ok(()), |reason| Err(reason.clone().not_submitted()))
    }
}
