//! Which URL of an image is tried next, and when.
//!
//! A GET changes nothing at its host, so it may be repeated; but a host that
//! keeps failing is left alone.

use std::time::Duration;

use tokio::time::Instant;
use url::Url;

use super::fault::ImageFault;
use super::limits::Limits;
use crate::error::{Error, ErrorKind};

/// In a row, however long they take: one or two stalls are likely in a bad
/// network.
const MIN_ATTEMPTS: u32 = 3;
/// The backoff doubles up to this after each failed attempt at a URL.
const MAX_BACKOFF: Duration = Duration::from_secs(5);
/// A host that asks for a longer pause gets no further request: the caller
/// decides.
const MAX_RETRY_AFTER: Duration = Duration::from_secs(30);

/// How an attempt failed.
#[derive(Debug)]
pub(super) struct Failure {
    error: Error,
    retry: Retry,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Retry {
    /// No URL would help.
    Never,
    /// This URL would fail the same way again; another may not.
    OtherUrl,
    /// The same request may succeed after this pause.
    After(Duration),
}

impl Failure {
    /// The URL is not tried again.
    pub(super) fn permanent(error: Error) -> Self {
        let retry = Retry::OtherUrl;
        Self { error, retry }
    }

    /// The same failure of a request that is not made again in this form.
    pub(super) fn of_another_request(mut self) -> Self {
        if self.retry == Retry::OtherUrl {
            self.retry = Retry::After(Duration::ZERO);
        }
        self
    }

    /// With the host's `Retry-After`.
    pub(super) fn not_before(mut self, retry_after: Option<Duration>) -> Self {
        if let (Retry::After(_), Some(pause)) = (self.retry, retry_after) {
            self.retry = if pause <= MAX_RETRY_AFTER {
                Retry::After(pause)
            } else {
                Retry::OtherUrl
            };
        }
        self
    }
}

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        let retry = match error.kind() {
            ErrorKind::Image(fault) if fault.is_passing() => Retry::After(Duration::ZERO),
            ErrorKind::Image(_) => Retry::OtherUrl,
            _ => Retry::Never,
        };
        Self { error, retry }
    }
}

/// What a failed attempt leaves for the next one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Left {
    /// Nothing that could be continued.
    Nothing,
    /// The start of a file that may be resumed at the same URL.
    Resumable,
    /// The same, and more of it than before.
    Progress,
}

/// The attempts at one image.
#[derive(Debug)]
pub(super) struct Attempts {
    candidates: Vec<Candidate>,
    current: usize,
    limits: Limits,
    deadline: Option<Instant>,
    failed: u32,
    /// Since when, and in how many attempts, the file has not grown.
    stuck_since: Instant,
    in_a_row: u32,
    /// Why a URL is not tried any more.
    given_up: Option<Error>,
}

#[derive(Debug)]
struct Candidate {
    url: Url,
    not_before: Instant,
    failures: u32,
}

impl Attempts {
    /// `urls` in the order of preference.
    pub(super) fn new(
        urls: Vec<Url>,
        limits: Limits,
        deadline: Option<Instant>,
        now: Instant,
    ) -> Self {
        let candidates = urls.into_iter().map(|url| Candidate {
            url,
            not_before: now,
            failures: 0,
        });
        Self {
            candidates: candidates.collect(),
            current: 0,
            limits,
            deadline,
            failed: 0,
            stuck_since: now,
            in_a_row: 0,
            given_up: None,
        }
    }

    /// How many attempts have failed.
    pub(super) fn failed(&self) -> u32 {
        self.failed
    }

    /// What the present attempt is for.
    pub(super) fn url(&self) -> Option<&Url> {
        self.candidates
            .get(self.current)
            .map(|candidate| &candidate.url)
    }

    /// When the attempt after one that failed begins; the error when there is none.
    ///
    /// A URL waits longer after each failure, and another one is tried meanwhile.
    pub(super) fn after(
        &mut self,
        failure: Failure,
        left: Left,
        now: Instant,
    ) -> Result<Instant, Error> {
        let Failure { error, retry } = failure;
        self.failed = self.failed.saturating_add(1);
        if left == Left::Progress {
            self.in_a_row = 0;
            self.stuck_since = now;
        }
        self.in_a_row = self.in_a_row.saturating_add(1);
        let next = match retry {
            Retry::Never => return Err(error),
            Retry::OtherUrl => {
                self.candidates.remove(self.current);
                self.next(false, now)
            }
            Retry::After(pause) => {
                let is_resumed = self.back_off(pause, left, now);
                let is_stuck = self.in_a_row >= MIN_ATTEMPTS
                    && now.duration_since(self.stuck_since) >= self.limits.retry_timeout;
                self.next(is_resumed, now).filter(|_| !is_stuck)
            }
        };
        let Some(next) = next else {
            return Err(telling(self.given_up.take(), error));
        };
        if retry == Retry::OtherUrl {
            self.given_up = Some(telling(self.given_up.take(), error));
        }
        Ok(next)
    }

