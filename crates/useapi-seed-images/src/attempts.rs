//! Which URL of an image is tried next, and when.
//!
//! A GET is safe to retry; a host that keeps failing gets no further request.

use std::time::Duration;

use tokio::time::Instant;
use url::Url;

use crate::error::{DownloadError, Result, Retry};
use crate::limits::Limits;

/// At least this many consecutive attempts, however long they take: one or two
/// stalls are likely in a bad network.
const MIN_ATTEMPTS: u32 = 3;
/// The backoff doubles up to this after each failed attempt at a URL.
const MAX_BACKOFF: Duration = Duration::from_secs(5);

/// What the next attempt can use of a failed one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Remainder {
    /// Nothing.
    Nothing,
    /// The start of a file that can be resumed at the same URL.
    Resumable,
    /// The same, and more of it than before.
    Progress,
}

/// The attempts to download one image.
#[derive(Debug)]
pub(crate) struct Attempts {
    candidates: Vec<Candidate>,
    current: usize,
    limits: Limits,
    /// None when it is too far in the future.
    deadline: Option<Instant>,
    count: u32,
    /// Since when, and in how many attempts, the file has not grown.
    stuck_since: Instant,
    consecutive: u32,
    /// Why a URL is not tried any more.
    permanent_error: Option<DownloadError>,
}

#[derive(Debug)]
struct Candidate {
    url: Url,
    not_before: Instant,
    failures: u32,
}

impl Attempts {
    /// `urls` in order of preference.
    pub(crate) fn new(urls: Vec<Url>, limits: Limits, now: Instant) -> Self {
        let candidates = urls.into_iter().map(|url| Candidate {
            url,
            not_before: now,
            failures: 0,
        });
        Self {
            candidates: candidates.collect(),
            current: 0,
            limits,
            deadline: now.checked_add(limits.time),
            count: 0,
            stuck_since: now,
            consecutive: 0,
            permanent_error: None,
        }
    }

    /// How many attempts have failed.
    pub(crate) fn count(&self) -> u32 {
        self.count
    }

    /// The URL of the current attempt.
    pub(crate) fn url(&self) -> Option<&Url> {
        let current = self.candidates.get(self.current)?;
        Some(&current.url)
    }

    /// When the next attempt starts after a failed one; the error when there is none.
    ///
    /// Each failure doubles the delay of its URL; another URL is tried meanwhile.
    pub(crate) fn next_attempt(
        &mut self,
        error: DownloadError,
        left: Remainder,
        now: Instant,
    ) -> Result<Instant> {
        self.count += 1;
        self.consecutive += 1;
        if left == Remainder::Progress {
            self.consecutive = 1;
            self.stuck_since = now;
        }
        let next = match error.retry {
            Retry::Never => return Err(error),
            Retry::OtherUrl => {
                self.candidates.remove(self.current);
                self.next(None, now)
            }
            Retry::After(pause) => {
                let resumed = self.back_off(pause, left, now);
                let is_stuck = self.consecutive >= MIN_ATTEMPTS
                    && now.duration_since(self.stuck_since) >= self.limits.retry_timeout;
                self.next(resumed, now).filter(|_| !is_stuck)
            }
        };
        let Some(next) = next else {
            return Err(preferred(self.permanent_error.take(), error));
        };
        if error.retry == Retry::OtherUrl {
            self.permanent_error = Some(preferred(self.permanent_error.take(), error));
        }
        Ok(next)
    }

    /// Returns the current URL if it is tried again before all others.
    fn back_off(&mut self, pause: Duration, left: Remainder, now: Instant) -> Option<usize> {
        let current = self.candidates.get_mut(self.current)?;
        if left == Remainder::Progress {
            current.failures = 0;
        }
        let is_resumed = left != Remainder::Nothing && current.failures == 0;
        current.failures += 1;
        current.not_before =
            now + pause.max(backoff(self.limits.initial_backoff, current.failures));
        // A host's `Retry-After` applies to its other URLs too.
        let authority = current.url.authority().to_owned();
        for other in &mut self.candidates {
            if !pause.is_zero() && other.url.authority() == authority {
                other.not_before = other.not_before.max(now + pause);
            }
        }
        is_resumed.then_some(self.current)
    }

