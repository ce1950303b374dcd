//! When a request is retried, and after which backoff.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::attempts::Attempts;
use crate::error::Error;

/// How often a request is retried, and after which backoff.
///
/// A request is retried only when it was not processed, or is idempotent:
///
/// - nothing was sent: no address, no connection, no TLS;
/// - the service itself rejected it for the moment: 429 with its error body;
/// - it only reads: then also after a timeout, an invalid body, and any status that
///   is not the service's own error.
///
/// A submission whose response was lost is not retried blindly:
/// [`Submission`](crate::Submission) searches for its job first. The service's own
/// 400, 401, 402, 404 and 596 are never retried.
///
/// The backoff is the response's `Retry-After`, or else a random part of a time
/// that doubles. Where it would end after [`max_elapsed`](Self::max_elapsed), the
/// error is returned immediately.
///
/// ```
/// use std::time::Duration;
/// use useapi_seed::{Client, RetryPolicy};
///
/// # fn main() -> Result<(), useapi_seed::Error> {
/// let policy = RetryPolicy::default()
///     .max_attempts(10)
///     .initial_backoff(Duration::from_secs(1))
///     .max_backoff(Duration::from_secs(20))
///     .max_elapsed(Duration::from_secs(600));
/// let client = Client::builder("a-token").retry(policy).build()?;
/// assert_ne!(RetryPolicy::disabled(), RetryPolicy::default());
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RetryPolicy {
    max_attempts: u32,
    initial_backoff: Duration,
    max_backoff: Duration,
    max_elapsed: Duration,
}

impl Default for RetryPolicy {
    /// Four attempts within two minutes; the backoff is up to half a second, and
    /// doubles up to eight.
    fn default() -> Self {
        Self {
            max_attempts: 4,
            initial_backoff: Duration::from_millis(500),
            max_backoff: Duration::from_secs(8),
            max_elapsed: Duration::from_secs(120),
        }
    }
}

impl RetryPolicy {
    /// One attempt.
    #[must_use]
    pub fn disabled() -> Self {
        Self::default().max_attempts(1)
    }

    /// How often a request is sent at most, the first attempt included; 0 is as 1.
    #[must_use]
    pub fn max_attempts(mut self, attempts: u32) -> Self {
        self.max_attempts = attempts;
        self
    }

    /// The longest backoff before the second attempt, when the response has no
    /// `Retry-After`.
    #[must_use]
    pub fn initial_backoff(mut self, backoff: Duration) -> Self {
        self.initial_backoff = backoff;
        self
    }

    /// The longest backoff before any attempt, when the response has no
    /// `Retry-After`.
    #[must_use]
    pub fn max_backoff(mut self, backoff: Duration) -> Self {
        self.max_backoff = backoff;
        self
    }

    /// How long after the first attempt another one may start.
    #[must_use]
    pub fn max_elapsed(mut self, time: Duration) -> Self {
        self.max_elapsed = time;
        self
    }

    /// The backoff before the next attempt, if there is to be one. `jitter` is
    /// between 0 and 1.
    pub(crate) fn backoff(
        &self,
        error: &Error,
        attempts: Attempts,
        jitter: f64,
    ) -> Option<Duration> {
        if attempts.count >= self.max_attempts || !error.class().may_be_retried() {
            return None;
        }
        // Without any backoff the attempts would be a busy loop.
        let backoff = match error.retry_after().filter(|asked| !asked.is_zero()) {
            Some(asked) => asked,
            None => self
                .doubled(attempts.count.saturating_sub(1))
                .mul_f64(jitter),
        };
        let next = attempts.elapsed.checked_add(backoff)?;
        (next <= self.max_elapsed).then_some(backoff)
    }

    /// The backoff after this many searches for a job that may still arrive: by
    /// default 1 s, then 4 s.
    pub(crate) fn search_backoff(&self, searches: u32) -> Duration {
        self.doubled((2 * searches).saturating_sub(1))
    }

    fn doubled(&self, times: u32) -> Duration {
        let backoff = self.initial_backoff.saturating_mul(1 << times.min(31));
        backoff.min(self.max_backoff)
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
        .with_response(response)
    }

    #[test]
    fn backoff_doubles_up_to_limit_with_jitter() {
        let policy = RetryPolicy::default().max_attempts(100);
        let backoff = |count, jitter| {
            let elapsed = Duration::ZERO;
            policy.backoff(&busy(None), Attempts { count, elapsed }, jitter)
        };
        let longest: Vec<_> = (1..8).map(|count| backoff(count, 1.0)).collect();
        let expected = [500, 1000, 2000, 4000, 8000, 8000, 8000];
        let expected = expected.map(|millis| Some(Duration::from_millis(millis)));
        assert_eq!(longest, expected);
        let searches = [1, 2, 3].map(|searches| policy.search_backoff(searches).as_secs());
        assert_eq!(searches, [1, 4, 8]);
        assert_eq!(backoff(3, 0.25), Some(Duration::from_millis(500)));
        assert_eq!(backoff(99, 0.0), Some(Duration::ZERO));
    }

    #[test]
    fn attempts_and_elapsed_time_are_limited() {
        let backoff = |count, elapsed| {
            let elapsed = Duration::from_secs(elapsed);
            let attempts = Attempts { count, elapsed };
            RetryPolicy::default().backoff(&busy(Some("10")), attempts, 1.0)
        };
        assert_eq!(backoff(3, 110), Some(Duration::from_secs(10)));
        assert_eq!(backoff(3, 111), None);
        assert_eq!(backoff(4, 0), None);
        let disabled = RetryPolicy::disabled();
        assert_eq!(disabled.backoff(&busy(None), Attempts::ONE, 0.0), None);
    }

    #[test]
    fn retry_after_of_any_length_is_parsed() {
        let backoff = |value| {
            let error = busy(Some(value));
            RetryPolicy::default().backoff(&error, Attempts::ONE, 1.0)
        };
        assert_eq!(backoff("7"), Some(Duration::from_secs(7)));
        // A year, and more than a duration can hold.
        for value in [
            "31536000",
            "18446744073709551615",
            "Fri, 31 Dec 9999 23:59:59 GMT",
        ] {
            assert_eq!(backoff(value), None, "{value}");
        }
        // No time, or a time in the past: as without the header.
        for value in ["soon", "-5", "", "0", "Sun, 06 Nov 1994 08:49:37 GMT"] {
            assert_eq!(backoff(value), Some(Duration::from_millis(500)), "{value}");
        }
    }
}
