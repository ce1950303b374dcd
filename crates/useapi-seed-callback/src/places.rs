//! Places to read bodies in.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use crate::address::Subject;

/// How many bodies may be read at once, each of a megabyte at most.
pub(crate) const ALL: usize = 64;
/// How many of them at one address: slow ones at one that has become known keep
/// only its own job's out.
pub(crate) const OF_ONE: usize = 8;

/// The places that are taken, by the job that the address is for; none for an
/// account's.
#[derive(Clone, Default)]
pub(crate) struct Places(Arc<Mutex<HashMap<Option<String>, usize>>>);

/// Free again when dropped.
pub(crate) struct Place {
    places: Places,
    of: Option<String>,
}

impl Places {
    pub(crate) fn take(&self, address: &Subject) -> Option<Place> {
        let of = address.parent().map(ToOwned::to_owned);
        let mut taken = self.taken();
        // An account's address is called about many jobs.
        let limit = if of.is_some() { OF_ONE } else { ALL / 2 };
        if taken.values().sum::<usize>() >= ALL
            || taken.get(&of).is_some_and(|count| *count >= limit)
        {
            return None;
        }
        *taken.entry(of.clone()).or_default() += 1;
        drop(taken);
        Some(Place {
            places: self.clone(),
            of,
        })
    }

    fn taken(&self) -> MutexGuard<'_, HashMap<Option<String>, usize>> {
        // Each change is made whole.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let mut taken = self.places.taken();
        if let Some(count) = taken.get_mut(&self.of) {
            *count -= 1;
            if *count == 0 {
                taken.remove(&self.of);
            }
        }
    }
}
