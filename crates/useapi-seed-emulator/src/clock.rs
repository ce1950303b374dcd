//! The virtual clock: it starts where it is told to, runs as fast as asked or
//! stands still, and can be put forward.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};
use tokio::sync::Notify;

/// How time passes.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Pace {
    /// Only when the clock is put forward.
    Stopped,
    /// So many seconds to a real one.
    Times(f64),
}

/// Reads the present virtual time.
#[derive(Clone, Debug)]
pub(crate) struct Clock {
    started: Instant,
    origin: Timestamp,
    pace: Pace,
    /// By how many nanoseconds it was put forward, five hundred years at most;
    /// clones share it.
    ahead: Arc<AtomicU64>,
    put_forward: Arc<Notify>,
}

impl Clock {
    pub(crate) fn start(origin: Timestamp, pace: Pace) -> Self {
        Self {
            started: Instant::now(),
            origin,
            pace,
            ahead: Arc::default(),
            put_forward: Arc::default(),
        }
    }

    /// Puts the clock forward.
    pub(crate) fn advance(&self, by: Duration) {
        let by = u64::try_from(by.as_nanos()).unwrap_or(u64::MAX);
        let _ = self
            .ahead
            .fetch_update(Ordering::SeqCst, Ordering::SeqCst, |ahead| {
                Some(ahead.saturating_add(by))
            });
        self.put_forward.notify_waiters();
    }

    /// The virtual time at which the clock was started.
    pub(crate) fn origin(&self) -> Timestamp {
        self.origin
    }

    /// The present virtual time; it stops at the end of the calendar.
    pub(crate) fn now(&self) -> Timestamp {
        let ahead = self.ahead.load(Ordering::SeqCst);
        let time = match self.pace {
            Pace::Stopped => self.origin,
            Pace::Times(speed) => after(self.origin, self.started.elapsed(), speed),
        };
        // Not as a fraction of seconds, which is too coarse after some years.
        time.checked_add(Duration::from_nanos(ahead))
            .unwrap_or(Timestamp::MAX)
    }

    /// Returns as soon as the clock shows this time.
    pub(crate) async fn reaches(&self, time: Timestamp) {
        loop {
            // Before the clock is read, so that nothing is missed in between.
            let put_forward = self.put_forward.notified();
            let left = seconds_between(self.now(), time);
            if left <= 0.0 {
                return;
            }
            match self.pace {
                Pace::Stopped => put_forward.await,
                Pace::Times(speed) => {
                    // A millisecond more, since the clock is read anew.
                    let real = Duration::try_from_secs_f64(left / speed + 0.001);
                    tokio::select! {
                        () = put_forward => {}
                        () = tokio::time::sleep(real.unwrap_or(LONG)) => {}
                    }
                }
            }
        }
    }
}

/// Whether it is in a year that jobs and links can tell, with time before and
/// after it.
pub(crate) fn can_be_shown(time: Timestamp) -> bool {
    let year = time.to_zoned(TimeZone::UTC).year();
    (1..=9998).contains(&year)
}

/// Where a wait is longer than can be told.
const LONG: Duration = Duration::from_secs(60 * 60 * 24 * 365);

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
    format!("{time:.3}")
}

/// A time as `timestamp` shows it: microseconds and a numeric offset.
pub(crate) fn with_microseconds(time: Timestamp) -> String {
    format!("{time:.6}").replace('Z', "+00:00")
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
        let clock = Clock::start(Timestamp::UNIX_EPOCH, Pace::Stopped);
        clock.clone().advance(Duration::from_secs(60));
        clock.advance(Duration::from_secs(1));
        assert_eq!(clock.now().as_second(), 61);
        for _ in 0..1000 {
            clock.advance(Duration::from_micros(900));
        }
        assert_eq!(clock.now().as_millisecond(), 61_900);
        clock.advance(Duration::from_secs(60 * 60 * 24 * 365 * 400));
        clock.advance(Duration::from_nanos(1));
        assert_eq!(clock.now().subsec_nanosecond(), 900_000_001);
        clock.advance(Duration::MAX);
        assert_eq!(clock.now().strftime("%Y").to_string(), "2554");
    }

    #[tokio::test]
    async fn a_time_is_reached_by_putting_forward_or_by_itself() {
        let second = Timestamp::from_second(1).unwrap();
        let clock = Clock::start(Timestamp::UNIX_EPOCH, Pace::Stopped);
        let waiting = tokio::spawn({
            let clock = clock.clone();
            async move { clock.reaches(second).await }
        });
        clock.advance(Duration::from_millis(999));
        tokio::task::yield_now().await;
        assert!(!waiting.is_finished());
        clock.advance(Duration::from_millis(1));
        waiting.await.unwrap();
        let fast = Clock::start(Timestamp::UNIX_EPOCH, Pace::Times(1000.0));
        fast.reaches(second).await;
        assert!(fast.now() >= second);
    }

    #[test]
    fn the_end_of_the_calendar_is_not_passed() {
        let late = after(Timestamp::UNIX_EPOCH, Duration::from_secs(1), f64::MAX);
        assert_eq!(late, Timestamp::MAX);
    }
}
