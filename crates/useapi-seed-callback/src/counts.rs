//! How many callbacks came, and what became of them.

use std::sync::atomic::{AtomicU64, Ordering};

/// How many callbacks a receiver has had, by what became of them.
///
/// ```
/// # let client = useapi_seed::Client::builder("a-token").build().unwrap();
/// # tokio::runtime::Runtime::new().unwrap().block_on(async {
/// use useapi_seed_callback::{Key, Receiver};
///
/// let key = Key::new([7; 32]);
/// let (receiver, _events) = Receiver::builder(client, "https://example.com", key).build()?;
/// receiver.receive("/job/of/another/address", b"{}").unwrap_err();
/// assert_eq!(receiver.counts().strangers, 1);
/// # Ok::<(), useapi_seed_callback::AddressError>(())
/// # }).unwrap();
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Counts {
    /// Came to an address of ours and could be read.
    pub accepted: u64,
    /// Came to an address that is none of ours.
    pub strangers: u64,
    /// Came to an address of ours, and could not be read.
    pub unreadable: u64,
    /// Were about another job than that of the address, by their own words or by
    /// the API's.
    pub mismatched: u64,
    /// Said that a job has ended, which the API does not confirm.
    pub unconfirmed: u64,
    /// Said what was known: of jobs that had ended, or were to be looked at anyway.
    pub repeated: u64,
    /// Were dropped: too many came at once, or the API could not be asked. So are ends
    /// that found [`Events`](crate::Events) full; those are kept. Polling finds the rest.
    pub dropped: u64,
}

macro_rules! tallies {
    ($($name:ident),*) => {
        /// The same, counting.
        #[derive(Debug, Default)]
        pub(crate) struct Tallies {
            $(pub(crate) $name: Tally,)*
        }

        impl Tallies {
            pub(crate) fn counts(&self) -> Counts {
                Counts { $($name: self.$name.0.load(Ordering::Relaxed),)* }
            }
        }
    };
}

tallies!(
    accepted,
    strangers,
    unreadable,
    mismatched,
    unconfirmed,
    repeated,
    dropped
);

#[derive(Debug, Default)]
pub(crate) struct Tally(AtomicU64);

impl Tally {
    pub(crate) fn one_more(&self) {
        self.0.fetch_add(1, Ordering::Relaxed);
    }
}
