//! How many calls of the API callbacks may cause in a second.

use std::num::NonZeroU32;

use governor::clock::{Clock, MonotonicClock};
use governor::middleware::NoOpMiddleware;
use governor::state::{InMemoryState, NotKeyed};
use governor::{Quota, RateLimiter};
use tokio::time::sleep;

/// So many calls in a second, and as many at once after a second of rest.
pub(crate) struct Budget {
    limiter: RateLimiter<NotKeyed, InMemoryState, MonotonicClock, Instants>,
    clock: MonotonicClock,
}

type Instants = NoOpMiddleware<<MonotonicClock as Clock>::Instant>;

impl Budget {
    pub(crate) fn per_second(calls: NonZeroU32) -> Self {
        let clock = MonotonicClock;
        Self {
            limiter: RateLimiter::direct_with_clock(Quota::per_second(calls), clock.clone()),
            clock,
        }
    }

    /// Returns when one more call may be made.
    pub(crate) async fn take(&self) {
        while let Err(later) = self.limiter.check() {
            sleep(later.wait_time_from(self.clock.now())).await;
        }
    }
}
