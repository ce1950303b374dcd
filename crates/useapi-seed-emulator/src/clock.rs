//! The virtual clock.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};
use serde::Deserialize;
use tokio::sync::Notify;

/// How many seconds pass on the clock in one real second. A paused clock has 0.
#[derive(Clone, Copy, Debug, PartialEq, Deserialize)]
#[serde(try_from = "f64")]
#[cfg_attr(test, derive(schemars::JsonSchema), schemars(with = "f64"))]
pub(crate) struct TimeScale(f64);

impl TimeScale {
    pub(crate) const PAUSED: Self = Self(0.0);
    pub(crate) const REAL: Self = Self(1.0);

    /// None when the clock is paused.
    pub(crate) fn factor(self) -> Option<f64> {
        (self != Self::PAUSED).then_some(self.0)
    }
}

impl TryFrom<f64> for TimeScale {
    type Error = TimeScaleError;

    fn try_from(time_scale: f64) -> Result<Self, TimeScaleError> {
        if time_scale.is_finite() && time_scale > 0.0 {
            Ok(Self(time_scale))
        } else {
            Err(TimeScaleError { time_scale })
        }
    }
}

/// A time scale that is not a finite number above zero.
#[derive(Clone, Copy, Debug, PartialEq, thiserror::Error)]
#[error("the time scale must be a finite number above zero, not {time_scale}")]
#[non_exhaustive]
pub struct TimeScaleError {
    /// The rejected value.
    pub time_scale: f64,
}

/// A date and time with an offset, in TOML.
#[derive(Clone, Copy, Deserialize)]
#[serde(try_from = "toml::value::Datetime")]
#[cfg_attr(test, derive(schemars::JsonSchema), schemars(with = "String"))]
pub(crate) struct Time(pub(crate) Timestamp);

impl TryFrom<toml::value::Datetime> for Time {
    type Error = &'static str;

    fn try_from(time: toml::value::Datetime) -> Result<Self, Self::Error> {
        let time = time.to_string().parse().ok();
        let time = time.filter(|time| is_representable(*time)).map(Self);
        time.ok_or("not a time such as 2024-02-25T18:00:00Z")
    }
}

/// Clones share the time.
#[derive(Clone, Debug)]
pub(crate) struct Clock {
    origin: Timestamp,
    segment: Arc<Mutex<ClockSegment>>,
    changed: Arc<Notify>,
}

/// The time since the clock was last changed.
#[derive(Debug)]
struct ClockSegment {
    from: Timestamp,
    since: Instant,
    time_scale: TimeScale,
}

impl ClockSegment {
    fn now(&self) -> Timestamp {
        let elapsed = self.since.elapsed().as_secs_f64() * self.time_scale.0;
        SignedDuration::try_from_secs_f64(elapsed)
            .ok()
            .and_then(|elapsed| self.from.checked_add(elapsed).ok())
            .unwrap_or(Timestamp::MAX)
    }
}

impl Clock {
    pub(crate) fn start(origin: Timestamp, time_scale: TimeScale) -> Self {
        Self {
            origin,
            segment: Arc::new(Mutex::new(ClockSegment {
                from: origin,
                since: Instant::now(),
                time_scale,
            })),
            changed: Arc::default(),
        }
    }

    // No change can panic halfway, so a poisoned lock is harmless.
    fn segment(&self) -> MutexGuard<'_, ClockSegment> {
        self.segment.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn change(&self, by: Duration, time_scale: Option<TimeScale>) {
        {
            let mut segment = self.segment();
            let now = segment.now();
            segment.from = now.checked_add(by).unwrap_or(Timestamp::MAX);
            segment.since = Instant::now();
            segment.time_scale = time_scale.unwrap_or(segment.time_scale);
        }
        self.changed.notify_waiters();
    }

    pub(crate) fn advance(&self, by: Duration) {
        self.change(by, None);
    }

    pub(crate) fn set_time_scale(&self, time_scale: TimeScale) {
        self.change(Duration::ZERO, Some(time_scale));
    }

    pub(crate) fn time_scale(&self) -> TimeScale {
        self.segment().time_scale
    }

    /// The time at the start.
    pub(crate) fn origin(&self) -> Timestamp {
        self.origin
    }

    /// The current time. It ends with the calendar.
    pub(crate) fn now(&self) -> Timestamp {
        self.segment().now()
    }

