//! Whether an image is asked for once more, and when.
//!
//! Asking for an image changes nothing at its host, so that it may be done
//! again; but a host that keeps failing is left alone.

use std::time::Duration;

use crate::error::Error;

/// Two bad moments one after the other are likely in a bad network; after three
/// the fault will hardly pass while the caller waits.
const IN_A_ROW: u32 = 3;
/// Between attempts, times the number of those that failed.
const PAUSE: Duration = Duration::from_millis(200);
/// Whoever asks for a longer pause gets no further attempt: the caller decides.
const LONGEST_PAUSE: Duration = Duration::from_secs(30);

/// How an attempt failed.
#[derive(Debug)]
pub(super) struct Failure {
    error: Error,
    /// The least pause before another attempt; none when there is no use in it.
    again: Option<Duration>,
}

impl Failure {
    /// Another attempt would end the same.
    pub(super) fn lasting(error: Error) -> Self {
        Self { error, again: None }
    }

    /// Another attempt may fare better.
    pub(super) fn passing(error: Error) -> Self {
        Self {
            error,
            again: Some(Duration::ZERO),
        }
    }

    /// The host asks for a pause of so many seconds.
    pub(super) fn not_before(mut self, seconds: Option<u64>) -> Self {
        self.again = seconds.map(Duration::from_secs).or(self.again);
        self
    }
}

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        Self::lasting(error)
    }
}

/// The failed attempts at one image.
#[derive(Debug, Default)]
pub(super) struct Attempts {
    made: u32,
    in_a_row: u32,
}

impl Attempts {
    /// How many have failed.
    pub(super) fn made(&self) -> u32 {
        self.made
    }

    /// How long to wait before the next attempt; the error when there is to be
    /// none. One that `went_on` with what had come before was not in vain.
    pub(super) fn after(&mut self, failure: Failure, went_on: bool) -> Result<Duration, Error> {
        self.made = self.made.saturating_add(1);
        if went_on {
            self.in_a_row = 0;
        }
        self.in_a_row += 1;
        match failure.again {
            Some(least) if self.in_a_row < IN_A_ROW && least <= LONGEST_PAUSE => {
                Ok(least.max(PAUSE * self.in_a_row))
            }
            _ => Err(failure.error),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::images::fault::{ImageFault, image_error};

    fn passing() -> Failure {
        Failure::passing(image_error(ImageFault::Cut(1)))
    }

    #[test]
    fn only_attempts_in_vain_are_counted() {
        let mut attempts = Attempts::default();
        assert_eq!(attempts.after(passing(), false).unwrap(), PAUSE);
        assert_eq!(attempts.after(passing(), false).unwrap(), PAUSE * 2);
        for _ in 0..100 {
            assert_eq!(attempts.after(passing(), true).unwrap(), PAUSE);
        }
        assert_eq!(attempts.after(passing(), false).unwrap(), PAUSE * 2);
        assert!(attempts.after(passing(), false).is_err());
    }

    #[test]
    fn a_host_that_asks_for_a_pause_gets_it_or_is_left_alone() {
        let pause = |seconds| Attempts::default().after(passing().not_before(seconds), false);
        assert_eq!(pause(None).unwrap(), PAUSE);
        assert_eq!(pause(Some(0)).unwrap(), PAUSE);
        assert_eq!(pause(Some(30)).unwrap(), LONGEST_PAUSE);
        assert!(pause(Some(31)).is_err());
        assert!(pause(Some(u64::MAX)).is_err());
    }

    #[test]
    fn what_would_end_the_same_is_not_tried_again() {
        let lasting = Failure::lasting(image_error(ImageFault::NoLink));
        assert!(Attempts::default().after(lasting, true).is_err());
    }
}