    /// Of this URL or else of any. None when no attempt can start before the deadline.
    fn next(&mut self, only: Option<usize>, now: Instant) -> Option<Instant> {
        let candidates = self.candidates.iter().enumerate();
        let (index, next) = candidates
            .filter(|(index, _)| only.is_none_or(|only| only == *index))
            .min_by_key(|(_, candidate)| candidate.not_before)?;
        self.current = index;
        let at = next.not_before.max(now);
        Some(at).filter(|at| self.deadline.is_none_or(|deadline| *at < deadline))
    }
}

/// The error to return: the first one, but an expired URL before any other, since
/// a renewed URL may help.
fn preferred(first: Option<DownloadError>, error: DownloadError) -> DownloadError {
    let is_expired = |error: &DownloadError| error.reason().is_expired();
    first
        .filter(|first| is_expired(first) || !is_expired(&error))
        .unwrap_or(error)
}

/// With jitter, so that concurrent downloads do not retry in step.
fn backoff(initial: Duration, failures: u32) -> Duration {
    let doublings = failures.saturating_sub(1).min(16);
    let backoff = initial.saturating_mul(1 << doublings).min(MAX_BACKOFF);
    backoff.mul_f64(0.75 + fastrand::f64() / 2.0)
}

#[cfg(test)]
mod tests {
    use reqwest::StatusCode;

    use super::*;
    use crate::error::ImageError;

    const WINDOW: Duration = Duration::from_secs(30);
    const INITIAL_BACKOFF: Duration = Duration::from_millis(200);

    fn attempts(urls: &[&str]) -> (Attempts, Instant) {
        attempts_within(urls, Duration::MAX)
    }

    fn attempts_within(urls: &[&str], time: Duration) -> (Attempts, Instant) {
        let now = Instant::now();
        let urls = urls.iter().map(|url| Url::parse(url).unwrap()).collect();
        let limits = Limits {
            time,
            ..Limits::default()
        };
        (Attempts::new(urls, limits, now), now)
    }

    fn transient() -> DownloadError {
        ImageError::Interrupted(1).into()
    }

    fn expired() -> DownloadError {
        let (status, body) = (StatusCode::NOT_FOUND, String::new());
        ImageError::Expired { status, body }.into()
    }

    fn rejected() -> DownloadError {
        ImageError::TooLarge(1).into()
    }

    fn is_about(pause: Duration, expected: Duration) -> bool {
        (expected.mul_f64(0.75)..=expected.mul_f64(1.25)).contains(&pause)
    }

    #[test]
    fn failing_host_is_retried_for_the_window() {
        let (mut attempts, start) = attempts(&["http://a/"]);
        let mut now = start;
        let error = loop {
            match attempts.next_attempt(transient(), Remainder::Nothing, now) {
                Ok(next) => now = next,
                Err(error) => break error,
            }
        };
        assert_eq!(*error.reason(), ImageError::Interrupted(1));
        let elapsed = now - start;
        assert!(
            (WINDOW..WINDOW + 2 * MAX_BACKOFF).contains(&elapsed),
            "{elapsed:?}"
        );
        assert!((9..25).contains(&attempts.count()), "{}", attempts.count());
    }

    #[test]
    fn slow_failures_leave_three_attempts() {
        let (mut attempts, mut now) = attempts(&["http://a/"]);
        for _ in 0..2 {
            now += WINDOW * 2;
            now = attempts
                .next_attempt(transient(), Remainder::Nothing, now)
                .unwrap();
        }
        let third = attempts.next_attempt(transient(), Remainder::Nothing, now + WINDOW);
        assert!(third.is_err());
    }