    pub(crate) async fn sleep_until(&self, time: Timestamp) {
        loop {
            // Before the clock is read, so that no change is missed.
            let changed = self.changed.notified();
            let left = seconds_between(self.now(), time);
            if left <= 0.0 {
                return;
            }
            // A paused clock gives an infinite duration. The millisecond makes up
            // for rounding.
            let real = Duration::try_from_secs_f64(left / self.time_scale().0 + 0.001);
            tokio::select! {
                () = changed => {}
                () = tokio::time::sleep(real.unwrap_or(LONGEST_SLEEP)) => {}
            }
        }
    }
}

const LONGEST_SLEEP: Duration = Duration::from_secs(60 * 60 * 24 * 365);

/// Whether jobs and links can be dated around this time.
pub(crate) fn is_representable(time: Timestamp) -> bool {
    let year = time.to_zoned(TimeZone::UTC).year();
    (1..=9998).contains(&year)
}

pub(crate) fn seconds_between(from: Timestamp, to: Timestamp) -> f64 {
    to.duration_since(from).as_secs_f64()
}

/// A time in the format of `created` and `updated`: milliseconds and `Z`.
pub(crate) fn with_milliseconds(time: Timestamp) -> String {
    format!("{time:.3}")
}

/// A time in the format of `timestamp`: microseconds and a numeric offset.
pub(crate) fn with_microseconds(time: Timestamp) -> String {
    format!("{time:.6}").replace('Z', "+00:00")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_have_the_documented_formats() {
        let time: Timestamp = "2023-09-09T02:04:51.926Z".parse().unwrap();
        assert_eq!(with_milliseconds(time), "2023-09-09T02:04:51.926Z");
        assert_eq!(with_microseconds(time), "2023-09-09T02:04:51.926000+00:00");
        let second: Timestamp = "2023-09-09T02:04:51Z".parse().unwrap();
        assert_eq!(with_milliseconds(second), "2023-09-09T02:04:51.000Z");
        assert_eq!(
            with_microseconds(second),
            "2023-09-09T02:04:51.000000+00:00"
        );
    }

    #[test]
    fn time_scale_multiplies_real_time() {
        let clock = Clock::start(Timestamp::UNIX_EPOCH, TimeScale(3600.0));
        std::thread::sleep(Duration::from_millis(2));
        assert!(clock.now().as_second() >= 7);
        let fastest = Clock::start(Timestamp::UNIX_EPOCH, TimeScale(f64::MAX));
        std::thread::sleep(Duration::from_millis(2));
        assert_eq!(fastest.now(), Timestamp::MAX);
    }

    #[test]
    fn advance_is_exact_and_ends_with_the_calendar() {
        let clock = Clock::start(Timestamp::UNIX_EPOCH, TimeScale::PAUSED);
        clock.clone().advance(Duration::from_secs(60));
        for _ in 0..1000 {
            clock.advance(Duration::from_micros(900));
        }
        assert_eq!(clock.now().as_millisecond(), 60_900);
        clock.advance(Duration::from_secs(60 * 60 * 24 * 365 * 400));
        clock.advance(Duration::from_nanos(1));
        assert_eq!(clock.now().subsec_nanosecond(), 900_000_001);
        clock.advance(Duration::MAX);
        assert_eq!(clock.now(), Timestamp::MAX);
    }

    #[tokio::test]
    async fn sleep_ends_when_the_clock_is_advanced() {
        let second = Timestamp::from_second(1).unwrap();
        let clock = Clock::start(Timestamp::UNIX_EPOCH, TimeScale::PAUSED);
        let sleep = tokio::spawn({
            let clock = clock.clone();
            async move { clock.sleep_until(second).await }
        });
        clock.advance(Duration::from_millis(999));
        tokio::task::yield_now().await;
        assert!(!sleep.is_finished());
        clock.advance(Duration::from_millis(1));
        sleep.await.unwrap();
    }

    #[tokio::test]
    async fn sleep_follows_a_new_time_scale() {
        let year = Timestamp::from_second(60 * 60 * 24 * 365).unwrap();
        let clock = Clock::start(Timestamp::UNIX_EPOCH, TimeScale::REAL);
        let sleep = tokio::spawn({
            let clock = clock.clone();
            async move { clock.sleep_until(year).await }
        });
        tokio::task::yield_now().await;
        clock.set_time_scale(TimeScale(1e9));
        sleep.await.unwrap();
        clock.set_time_scale(TimeScale::PAUSED);
        let now = clock.now();
        assert!(now >= year);
        assert_eq!(clock.now(), now);
    }

    #[test]
    fn time_scale_must_be_finite_and_positive() {
        assert_eq!(TimeScale::try_from(0.5), Ok(TimeScale(0.5)));
        for invalid in [0.0, -1.0, f64::INFINITY, f64::NAN] {
            assert!(TimeScale::try_from(invalid).is_err(), "{invalid}");
        }
    }
}
