//! When a request is repeated, and how long after the last one.

use std::time::Duration;

use crate::error::Error;

/// How often a request to the API is repeated, and after how long.
///
/// A request is repeated only when it cannot have been carried out, or when it
/// would not matter:
///
/// - nothing was sent: no address, no connection, no TLS;
/// - the service itself rejected it for the moment: 429 with its error body;
/// - it only reads: then also after a timeout, an unusable body, and any status
///   that is not the service's own error.
///
/// A submission whose response was lost is not repeated; what is done then says
/// [`SubmitSeed::send`](crate::SubmitSeed::send). The service's own 400, 401, 402, 404
/// and 596 never are.
///
/// The pause before a repetition is what the answer's `RetryPolicy-After` says, or else
/// a random part of a time that doubles. Where it would lead beyond
/// [`within`](Self::within), the error is given at once.
///
/// ```
/// use std::time::Duration;
/// use useapi_seed::{Client, RetryPolicy};
///
/// # fn main() -> Result<(), useapi_seed::Error> {
/// let patient = RetryPolicy::default().attempts(10).within(Duration::from_secs(600));
/// let client = Client::builder("a-token").retry(patient).build()?;
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RetryPolicy {
    attempts: u32,
    first: Duration,
    longest: Duration,
    within: Duration,
}

/// What a request does at the service.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Idempotency {
    /// It asks.
    Safe,
    /// It starts a job, or ends one, or puts an account back to work.
    Unsafe,
}

/// What has been tried of a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Attempts {
    pub(crate) attempts: u32,
    pub(crate) elapsed: Duration,
}

impl Default for RetryPolicy {
    /// Four attempts within two minutes; before the second up to half a second,
    /// doubled each time up to eight.
    fn default() -> Self {
        Self {
            attempts: 4,
            first: Duration::from_millis(500),
            longest: Duration::from_secs(8),
            within: Duration::from_secs(120),
        }
    }
}

impl RetryPolicy {
    /// One attempt.
    #[must_use]
    pub fn disabled() -> Self {
        Self::default().attempts(1)
    }

    /// How often a request is sent at most, the first time included. 0 is as 1.
    #[must_use]
    pub fn attempts(mut self, attempts: u32) -> Self {
        self.attempts = attempts;
        self
    }

    /// The longest pause before the second attempt, when the answer asks for
    /// none.
    #[must_use]
    pub fn initial_backoff(mut self, pause: Duration) -> Self {
        self.first = pause;
        self
    }

    /// The longest pause before any attempt, when the answer asks for none.
    #[must_use]
    pub fn max_backoff(mut self, pause: Duration) -> Self {
        self.longest = pause;
        self
    }

    /// How long after the first attempt another one may still begin.
    #[must_use]
    pub fn within(mut self, time: Duration) -> Self {
        self.within = time;
        self
    }

    /// How long to wait before the request is repeated, if it is to be. `jitter`
    /// is between 0 and 1.
    pub(crate) fn pause(&self, error: &Error, tried: Attempts, jitter: f64) -> Option<Duration> {
        if tried.attempts >= self.attempts || !error.class().may_be_retried() {
            return None;
        }
        // A pause of no time at all would be a loop of calls.
        let pause = match error.retry_after().filter(|asked| !asked.is_zero()) {
            Some(asked) => asked,
            None => self.max_backoff_for(tried.attempts).mul_f64(jitter),
        };
        let begins = tried.elapsed.checked_add(pause)?;
        (begins <= self.within).then_some(pause)
    }

    /// The pause after so many looks for a job, which may still be on its way: by
    /// default one second, then four.
    pub(crate) fn search_backoff(&self, looks: u32) -> Duration {
        let doublings = (2 * looks).saturating_sub(1).min(31);
        self.first.saturating_mul(1 << doublings).min(self.longest)
    }

    /// The longest pause after so many attempts.
    pub(crate) fn max_backoff_for(&self, attempts: u32) -> Duration {
        let doublings = attempts.saturating_sub(1).min(31);
        self.first.saturating_mul(1 << doublings).min(self.longest)
    }
}

#[cfg(test)]
mod tests {
    use reqwest::StatusCode;
    use reqwest::header::{HeaderMap, HeaderValue, RETRY_AFTER};
    use useapi_seed_raw::{BodyStatus, RawResponse};

    use super::*;
    use crate::error::{ErrorKind, RequestStatus};

    fn busy(retry_after: Option<&'static str>) -> Error {
        let mut headers = HeaderMap::new();
        if let Some(value) = retry_after {
            headers.insert(RETRY_AFTER, HeaderValue::from_static(value));
        }
        let status = StatusCode::TOO_MANY_REQUESTS;
        let response = RawResponse::new(status, headers, "".into(), BodyStatus::Complete);
        let executing = Vec::new();
        Error::new(
            ErrorKind::TooManyJobs { executing },
            RequestStatus::ResponseReceived,
        )
        .with_response(Some(response))
    }

    const ONCE: Attempts = Attempts {
        attempts: 1,
        elapsed: Duration::ZERO,
    };

    #[test]
    fn pauses_double_up_to_a_limit_and_have_jitter() {
        let retry = RetryPolicy::default().attempts(100);
        let pause = |attempts, jitter| {
            let elapsed = Duration::ZERO;
            retry.pause(&busy(None), Attempts { attempts, elapsed }, jitter)
        };
        let longest: Vec<_> = (1..8).map(|attempts| pause(attempts, 1.0)).collect();
        let expected = [500, 1000, 2000, 4000, 8000, 8000, 8000];
        assert_eq!(
            longest,
            expected.map(|pause| Some(Duration::from_millis(pause)))
        );
        let looks = [1, 2, 3].map(|looks| retry.search_backoff(looks).as_secs());
        assert_eq!(looks, [1, 4, 8]);
        assert_eq!(pause(3, 0.25), Some(Duration::from_millis(500)));
        assert_eq!(pause(99, 0.0), Some(Duration::ZERO));
    }

    #[test]
    fn attempts_and_time_have_limits() {
        let tried = |attempts, elapsed| {
            let elapsed = Duration::from_secs(elapsed);
            let tried = Attempts { attempts, elapsed };
            RetryPolicy::default().pause(&busy(Some("10")), tried, 1.0)
        };
        assert_eq!(tried(3, 110), Some(Duration::from_secs(10)));
        assert_eq!(tried(3, 111), None);
        assert_eq!(tried(4, 0), None);
        assert_eq!(RetryPolicy::disabled().pause(&busy(None), ONCE, 0.0), None);
    }

    #[test]
    fn the_answer_may_ask_for_any_pause() {
        let pause = |value| RetryPolicy::default().pause(&busy(Some(value)), ONCE, 1.0);
        assert_eq!(pause("7"), Some(Duration::from_secs(7)));
        // A year, and more than there is.
        for value in [
            "31536000",
            "18446744073709551615",
            "Fri, 31 Dec 9999 23:59:59 GMT",
        ] {
            assert_eq!(pause(value), None, "{value}");
        }
        // No time at all, or a time in the past: as without it.
        for value in ["soon", "-5", "", "0", "Sun, 06 Nov 1994 08:49:37 GMT"] {
            assert_eq!(pause(value), Some(Duration::from_millis(500)), "{value}");
        }
    }
}
