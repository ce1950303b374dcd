//! The virtual clock: it starts at the real time, runs as fast as asked, and can
//! be put forward.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use jiff::{SignedDuration, Timestamp};

/// Reads the present virtual time. Nothing waits for it: every state is
/// computed from what it shows when a request comes in.
#[derive(Clone, Debug)]
pub(crate) struct Clock {
    started: Instant,
    origin: Timestamp,
    speed: f64,
    /// By how many milliseconds it was put forward; clones share it.
    ahead: Arc<AtomicU64>,
}

impl Clock {
    pub(crate) fn start(speed: f64) -> Self {
        Self {
            started: Instant::now(),
            origin: Timestamp::now(),
            speed,
            ahead: Arc::default(),
        }
    }

    /// Puts the clock forward.
    pub(crate) fn advance(&self, by: Duration) {
        let by = u64::try_from(by.as_millis()).unwrap_or(u64::MAX);
        let _ = self
            .ahead
            .fetch_update(Ordering::SeqCst, Ordering::SeqCst, |ahead| {
                Some(ahead.saturating_add(by))
            });
    }

    /// The virtual time at which the clock was started.
    pub(crate) fn origin(&self) -> Timestamp {
        self.origin
    }

    /// The present virtual time; it stops at the end of the calendar.
    pub(crate) fn now(&self) -> Timestamp {
        let ahead = Duration::from_millis(self.ahead.load(Ordering::SeqCst));
        let time = after(self.origin, self.started.elapsed(), self.speed);
        after(time, ahead, 1.0)
    }
}

fn after(origin: Timestamp, elapsed: Duration, speed: f64) -> Timestamp {
    SignedDuration::try_from_secs_f64(elapsed.as_secs_f64() * speed)
        .ok()
        .and_then(|passed| origin.checked_add(passed).ok())
        .unwrap_or(Timestamp::MAX)
}

/// The seconds from one time to a later one.
pub(crate) fn seconds_between(from: Timestamp, to: Timestamp) -> f64 {
    to.duration_since(from).as_secs_f64()
}

/// A time as `created` and `updated` show it: milliseconds and `Z`.
pub(crate) fn with_milliseconds(time: Timestamp) -> String {
    time.strftime("%Y-%m-%dT%H:%M:%S.%3fZ").to_string()
}

/// A time as `timestamp` shows it: microseconds and a numeric offset.
pub(crate) fn with_microseconds(time: Timestamp) -> String {
    time.strftime("%Y-%m-%dT%H:%M:%S.%6f+00:00").to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_written_as_documented() {
        let time: Timestamp = "2023-09-09T02:04:51.926Z".parse().unwrap();
        assert_eq!(with_milliseconds(time), "2023-09-09T02:04:51.926Z");
        assert_eq!(with_microseconds(time), "2023-09-09T02:04:51.926000+00:00");
        let whole: Timestamp = "2023-09-09T02:04:51Z".parse().unwrap();
        assert_eq!(with_milliseconds(whole), "2023-09-09T02:04:51.000Z");
        assert_eq!(with_microseconds(whole), "2023-09-09T02:04:51.000000+00:00");
    }

    #[test]
    fn speed_stretches_what_has_passed() {
        let origin = Timestamp::UNIX_EPOCH;
        let minute = after(origin, Duration::from_secs(1), 60.0);
        assert_eq!(minute.as_second(), 60);
        assert_eq!(after(origin, Duration::from_secs(8), 0.25).as_second(), 2);
    }

    #[test]
    fn every_clone_is_put_forward() {
        let clock = Clock::start(f64::MIN_POSITIVE);
        clock.clone().advance(Duration::from_secs(60));
        clock.advance(Duration::from_secs(1));
        let passed = clock.now().as_second() - clock.origin().as_second();
        assert!((61..=62).contains(&passed), "{passed}");
        clock.advance(Duration::MAX);
        assert_eq!(clock.now(), Timestamp::MAX);
    }

    #[test]
    fn the_end_of_the_calendar_is_not_passed() {
        let late = after(Timestamp::UNIX_EPOCH, Duration::from_secs(1), f64::MAX);
        assert_eq!(late, Timestamp::MAX);
    }
}