    /// Whether the same URL is tried again before all others.
    fn back_off(&mut self, retry_after: Duration, left: Left, now: Instant) -> bool {
        let initial = self.limits.initial_backoff;
        let Some(current) = self.candidates.get_mut(self.current) else {
            return false;
        };
        if left == Left::Progress {
            current.failures = 0;
        }
        let is_resumed = left != Left::Nothing && current.failures == 0;
        current.failures = current.failures.saturating_add(1);
        current.not_before = later(now, retry_after.max(backoff(initial, current.failures)));
        // A host's pause holds for its other URLs too.
        let authority = current.url.authority().to_owned();
        for other in &mut self.candidates {
            if !retry_after.is_zero() && other.url.authority() == authority {
                other.not_before = other.not_before.max(later(now, retry_after));
            }
        }
        is_resumed
    }

    /// None when nothing can be tried in time.
    fn next(&mut self, same_url: bool, now: Instant) -> Option<Instant> {
        let candidates = self.candidates.iter().enumerate();
        let (index, next) = candidates
            .filter(|(index, _)| !same_url || *index == self.current)
            .min_by_key(|(_, candidate)| candidate.not_before)?;
        self.current = index;
        let at = next.not_before.max(now);
        self.deadline
            .is_none_or(|deadline| at < deadline)
            .then_some(at)
    }
}

/// The error that stands for the image: the first, but one that a new link may
/// solve before any other.
fn telling(first: Option<Error>, error: Error) -> Error {
    let is_gone = |error: &Error| matches!(error.kind(), ErrorKind::Image(ImageFault::Gone { .. }));
    match first {
        Some(first) if is_gone(&first) || !is_gone(&error) => first,
        _ => error,
    }
}

/// With jitter, so that the images of a result are not asked for in step.
fn backoff(initial: Duration, failures: u32) -> Duration {
    let doublings = failures.saturating_sub(1).min(16);
    let backoff = initial.saturating_mul(1 << doublings).min(MAX_BACKOFF);
    backoff.mul_f64(0.75 + fastrand::f64() / 2.0)
}

fn later(now: Instant, pause: Duration) -> Instant {
    now.checked_add(pause).unwrap_or(now)
}

#[cfg(test)]
mod tests {
    use reqwest::StatusCode;

    use super::*;
    use crate::images::fault::image_error;

    const WINDOW: Duration = Duration::from_secs(30);
    const INITIAL_BACKOFF: Duration = Duration::from_millis(200);

    fn attempts(urls: &[&str], deadline: Option<Duration>) -> (Attempts, Instant) {
        let now = Instant::now();
        let urls = urls.iter().map(|url| Url::parse(url).unwrap()).collect();
        let deadline = deadline.map(|limit| now + limit);
        (Attempts::new(urls, Limits::default(), deadline, now), now)
    }

    fn transient() -> Failure {
        image_error(ImageFault::Cut(1)).into()
    }

    fn gone() -> Failure {
        let (status, body) = (StatusCode::NOT_FOUND, String::new());
        image_error(ImageFault::Gone { status, body }).into()
    }

    fn refused() -> Failure {
        let (status, body) = (StatusCode::UNAUTHORIZED, String::new());
        image_error(ImageFault::Refused { status, body }).into()
    }

    /// With the jitter.
    fn is_about(pause: Duration, expected: Duration) -> bool {
        (expected.mul_f64(0.75)..=expected.mul_f64(1.25)).contains(&pause)
    }

    #[test]
    fn an_unreachable_host_is_retried_for_the_window() {
        let (mut attempts, start) = attempts(&["http://a/"], None);
        let mut now = start;
        let error = loop {
            match attempts.after(transient(), Left::Nothing, now) {
                Ok(next) => now = next,
                Err(error) => break error,
            }
        };
        assert!(matches!(error.kind(), ErrorKind::Image(ImageFault::Cut(1))));
        let elapsed = now - start;
        assert!(
            (WINDOW..WINDOW + 2 * MAX_BACKOFF).contains(&elapsed),
            "{elapsed:?}"
        );
        assert!(
            (9..25).contains(&attempts.failed()),
            "{}",
            attempts.failed()
        );
    }