    #[test]
    fn attempts_with_progress_are_not_counted() {
        let (mut attempts, mut now) = attempts(&["http://a/"]);
        for _ in 0..100 {
            let next = attempts
                .next_attempt(transient(), Remainder::Progress, now)
                .unwrap();
            assert!(is_about(next - now, INITIAL_BACKOFF));
            now = next + WINDOW;
        }
        let next = attempts
            .next_attempt(transient(), Remainder::Resumable, now)
            .unwrap();
        assert!(is_about(next - now, INITIAL_BACKOFF * 2));
    }

    #[test]
    fn retry_after_is_honored_up_to_limit() {
        let pause = |asked: Option<u64>| {
            let (mut attempts, now) = attempts(&["http://a/"]);
            let failure = transient().with_retry_after(asked.map(Duration::from_secs));
            let next = attempts.next_attempt(failure, Remainder::Nothing, now);
            next.map(|next| next - now)
        };
        assert!(is_about(pause(None).unwrap(), INITIAL_BACKOFF));
        assert!(is_about(pause(Some(0)).unwrap(), INITIAL_BACKOFF));
        assert_eq!(pause(Some(30)).unwrap(), Duration::from_secs(30));
        assert!(pause(Some(31)).is_err());
        assert!(pause(Some(u64::MAX)).is_err());
    }

    #[test]
    fn other_url_is_tried_immediately() {
        let (mut attempts, now) = attempts(&["http://a/", "http://b/"]);
        for url in ["http://a/", "http://b/"] {
            assert_eq!(attempts.url().unwrap().as_str(), url);
            let next = attempts
                .next_attempt(transient(), Remainder::Nothing, now)
                .unwrap();
            assert_eq!(next > now, url == "http://b/");
        }
    }

    #[test]
    fn retry_after_applies_to_all_urls_of_host() {
        let (mut attempts, now) = attempts(&["http://a/1", "http://a/2"]);
        let pause = Duration::from_secs(4);
        let failure = transient().with_retry_after(Some(pause));
        let next = attempts
            .next_attempt(failure, Remainder::Nothing, now)
            .unwrap();
        assert_eq!(next - now, pause);
    }

    #[test]
    fn started_file_is_resumed_before_other_url() {
        let (mut attempts, now) = attempts(&["http://a/", "http://b/"]);
        for (left, url) in [
            (Remainder::Resumable, "http://a/"),
            (Remainder::Progress, "http://a/"),
            (Remainder::Resumable, "http://b/"),
        ] {
            attempts.next_attempt(transient(), left, now).unwrap();
            assert_eq!(attempts.url().unwrap().as_str(), url, "{left:?}");
        }
    }

    #[test]
    fn permanent_failure_ends_with_the_last_url() {
        for (first, second, is_expired) in [
            (expired(), rejected(), true),
            (rejected(), expired(), true),
            (rejected(), rejected(), false),
        ] {
            let (mut attempts, now) = attempts(&["http://a/", "http://b/"]);
            assert_eq!(
                attempts
                    .next_attempt(first, Remainder::Nothing, now)
                    .unwrap(),
                now
            );
            assert_eq!(attempts.url().unwrap().as_str(), "http://b/");
            let error = attempts
                .next_attempt(second, Remainder::Nothing, now)
                .unwrap_err();
            assert_eq!(error.reason().is_expired(), is_expired);
        }
        let (mut attempts, now) = attempts(&["http://a/", "http://b/"]);
        let full = std::io::Error::from(std::io::ErrorKind::StorageFull);
        let outcome = attempts.next_attempt(full.into(), Remainder::Nothing, now);
        assert!(outcome.is_err());
    }

    #[test]
    fn no_attempt_starts_after_the_deadline() {
        let (mut attempts, now) = attempts_within(&["http://a/"], INITIAL_BACKOFF / 2);
        assert!(
            attempts
                .next_attempt(transient(), Remainder::Nothing, now)
                .is_err()
        );
    }
}
