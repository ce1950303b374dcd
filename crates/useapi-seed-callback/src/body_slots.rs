//! Bounds how many bodies are read concurrently.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use crate::callback_url::CallbackTarget;

/// How many bodies may be read concurrently, each of a megabyte at most.
pub(crate) const MAX: usize = 64;
/// How many of them for one job: slow bodies at a URL that has leaked delay only the
/// callbacks of its own job.
pub(crate) const MAX_PER_JOB: usize = 8;
/// How many of them for the account's URL, which is for many jobs.
pub(crate) const MAX_FOR_ACCOUNT: usize = MAX / 2;

/// The parents whose bodies are being read; none for the account's URL.
#[derive(Clone, Default)]
pub(crate) struct BodySlots(Arc<Mutex<Vec<Option<String>>>>);

/// Frees its slot when dropped.
pub(crate) struct SlotGuard {
    slots: BodySlots,
    parent: Option<String>,
}

impl BodySlots {
    pub(crate) fn acquire(&self, target: &CallbackTarget) -> Option<SlotGuard> {
        let parent = target.parent().map(ToOwned::to_owned);
        let max = parent.as_ref().map_or(MAX_FOR_ACCOUNT, |_| MAX_PER_JOB);
        let mut used = self.lock();
        let same = used.iter().filter(|other| **other == parent).count();
        if used.len() >= MAX || same >= max {
            return None;
        }
        used.push(parent.clone());
        let slots = self.clone();
        Some(SlotGuard { slots, parent })
    }

    fn lock(&self) -> MutexGuard<'_, Vec<Option<String>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for SlotGuard {
    fn drop(&mut self) {
        let mut used = self.slots.lock();
        if let Some(index) = used.iter().position(|parent| *parent == self.parent) {
            used.swap_remove(index);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn job(number: usize) -> CallbackTarget {
        CallbackTarget::Job {
            parent: format!("parent-{number}"),
            reply_ref: "-".to_owned(),
        }
    }

    #[test]
    fn full_job_does_not_block_other_jobs() {
        let slots = BodySlots::default();
        let mut guards: Vec<_> = (0..MAX_PER_JOB)
            .map(|_| slots.acquire(&job(0)).unwrap())
            .collect();
        assert!(slots.acquire(&job(0)).is_none());
        assert!(slots.acquire(&job(1)).is_some());
        guards.pop();
        assert!(slots.acquire(&job(0)).is_some());
    }

    #[test]
    fn account_leaves_slots_to_jobs() {
        let slots = BodySlots::default();
        let account: Vec<_> = (0..=MAX_FOR_ACCOUNT)
            .map_while(|_| slots.acquire(&CallbackTarget::Account))
            .collect();
        assert_eq!(account.len(), MAX_FOR_ACCOUNT);
        let jobs: Vec<_> = (0..MAX).map_while(|n| slots.acquire(&job(n))).collect();
        assert_eq!(jobs.len(), MAX - MAX_FOR_ACCOUNT);
        drop(account);
        assert!(slots.acquire(&CallbackTarget::Account).is_some());
    }
}
