//! Values on the command line, in the environment and in the configuration file.

use std::num::NonZeroUsize;
use std::time::Duration;

use jiff::SignedDuration;

use crate::text::IMAGES_SHOWN;

pub(crate) fn positive_number(text: &str) -> Result<f64, &'static str> {
    text.parse()
        .ok()
        .filter(|number: &f64| number.is_finite() && *number > 0.0)
        .ok_or("expected a positive number such as 0.5 or 60")
}

pub(crate) fn positive_integer(text: &str) -> Result<NonZeroUsize, &'static str> {
    text.parse().map_err(|_| "expected a positive integer")
}

pub(crate) fn image_number(text: &str) -> Result<usize, &'static str> {
    text.trim()
        .parse()
        .ok()
        .filter(|number| (1..=IMAGES_SHOWN).contains(number))
        .ok_or("expected image numbers from 1 to 16 such as 1,3")
}

/// `10s`, `5m`, `1h30m`; a bare number is in seconds.
pub(crate) fn duration(text: &str) -> Result<Duration, &'static str> {
    let duration = match text.parse() {
        Ok(seconds) => Duration::try_from_secs_f64(seconds).ok(),
        Err(_) => text
            .parse::<SignedDuration>()
            .ok()
            .and_then(|duration| duration.try_into().ok()),
    };
    duration
        .filter(|duration| !duration.is_zero())
        .ok_or("expected a positive duration such as 30s or 5m")
}

/// As [`duration`] reads it.
pub(crate) fn show_duration(duration: Duration) -> String {
    SignedDuration::try_from(duration).map_or_else(
        |_| format!("{}s", duration.as_secs()),
        |duration| format!("{duration:#}"),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_are_positive_and_finite() {
        for (text, millis) in [
            ("0.25", 250),
            ("30", 30_000),
            ("10s", 10_000),
            ("1.5s", 1_500),
            ("5m", 300_000),
            ("1h30m", 5_400_000),
            ("250ms", 250),
        ] {
            assert_eq!(duration(text), Ok(Duration::from_millis(millis)), "{text}");
        }
        for text in [
            "", "0", "0s", "-1", "-5m", "nan", "inf", "1e300", "1e-300", "10x", "s", "--dir",
        ] {
            assert!(duration(text).is_err(), "{text}");
        }
    }

    #[test]
    fn durations_are_shown_as_they_are_read() {
        for text in ["10s", "15m", "1h 30m", "250ms"] {
            assert_eq!(show_duration(duration(text).unwrap()), text);
        }
    }
}