    #[test]
    fn slow_failures_leave_three_attempts() {
        let (mut attempts, mut now) = attempts(&["http://a/"], None);
        for _ in 0..2 {
            now += WINDOW * 2;
            now = attempts.after(transient(), Left::Nothing, now).unwrap();
        }
        let third = attempts.after(transient(), Left::Nothing, now + WINDOW);
        assert!(third.is_err());
    }

    #[test]
    fn only_attempts_without_progress_are_counted() {
        let (mut attempts, mut now) = attempts(&["http://a/"], None);
        for _ in 0..100 {
            let next = attempts.after(transient(), Left::Progress, now).unwrap();
            assert!(is_about(next - now, INITIAL_BACKOFF));
            now = next + WINDOW;
        }
        let next = attempts.after(transient(), Left::Resumable, now).unwrap();
        assert!(is_about(next - now, INITIAL_BACKOFF * 2));
    }

    #[test]
    fn retry_after_is_obeyed_or_ends_it() {
        let pause = |asked: Option<u64>| {
            let (mut attempts, now) = attempts(&["http://a/"], None);
            let failure = transient().not_before(asked.map(Duration::from_secs));
            let next = attempts.after(failure, Left::Nothing, now);
            next.map(|next| next - now)
        };
        assert!(is_about(pause(None).unwrap(), INITIAL_BACKOFF));
        assert!(is_about(pause(Some(0)).unwrap(), INITIAL_BACKOFF));
        assert_eq!(pause(Some(30)).unwrap(), MAX_RETRY_AFTER);
        assert!(pause(Some(31)).is_err());
        assert!(pause(Some(u64::MAX)).is_err());
    }

    #[test]
    fn another_url_is_tried_at_once() {
        let (mut attempts, now) = attempts(&["http://a/", "http://b/"], None);
        for url in ["http://a/", "http://b/"] {
            assert_eq!(attempts.url().unwrap().as_str(), url);
            let next = attempts.after(transient(), Left::Nothing, now).unwrap();
            assert_eq!(next > now, url == "http://b/");
        }
    }

    #[test]
    fn retry_after_holds_for_all_urls_of_a_host() {
        let (mut attempts, now) = attempts(&["http://a/1", "http://a/2"], None);
        let pause = Duration::from_secs(4);
        let failure = transient().not_before(Some(pause));
        let next = attempts.after(failure, Left::Nothing, now).unwrap();
        assert_eq!(next - now, pause);
    }

    #[test]
    fn a_started_file_is_resumed_before_another_url() {
        let (mut attempts, now) = attempts(&["http://a/", "http://b/"], None);
        for (left, url) in [
            (Left::Resumable, "http://a/"),
            (Left::Progress, "http://a/"),
            (Left::Resumable, "http://b/"),
        ] {
            attempts.after(transient(), left, now).unwrap();
            assert_eq!(attempts.url().unwrap().as_str(), url, "{left:?}");
        }
    }

    #[test]
    fn permanent_failures_end_it_when_no_url_is_left() {
        for (first, second, is_gone) in [
            (gone(), refused(), true),
            (refused(), gone(), true),
            (refused(), refused(), false),
        ] {
            let (mut attempts, now) = attempts(&["http://a/", "http://b/"], None);
            assert_eq!(attempts.after(first, Left::Nothing, now).unwrap(), now);
            assert_eq!(attempts.url().unwrap().as_str(), "http://b/");
            let error = attempts.after(second, Left::Nothing, now).unwrap_err();
            let found = matches!(error.kind(), ErrorKind::Image(ImageFault::Gone { .. }));
            assert_eq!(found, is_gone);
        }
        let (mut attempts, now) = attempts(&["http://a/", "http://b/"], None);
        let full = Error::file(std::io::ErrorKind::StorageFull.into());
        let outcome = attempts.after(full.into(), Left::Nothing, now);
        assert!(outcome.is_err());
    }

    #[test]
    fn no_attempt_begins_after_the_deadline() {
        let (mut attempts, now) = attempts(&["http://a/"], Some(INITIAL_BACKOFF / 2));
        assert!(attempts.after(transient(), Left::Nothing, now).is_err());
    }
}
