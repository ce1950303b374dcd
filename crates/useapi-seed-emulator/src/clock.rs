//! The virtual clock: it starts where it is told to, runs as fast as asked or
//! stands still, and can be put forward.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};
use serde::Deserialize;
use tokio::sync::Notify;

/// How time passes.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Pace {
    /// Only when the clock is put forward.
    Stopped,
    /// So many seconds to a real one.
    Times(Speed),
}

/// How many seconds pass in a real one: a finite number above zero.
#[derive(Clone, Copy, Debug, PartialEq, Deserialize)]
#[serde(try_from = "f64")]
#[cfg_attr(test, derive(schemars::JsonSchema), schemars(with = "f64"))]
pub(crate) struct Speed(f64);

impl Speed {
    pub(crate) const REAL: Self = Self(1.0);

    pub(crate) fn number(self) -> f64 {
        self.0
    }
}

impl TryFrom<f64> for Speed {
    type Error = TimeScaleError;

    fn try_from(speed: f64) -> Result<Self, TimeScaleError> {
        if speed.is_finite() && speed > 0.0 {
            Ok(Self(speed))
        } else {
            Err(TimeScaleError { time_scale: speed })
        }
    }
}

/// A clock's speed that is no finite number above zero.
#[derive(Clone, Copy, Debug, PartialEq, thiserror::Error)]
#[error("the time scale must be a finite number above zero, not {time_scale}")]
#[non_exhaustive]
pub struct TimeScaleError {
    /// The rejected value.
    pub time_scale: f64,
}

/// Reads the present virtual time.
#[derive(Clone, Debug)]
pub(crate) struct Clock {
    origin: Timestamp,
    /// Clones share it.
    course: Arc<Mutex<Course>>,
    changed: Arc<Notify>,
}

/// How its time has passed since it was last given a pace.
#[derive(Debug)]
struct Course {
    since: Instant,
    from: Timestamp,
    pace: Pace,
    /// By how many nanoseconds it was put forward in all, five hundred years at
    /// most.
    ahead: u64,
}

impl Course {
    /// The time at this instant, without that by which it was put forward.
    fn at(&self, instant: Instant) -> Timestamp {
        match self.pace {
            Pace::Stopped => self.from,
            Pace::Times(speed) => after(self.from, instant - self.since, speed),
        }
    }
}

impl Clock {
    pub(crate) fn start(origin: Timestamp, pace: Pace) -> Self {
        let course = Course {
            since: Instant::now(),
            from: origin,
            pace,
            ahead: 0,
        };
        Self {
            origin,
            course: Arc::new(Mutex::new(course)),
            changed: Arc::default(),
        }
    }

    // Nothing leaves it half changed, so that a poisoned lock does no harm.
    fn course(&self) -> MutexGuard<'_, Course> {
        self.course.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Puts the clock forward.
    pub(crate) fn advance(&self, by: Duration) {
        let by = u64::try_from(by.as_nanos()).unwrap_or(u64::MAX);
        {
            let mut course = self.course();
            course.ahead = course.ahead.saturating_add(by);
        }
        self.changed.notify_waiters();
    }

    /// From now on, it runs at this pace.
    pub(crate) fn set_pace(&self, pace: Pace) {
        {
            let mut course = self.course();
            let now = Instant::now();
            course.from = course.at(now);
            course.since = now;
            course.pace = pace;
        }
        self.changed.notify_waiters();
    }

    pub(crate) fn pace(&self) -> Pace {
        self.course().pace
    }

    /// The virtual time at which the clock was started.
    pub(crate) fn origin(&self) -> Timestamp {
        self.origin
    }

    /// The present virtual time; it stops at the end of the calendar.
    pub(crate) fn now(&self) -> Timestamp {
        let course = self.course();
        // Not as a fraction of seconds, which is too coarse after some years.
        let time = course
            .at(Instant::now())
            .checked_add(Duration::from_nanos(course.ahead));
        time.unwrap_or(Timestamp::MAX)
    }

    /// Returns as soon as the clock shows this time.
    pub(crate) async fn reaches(&self, time: Timestamp) {
        loop {
            // Before the clock is read, so that nothing is missed in between.
            let changed = self.changed.notified();
            let left = seconds_between(self.now(), time);
            if left <= 0.0 {
                return;
            }
            match self.pace() {
                Pace::Stopped => changed.await,
                Pace::Times(speed) => {
                    // A millisecond more, since the clock is read anew.
                    let real = Duration::try_from_secs_f64(left / speed.number() + 0.001);
                    tokio::select! {
                        () = changed => {}
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

fn after(origin: Timestamp, elapsed: Duration, speed: Speed) -> Timestamp {
    SignedDuration::try_from_secs_f64(elapsed.as_secs_f64() * speed.number())
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
        let minute = after(origin, Duration::from_secs(1), Speed(60.0));
        assert_eq!(minute.as_second(), 60);
        assert_eq!(
            after(origin, Duration::from_secs(8), Speed(0.25)).as_second(),
            2
        );
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
        let fast = Clock::start(Timestamp::UNIX_EPOCH, Pace::Times(Speed(1000.0)));
        fast.reaches(second).await;
        assert!(fast.now() >= second);
    }

    #[tokio::test]
    async fn another_pace_changes_what_is_still_to_come() {
        let year = Timestamp::from_second(60 * 60 * 24 * 365).unwrap();
        let clock = Clock::start(Timestamp::UNIX_EPOCH, Pace::Times(Speed::REAL));
        let waiting = tokio::spawn({
            let clock = clock.clone();
            async move { clock.reaches(year).await }
        });
        tokio::task::yield_now().await;
        clock.set_pace(Pace::Times(Speed(1e9)));
        waiting.await.unwrap();
        clock.set_pace(Pace::Stopped);
        let shown = clock.now();
        assert!(shown >= year);
        clock.advance(Duration::from_secs(1));
        assert_eq!(
            seconds_between(shown, clock.now()).to_bits(),
            1.0_f64.to_bits()
        );
    }

    #[test]
    fn a_speed_is_finite_and_above_zero() {
        assert_eq!(Speed::try_from(0.5), Ok(Speed(0.5)));
        for speed in [0.0, -1.0, f64::INFINITY, f64::NAN] {
            assert!(Speed::try_from(speed).is_err(), "{speed}");
        }
    }

    #[test]
    fn the_end_of_the_calendar_is_not_passed() {
        let late = after(
            Timestamp::UNIX_EPOCH,
            Duration::from_secs(1),
            Speed(f64::MAX),
        );
        assert_eq!(late, Timestamp::MAX);
    }
}
