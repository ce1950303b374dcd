//! Values on the command line, in the environment and in the configuration file.

use std::num::NonZeroUsize;
use std::time::Duration;

pub(crate) fn above_zero(text: &str) -> Result<f64, &'static str> {
    text.parse()
        .ok()
        .filter(|number: &f64| number.is_finite() && *number > 0.0)
        .ok_or("it has to be a number above zero, such as 0.5 or 30")
}

pub(crate) fn whole_above_zero(text: &str) -> Result<NonZeroUsize, &'static str> {
    text.parse()
        .map_err(|_| "it has to be a whole number above zero")
}

pub(crate) fn seconds(text: &str) -> Result<Duration, &'static str> {
    let duration = Duration::try_from_secs_f64(above_zero(text)?);
    duration
        .ok()
        .filter(|duration| !duration.is_zero())
        .ok_or("it is no number of seconds that a clock can count")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn seconds_are_positive_and_finite() {
        assert_eq!(seconds("0.25"), Ok(Duration::from_millis(250)));
        assert_eq!(seconds("30"), Ok(Duration::from_secs(30)));
        for text in [
            "", "0", "-1", "nan", "inf", "1e300", "1e-300", "10s", "--out",
        ] {
            assert!(seconds(text).is_err(), "{text}");
        }
    }
}
